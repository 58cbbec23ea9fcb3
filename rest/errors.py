"""Refusals as the old clients read them. The HTTP statuses of the shim stand here, and nowhere else."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

from models import errors
from models.errors import Refusal

OK: Final = 200
CREATED: Final = 201
NOT_MODIFIED: Final = 304
NOT_FOUND: Final = 404
NOT_ALLOWED: Final = 405
KEY_REUSED: Final = 422

SIGN_IN_AGAIN: Final = "Invalid token, please login again"


@dataclass(frozen=True, slots=True)
class Told:
    """How one kind of refusal is told: its status, and the old service's own text and tags where it had them."""

    status: int
    message: str | None = None
    tags: tuple[str, ...] = ()


TABLE: Final[dict[type[Refusal], Told]] = {
    errors.Unauthenticated: Told(401, SIGN_IN_AGAIN),
    errors.BadCredentials: Told(401, "Wrong username or password, please try again", ("functional_query",)),
    errors.WrongCode: Told(401),
    errors.TotpRequired: Told(401),
    errors.ReauthenticationRequired: Told(403),
    errors.TokenInvalid: Told(401, "Invalid refresh token"),
    errors.TokenReused: Told(401, "Invalid refresh token"),
    errors.Forbidden: Told(403),
    errors.NotAllowed: Told(403),
    errors.SignupClosed: Told(403),
    errors.BadRequest: Told(400),
    errors.LimitExceeded: Told(400),
    errors.InvalidInput: Told(400),
    errors.UnknownTenant: Told(400, tags=("tenant",)),
    errors.UsernameTaken: Told(400),
    errors.EmailTaken: Told(400),
    errors.NotFound: Told(NOT_FOUND),
    errors.Conflict: Told(409),
    errors.SlugTaken: Told(409, "Tenant unique constraint violated: this id is taken", ("tenant",)),
    errors.StaleVersion: Told(412),
    errors.IdempotencyKeyReused: Told(KEY_REUSED),
    errors.TooManyAttempts: Told(429),
    errors.Unavailable: Told(503),
}
"""Each kind of refusal by its nearest ancestor."""

_FAMILIES: Final = {401: "AUTH", 403: "AUTH", 429: "AUTH", 500: "SRV", 503: "SRV"}


def told(refusal: Refusal) -> Told:
    """The row of the table for a refusal."""
    return next(TABLE[kind] for kind in type(refusal).__mro__ if kind in TABLE)


def body(refusal: Refusal, request_id: str | None, method: str) -> dict[str, Any]:
    """The JSON of a refusal, `{message, data: {code, message, timestamp, status, …}}`; no details where nobody is signed in."""
    row = told(refusal)
    message = row.message or refusal.message
    if isinstance(refusal, errors.Unauthenticated):
        return plain(message)
    tags = row.tags
    if isinstance(refusal, errors.NotFound):
        tags = ("functional_query" if method == "GET" else "service_pipeline",)
    return detailed(row.status, message, request_id, tags)


def detailed(status: int, message: str, request_id: str | None, tags: tuple[str, ...] = ()) -> dict[str, Any]:
    """The JSON of an error that the old handlers, or their framework, would have told."""
    data: dict[str, Any] = {
        "code": f"{_FAMILIES.get(status, 'REQ')}-{status}",
        "message": message,
        "timestamp": int(time.time()),
        "status": status,
    }
    if request_id is not None:
        data["correlation_id"] = request_id
    if tags:
        data["tags"] = sorted(tags)
    return {"message": message, "data": data}


def plain(message: str) -> dict[str, Any]:
    """The JSON of what the router and the authentication layer refuse."""
    return {"message": message, "data": ""}
