"""Bad luck at random: clients that hang up, backends that are killed, a database that takes no writes for a moment, locks."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from random import Random

import aiohttp
import asyncpg
import pytest

from models import pool as pools
from tests.conftest import Database, Serve
from tests.world import World

_CREATE = """
mutation ($name: String!, $labels: [ID!], $key: String) {
  createContact(input: {contact: {name: $name, labelIds: $labels}, idempotencyKey: $key}) {
    contact { id } userErrors { code }
  }
}
"""
_READ = "{ contacts(first: 5) { totalCount nodes { name labels { name } } } }"
_LABEL = 'mutation { createLabel(input: {name: "friends"}) { label { id } } }'
_TOGETHER, _ROUNDS = 40, 12
_OURS = "FROM pg_stat_activity WHERE usename = 'address_book_app' AND datname = current_database()"


@pytest.fixture
async def other(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A second connection of a superuser, that does the harm; none is left."""
    connection = await asyncpg.connect(database.admin)
    yield connection
    await connection.execute(f"ALTER DATABASE {await _name(connection)} RESET default_transaction_read_only")
    await connection.close()


async def _name(connection: asyncpg.Connection) -> str:
    return f'"{await connection.fetchval("SELECT current_database()")}"'


async def _harm(other: asyncpg.Connection, chance: Random) -> None:
    """Kills backends, locks a table for a moment, and lets the database take no writes now and then."""
    kill, name = f"SELECT pg_terminate_backend(pid) {_OURS} AND random() < $1", await _name(other)
    while True:
        await asyncio.sleep(chance.uniform(0.05, 0.4))
        match chance.choice(("kill", "kill", "lock", "read only")):
            case "kill":
                await other.execute(kill, 0.4)
            case "lock":
                async with other.transaction():
                    await other.execute("LOCK TABLE contacts")
                    await asyncio.sleep(chance.uniform(0.0, 0.3))
            case "read only":
                await other.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
                await other.execute(kill, 1.0)
                await asyncio.sleep(chance.uniform(0.0, 0.3))
                await other.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")


@pytest.mark.parametrize("fast_road", [True, False])
async def test_whatever_befalls_it_no_connection_is_held_and_what_was_told_stands_there_once(
    serve: Serve, admin: asyncpg.Connection, other: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, *, fast_road: bool
) -> None:
    made: list[pools.Pool] = []
    begin = pools.Pool.__init__

    def noted(pool: pools.Pool, *given: object, **named: object) -> None:
        made.append(pool)
        begin(pool, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(pools.Pool, "__init__", noted)
    chance = Random(1815)  # noqa: S311 - a test's
    world = await World.made(await serve(fast_road=fast_road), admin)
    (pool,) = made
    label = (await world.grace.gql(_LABEL)).data["createLabel"]["label"]["id"]
    told: set[str] = set()
    seen: Counter[str] = Counter()

    async def ask(number: int) -> None:
        person = chance.choice((world.ada, world.grace, world.mallory))
        labels = [label] if person is not world.mallory and number % 3 == 0 else []
        name = f"{person.username} {number}"
        reads = number % 4 == 0
        seconds = chance.choice((0.01, 0.03, 0.1, 0.5, 15))
        with suppress(TimeoutError, aiohttp.ClientError):
            async with asyncio.timeout(seconds):
                answer = await (
                    person.gql(_READ) if reads else person.gql(_CREATE, name=name, labels=labels, key=name if number % 2 else None)
                )
            seen[str(answer.codes or answer.status)] += 1
            if not reads and answer.status == 200:
                assert answer.data["createContact"]["userErrors"] == []
                told.add(name)
            if seconds == 15 and answer.status != 200:
                assert answer.status == 503, answer.text

    harm = asyncio.create_task(_harm(other, chance))
    for first in range(0, _TOGETHER * _ROUNDS, _TOGETHER):
        await asyncio.gather(*map(ask, range(first, first + _TOGETHER)))
    harm.cancel()
    with suppress(asyncio.CancelledError):
        await harm
    async with asyncio.timeout(10):
        while pool._used or pool._mending or pool._opening or pool.waiting():  # noqa: ASYNC110 - what is awaited is the pool
            await asyncio.sleep(0.05)
    assert {tenant.held for tenant in pool._turns._tenants.values()} == {0}
    assert await admin.fetchval(f"SELECT count(*) {_OURS} AND state LIKE 'idle in%'") == 0
    kept = Counter(row["name"] for row in await admin.fetch("SELECT name FROM contacts"))
    assert told <= set(kept)
    assert set(kept.values()) == {1}
