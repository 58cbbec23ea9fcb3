"""What the errors of the database's driver mean: the only place where they become refusals."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import asyncpg
from tortoise.exceptions import BaseORMException

from models.errors import (
    BadCredentials,
    Conflict,
    Contended,
    EmailTaken,
    Forbidden,
    InvalidInput,
    LabelTaken,
    NotFound,
    ReadOnly,
    Refusal,
    SecondFactorMissing,
    SlugTaken,
    TimedOut,
    Unauthenticated,
    Unavailable,
    UsernameTaken,
)
from models.values import SessionEndReason, ending

_CONSTRAINTS: Final[dict[str, Refusal]] = {
    "users_username_key": UsernameTaken("This username is taken.", ("username",)),
    "signup_claims_username_key": UsernameTaken("This username is taken.", ("username",)),
    "users_email_key": EmailTaken("This e-mail address is taken.", ("email",)),
    "users_number_key": Conflict("A new user took the number of an old one. Try again."),
    "contacts_number_key": Conflict("A new contact took the number of an old one. Try again."),
    "labels_name_key": LabelTaken("A label of this name exists.", ("name",)),
    "tenants_slug_key": SlugTaken("This slug is taken.", ("slug",)),
    # What a row was to refer to has been removed meanwhile.
    "contact_labels_tenant_id_label_id_fkey": NotFound("There is no such label.", ("contact", "labelIds")),
    "contact_labels_tenant_id_contact_id_fkey": NotFound("There is no such contact.", ("id",)),
    "sessions_tenant_id_user_id_fkey": BadCredentials("Wrong username or password."),
    "login_history_tenant_id_user_id_fkey": BadCredentials("Wrong username or password."),
    "refresh_tokens_tenant_id_session_id_fkey": Unauthenticated(ending()),
}


READ_ONLY_SECONDS: Final = 5
"""After so long it is worth trying again to write."""

MAYBE_DONE: Final = (
    "The service went away in the middle of this, and it may have been done. Look before you send it again; what has an "
    "idempotency key may be sent again as it is."
)
"""What is told where the connection broke under a write."""

_AWAY: Final = OSError | asyncpg.InterfaceError | asyncpg.InternalClientError
"""What a lost connection looks like; the last of them while asyncpg itself has not understood it yet."""


FAILURES: Final = (asyncpg.PostgresError, OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""Everything that the driver raises itself."""


class Fault(StrEnum):
    """What befell a statement through no fault of its own."""

    LOST = "lost"
    """Its connection is gone: perhaps it was done, perhaps not."""
    CONTENDED = "contended"
    """It was rolled back for certain, for the sake of another transaction."""
    READ_ONLY = "read_only"
    """The database takes no writes."""


_FAULTS: Final = {
    "57P01": Fault.LOST,  # an administrator's command, or a shutdown
    "57P02": Fault.LOST,  # another server process crashed
    "57P03": Fault.LOST,  # it cannot take connections now
    "57P05": Fault.LOST,  # idle for too long
    "25P03": Fault.LOST,  # the same, inside a transaction
    "40001": Fault.CONTENDED,  # serialization failure; on a standby also a conflict with recovery
    "40P01": Fault.CONTENDED,  # the victim of a deadlock
    "25006": Fault.READ_ONLY,
}


def fault(error: BaseException) -> Fault | None:
    """What this error tells of the database rather than of the statement, by SQLSTATE; None for all else."""
    error = _cause(error)
    state = getattr(error, "sqlstate", None) or ""
    return Fault.LOST if isinstance(error, OSError) or state[:2] == "08" else _FAULTS.get(state)


class translated:  # noqa: N801 - used like a function, and made for speed
    """Around the use of a connection: raises the refusal of what the driver raises, or a bug of ours as it is."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, BaseORMException | asyncpg.PostgresError | _AWAY):
            refusal = _refusal(_cause(error))
            if refusal is not None:
                raise refusal from (None if isinstance(refusal, Unauthenticated | Forbidden) else error)


def _cause(error: BaseException) -> BaseException:
    return error.__cause__ if isinstance(error, BaseORMException) and error.__cause__ else error


def _refusal(error: BaseException) -> Refusal | None:
    """The refusal for a driver's error, by SQLSTATE (PostgreSQL docs, appendix A); None for a bug of ours."""
    taken = _CONSTRAINTS.get(getattr(error, "constraint_name", None) or "")
    if taken is not None:
        return type(taken)(taken.message, taken.path)
    state = getattr(error, "sqlstate", None) or ""
    said = str(error).partition("\n")[0]  # details may follow
    if (state, said) == ("28000", "the session is over"):  # of `enter`; the same states from elsewhere are no refusals
        return _over(getattr(error, "detail", None))
    if (state, said) == ("42501", "the role does not suffice"):
        return Forbidden("Your role does not allow this.")
    if (state, said) == ("42501", "the second factor is missing"):
        return SecondFactorMissing(
            "Your tenant asks for a second factor. Enrol an authenticator, or reauthenticate with a code of yours."
        )
    if (state, said) == ("42501", "the tenant is being deleted"):
        return Forbidden("This tenant is being deleted. Until then its people may read, and an owner may cancel the deletion.")
    if state == "22021":
        return InvalidInput("A text holds a character that cannot be kept, such as NUL.")
    if state in {"55P03", "57014"}:
        return TimedOut("This took too long and was given up.")
    befell = fault(error)
    if befell is Fault.CONTENDED:
        return Contended("Others were changing the same, and nothing of this was done. Try again in a moment.")
    if befell is Fault.READ_ONLY:
        return ReadOnly("Nothing can be changed for the moment, while reading goes on. Try again soon.", READ_ONLY_SECONDS)
    if befell is Fault.LOST or state[:2] in {"28", "3D", "53", "58"}:
        return Unavailable("The service is not available for the moment. Try again soon.")
    # asyncpg's ValueErrors are about values that it was given: a bug of ours.
    if isinstance(error, _AWAY) and not isinstance(error, ValueError):
        return Unavailable("The service is not available for the moment. Try again soon.")
    return None


def _over(detail: str | None) -> Unauthenticated:
    """What `enter` knows of the session's end, for whoever holds its token."""
    if not detail:
        return Unauthenticated(ending())
    known = json.loads(detail)
    reason, at = SessionEndReason(known["reason"]), datetime.fromisoformat(known["at"])
    return Unauthenticated(ending(reason, at), reason=reason.value, endedAt=at.astimezone(UTC).isoformat(timespec="seconds"))
