"""One operation's lines of the log tell its name, its tenant and its user, and the next one's do not."""

from __future__ import annotations

from uuid import UUID

from auth.caller import Caller
from models.values import Origin
from observability.logging import _bound
from observability.operation import called, operating

ADA = Caller(UUID(int=1), UUID(int=2), UUID(int=3), "acme", "ada", Origin())


def test_the_caller_is_bound_while_the_operation_runs() -> None:
    with operating(ADA, "GET /api/address-book"):
        bound = _bound.get()
    assert bound == {"operation": "GET /api/address-book", "tenant": UUID(int=2).hex, "user": UUID(int=1).hex}
    assert "operation" not in _bound.get()


def test_a_stranger_has_no_tenant_and_no_user() -> None:
    with operating(None, "GET /health"):
        assert _bound.get() == {"operation": "GET /health"}


def test_an_operation_is_called_by_a_name_or_not_at_all() -> None:
    assert [called(name) for name in (None, "", "Contacts_2", "a b", "x" * 65, "eyJ" * 16_000, "\n{")] == [
        "anonymous",
        "anonymous",
        "Contacts_2",
        "other",
        "other",
        "other",
        "other",
    ]
