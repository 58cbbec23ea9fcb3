"""Every value of an enum is told of."""

from __future__ import annotations

from enum import Enum

import pytest

from gql.enums import Gender, Role, SessionEndReason, SignupPolicy, TenantStatus, described


@pytest.mark.parametrize("enum", [Gender, Role, SessionEndReason, SignupPolicy, TenantStatus])
def test_each_value_has_a_meaning(enum: type[Enum]) -> None:
    values = enum.__strawberry_definition__.values  # type: ignore[attr-defined]  # set by strawberry
    assert [value.name for value in values] == [value.name for value in enum]
    assert all(value.description for value in values)


def test_a_value_without_a_meaning_is_refused() -> None:
    class Direction(Enum):
        UP = "UP"
        DOWN = "DOWN"

    with pytest.raises(KeyError):
        described("Which way.", UP="Up.")(Direction)
