"""A contact's transitions, by the model alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

from models.contact import Contact
from models.errors import NotFound, Required, StaleVersion, TooLong
from models.tenancy import within
from models.values import Row
from tests.world import tenant


@pytest.fixture
async def acme(admin: asyncpg.Connection, tortoise: None) -> AsyncIterator[UUID]:
    """A tenant, beside another one with a contact of its own."""
    home, evil = await tenant(admin, "acme"), await tenant(admin, "evil")
    async with within(evil):
        await Contact.add({"name": "Evil"})
    yield home
    assert await admin.fetchval("SELECT count(*) FROM contacts WHERE tenant_id = $1 AND version = 1", evil) == 1


async def _kept(contact_id: UUID) -> Row:
    row = await Contact.maybe(contact_id)
    assert row is not None
    return row


async def test_a_new_contact_has_what_was_given(acme: UUID) -> None:
    async with within(acme):
        row = await Contact.add({"name": "Zoë", "age": 41, "email": " zoe@example.org "})
        assert (row["tenant_id"], row["version"], row["age_recorded_at"]) == (acme, 1, row["created_at"])
        assert row["email"] == "zoe@example.org"
        found = await _kept(row["id"])
    assert {name: found[name] for name in ("name", "age", "email", "favorite", "deleted_at")} == {
        "name": "Zoë",
        "age": 41,
        "email": "zoe@example.org",
        "favorite": False,
        "deleted_at": None,
    }


async def test_a_contact_has_a_name(acme: UUID) -> None:
    async with within(acme):
        with pytest.raises(Required) as caught:
            await Contact.add({})
        assert caught.value.path == ("contact", "name")
        with pytest.raises(TooLong):
            await Contact.add({"name": "x", "job_title": "x" * 201})
        assert await Contact.count() == 0


async def test_what_is_not_there_is_not_found(acme: UUID, admin: asyncpg.Connection) -> None:
    foreign = await admin.fetchval("SELECT id FROM contacts")
    async with within(acme):
        for ghost in (uuid4(), foreign):
            assert await Contact.maybe(ghost) is None
            assert await Contact.many([ghost]) == {}
            assert await Contact.lock([ghost]) == set()
            with pytest.raises(NotFound):
                await Contact.change(ghost, {"name": "x"}, None)
            await Contact.trash([ghost])
            await Contact.remove([ghost])


async def test_a_change_grows_the_version_by_one(acme: UUID) -> None:
    async with within(acme):
        row = await Contact.add({"name": "Zoë"})
        changed = await Contact.change(row["id"], {"name": "Zoé"}, 1)
        assert (changed["version"], changed["name"]) == (2, "Zoé")
        assert (await Contact.change(row["id"], {}, None))["version"] == 3
        with pytest.raises(StaleVersion) as caught:
            await Contact.change(row["id"], {"name": "x"}, 2)
        assert (caught.value.current["version"], caught.value.current["name"]) == (3, "Zoé")
        assert caught.value.path == ("expectedVersion",)
        assert (await _kept(row["id"]))["name"] == "Zoé"


async def test_the_trash_keeps_and_gives_back(acme: UUID) -> None:
    async with within(acme):
        first, second = [(await Contact.add({"name": name}))["id"] for name in ("a", "b")]
        number = (await _kept(first))["number"]
        assert (await Contact.maybe_by_number(number) or {})["id"] == first
        await Contact.trash([first])
        trashed = await _kept(first)
        assert (trashed["version"], trashed["deleted_at"]) == (2, trashed["updated_at"])
        assert await Contact.maybe_by_number(number) is None
        assert await Contact.count() == 1
        await Contact.trash([first, second])
        assert (await _kept(first))["version"] == 2
        await Contact.restore([first, second])
        assert [row["deleted_at"] for row in (await Contact.many([first, second])).values()] == [None, None]
        assert await Contact.lock([second, first, second]) == {first, second}
        await Contact.remove([first])
        assert list(await Contact.many([first, second])) == [second]
