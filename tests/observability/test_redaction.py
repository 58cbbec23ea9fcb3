import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from observability.redaction import describe, redact, scrub, sensitive

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLWNhbmFyeQ"
SECRET = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYg"


def redacted(**values: Any) -> dict[str, Any]:
    return dict(redact(None, "info", dict(values)))


class UniqueViolationError(Exception):
    """Looks like a driver's error."""

    sqlstate = "23505"
    constraint_name = "uq_user_email"
    table_name = "users"


def caught(exc: BaseException) -> BaseException:
    try:
        raise exc
    except BaseException as raised:
        return raised


PRIVATE_KEYS = """
    password newPassword PASSWORD accessToken refresh_token Authorization Set-Cookie client_secret api_key totp
    otp otpauthUrl recoveryCodes recovery_code
    email ownerEmail e_mail phone notes note postal_address name firstName family_name givenName nickname username
    variables query document
"""
PLAIN_KEYS = "event level time logger request_id tenant user trace_id operation status route document_hash hostname"


@pytest.mark.parametrize("key", PRIVATE_KEYS.split())
def test_a_sensitive_key_keeps_no_value(key: str) -> None:
    assert redacted(**{key: "canary"}) == {key: "[redacted]"}


@pytest.mark.parametrize("key", PLAIN_KEYS.split())
def test_an_operators_key_keeps_its_value(key: str) -> None:
    assert not sensitive(key)
    assert redacted(**{key: "plain"}) == {key: "plain"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"got {JWT}, refused", "got [redacted], refused"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [redacted]"),
        ("authorization: bearer abc", "authorization: bearer [redacted]"),
        ("BEARER abc", "BEARER [redacted]"),
        ("sent to ada.lovelace+x@example.org twice", "sent to [redacted] twice"),
        ("(ada@example.org)", "([redacted])"),
        ("postgresql://app:hunter2@db:5432/book", "postgresql://app:[redacted]@db:5432/book"),
        ("call +47 912 34 567 now", "call [redacted] now"),
        (f"key {SECRET}", "key [redacted]"),
        ("x" * 39, "x" * 39),
        ("secret JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP.", "secret [redacted]."),
        ("code ABCD-EFGH-2345-WXYZ used", "code [redacted] used"),
        ("scan otpauth://totp/Address%20Book:ada?secret=JBSW", "scan [redacted]"),
        ("ABCD-EFGH-2345-WXYZ-ABCD", "ABCD-EFGH-2345-WXYZ-ABCD"),
        ("x" * 40, "[redacted]"),
        ("duplicate\nDETAIL:  Key (notes)=(canary\nof two lines) exists", "duplicate"),
        ("2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05+00:00"),
        ("0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"),
        ("c56a4180-65aa-42ec-a945-5fd21dec0538", "c56a4180-65aa-42ec-a945-5fd21dec0538"),
        ("POST /graphql in 3 ms", "POST /graphql in 3 ms"),
        (f"request {'0f' * 16} of {uuid.UUID(int=7)} ended", f"request {'0f' * 16} of {uuid.UUID(int=7)} ended"),
    ],
)
def test_a_text_loses_its_secrets_and_nothing_else(text: str, kept: str) -> None:
    assert scrub(text) == kept


def test_what_lies_deeper_is_redacted_too() -> None:
    assert redacted(
        request={"headers": {"Cookie": "canary", "Accept": "*/*"}, "parts": [{"email": "canary"}, "to ada@x.org", 3]},
        ada={"ada@x.org": None},
    ) == {
        "request": {
            "headers": {"Cookie": "[redacted]", "Accept": "*/*"},
            "parts": [{"email": "[redacted]"}, "to [redacted]", 3],
        },
        "ada": {"[redacted]": None},
    }


def test_an_object_is_told_by_its_type_only() -> None:
    @dataclass
    class Contact:
        phone: str

    told = redacted(contact=Contact("canary"), raw=b"canary", id=uuid.UUID(int=1), count=2, done=True)
    assert told["contact"].endswith("Contact>")
    assert "canary" not in str(told)
    assert (told["raw"], told["id"], told["count"], told["done"]) == ("<bytes>", uuid.UUID(int=1), 2, True)


def test_a_structure_without_end_is_cut() -> None:
    loop: dict[str, Any] = {}
    loop["again"] = loop
    told = redacted(loop=loop)
    for _ in range(6):
        told = told["loop" if "loop" in told else "again"]
    assert told == {"again": "<dict>"}
    assert redacted(many=list(range(1000)))["many"] == list(range(100))


def test_a_drivers_error_keeps_its_names_and_loses_its_row() -> None:
    exc = caught(
        UniqueViolationError(
            'duplicate key value violates unique constraint "uq_user_email"\n'
            "DETAIL:  Key (tenant_id, email)=(1, ada@example.org) already exists."
        )
    )
    described = describe(exc)
    assert described.pop("frames")[0].startswith("tests/observability/test_redaction.py:")
    assert described == {
        "type": "tests.observability.test_redaction.UniqueViolationError",
        "message": 'duplicate key value violates unique constraint "uq_user_email"',
        "sqlstate": "23505",
        "constraint": "uq_user_email",
        "table": "users",
    }


@pytest.mark.parametrize(
    ("exc", "message"),
    [
        (UniqueViolationError('invalid input syntax for type uuid: "canary"'), "invalid input syntax for type uuid"),
        (UniqueViolationError("invalid input for query argument $1: 'canary'"), "invalid input for query argument "),
        (ValueError("could not read 'it's a \"canary\"' as a date"), "could not read … as a date"),
        (KeyError("canary"), "…"),
        (RuntimeError(f"refused {JWT}"), "refused [redacted]"),
        (AttributeError("'NoneType' object has no attribute 'rows'"), "'NoneType' object has no attribute 'rows'"),
    ],
)
def test_a_message_holds_no_values(exc: Exception, message: str) -> None:
    assert describe(exc)["message"] == message


def test_causes_are_told_without_values_and_without_end() -> None:
    def fail(depth: int) -> None:
        secret = "canary"  # noqa: F841 - a local variable that must not be read
        try:
            if depth:
                fail(depth - 1)
            raise ValueError("inner")
        except (ValueError, LookupError) as inner:
            raise LookupError("'canary'") from inner

    with pytest.raises(LookupError) as caught_one:
        fail(9)
    told = describe(caught_one.value)
    assert "canary" not in str(told)
    depth = 0
    while "cause" in told:
        told, depth = told["cause"], depth + 1
    assert depth == 4


def test_a_suppressed_context_stays_suppressed() -> None:
    shown = LookupError("shown")
    shown.__context__ = ValueError("hidden")
    assert describe(shown)["cause"]["message"] == "hidden"
    shown.__suppress_context__ = True
    assert "cause" not in describe(shown)


def test_a_group_tells_its_members() -> None:
    group = ExceptionGroup("two", [ValueError("a"), KeyError("canary")])
    assert [member["message"] for member in describe(group)["group"]] == ["a", "…"]


def test_an_exception_that_cannot_speak_is_still_told() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("canary")

    assert describe(Mute())["message"] == "[no message: RuntimeError]"


def test_of_a_long_text_only_the_beginning_is_looked_at_and_kept() -> None:
    assert scrub("a b " * 50_000) == "a b " * 500 + "…"
    assert len(scrub("eyJ" * 100_000)) < 20
