"""A full disk: writes are refused, nothing acknowledged is lost, and all goes on when there is room again (RE-12)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from tests.abuse.server import Pulse, serving
from tests.drills.report import Note, judged
from tests.drills.small_disk import fill, free, left, own_mounts, small_disk
from tests.drills.writers import Writers, editor
from tests.postgres import Postgres, durable

pytestmark = [pytest.mark.drill, pytest.mark.usefixtures("each_round")]

DATA_MB, LOG_MB = 200, 1
FULL_SECONDS = 6.0
RECOVERY_SECONDS = 10.0


@pytest.fixture
def disks() -> Iterator[tuple[Path, Path]]:
    """A disk for Postgres, with its log of changes, and one for the server's own log."""
    with own_mounts(), small_disk(DATA_MB) as data, small_disk(LOG_MB) as log:
        yield data, log


@pytest.fixture
def small(disks: tuple[Path, Path]) -> Iterator[Postgres]:
    """A Postgres on the small disk."""
    with durable(disks[0]) as one:
        yield one


async def _without_room_for_changes(admin: str) -> str:
    """Writes to Postgres's log of changes, and to next to nothing else, until its next segment finds no room and it crashes.

    Returns its last words: it has no room to log them.
    """
    connection = await asyncpg.connect(admin)
    try:
        async with asyncio.timeout(30):
            while True:
                # A message that finds no room is an error; the change of a row that has begun to be logged is a crash.
                with suppress(asyncpg.DiskFullError):
                    await connection.execute("SELECT pg_logical_emit_message(true, 'drill', repeat('x', 1000000))")
                with suppress(asyncpg.DiskFullError):
                    await connection.execute("UPDATE tenants SET name = name")
    except asyncpg.ConnectionDoesNotExistError as error:
        return str(error)
    finally:
        connection.terminate()


async def test_nothing_acknowledged_is_lost_when_postgres_crashes_for_want_of_room(
    small: Postgres, disks: tuple[Path, Path], note: Note
) -> None:
    admin, (data, log) = small.database.admin, disks
    async with serving(small.database.app, log) as server:
        writers = Writers([server.url], await editor(admin, server.url), readers=2)
        with Pulse(server.port).taken() as pulse:
            async with writers.at_work():
                await writers.until(500)
                with writers.fault():
                    fill(data)
                    last_words = await _without_room_for_changes(admin)
                    await asyncio.sleep(FULL_SECONDS / 2)
                    free(data)
                    await small.restart()  # what gave up is started by whoever watches over it
                await writers.until(600)
        report = await writers.report(admin)
    note("no room for changes: Postgres crashed", last_words.partition(": ")[2], "for want of room")
    judged(report, note, "no room for changes", recovery=RECOVERY_SECONDS, late=pulse.late)
    assert pulse.statuses == {200}
    assert "pg_wal" in last_words
    assert "No space left" in last_words


async def test_nothing_acknowledged_is_lost_when_the_disks_are_full(small: Postgres, disks: tuple[Path, Path], note: Note) -> None:
    admin, (data, log) = small.database.admin, disks
    async with serving(small.database.app, log, LOG_LEVEL="INFO") as server:
        writers = Writers([server.url], await editor(admin, server.url), readers=2)
        with Pulse(server.port).taken() as pulse:
            async with writers.at_work():
                await writers.until(300)
                # The log first: nobody may feel that.
                fill(log)
                felt = len(writers.asked)
                await writers.until(200)
                assert [one.outcome for one in writers.asked[felt:] if one.failed] == []
                assert left(log) == 0
                with writers.fault():
                    fill(data)
                    full = len(writers.asked)
                    await asyncio.sleep(FULL_SECONDS)
                    while_full = writers.asked[full:]
                    free(data)
                await writers.until(500)
                free(log)
                await writers.until(100)
        report = await writers.report(admin)
        told = server.log.read_text(errors="replace").splitlines()
    said = small.log.read_text(errors="replace")
    writes = Counter(one.outcome for one in while_full if one.name)
    reads = Counter(one.outcome for one in while_full if not one.name)
    note(f"{FULL_SECONDS:.0f} s of a full disk: writes", str(dict(writes)), "503 among them")
    note(f"{FULL_SECONDS:.0f} s of a full disk: reads", str(dict(reads)), "none")
    note("Postgres crashed of it", f"{said.count('PANIC')} times", "none")
    judged(report, note, "disk full", recovery=RECOVERY_SECONDS, late=pulse.late)
    assert pulse.statuses == {200}
    assert sum(count for outcome, count in writes.items() if outcome.startswith("503")) > 0
    assert '"status":200' in told[-1]  # the log goes on where it was cut off
    assert "No space left on device" in said
