"""Every refusal is told by both transports: a new one without an entry fails here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gql.errors import CODES, STATUSES, USER_ERRORS, UserErrorCode, user_error
from models.errors import Conflict, OutsideTenant, Refusal, StaleVersion
from rest.errors import TABLE, told
from tests.house.code import sources


def refusals(kind: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """All the kinds of refusal that there are, below the root of the tree."""
    for one in kind.__subclasses__():
        if not one.__module__.startswith("tests."):
            yield one
            yield from refusals(one)


def instance(kind: type[Refusal]) -> Refusal:
    """A refusal of a kind, whatever it wants to be made of."""
    return kind("No.", ("id",), {}) if issubclass(kind, StaleVersion) else kind("No.")


FAMILIES = {Conflict}
"""Kinds that are never raised themselves; what is raised is one of theirs."""

KINDS = sorted(set(refusals()) - FAMILIES, key=lambda kind: kind.__name__)


def test_there_are_refusals() -> None:
    assert len(KINDS) > 20
    for family in FAMILIES:
        assert family.__subclasses__()
        assert not any(f"raise {family.__name__}(" in source.text for source in sources())
    assert not issubclass(OutsideTenant, Refusal)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_graphql_tells_it_in_one_place(kind: type[Refusal]) -> None:
    in_payload = any(one in USER_ERRORS for one in kind.__mro__)
    on_top = any(one in STATUSES for one in kind.__mro__)
    assert in_payload != on_top
    if in_payload:
        error = user_error(instance(kind))
        assert error is not None
        assert error.code == UserErrorCode(kind.code)
        assert (error.message, error.path) == ("No.", ["id"] if issubclass(kind, StaleVersion) else None)
    else:
        assert user_error(instance(kind)) is None
        assert kind.code in CODES


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_rest_has_a_status_for_it(kind: type[Refusal]) -> None:
    assert any(one in TABLE for one in kind.__mro__)
    assert 400 <= told(instance(kind)).status < 600


def test_the_tables_hold_nothing_else() -> None:
    for table in (USER_ERRORS, STATUSES, TABLE):
        assert set(table) <= {*FAMILIES, *KINDS}


def test_driver_errors_become_refusals_in_one_place() -> None:
    """No other file of ours catches the driver, or shows what it said."""
    catching = {source.name for source in sources() if "asyncpg.PostgresError" in source.text or "BaseORMException" in source.text}
    assert catching <= {
        "models.dial",
        "models.driver",
        "models.legacy_source",
        "models.past",
        "server.database",
        "server.embedded",
        "server.worker",
    }
    assert {
        source.name for source in sources() if "str(error)" in source.text and source.name.startswith(("gql.", "rest."))
    } == set()


def test_no_field_and_no_handler_catches_a_refusal_by_itself() -> None:
    catching = {source.name for source in sources() if "except Refusal" in source.text}
    assert catching <= {
        "gql.engine.engine",
        "gql.errors",
        "resolvers.attempts",
        "rest.routes",
        "server.__main__",
        "server.downloads",
        "server.health",
    }
