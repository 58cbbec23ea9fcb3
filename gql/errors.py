"""Refusals as GraphQL shows them: what a person can mend is a userError of the payload, the rest a top-level error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import strawberry
from graphql import GraphQLError
from strawberry.extensions import FieldExtension
from strawberry.types.field import StrawberryField

from gql.cost import at_most
from gql.enums import described
from models import errors
from models.errors import Refusal
from observability.logging import logger
from observability.spans import failed

if TYPE_CHECKING:
    from gql.contacts import Contact

_log = logger(__name__)


@described(
    "Why something was refused that a person can mend. No code is ever taken away.",
    REQUIRED="A value that may not be empty is missing.",
    INVALID="A value breaks its rule.",
    TOO_LONG="A text is longer than its limit.",
    TOO_MANY="More items than a limit allows.",
    NOT_FOUND="Malformed, unknown or another tenant's.",
    NOT_ALLOWED="The viewer may do this, but not to this one.",
    ALREADY_EXISTS="A value that must be unique is taken.",
    STALE_VERSION="It changed since expectedVersion.",
    IDEMPOTENCY_KEY_REUSED="The idempotency key came with another input before.",
    INVALID_CREDENTIALS="Wrong username, password or code.",
    TOTP_REQUIRED="The password was right; a code of the authenticator is wanted too.",
    REAUTHENTICATION_REQUIRED="What is dangerous asks for the password again: reauthenticate, then repeat it.",
    WEAK_PASSWORD="Too short, too long or too easy to guess.",
    TOKEN_INVALID="Unknown, used, expired or of an ended session.",
    TOKEN_REUSED="Used a second time: its session has ended.",
    SIGNUP_CLOSED="The tenant takes no sign-ups.",
    LAST_OWNER="A tenant keeps at least one active owner.",
    JOB_ENDED="The job has ended already.",
)
class UserErrorCode(StrEnum):
    """One code for each kind of refusal that a payload tells of."""

    REQUIRED = "REQUIRED"
    INVALID = "INVALID"
    TOO_LONG = "TOO_LONG"
    TOO_MANY = "TOO_MANY"
    NOT_FOUND = "NOT_FOUND"
    NOT_ALLOWED = "NOT_ALLOWED"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    STALE_VERSION = "STALE_VERSION"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    TOTP_REQUIRED = "TOTP_REQUIRED"
    REAUTHENTICATION_REQUIRED = "REAUTHENTICATION_REQUIRED"
    WEAK_PASSWORD = "WEAK_PASSWORD"
    TOKEN_INVALID = "TOKEN_INVALID"
    TOKEN_REUSED = "TOKEN_REUSED"
    SIGNUP_CLOSED = "SIGNUP_CLOSED"
    LAST_OWNER = "LAST_OWNER"
    JOB_ENDED = "JOB_ENDED"


@strawberry.interface(description="Why a mutation was refused, in a way that a person can mend.")
class UserError:
    """What every userError tells."""

    code: UserErrorCode = strawberry.field(description="Stable, for programs.")
    message: str = strawberry.field(description="For people.")
    path: list[str] | None = strawberry.field(
        description="Where in the input, from its root; null for no one place.", directives=[at_most(10)]
    )


@strawberry.type(description="A value of the input breaks its rule.")
class InvalidInputError(UserError):
    """For the InvalidInput family."""


@strawberry.type(description="The input names something that is not there for the viewer.")
class NotFoundError(UserError):
    """For NotFound."""


@strawberry.type(description="The contact has changed since the version that was expected; nothing was written.")
class StaleVersionError(UserError):
    """For StaleVersion."""

    current: Annotated[Contact, strawberry.lazy("gql.contacts")] = strawberry.field(description="The contact as it is now.")


@strawberry.type(description="A refusal that has no more to tell than its code.")
class RefusedError(UserError):
    """For every other refusal that a person can mend."""


USER_ERRORS: Final[dict[type[Refusal], type[UserError]]] = {
    errors.InvalidInput: InvalidInputError,
    errors.NotFound: NotFoundError,
    errors.StaleVersion: StaleVersionError,
    errors.NotAllowed: RefusedError,
    errors.Conflict: RefusedError,
    errors.SignupClosed: RefusedError,
    errors.BadCredentials: RefusedError,
    errors.TotpRequired: RefusedError,
    errors.ReauthenticationRequired: RefusedError,
    errors.TokenInvalid: RefusedError,
    errors.TokenReused: RefusedError,
}
"""Which refusals stand in a payload, by their nearest ancestor."""

STATUSES: Final[dict[type[Refusal], int]] = {
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.TooManyAttempts: 429,
    errors.BadRequest: 400,
    errors.LimitExceeded: 400,
    errors.Unavailable: 503,
}
"""Which refusals are top-level errors, and the HTTP status of an answer that holds nothing else."""

CODES: Final[dict[str, int]] = {kind.code: status for kind, status in STATUSES.items()} | {
    "TIMEOUT": 503,
    "INTERNAL": 500,
}


def user_errors() -> Any:
    """The field of every payload that tells why it was refused."""
    return strawberry.field(default_factory=list, description="What to mend; empty where it was done.", directives=[at_most(1)])


def user_error(refusal: Refusal) -> UserError | None:
    """The userError of a refusal; None where it belongs at the top level."""
    kind = next((USER_ERRORS[c] for c in type(refusal).__mro__ if c in USER_ERRORS), None)
    if kind is None:
        return None
    values: dict[str, Any] = {
        "code": UserErrorCode(refusal.code),
        "message": refusal.message,
        "path": list(refusal.path) or None,
    }
    if isinstance(refusal, errors.StaleVersion):
        values["current"] = refusal.current
    return kind(**values)


class Refusals(FieldExtension):
    """On a mutation: turns a refusal, whose transaction has been rolled back, into the userErrors of its payload."""

    _field: StrawberryField

    def apply(self, field: StrawberryField) -> None:
        """Remembers the field, whose type is the payload."""
        self._field = field

    async def resolve_async(self, next_: Callable[..., Awaitable[Any]], source: Any, info: Any, **kwargs: Any) -> Any:
        """The payload of the mutation, or one of the same type that tells why not."""
        try:
            return await next_(source, info, **kwargs)
        except Refusal as refusal:
            told = user_error(refusal)
            if told is None:
                raise
            payload: Any = self._field.type
            return payload(user_errors=[told])


def shown(error: GraphQLError, request_id: str | None) -> dict[str, Any]:
    """A top-level error for the client: with a code, and nothing of our insides. What nobody expected goes to the log."""
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    answer: dict[str, Any] = {"message": error.message, "extensions": {"code": "BAD_REQUEST"}}
    if error.locations:
        answer["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path is not None:
        answer["path"] = list(error.path)
    if isinstance(cause, Refusal):
        answer["message"] = cause.message
        answer["extensions"]["code"] = cause.code if cause.code in CODES else "BAD_REQUEST"
        answer["extensions"] |= getattr(cause, "figures", {})
        retry_after = getattr(cause, "retry_after", None)
        if retry_after is not None:
            answer["extensions"]["retryAfterSeconds"] = retry_after
            if isinstance(cause, errors.Unavailable):
                _log.warning("unavailable", code=cause.code, exc_info=cause.__cause__)
                failed(cause.__cause__ or cause)
    elif cause is None and error.message.startswith("Argument '"):
        # A variable that may be null stands where only a default, and no null, may take its place: the client's own fault.
        answer["message"] = "An argument got a null that it does not take. Leave the variable out, or give it a value."
    elif error.path is not None or (cause is not None and not error.locations):
        # What has a place in the document but no path was found by validation, before anything of ours ran.
        # A GraphQLError itself is not logged: its text quotes the document, and with it what people wrote.
        _log.error("unexpected error", exc_info=cause, field=".".join(map(str, error.path or ())))
        failed(cause)
        answer["message"] = f"Something went wrong on our side. Tell us the request id {request_id}."
        answer["extensions"]["code"] = "INTERNAL"
    return answer
