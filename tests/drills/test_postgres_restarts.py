"""Postgres crashes under writers and comes back: nothing acknowledged is lost, and all is well again within seconds (RE-05)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest

from tests.abuse.server import Pulse, serving
from tests.drills.postgres import NAME, Postgres
from tests.drills.report import Note, judged
from tests.drills.writers import Writers, editor

pytestmark = [pytest.mark.drill, pytest.mark.usefixtures("each_round")]

DOWN_SECONDS = 4.0
RECOVERY_SECONDS = 10.0


async def test_nothing_acknowledged_is_lost_when_postgres_crashes(postgres: Postgres, tmp_path: Path, note: Note) -> None:
    admin = postgres.database.admin
    async with serving(postgres.database.app, tmp_path) as server:
        writers = Writers([server.url], await editor(admin, server.url), readers=2)
        with Pulse(server.port).taken() as alive, Pulse(server.port, "/readyz").taken() as ready:
            async with writers.at_work():
                await writers.until(300)
                with writers.fault():
                    await postgres.restart()
                await writers.until(300)
                with writers.fault():
                    async with postgres.down():
                        await asyncio.sleep(DOWN_SECONDS)
                await writers.until(200)
                await writers.enough()
        report = await writers.report(admin)
        ready_again = server.status("/readyz")
    judged(report, note, "Postgres crashes", recovery=RECOVERY_SECONDS, late=alive.late)
    assert (alive.statuses, ready.statuses, ready_again) == ({200}, {200, 503}, 200)


async def test_a_postgres_that_acknowledges_before_it_writes_is_found_out(postgres: Postgres, tmp_path: Path, note: Note) -> None:
    """The same crash, and a commit that waits for no disk: the writers notice what that loses."""
    admin = await asyncpg.connect(postgres.database.admin)
    await admin.execute(f"ALTER DATABASE {NAME} SET synchronous_commit = off")
    await admin.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
    await admin.execute("SELECT pg_reload_conf()")
    await admin.close()
    async with serving(postgres.database.app, tmp_path) as server:
        writers = Writers([server.url], await editor(postgres.database.admin, server.url))
        async with writers.at_work():
            await writers.until(300)
            with writers.fault():
                await postgres.restart()
            await writers.enough()
        report = await writers.report(postgres.database.admin)
    note("Postgres without flushes crashes: lost", str(len(report.lost)), "it is found out")
    with pytest.raises(AssertionError, match=r"lost: \d+: "):
        judged(report, lambda *_: None, "Postgres without flushes crashes", slowest=60)
