"""Labels and what carries them, by the models alone."""

from __future__ import annotations

from uuid import UUID, uuid4

import asyncpg
import pytest

from models.contact import Contact
from models.errors import InvalidInput, LabelTaken, NotFound, TooMany
from models.label import ContactLabel, Label
from models.tenancy import within
from tests.world import tenant


@pytest.fixture
async def acme(admin: asyncpg.Connection, tortoise: None) -> UUID:
    """A tenant, beside another one that has a label."""
    home, evil = await tenant(admin, "acme"), await tenant(admin, "evil")
    async with within(evil):
        await Label.add("Evil", None)
    return home


async def test_labels_are_kept_found_and_removed(acme: UUID, admin: asyncpg.Connection) -> None:
    foreign = await admin.fetchval("SELECT id FROM labels")
    async with within(acme):
        row = await Label.add("Friends", "#ABCDEF")
        assert (row["name"], row["color"]) == ("Friends", "#abcdef")
        assert list(await Label.many([row["id"], foreign])) == [row["id"]]
        assert [await Label.maybe(foreign), (await Label.maybe(row["id"]) or {})["name"]] == [None, "Friends"]
        assert (await Label.change(row["id"], name="Family", color=None))["color"] is None
        assert [label["name"] for label in await Label.everyone()] == ["Family"]
        with pytest.raises(InvalidInput):
            await Label.change(row["id"], color="red")
        for ghost in (foreign, uuid4()):
            for work in (Label.remove(ghost), Label.change(ghost, name="x"), Label.change(ghost)):
                with pytest.raises(NotFound):
                    await work
        await Label.remove(row["id"])
        assert await Label.everyone() == []
    assert await admin.fetchval("SELECT name FROM labels") == "Evil"


async def test_a_taken_name_is_refused_by_the_index(acme: UUID) -> None:
    async with within(acme):
        await Label.add("Café", None)

    async def again() -> None:
        async with within(acme):
            await Label.add("CAFE", None)

    with pytest.raises(LabelTaken) as caught:
        await again()
    assert caught.value.path == ("name",)


async def test_a_contact_carries_the_labels_it_was_given(acme: UUID) -> None:
    async with within(acme):
        contact, other = [(await Contact.add({"name": name}))["id"] for name in ("a", "b")]
        friends, family = [(await Label.add(name, None))["id"] for name in ("Friends", "Family")]
        assert await ContactLabel.put(contact, [friends, family, friends], "labelIds") is True
        assert await ContactLabel.put(contact, [family, friends], "labelIds") is False
        assert [row["name"] for row in (await Label.of_contacts([contact, other]))[contact]] == ["Family", "Friends"]
        assert (await Label.of_contacts([other]))[other] == []
        assert await Label.counts([friends, family]) == {friends: 1, family: 1}
        assert await ContactLabel.put(contact, [family], "labelIds") is True
        for miss in (None, uuid4()):
            with pytest.raises(NotFound) as caught:
                await ContactLabel.put(contact, [family, miss], "contact", "labelIds")
            assert caught.value.path == ("contact", "labelIds", "1")
        with pytest.raises(TooMany):
            await ContactLabel.put(contact, [family] * 51, "labelIds")
        await Contact.trash([contact])
        assert await Label.counts([friends, family]) == {friends: 0, family: 0}
        assert await ContactLabel.put(contact, [], "labelIds") is True
