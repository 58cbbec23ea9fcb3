"""What the client is told of an error, and what goes to the log instead."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLError, Source
from graphql.language import parse

from gql import errors as gql_errors
from gql.errors import InvalidInputError, RefusedError, StaleVersionError, UserErrorCode, shown, user_error
from models import errors


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, Any]]:
    """The level, the event and the exception of each line."""
    lines: list[tuple[str, str, Any]] = []

    class Log:
        def error(self, event: str, **values: Any) -> None:
            lines.append(("error", event, values.get("exc_info")))

        def warning(self, event: str, **values: Any) -> None:
            lines.append(("warning", event, values.get("exc_info")))

    monkeypatch.setattr(gql_errors, "_log", Log())
    return lines


def test_a_refusal_that_can_be_mended_is_a_user_error() -> None:
    error = user_error(errors.TooLong("Too long.", ("contact", "name")))
    assert isinstance(error, InvalidInputError)
    assert (error.code, error.message, error.path) == (UserErrorCode.TOO_LONG, "Too long.", ["contact", "name"])
    refused = user_error(errors.BadCredentials("Wrong."))
    assert isinstance(refused, RefusedError)
    assert refused.path is None
    stale = user_error(errors.StaleVersion("Changed.", ("expectedVersion",), {"version": 2}))
    assert isinstance(stale, StaleVersionError)
    assert stale.current == {"version": 2}  # type: ignore[comparison-overlap]  # fields read rows
    for refusal in (errors.Unauthenticated("x"), errors.Forbidden("x"), errors.BadRequest("x"), errors.Unavailable("x")):
        assert user_error(refusal) is None


def test_every_user_error_code_is_some_refusals() -> None:
    codes = {kind.code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.Refusal)}
    assert {code.value for code in UserErrorCode} <= codes
    assert all(code.name == code.value for code in UserErrorCode)


def test_a_refusal_at_the_top_has_its_code_and_goes_to_no_log(logged: list[Any]) -> None:
    error = GraphQLError("wrapped", path=["contacts"], original_error=errors.Forbidden("Your role does not allow this."))
    assert shown(error, "r") == {
        "message": "Your role does not allow this.",
        "extensions": {"code": "FORBIDDEN"},
        "path": ["contacts"],
    }
    assert logged == []


def test_what_passes_tells_when_to_come_again_and_logs_its_cause(logged: list[Any]) -> None:
    refusal, cause = errors.TimedOut("This took too long.", 3), OSError("driver text")
    refusal.__cause__ = cause
    told = shown(GraphQLError("x", path=["contacts"], original_error=GraphQLError("y", original_error=refusal)), "r")
    assert told["extensions"] == {"code": "TIMEOUT", "retryAfterSeconds": 3}
    assert logged == [("warning", "unavailable", cause)]


def test_what_nobody_expected_is_told_by_the_request_id_alone(logged: list[Any]) -> None:
    cause = KeyError("secret")
    told = shown(GraphQLError("secret", path=["contact", "name"], original_error=cause), "abc")
    assert told["message"] == "Something went wrong on our side. Tell us the request id abc."
    assert told["extensions"] == {"code": "INTERNAL"}
    assert logged == [("error", "unexpected error", cause)]
    assert shown(GraphQLError("null for a non-null field", path=["contact"]), "abc")["extensions"] == {"code": "INTERNAL"}
    assert shown(GraphQLError("crash before execution", original_error=cause), "abc")["extensions"] == {"code": "INTERNAL"}


def test_a_document_that_is_wrong_is_told_as_it_is(logged: list[Any]) -> None:
    node = parse(Source("{ a }")).definitions[0]
    told = shown(GraphQLError("Cannot query field 'a'.", node), "abc")
    assert told == {
        "message": "Cannot query field 'a'.",
        "extensions": {"code": "BAD_REQUEST"},
        "locations": [{"line": 1, "column": 1}],
    }
    assert shown(GraphQLError("Too many digits.", node, original_error=ValueError()), "abc")["extensions"] == {
        "code": "BAD_REQUEST"
    }
    assert logged == []
