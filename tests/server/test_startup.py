"""A start that waits for its database, and gives up with one line; nothing listens before."""

from __future__ import annotations

import asyncio
import re
import signal
from contextlib import suppress

import asyncpg
import orjson
import pytest

from bench.processes import free_port
from server.database import known_migrations, migrate
from tests.conftest import VAULT, Database
from tests.server.test_serve import Start, address, start

__all__ = ["start"]


def _lines(out: bytes) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize("command", ["serve", "work"])
async def test_without_a_database_it_waits_and_then_ends_with_one_line(command: str, start: Start) -> None:
    gone = "postgresql://address_book_app:hush@127.0.0.1:1/nothing"
    process = await start(command, DATABASE_URL=gone, STARTUP_SECONDS="1")
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    assert process.returncode == 1
    why = "Postgres does not let us in (ConnectionRefusedError)"
    assert err.decode() == f"BadDatabase:\nNot able to serve after 1 s: {why}.\n"
    told = [line for line in _lines(out) if line["logger"] == "server.startup"]  # beside the breaker's
    assert [(line["event"], line["faults"], line["why"]) for line in told] == [("waiting for the database", ["database"], why)]


async def test_it_serves_once_the_migrations_are_there_and_not_before(start: Start, fresh: Database) -> None:
    port = free_port()
    process = await start(DATABASE_URL=fresh.app, PORT=str(port), STARTUP_SECONDS="60")
    assert process.stdout is not None
    async with asyncio.timeout(60):
        told = orjson.loads(await process.stdout.readline())
    assert (told["event"], told["faults"]) == ("waiting for the database", ["migrations"])
    assert re.search(r"the first is 0_\w+\.py: run `python -m server migrate`", told["why"])
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    await migrate(fresh.owner, VAULT)
    assert await address(process) == f"http://127.0.0.1:{port}"


async def test_a_signal_ends_the_wait(start: Start) -> None:
    process = await start(DATABASE_URL="postgresql://address_book_app:x@127.0.0.1:1/nothing", STARTUP_SECONDS="60")
    assert process.stdout is not None
    async with asyncio.timeout(60):
        await process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        await process.communicate()
    assert process.returncode == 0


async def test_a_wall_that_fell_or_a_key_that_is_not_known_is_told(start: Start, admin: asyncpg.Connection) -> None:
    await admin.execute("ALTER TABLE contacts NO FORCE ROW LEVEL SECURITY")
    try:
        process = await start(STARTUP_SECONDS="0", SECRET_KEYS="a secret that migrate was not told of")
        async with asyncio.timeout(60):
            _, err = await process.communicate()
    finally:
        await admin.execute("ALTER TABLE contacts FORCE ROW LEVEL SECURITY")
    assert process.returncode == 1
    assert err.decode() == (
        "BadDatabase:\nNot able to serve after 0 s: row-level security does not hold: table: contacts; the database does not know "
        "our key of the door: run `python -m server migrate` with our SECRET_KEYS.\n"
    )


async def test_a_database_of_a_later_release_is_served_from(start: Start, admin: asyncpg.Connection) -> None:
    """Migrations come first and the release before goes on over them, or is gone back to (docs/adr/0036)."""
    later = f"{len(known_migrations()) + 1}_20990101000000_later.py"
    await admin.execute("INSERT INTO aerich (version, app, content) VALUES ($1, 'models', '{}')", later)
    try:
        assert await address(await start())
    finally:
        await admin.execute("DELETE FROM aerich WHERE version = $1", later)


async def test_a_database_that_goes_away_later_ends_nothing(start: Start, admin: asyncpg.Connection, database: Database) -> None:
    process = await start()
    port = int((await address(process)).rpartition(":")[2])
    name = database.admin.rpartition("/")[2]
    await admin.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT 0')
    try:
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'address_book_app'")
        await asyncio.sleep(1.5)
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 1)
        assert process.returncode is None
    finally:
        await admin.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT -1')
