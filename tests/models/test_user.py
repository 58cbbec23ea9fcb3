"""Users: uniqueness, normal forms, the last owner."""

from __future__ import annotations

from uuid import UUID, uuid4

import asyncpg
import pytest

from models.errors import EmailTaken, LastOwner, NotFound, UsernameTaken
from models.paging import Window
from models.tenancy import within
from models.user import User
from models.values import Role
from tests.world import tenant


@pytest.fixture
async def acme(admin: asyncpg.Connection, tortoise: None) -> UUID:
    """A tenant whose owner is ada, beside another one with a namesake."""
    home, evil = await tenant(admin, "acme"), await tenant(admin, "evil")
    for place in (evil, home):
        async with within(place):
            await User.add("Ada", "ada@example.org", "hash", Role.OWNER)
    return home


async def _ada() -> dict[str, object]:
    row = await User.maybe_by_login("ada")
    assert row is not None
    return row


async def test_a_user_is_found_by_name_address_id_and_number(acme: UUID) -> None:
    async with within(acme):
        ada = await _ada()
        assert (ada["username"], ada["username_key"], ada["email_key"]) == ("Ada", "ada", "ada@example.org")
        for name in ("ADA", " ada ", "ＡＤＡ@example.org"):
            assert (await User.maybe_by_login(name) or {})["id"] == ada["id"]
        assert await User.maybe_by_login("ada\x00") is None
        assert await User.maybe_by_login("ghost") is None
        assert (await User.maybe_by_number(ada["number"]) or {})["id"] == ada["id"]  # type: ignore[arg-type]
        assert await User.maybe_by_number(0) is None
        assert [row["id"] for row in await User.numbered(0, 5)] == [ada["id"]]
        assert [row["id"] for row in await User.every()] == [ada["id"]]
        assert [row["id"] for row in (await User.page(Window())).rows] == [ada["id"]]
        assert await User.count() == 1
        with pytest.raises(NotFound):
            await User.find(uuid4())


async def test_names_and_addresses_are_taken_in_every_spelling(acme: UUID) -> None:
    async with within(acme):
        with pytest.raises(UsernameTaken):
            await User.add("ＡＤＡ", "other@example.org", "hash", Role.EDITOR)
        with pytest.raises(EmailTaken):
            await User.add("Other", "ADA@example.org", "hash", Role.EDITOR)
        other = await User.add("Other", "other@example.org", "hash", Role.EDITOR)
        with pytest.raises(UsernameTaken):
            await User.change(other, username="ada")
        assert (await User.change(other, username="OTHER"))["username"] == "OTHER"


async def test_the_index_decides_a_race(acme: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object) -> None:
        """As if both had looked before either wrote."""

    monkeypatch.setattr(User, "_refuse_taken", nothing)
    for name, address, kind in (("ada", "x@example.org", UsernameTaken), ("eve", "ada@example.org", EmailTaken)):

        async def add(name: str = name, address: str = address) -> None:
            async with within(acme):
                await User.add(name, address, "hash", Role.EDITOR)

        with pytest.raises(kind):
            await add()


async def test_the_last_active_owner_stays(acme: UUID) -> None:
    async with within(acme):
        ada = await _ada()
        await User.change(await User.add("Idle", "idle@example.org", "hash", Role.OWNER), role=Role.OWNER)
        idle = await User.maybe_by_login("idle")
        assert idle is not None
        await User.change(idle, active=False)
        for values in ({"role": Role.ADMIN}, {"active": False}):
            with pytest.raises(LastOwner):
                await User.change(ada, **values)
        with pytest.raises(LastOwner):
            await User.remove(ada)
        await User.change(ada, role=Role.OWNER, username="Ada L")
        await User.remove(await User.find(idle["id"]))
        assert await User.count() == 1


async def test_a_change_writes_what_was_given_alone(acme: UUID) -> None:
    async with within(acme):
        ada = await _ada()
        await User.change(ada, username="Ada L", email="al@example.org")
        stale = await User.change(ada, role=Role.OWNER)
        assert (stale["username"], stale["email"]) == ("Ada L", "al@example.org")
        await User.set_password(stale["id"], "other")
        await User.mark_operator(stale["id"], operator=True)
        row = await User.find(stale["id"])
        assert (row["password_hash"], row["operator"]) == ("other", True)
        assert list(await User.many([stale["id"], uuid4()])) == [stale["id"]]
