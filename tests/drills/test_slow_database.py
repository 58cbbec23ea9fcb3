"""The way to the database becomes slow, and then swallows everything: each request is answered in time all the same (RE-10)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.abuse.server import Pulse, serving
from tests.drills.report import AWAY, Note, judged
from tests.drills.writers import Writers, editor
from tests.postgres import Postgres
from tests.proxy import Proxy

pytestmark = [pytest.mark.drill, pytest.mark.usefixtures("each_round")]

DELAY_SECONDS = 2.0
BROKEN_SECONDS = 7.0
ANSWERED_SECONDS = 3.25
"""The deadline of a request, and a quarter of a second for the answer."""
TOLD = AWAY | {"503 TIMEOUT without Retry-After"}
"""A write that was given up on its way may have been done, so nobody is asked to repeat it."""

RETRIED = 0.1
"""Of all requests."""


async def test_a_slow_and_a_silent_database_are_told_in_time(postgres: Postgres, tmp_path: Path, note: Note) -> None:
    database = postgres.database
    async with Proxy("127.0.0.1", database.port).listening() as line, serving(database.through(line), tmp_path) as server:
        writers = Writers([server.url], await editor(database.admin, server.url), readers=4)
        with Pulse(server.port).taken() as alive, Pulse(server.port, "/readyz").taken() as ready:
            async with writers.at_work():
                await writers.until(300)
                with writers.fault():
                    line.delay = DELAY_SECONDS
                    await asyncio.sleep(BROKEN_SECONDS)
                    line.mend()
                await writers.until(300)
                opened = line.connections
                with writers.fault():
                    line.black_hole()
                    await asyncio.sleep(BROKEN_SECONDS)
                    line.mend()
                opened = line.connections - opened
                await writers.until(200)
                await writers.enough()
        report = await writers.report(database.admin)
        retried = server.metric("addressbook_db_retries_total", reason="lost") / len(report.asked)
    note("slow database: tried again", f"{retried:.1%}", f"{RETRIED:.0%}")
    note("slow database: connections tried while nothing came back", str(opened), "none")
    note("slow database: readiness, slowest", f"{ready.slowest:.2f} s", "2 s")
    judged(report, note, "slow database", slowest=ANSWERED_SECONDS, recovery=10.0, told=TOLD, late=alive.late)
    assert (alive.statuses, ready.statuses) == ({200}, {200, 503})
    assert ready.slowest <= 2 + ready.late
    assert retried <= RETRIED
