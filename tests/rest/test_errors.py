"""The one table of statuses: every kind of refusal is in it, and is told as the old clients read it."""

from __future__ import annotations

import pytest

from models import errors
from rest.errors import body, told


@pytest.mark.parametrize(
    ("refusal", "status", "code", "message"),
    [
        (errors.BadRequest("Why."), 400, "REQ-400", "Why."),
        (errors.TooLong("Why."), 400, "REQ-400", "Why."),
        (errors.BadCredentials("Why."), 401, "AUTH-401", "Wrong username or password, please try again"),
        (errors.TokenReused("Why."), 401, "AUTH-401", "Invalid refresh token"),
        (errors.Forbidden("Why."), 403, "AUTH-403", "Why."),
        (errors.NotFound("Why."), 404, "REQ-404", "Why."),
        (errors.LastOwner("Why."), 409, "REQ-409", "Why."),
        (errors.EmailTaken("Why."), 400, "REQ-400", "Why."),
        (errors.SlugTaken("Why."), 409, "REQ-409", "Tenant unique constraint violated: this id is taken"),
        (errors.StaleVersion("Why.", (), {"secret": 1}), 412, "REQ-412", "Why."),
        (errors.TooManyAttempts("Why."), 429, "AUTH-429", "Why."),
        (errors.TimedOut("Why."), 503, "SRV-503", "Why."),
    ],
)
def test_a_refusal_is_told_so(refusal: errors.Refusal, status: int, code: str, message: str) -> None:
    answer = body(refusal, "the-request", "GET")
    data = answer["data"]
    assert told(refusal).status == status
    assert answer["message"] == data["message"] == message
    assert (data["code"], data["status"], data["correlation_id"]) == (code, status, "the-request")
    assert set(data) <= {"code", "message", "timestamp", "status", "correlation_id", "tags"}


def test_who_is_not_signed_in_is_told_nothing_more() -> None:
    answer = body(errors.Unauthenticated("The session has ended."), "the-request", "GET")
    assert answer == {"message": "Invalid token, please login again", "data": ""}
