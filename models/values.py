"""Plain values that every room may hold: ids, enums, normal forms, and the pass that a door asks for."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

from uuid_utils import compat

Row = dict[str, Any]
"""One record by column name, as the database answered it."""


def new_id() -> UUID:
    """A fresh UUIDv7 (RFC 9562): sorted by time, with 62 random bits."""
    return compat.uuid7()


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class Made(NamedTuple):
    """What a new row does not take from its input: its id, its moment, and its number, which is None until the database has it."""

    id: UUID
    at: datetime
    number: int | None = None

    @classmethod
    def now(cls) -> Made:
        """For one that is made now."""
        return cls(new_id(), now())


NORMALISED: Final = 1_000
"""Characters that `normal` looks at; every length limit of a name lies below."""


def normal(text: str) -> str:
    """The form in which names of people are compared: NFKC, no invisible characters, case folded, blanks collapsed.

    Two spellings of one name ("Ada", "ＡＤＡ", "a\u200bda") have one normal form (after UTS 39 and UAX 15).
    """
    # The forms cost the square of a run of combining marks, and no name is nearly so long.
    visible = "".join(c for c in unicodedata.normalize("NFKC", text[:NORMALISED]) if unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFKC", " ".join(visible.split()).casefold())


class Role(StrEnum):
    """What a user may do in their tenant, strongest first; each holds what the next one holds."""

    OWNER = "OWNER"
    ADMIN = "ADMIN"
    EDITOR = "EDITOR"
    VIEWER = "VIEWER"

    def outranks(self, other: Role) -> bool:
        """Whether this role stands above the other one."""
        ranks = list(Role)
        return ranks.index(self) < ranks.index(other)


OPERATOR = "OPERATOR"
"""Beside the roles: the mark of those who run the whole service. The command line gives it, never the API."""


ENROLLING = "ENROLLING"
"""Beside the roles: what opens a door to those too who lack the second factor that their tenant asks for."""


LEAVING = "LEAVING"
"""Beside the roles: what opens a door in a tenant that is on its way out, too."""


class Gender(StrEnum):
    """As a contact gave it. The old routes know only two of them."""

    FEMALE = "FEMALE"
    MALE = "MALE"
    OTHER = "OTHER"


class TenantStatus(StrEnum):
    """Only an ACTIVE tenant serves its people."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    DELETING = "DELETING"


class SignupPolicy(StrEnum):
    """Who may make an account in a tenant."""

    OPEN = "OPEN"
    INVITATION = "INVITATION"


class SessionEndReason(StrEnum):
    """Why a session is over."""

    LOGGED_OUT = "LOGGED_OUT"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105 - a reason, not a password
    TOKEN_REUSED = "TOKEN_REUSED"  # noqa: S105 - a reason, not a token
    USER_DEACTIVATED = "USER_DEACTIVATED"
    TENANT_SUSPENDED = "TENANT_SUSPENDED"


ENDINGS: Final = {
    None: "The session has ended.",
    SessionEndReason.LOGGED_OUT: "This session was signed out{at}.",
    SessionEndReason.REVOKED: "This session was ended from another one{at}.",
    SessionEndReason.EXPIRED: "This session expired{at}.",
    SessionEndReason.PASSWORD_CHANGED: "This session was ended when the password changed{at}.",
    SessionEndReason.TOKEN_REUSED: "This session was ended, since its refresh token was used a second time{at}: somebody may hold "
    "a copy. Change your password if that was not you.",
    SessionEndReason.USER_DEACTIVATED: "This account was deactivated{at}.",
    SessionEndReason.TENANT_SUSPENDED: "This tenant was suspended{at}.",
}
"""What its user is told of an ended session; for those without a reason, too."""


def ending(reason: SessionEndReason | None = None, at: datetime | None = None) -> str:
    """Why and when a session ended, and what to do."""
    when = "" if at is None else f" at {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"{ENDINGS[reason].format(at=when)} Sign in again."


class MailPurpose(StrEnum):
    """What a mailed token is for."""

    VERIFY_EMAIL = "VERIFY_EMAIL"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105 - a purpose, not a password


class JobKind(StrEnum):
    """What a job does."""

    EXPORT = "EXPORT"
    MAIL = "MAIL"


class BackfillStatus(StrEnum):
    """Whether a backfill goes on."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    DONE = "DONE"


class ExportFormat(StrEnum):
    """What is made of all that a tenant has."""

    TENANT_BUNDLE = "TENANT_BUNDLE"


class JobStatus(StrEnum):
    """Where a job stands; the last three are its end."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class ImportKind(StrEnum):
    """What of the old service's database is moved in."""

    USER = "USER"
    CONTACT = "CONTACT"
    LOGIN = "LOGIN"


class PastKind(StrEnum):
    """What of a tenant is brought back from a backup; a contact with the labels that it carries."""

    USERS = "users"
    LABELS = "labels"
    CONTACTS = "contacts"


class Pass(NamedTuple):
    """What a door checks in the database: the session lives, and its role (or mark) is among `roles`."""

    tenant: UUID
    session: UUID
    roles: tuple[str, ...]


class Origin(NamedTuple):
    """Where a request came from, as far as it is kept: for sessions and the audit log."""

    request_id: str | None = None
    user_agent: str | None = None
    ip_prefix: str | None = None
