"""Refusals: everything the product may answer instead of doing what was asked, as one tree.

A refusal carries a stable `code`, a message a person can act on, and the path of the input it speaks of. Transports translate
them (`gql/errors.py`, `rest/errors.py`); no cause, no driver text and no value of another tenant ever stands in one.
"""

from __future__ import annotations

from typing import Any, ClassVar


class Refusal(Exception):
    """Something was asked that is not done, and the caller is told why."""

    code: ClassVar[str] = "REFUSED"

    def __init__(self, message: str, path: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class Unauthenticated(Refusal):
    """Nobody is signed in, or the session of the token has ended; `figures` are why and when, where that is known."""

    code = "UNAUTHENTICATED"

    def __init__(self, message: str, path: tuple[str, ...] = (), **figures: Any) -> None:
        super().__init__(message, path)
        self.figures = figures


class Forbidden(Refusal):
    """The caller is known and their role does not suffice."""

    code = "FORBIDDEN"


class SecondFactorMissing(Forbidden):
    """The tenant asks for a second factor, and the session has not proved one; `figures` tell programs so."""

    figures: ClassVar[dict[str, str]] = {"reason": "SECOND_FACTOR_MISSING"}


class BadRequest(Refusal):
    """A query's arguments cannot be understood: a cursor, a page size."""

    code = "BAD_REQUEST"


class LimitExceeded(Refusal):
    """A document asks for more than one operation may; `figures` are what was measured, for programs."""

    code = "LIMIT_EXCEEDED"

    def __init__(self, message: str, **figures: Any) -> None:
        super().__init__(message)
        self.figures = figures

    @classmethod
    def of(cls, limit: str, allowed: int, measured: int, advice: str = "", **figures: Any) -> LimitExceeded:
        """Where a limit, called as its setting, allows less than what was measured."""
        words = limit.replace("_", " ")
        message = f"Over the limit of {words}: the document has {measured:,}, and {allowed:,} are allowed.{advice}"
        return cls(message, limit=limit, allowed=allowed, measured=measured, **figures)


class Unavailable(Refusal):
    """Something needed is away or full for now; try again after `retry_after` seconds."""

    code = "UNAVAILABLE"

    def __init__(self, message: str, retry_after: int | None = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TimedOut(Unavailable):
    """A deadline or a lock's time-out passed. Without `retry_after` where it is not known what was done until then."""

    code = "TIMEOUT"


class Contended(Unavailable):
    """Others were at the same rows, and the database rolled a unit of work back for their sake: nothing of it was done."""


class ReadOnly(Unavailable):
    """The database takes no writes for now; reading goes on."""


class TooManyAttempts(Refusal):
    """A throttle is closed; try again after `retry_after` seconds."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.news = False
        """Whether this closing has not been put on record yet."""


class InvalidInput(Refusal):
    """A value breaks its rule."""

    code = "INVALID"


class Required(InvalidInput):
    """A value that may not be empty is missing."""

    code = "REQUIRED"


class UnknownTenant(InvalidInput):
    """No tenant is called so. Told by the old routes alone, and throttled there."""


class TooLong(InvalidInput):
    """A text is longer than its limit."""

    code = "TOO_LONG"


class TooMany(InvalidInput):
    """More items than the limit of a list or of a tenant."""

    code = "TOO_MANY"


class WeakPassword(InvalidInput):
    """A new password is too short, too long or too easy to guess."""

    code = "WEAK_PASSWORD"


class NotFound(Refusal):
    """Malformed, unknown or another tenant's: one and the same answer."""

    code = "NOT_FOUND"


class NotAllowed(Refusal):
    """The caller may do this in general, but not to this one."""

    code = "NOT_ALLOWED"


class Conflict(Refusal):
    """The state of things forbids it."""

    code = "CONFLICT"


class AlreadyExists(Conflict):
    """A value that must be unique in its tenant is taken."""

    code = "ALREADY_EXISTS"


class UsernameTaken(AlreadyExists):
    """Another user of the tenant has this username."""


class EmailTaken(AlreadyExists):
    """Another user of the tenant has this e-mail address."""


class LabelTaken(AlreadyExists):
    """Another label of the tenant has this name."""


class SlugTaken(AlreadyExists):
    """Another tenant has this slug."""


class StaleVersion(Conflict):
    """The record changed since the version the caller expected; `current` is its row now."""

    code = "STALE_VERSION"

    def __init__(self, message: str, path: tuple[str, ...], current: dict[str, Any]) -> None:
        super().__init__(message, path)
        self.current = current


class IdempotencyKeyReused(Conflict):
    """An idempotency key came with another input than the first time."""

    code = "IDEMPOTENCY_KEY_REUSED"


class LastOwner(Conflict):
    """A tenant keeps at least one active owner."""

    code = "LAST_OWNER"


class JobEnded(Conflict):
    """The job has ended, so that it cannot be cancelled any more."""

    code = "JOB_ENDED"


class SignupClosed(Refusal):
    """The tenant takes new people by invitation alone."""

    code = "SIGNUP_CLOSED"


class BadCredentials(Refusal):
    """No such user, wrong password, deactivated or unknown tenant: one and the same answer."""

    code = "INVALID_CREDENTIALS"


class WrongCode(BadCredentials):
    """The password was right, and the code of the second factor was not."""


class TotpRequired(Refusal):
    """The password was right, and a code of the authenticator is wanted too."""

    code = "TOTP_REQUIRED"


class ReauthenticationRequired(Refusal):
    """What is dangerous asks for the password again, and it was proved too long ago."""

    code = "REAUTHENTICATION_REQUIRED"


class TokenInvalid(Refusal):
    """A refresh token or a mailed one that is unknown, used or expired."""

    code = "TOKEN_INVALID"


class TokenReused(Refusal):
    """A refresh token was used a second time: its session has been ended."""

    code = "TOKEN_REUSED"


class OutsideTenant(Exception):
    """A bug, not a refusal: tenant data was asked for outside `within`."""
