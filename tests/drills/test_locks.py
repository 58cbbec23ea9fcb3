"""Somebody else holds what writers need: they are told in time, and who is undone for another's sake is done again (RE-11)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

import aiohttp
import asyncpg
import pytest

from tests.abuse.server import Pulse, Server, serving
from tests.drills.report import Note, judged
from tests.drills.writers import Writers, editor
from tests.postgres import Postgres
from tests.world import Person

pytestmark = [pytest.mark.drill, pytest.mark.usefixtures("each_round")]

LOCKED_SECONDS = 10.0
ANSWERED_SECONDS = 3.25
PAIRS = 5
_CREATE = 'mutation { createContact(input: {contact: {name: "of a pair"}}) { contact { id } } }'
_DELETE = "mutation($ids: [ID!]!) { deleteContacts(input: {ids: $ids}) { deletedIds userErrors { code } } }"
_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"


async def test_a_table_that_is_locked_holds_nobody_up_for_long(postgres: Postgres, tmp_path: Path, note: Note) -> None:
    admin = await asyncpg.connect(postgres.database.admin)
    async with serving(postgres.database.app, tmp_path) as server:
        # More clients than the pool has connections: some wait for the lock, and some for a connection.
        writers = Writers([server.url], await editor(postgres.database.admin, server.url), writers=16, readers=4)
        with Pulse(server.port).taken() as alive:
            async with writers.at_work():
                await writers.until(400)
                with writers.fault():
                    async with admin.transaction():
                        await admin.execute("LOCK TABLE contacts")
                        await asyncio.sleep(LOCKED_SECONDS)
                await writers.until(200)
                await writers.enough()
        report = await writers.report(postgres.database.admin)
        await asyncio.sleep(0.5)
        left = await admin.fetchval("SELECT count(*) FROM pg_stat_activity WHERE state ~ 'idle in transaction'")
    await admin.close()
    judged(report, note, "table locked", slowest=ANSWERED_SECONDS, recovery=2.0, late=alive.late)
    assert (alive.statuses, left) == ({200}, 0)


async def test_who_loses_a_deadlock_is_done_again(postgres: Postgres, tmp_path: Path, note: Note) -> None:
    async with serving(postgres.database.app, tmp_path) as server:
        token = await editor(postgres.database.admin, server.url)
        writers = Writers([server.url], token)
        with Pulse(server.port).taken() as alive:
            async with writers.at_work():
                outcomes = [await _deadlocked(postgres.database.admin, server, token) for _ in range(PAIRS)]
                await writers.enough()
        report = await writers.report(postgres.database.admin)
        again = server.metric("addressbook_db_retries_total", reason="contended")
    note("deadlocks: done all the same", f"{outcomes.count('done')} of {PAIRS}, {again:.0f} tried again", str(PAIRS))
    judged(report, note, "deadlocks", told=(), late=alive.late)
    assert outcomes == ["done"] * PAIRS
    assert PAIRS <= again <= 3 * PAIRS


async def _deadlocked(dsn: str, server: Server, token: str) -> str:
    """A request wants a pair of contacts that another transaction takes in the other order, which waits longer than the request
    until it looks for deadlocks: so the request is the one that is undone. What it is answered in the end, and `done` is good."""
    admin = await asyncpg.connect(dsn, server_settings={"deadlock_timeout": "30s"})
    async with aiohttp.ClientSession(server.url) as http:
        grace = Person(http, token=token)  # type: ignore[arg-type]  # it asks as a TestClient does
        pair = sorted([(await grace.gql(_CREATE)).data["createContact"]["contact"]["id"] for _ in range(2)])
        first, second = (UUID(one.removeprefix("contact_")) for one in pair)
        async with admin.transaction():
            await admin.execute("SELECT FROM contacts WHERE id = $1 FOR UPDATE", second)
            asking = asyncio.create_task(grace.gql(_DELETE, ids=pair))
            async with asyncio.timeout(5):
                while not await admin.fetchval(_WAITING):  # noqa: ASYNC110 - another process is awaited
                    await asyncio.sleep(0.01)
            await admin.execute("SELECT FROM contacts WHERE id = $1 FOR UPDATE", first)
        answer = await asking
    gone = await admin.fetchval("SELECT count(*) FROM contacts WHERE id = ANY ($1) AND deleted_at IS NOT NULL", [first, second])
    await admin.close()
    if answer.codes:
        return f"{answer.status} {answer.codes}, {gone} gone"
    return "done" if gone == 2 and answer.data["deleteContacts"]["userErrors"] == [] else f"{answer.text}, {gone} gone"
