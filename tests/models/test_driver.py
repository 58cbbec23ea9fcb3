"""What a driver's error becomes."""

from __future__ import annotations

import asyncpg
import pytest
from tortoise.exceptions import OperationalError

from models.driver import translated
from models.errors import (
    Contended,
    EmailTaken,
    InvalidInput,
    LabelTaken,
    ReadOnly,
    Refusal,
    SlugTaken,
    TimedOut,
    Unavailable,
    UsernameTaken,
)


class _Driver(asyncpg.PostgresError):
    def __init__(self, sqlstate: str, constraint: str | None = None) -> None:
        super().__init__("driver text")
        self.sqlstate, self.constraint_name = sqlstate, constraint


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (_Driver("23505", "users_username_key"), UsernameTaken),
        (_Driver("23505", "users_email_key"), EmailTaken),
        (_Driver("23505", "labels_name_key"), LabelTaken),
        (_Driver("23505", "tenants_slug_key"), SlugTaken),
        (_Driver("22021"), InvalidInput),
        (_Driver("55P03"), TimedOut),
        (_Driver("57014"), TimedOut),
        (_Driver("08006"), Unavailable),
        (_Driver("53300"), Unavailable),
        (_Driver("57P01"), Unavailable),
        (_Driver("40P01"), Contended),
        (_Driver("40001"), Contended),
        (_Driver("25006"), ReadOnly),
        (ConnectionRefusedError(), Unavailable),
        (asyncpg.InterfaceError("closed"), Unavailable),
        (asyncpg.InternalClientError("state"), Unavailable),
    ],
    ids=repr,
)
def test_a_drivers_error_becomes_a_refusal_without_its_text(error: Exception, kind: type[Refusal]) -> None:
    wrapped = OperationalError("wrapped")
    wrapped.__cause__ = error
    raised = [error, wrapped] if not isinstance(error, OSError) else [error]
    for one in raised:
        with pytest.raises(Refusal) as caught, translated():
            raise one
        assert type(caught.value) is kind
        assert "driver" not in caught.value.message
        assert caught.value.__cause__ is one


@pytest.mark.parametrize("error", [_Driver("42601"), _Driver("23502"), OperationalError("alone"), ZeroDivisionError()], ids=repr)
def test_a_bug_of_ours_stays_one(error: Exception) -> None:
    with pytest.raises(type(error)), translated():
        raise error
