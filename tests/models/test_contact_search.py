"""The parts of a query that no transport offers: exact texts, the order by number, and how the statement is put together."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from models.conditions import TextMatch
from models.contact import Contact
from models.contact_search import ContactFilter, ContactOrder, ContactQuery, _Where
from models.errors import BadRequest
from models.paging import Window
from models.tenancy import within
from tests.world import tenant


@pytest.fixture
async def acme(admin: asyncpg.Connection, tortoise: None) -> UUID:
    """A tenant with three contacts, beside another one."""
    home, evil = await tenant(admin, "acme"), await tenant(admin, "evil")
    for place in (home, evil):
        async with within(place):
            for name in ("Zoë", "zoe", "Ann"):
                await Contact.add({"name": name, "address": name})
    return home


async def _found(home: UUID, **match: object) -> list[str]:
    async with within(home):
        page = await ContactQuery(filter=ContactFilter(texts={"name": TextMatch(exact=True, **match)})).page(Window())  # type: ignore[arg-type]
    return sorted(row["name"] for row in page.rows)


async def test_an_exact_text_counts_case_and_accents(acme: UUID) -> None:
    assert await _found(acme, eq="Zoë") == ["Zoë"]
    assert await _found(acme, eq="ZOE") == []
    assert await _found(acme, among=["zoe", "Ann"]) == ["Ann", "zoe"]
    assert await _found(acme, starts_with="Z") == ["Zoë"]
    assert await _found(acme, contains="o") == ["Zoë", "zoe"]


@pytest.mark.parametrize("descending", [False, True])
async def test_contacts_are_ordered_by_number(descending: bool, acme: UUID) -> None:
    query = ContactQuery(order=[(ContactOrder.NUMBER, descending)])
    async with within(acme):
        first = await query.page(Window(2))
        rest = await query.page(Window(2, after=first.cursor(first.rows[-1])))
    names = [row["name"] for row in first.rows + rest.rows]
    assert names == (["Ann", "zoe", "Zoë"] if descending else ["Zoë", "zoe", "Ann"])


async def test_numbered_rows_go_on_after_a_number(acme: UUID) -> None:
    async with within(acme):
        rows = await ContactQuery().numbered(0, 0, 10)
        numbers = [row["number"] for row in rows]
        assert numbers == sorted(numbers)
        assert [row["name"] for row in rows] == ["Zoë", "zoe", "Ann"]
        assert [row["name"] for row in await ContactQuery().numbered(numbers[0], 1, 10)] == ["Ann"]
        assert [row["name"] for row in await ContactQuery(order=[(ContactOrder.NAME, True)]).numbered(0, 0, 2)] == ["Zoë", "zoe"]
        assert await ContactQuery(search="zoe").count() == 2


def test_values_stand_in_no_statement() -> None:
    where = _Where(["tenant"])
    where.search("o'neil 030/1")
    conditions = where.filter(ContactFilter(texts={"address": TextMatch(eq="'; DROP")}), 5)
    assert conditions == ["fold(c.address) = (SELECT fold($8::text))"]
    assert where.values == ["tenant", "o'neil", "030/1", "0301", "'; DROP"]
    assert "o'neil" not in where.sql
    assert where.conditions[1].count("literal(") == 2


def test_what_nests_too_deep_is_refused() -> None:
    with pytest.raises(BadRequest):
        _Where([]).filter(ContactFilter(negated=ContactFilter()), 1)
