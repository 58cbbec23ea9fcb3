"""The pool: who gets a connection, in which state, and what becomes of one that broke."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from models.driver import Fault
from models.errors import Unavailable
from models.pool import Pool
from models.turns import Turns
from tests.conftest import Database
from tests.proxy import Proxy


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    """Of two connections at the most."""
    pool = Pool(lambda: asyncpg.connect(database.app), 2)
    yield pool
    pool.terminate()


async def test_the_connection_that_came_back_last_goes_out_first(pool: Pool) -> None:
    one, other = await pool.acquire(), await pool.acquire()
    assert (pool.get_size(), pool.get_idle_size()) == (2, 0)
    pool.give_back(one)
    pool.give_back(other)
    assert (pool.get_size(), pool.get_idle_size()) == (2, 2)
    assert pool.take() is other
    assert pool.take() is one
    assert pool.take() is None


async def test_who_waits_longest_is_served_first(pool: Pool) -> None:
    held = [await pool.acquire(), await pool.acquire()]
    served: list[str] = []

    async def ask(name: str) -> None:
        connection = await pool.acquire(5)
        served.append(name)
        pool.give_back(connection)

    tasks = []
    for name in ("first", "second", "third"):
        tasks.append(asyncio.create_task(ask(name)))
        await asyncio.sleep(0)
    assert pool.waiting() == 3
    tasks[1].cancel()
    pool.give_back(held[0])
    await asyncio.wait(tasks)
    assert served == ["first", "third"]
    assert (pool.waiting(), pool.get_idle_size()) == (0, 1)


async def test_a_full_pool_refuses_after_a_while(pool: Pool) -> None:
    held = [await pool.acquire(), await pool.acquire()]
    with pytest.raises(Unavailable) as refused:
        await pool.acquire(0.05)
    assert refused.value.retry_after == 1
    for connection in held:
        pool.give_back(connection)
    assert await pool.acquire(0.05) in held


async def test_who_is_cancelled_when_it_is_their_turn_passes_it_on(pool: Pool) -> None:
    held = [await pool.acquire(), await pool.acquire()]
    first, second = (asyncio.create_task(pool.acquire()) for _ in range(2))
    await asyncio.sleep(0)
    pool.give_back(held[0])
    first.cancel()
    assert await asyncio.wait_for(second, 1) is held[0]
    third = asyncio.create_task(pool.acquire())
    fourth = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    held[1].terminate()
    pool.give_back(held[1])  # makes room for a new one, which the third is to open
    third.cancel()
    opened = await asyncio.wait_for(fourth, 5)
    assert await opened.fetchval("SELECT 7") == 7
    assert pool.get_size() == 2


async def test_who_is_cancelled_just_when_they_have_waited_too_long_is_cancelled() -> None:
    turns = Turns(1)
    waiting = asyncio.create_task(turns.wait(turns.tenant(uuid4()), 0.0, lambda _: None))
    await asyncio.sleep(0)
    turns._sweep()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_statement_that_was_cut_off_is_stopped_and_its_connection_kept(pool: Pool, admin: asyncpg.Connection) -> None:
    connection = await pool.acquire()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await connection.fetch("SELECT pg_sleep(30)")
    pool.give_back(connection, cut_off=True)
    assert pool.get_idle_size() == 0
    for _ in range(100):
        if pool.get_idle_size():
            break
        await asyncio.sleep(0.05)
    assert pool.take() is connection
    assert await connection.fetchval("SELECT 7") == 7
    state = "SELECT state FROM pg_stat_activity WHERE pid = $1"
    assert await admin.fetchval(state, connection.get_server_pid()) == "idle"


async def test_what_broke_or_hangs_in_a_transaction_is_closed(pool: Pool, admin: asyncpg.Connection) -> None:
    connection = await pool.acquire()
    await connection.execute("BEGIN")
    pool.give_back(connection)
    assert connection.is_closed()
    assert pool.get_size() == 0
    broken = await pool.acquire()
    pool.give_back(broken)
    await admin.execute("SELECT pg_terminate_backend($1)", broken.get_server_pid())
    for _ in range(100):
        if broken.is_closed():
            break
        await asyncio.sleep(0.02)
    fresh = await pool.acquire()
    assert fresh is not broken
    assert await fresh.fetchval("SELECT 7") == 7


async def test_connections_to_a_server_that_is_the_primary_no_more_are_let_go(pool: Pool) -> None:
    used, idle = await pool.acquire(), await pool.acquire()
    pool.give_back(idle)
    await pool.expire_connections()
    assert idle.is_closed()
    assert not used.is_closed()
    pool.give_back(used)
    assert used.is_closed()
    assert await (await pool.acquire()).fetchval("SELECT 7") == 7


async def test_a_server_that_cannot_be_reached_leaves_no_hole(database: Database) -> None:
    reachable = False

    async def connect() -> asyncpg.Connection:
        if not reachable:
            raise ConnectionRefusedError
        return await asyncpg.connect(database.app)

    pool = Pool(connect, 1)
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            await pool.acquire()
    reachable = True
    assert await (await pool.acquire()).fetchval("SELECT 7") == 7
    pool.terminate()


async def test_who_needs_a_server_that_is_away_is_told_so_at_once_and_one_looks_after_a_second(database: Database) -> None:
    away, asked = True, 0

    async def connect() -> asyncpg.Connection:
        nonlocal asked
        asked += 1
        if away:
            raise TimeoutError
        return await asyncpg.connect(database.app)

    pool = Pool(connect, 3)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await pool.acquire()
    for _ in range(20):
        with pytest.raises(Unavailable) as refused:
            await pool.acquire()
    assert (asked, refused.value.retry_after, pool.get_size()) == (3, 1, 0)
    away = False
    await asyncio.sleep(1.1)
    assert await (await pool.acquire()).fetchval("SELECT 7") == 7
    assert asked == 4
    pool.terminate()


async def test_idle_siblings_of_a_lost_connection_are_let_go_and_fresh_ones_kept(pool: Pool, admin: asyncpg.Connection) -> None:
    broken, sibling = await pool.acquire(), await pool.acquire()
    pool.give_back(sibling)
    with pytest.raises(asyncpg.PostgresError) as lost:
        await asyncio.gather(
            broken.fetch("SELECT pg_sleep(30)"), admin.execute("SELECT pg_terminate_backend($1)", broken.get_server_pid())
        )
    assert pool.met(broken, lost.value) is Fault.LOST
    assert (broken.is_closed(), sibling.is_closed(), pool.get_idle_size()) == (True, True, 0)
    pool.give_back(broken)
    assert pool.get_size() == 0


async def test_what_breaks_after_its_siblings_were_let_go_takes_no_fresh_one_along(pool: Pool) -> None:
    first, second = await pool.acquire(), await pool.acquire()
    pool.met(first, ConnectionResetError())
    pool.give_back(first)
    fresh = await pool.acquire()
    pool.give_back(fresh)
    pool.met(second, ConnectionResetError())
    assert not fresh.is_closed()
    assert pool.take() is fresh


async def test_an_error_of_a_statement_tells_nothing_of_its_connection(pool: Pool) -> None:
    connection, idle = await pool.acquire(), await pool.acquire()
    pool.give_back(idle)
    with pytest.raises(asyncpg.PostgresError) as error:
        await connection.fetch("SELECT 1 / 0")
    assert pool.met(connection, error.value) is None
    assert not connection.is_closed()
    assert not idle.is_closed()


async def test_a_server_that_does_not_answer_is_hung_up_on(database: Database, line: Proxy) -> None:
    pool = Pool(lambda: asyncpg.connect(database.through(line)), 2, patience=0.5)
    connection, idle = await pool.acquire(), await pool.acquire()
    pool.give_back(idle)
    line.black_hole()
    async with asyncio.timeout(10):
        with pytest.raises(asyncpg.PostgresConnectionError) as lost:
            await connection.fetch("SELECT 7")
    assert idle.is_closed()
    assert pool.met(connection, lost.value) is None, "its time is over: it is not to be tried again"
    pool.give_back(connection)
    assert pool.get_size() == 0
    pool.terminate()


async def test_a_connection_that_asks_again_and_again_is_not_hung_up_on(database: Database) -> None:
    pool = Pool(lambda: asyncpg.connect(database.app), 1, patience=0.5)
    connection = await pool.acquire()
    for _ in range(15):
        assert await connection.fetchval("SELECT 7") == 7
        await asyncio.sleep(0.1)
    pool.give_back(connection)
    await asyncio.sleep(1)  # idle it may be for longer
    assert pool.take() is connection
    pool.terminate()


async def test_statements_that_wait_for_a_lock_one_after_another_are_not_taken_for_a_server_that_is_silent(
    database: Database, admin: asyncpg.Connection
) -> None:
    pool = Pool(lambda: asyncpg.connect(database.app, server_settings={"lock_timeout": "400"}), 2, patience=0.75)
    used, idle = await pool.acquire(), await pool.acquire()
    pool.give_back(idle)
    pool.give_back(used)
    async with admin.transaction():
        await admin.execute("LOCK TABLE contacts")  # as a migration does
        for _ in range(4):
            connection = await pool.acquire()
            with pytest.raises(asyncpg.LockNotAvailableError):
                await connection.fetch("SELECT FROM contacts")
            pool.give_back(connection)
    assert (used.is_closed(), idle.is_closed(), pool.get_idle_size()) == (False, False, 2)
    pool.terminate()


async def test_a_transaction_that_was_cut_off_is_rolled_back_and_its_connection_kept(pool: Pool) -> None:
    connection = await pool.acquire()
    transaction = connection.transaction()
    await transaction.start()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await connection.fetch("SELECT pg_sleep(30)")
    pool.give_back(connection, cut_off=True, undo=transaction.rollback)
    assert await pool.acquire() is not connection  # nobody waits for it
    for _ in range(100):
        if pool.get_idle_size():
            break
        await asyncio.sleep(0.05)
    assert pool.take() is connection
    async with connection.transaction():
        assert await connection.fetchval("SELECT 7") == 7


async def test_one_that_cannot_be_mended_is_closed_in_two_seconds(database: Database, line: Proxy) -> None:
    pool = Pool(lambda: asyncpg.connect(database.through(line)), 1)
    connection = await pool.acquire()
    line.black_hole()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await connection.fetch("SELECT 7")
    pool.give_back(connection, cut_off=True)
    async with asyncio.timeout(10):
        while pool.get_size():  # noqa: ASYNC110 - what is awaited is the pool
            await asyncio.sleep(0.05)
    assert connection.is_closed()
    pool.terminate()


async def test_a_pool_closes_when_everything_is_back(pool: Pool) -> None:
    connection = await pool.acquire()
    closing = asyncio.create_task(pool.close())
    await asyncio.sleep(0.01)
    assert not closing.done()
    pool.give_back(connection)
    await asyncio.wait_for(closing, 1)
    assert (connection.is_closed(), pool.get_size()) == (True, 0)


async def test_a_tenant_leaves_a_quarter_of_the_pool_to_others(database: Database) -> None:
    noisy, quiet = uuid4(), uuid4()
    pool = Pool(lambda: asyncpg.connect(database.app), 4)
    held = [await pool.acquire(whose=noisy) for _ in range(3)]
    waiting = [asyncio.create_task(pool.acquire(5, whose=noisy)) for _ in range(2)]
    await asyncio.sleep(0.01)
    assert (pool.get_size(), pool.waiting(), pool.take(noisy)) == (3, 2, None)
    theirs = await asyncio.wait_for(pool.acquire(whose=quiet), 5)
    pool.give_back(theirs)
    await asyncio.sleep(0.01)
    assert (pool.get_idle_size(), pool.waiting()) == (1, 2)
    pool.give_back(held[0])
    assert await asyncio.wait_for(waiting[0], 1) is held[0]
    waiting[1].cancel()
    pool.terminate()


async def test_of_those_who_wait_the_tenant_with_the_fewest_is_served_first(database: Database) -> None:
    noisy, other, quiet = uuid4(), uuid4(), uuid4()
    pool = Pool(lambda: asyncpg.connect(database.app), 4)
    held = [await pool.acquire(whose=whose) for whose in (noisy, noisy, other, other)]
    first, second = (asyncio.create_task(pool.acquire(5, whose=whose)) for whose in (noisy, quiet))
    await asyncio.sleep(0.01)
    pool.give_back(held[3])
    await asyncio.sleep(0.01)
    assert (first.done(), second.done()) == (False, True)
    pool.give_back(held[2])
    assert await asyncio.wait_for(first, 1) is held[2]
    pool.terminate()


async def test_a_full_pool_is_busy_as_long_as_connections_come_back(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    held = [await pool.acquire(), await pool.acquire()]
    assert not pool.busy()  # nothing came back yet: who knows
    pool.give_back(held[0])
    assert not pool.busy()
    await pool.acquire()
    assert pool.busy()
    monkeypatch.setattr("models.pool.ALIVE_SECONDS", 0.0)
    assert not pool.busy()
