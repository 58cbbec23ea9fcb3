"""The one door: what it lets in, and what it holds."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest
from tortoise.backends.asyncpg.client import TransactionWrapper

from models import pool, tenancy, transaction
from models.contact import Contact
from models.errors import (
    Forbidden,
    InvalidInput,
    OutsideTenant,
    Refusal,
    Unauthenticated,
    Unavailable,
)
from models.tenancy import ask, behind, create, fetch, held, lobby, own, through, within
from models.tenant import Tenant
from models.values import Origin, Pass, new_id
from tests.world import add_user, tenant

pytestmark = pytest.mark.usefixtures("tortoise")


async def _session(admin: asyncpg.Connection, home: UUID, role: str = "EDITOR") -> UUID:
    user, session = await add_user(admin, home, "ada", role), new_id()
    await admin.execute(
        "INSERT INTO sessions (tenant_id, id, user_id, expires_at) VALUES ($1, $2, $3, now() + interval '1 day')",
        home,
        session,
        user,
    )
    return session


async def test_the_door_holds_its_tenant_while_it_is_open(admin: asyncpg.Connection) -> None:
    acme = await tenant(admin, "acme")
    async with within(acme) as inside:
        assert inside == held() == acme
        assert (await fetch("SELECT held_tenant() AS id"))[0]["id"] == acme
    with pytest.raises(OutsideTenant):
        held()


async def test_outside_a_door_nothing_is_read_or_written(admin: asyncpg.Connection) -> None:
    await tenant(admin, "acme")
    for work in (Contact.all, Tenant.all):
        with pytest.raises(OutsideTenant):
            work()
    with pytest.raises(OutsideTenant):
        await fetch("SELECT 1")
    with pytest.raises(OutsideTenant):
        await create(Contact, id=new_id(), name="x")


async def test_the_lobby_has_no_tenant(admin: asyncpg.Connection) -> None:
    await tenant(admin, "acme")
    async with lobby():
        assert await Tenant.all().count() == 1
        with pytest.raises(OutsideTenant):
            held()
        with pytest.raises(OutsideTenant):
            Contact.all()


async def test_a_lobby_within_a_tenant_joins_its_door(admin: asyncpg.Connection) -> None:
    acme = await tenant(admin, "acme")
    async with within(acme), lobby():
        assert held() == acme
    async with within(acme):
        async with lobby():
            pass
        assert held() == acme


async def test_the_same_tenant_joins_and_another_one_is_a_bug(admin: asyncpg.Connection) -> None:
    acme, evil = await tenant(admin, "acme"), await tenant(admin, "evil")
    async with within(acme):
        async with within(acme):
            assert held() == acme
        with pytest.raises(OutsideTenant):
            async with within(evil):
                pytest.fail("it opened")
        assert held() == acme
    async with lobby():
        with pytest.raises(OutsideTenant):
            async with within(acme):
                pytest.fail("it opened")


async def test_a_refusal_rolls_everything_back(admin: asyncpg.Connection) -> None:
    acme = await tenant(admin, "acme")

    async def refused() -> None:
        async with within(acme):
            await Contact.add({"name": "Zoë"})
            raise InvalidInput("No.")

    with pytest.raises(InvalidInput):
        await refused()
    assert await admin.fetchval("SELECT count(*) FROM contacts") == 0
    async with within(acme):
        await Contact.add({"name": "Zoë"})
    assert await admin.fetchval("SELECT count(*) FROM contacts") == 1


async def test_the_managers_keep_to_the_held_tenant(admin: asyncpg.Connection) -> None:
    acme, evil = await tenant(admin, "acme"), await tenant(admin, "evil")
    for home, name in ((acme, "ours"), (evil, "theirs")):
        async with within(home):
            await Contact.add({"name": name})
    async with within(acme):
        assert await Contact.all().values_list("name", flat=True) == ["ours"]
        assert [row["name"] for row in await fetch("SELECT name FROM contacts")] == ["ours"]
        assert [row["name"] for row in await ask(behind(f"SELECT c.name FROM contacts c WHERE {own('c')} LIMIT 9"))] == ["ours"]
        await Contact.all().delete()
    assert await admin.fetchval("SELECT name FROM contacts") == "theirs"


async def test_doors_side_by_side_do_not_meet(admin: asyncpg.Connection) -> None:
    homes = [await tenant(admin, f"home{n}") for n in range(4)]

    async def keep(home: UUID) -> None:
        for _ in range(5):
            async with within(home):
                await Contact.add({"name": home.hex})
                await asyncio.sleep(0)
                assert set(await Contact.all().values_list("name", flat=True)) == {home.hex}

    await asyncio.gather(*(keep(home) for home in homes))
    assert tenancy.client.get().pool.waiting() == 0


async def test_a_pass_opens_where_its_session_lives_and_its_role_suffices(admin: asyncpg.Connection) -> None:
    acme, evil = await tenant(admin, "acme"), await tenant(admin, "evil")
    session = await _session(admin, acme)
    async with within(Pass(acme, session, ("EDITOR", "OWNER"))):
        assert held() == acme
    with pytest.raises(Forbidden):
        async with within(Pass(acme, session, ("OWNER", "OPERATOR"))):
            pytest.fail("it opened")
    for entry in (Pass(evil, session, ("EDITOR",)), Pass(acme, uuid4(), ("EDITOR",)), Pass(uuid4(), session, ("EDITOR",))):
        with pytest.raises(Unauthenticated):
            async with within(entry):
                pytest.fail("it opened")
    await admin.execute("UPDATE users SET operator = true")
    async with within(Pass(acme, session, ("OPERATOR",))):
        assert held() == acme


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE sessions SET ended_at = now(), ended_reason = 'REVOKED'",
        "UPDATE sessions SET expires_at = now() - interval '1 second'",
        "UPDATE users SET active = false",
        "UPDATE tenants SET status = 'SUSPENDED'",
        "UPDATE tenants SET status = 'DELETING'",
        "DELETE FROM users",
    ],
)
async def test_a_pass_is_checked_in_the_database_each_time(deed: str, admin: asyncpg.Connection) -> None:
    acme = await tenant(admin, "acme")
    entry = Pass(acme, await _session(admin, acme), ("EDITOR",))
    async with within(acme), within(entry):
        assert held() == acme
    await admin.execute(deed)
    with pytest.raises(Unauthenticated):
        async with within(entry):
            pytest.fail("it opened")
    with pytest.raises(Unauthenticated):
        async with within(acme), within(entry):
            pytest.fail("it opened")


async def test_a_full_pool_asks_to_come_again(admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    acme, other = await tenant(admin, "acme"), await tenant(admin, "other")
    monkeypatch.setattr(pool, "WAIT_SECONDS", 10.0)
    inside, done = asyncio.Semaphore(0), asyncio.Event()

    async def hold(whose: UUID) -> None:
        async with within(whose):
            inside.release()
            await done.wait()

    holders = [asyncio.create_task(hold(whose)) for whose in (acme, acme, acme, acme, other)]
    for _ in holders:
        await inside.acquire()
    monkeypatch.setattr(pool, "WAIT_SECONDS", 0.1)
    with pytest.raises(Unavailable) as caught:
        async with within(acme):
            pytest.fail("it opened")
    assert caught.value.retry_after == 1
    monkeypatch.setattr(pool, "WAIT_SECONDS", 10.0)
    done.set()
    await asyncio.gather(*holders)
    async with within(acme):
        assert tenancy.client.get().pool.waiting() == 0


async def test_to_open_a_connection_is_no_waiting(admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    acme = await tenant(admin, "acme")
    monkeypatch.setattr(pool, "WAIT_SECONDS", 0.1)
    ours = tenancy.client.get().pool
    connect = ours.connect

    async def slowly() -> asyncpg.Connection:
        await asyncio.sleep(0.3)
        return await connect()

    await ours.expire_connections()
    monkeypatch.setattr(ours, "connect", slowly)
    async with within(acme):
        assert held() == acme


async def test_a_value_that_the_driver_cannot_write_is_a_bug_of_ours(admin: asyncpg.Connection) -> None:
    acme = await tenant(admin, "acme")
    with pytest.raises(Exception, match="int32") as caught:
        async with within(acme):
            await fetch("SELECT $1::integer", 2**31)
    assert not isinstance(caught.value, Refusal)


async def test_an_unexpected_error_of_the_door_is_not_hidden(admin: asyncpg.Connection) -> None:
    with pytest.raises(Exception, match=r"another tenant|null") as caught:
        async with within(Pass(None, uuid4(), ("EDITOR",))):  # type: ignore[arg-type]  # the bug that is looked for
            pytest.fail("it opened")
    assert not isinstance(caught.value, Refusal)
    assert Origin() == Origin(None, None, None)


async def test_a_connection_whose_transaction_never_began_is_given_back(
    admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = await tenant(admin, "acme")
    begin = TransactionWrapper.begin
    monkeypatch.setattr(transaction, "BEGIN_SECONDS", 0.5)

    async def slow(_client: TransactionWrapper) -> None:
        await asyncio.sleep(1)

    async def broken(_client: TransactionWrapper) -> None:
        raise ConnectionResetError

    for fault in (slow, broken):
        monkeypatch.setattr(TransactionWrapper, "begin", fault)
        for _ in range(6):  # one more than the pool has
            with pytest.raises(Unavailable):
                async with within(acme):
                    pytest.fail("it opened")
    monkeypatch.setattr(TransactionWrapper, "begin", slow)
    opening = asyncio.create_task(_open(acme))
    await asyncio.sleep(0.1)
    opening.cancel()
    await asyncio.wait([opening])
    assert opening.cancelled()
    monkeypatch.setattr(TransactionWrapper, "begin", begin)
    monkeypatch.setattr(transaction, "BEGIN_SECONDS", 10.0)
    doors = [asyncio.create_task(_open(acme)) for _ in range(5)]
    await asyncio.gather(*doors)
    assert tenancy.client.get().pool.waiting() == 0


async def _open(home: UUID) -> None:
    async with within(home):
        await asyncio.sleep(0.1)


async def test_who_is_not_let_in_is_told_that_whatever_else_is_wrong(admin: asyncpg.Connection) -> None:
    acme = await tenant(admin, "acme")
    session = await _session(admin, acme, "VIEWER")

    async def wrong(entry: Pass) -> None:
        async with through(entry):
            raise InvalidInput("No such cursor.")

    for entry, refusal in (
        (Pass(acme, session, ("VIEWER",)), InvalidInput),
        (Pass(acme, session, ("OWNER",)), Forbidden),
        (Pass(acme, new_id(), ("VIEWER",)), Unauthenticated),
    ):
        with pytest.raises(refusal):
            await wrong(entry)
