"""Ids, rows and moments on their way in and out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from uuid import UUID

import pytest
from graphql import GraphQLError

from gql.contacts import Contact
from gql.nodes import Node, _parse, _serialize, kind_of, parse_id, read

_HEX = "01890a5d" * 4


def test_an_id_is_read_in_its_one_spelling() -> None:
    assert parse_id("contact", f"contact_{_HEX}") == UUID(hex=_HEX)
    assert kind_of(f"contact_{_HEX}") == "contact"
    for text in (
        "",
        "contact_",
        f"label_{_HEX}",
        f"CONTACT_{_HEX}",
        f"contact_{_HEX.upper()}",
        f"contact_{_HEX}0",
        f" contact_{_HEX}",
        _HEX,
    ):
        assert parse_id("contact", text) is None
    assert parse_id("contact", f"contact_{_HEX}\n") is None
    assert parse_id("contact", f"contact_x_{_HEX}") is None


def test_fields_read_rows_by_column_and_payloads_by_attribute() -> None:
    assert read({"name": "Zoë"}, "name") == "Zoë"
    assert read(SimpleNamespace(name="Zoë"), "name") == "Zoë"


def test_a_row_is_the_node() -> None:
    row = {"id": UUID(int=1), "__typename": "Contact"}
    assert Contact.of(row) is row
    assert Contact.maybe(None) is None
    assert Node.resolve_type(row, None, None) == "Contact"
    assert Node.is_type_of(row, None)
    assert not Node.is_type_of(object(), None)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31t12:00:00z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00.5+02:00", datetime(2026, 1, 31, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-01-31T12:00:00.123456789-00:30", datetime(2026, 1, 31, 12, 30, 0, 123_456, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_as_rfc_3339_has_it(text: str, moment: datetime) -> None:
    assert _parse(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-31",
        "2026-01-31T12:00:00",
        "2026-01-31 12:00:00Z",
        "20260131T120000Z",
        "2026-13-01T00:00:00Z",
        "2026-01-31T12:00:60Z",
        "0001-01-01T00:00:00+01:00",
        "2026-01-31T12:00:00Z\n",
        5,
        None,
    ],
)
def test_what_is_no_moment_is_refused(text: object) -> None:
    with pytest.raises(GraphQLError):
        _parse(text)


def test_a_moment_is_written_in_utc() -> None:
    assert _serialize(datetime(2026, 1, 31, 12, tzinfo=UTC)) == "2026-01-31T12:00:00Z"
    assert _serialize(datetime(2026, 1, 31, 12, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))) == "2026-01-31T10:00:00.000005Z"
