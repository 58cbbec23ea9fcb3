"""The primary of a Patroni cluster changes, wanted or not, under writers: nothing that was acknowledged is lost, and we are back
soon after Postgres is (RE-06)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import asyncpg
import pytest

from server.database import migrate, prepare, with_database
from tests.abuse.server import Pulse, serving
from tests.conftest import APP, OWNER, PASSWORDS, VAULT
from tests.drills.haproxy import Balancer, haproxy
from tests.drills.patroni import Cluster, missing, patroni
from tests.drills.postgres import NAME
from tests.drills.report import ACKNOWLEDGED, FOUND, Note, judged
from tests.drills.writers import Writers, editor
from tests.world import PASSWORD

pytestmark = [
    pytest.mark.drill,
    pytest.mark.usefixtures("each_round"),
    pytest.mark.skipif(missing() != [], reason=f"there is no {' and no '.join(missing())} here"),
]

BEHIND_SECONDS = 5.0
"""How much longer than Postgres itself we may be away."""


@dataclass
class _Beside:
    """A client of Postgres itself, which writes a row every 50 ms: how long the cluster is away for anybody."""

    dsn: str
    acknowledged: list[float] = field(default_factory=list)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """It writes while the block lasts."""
        await _asked(self.dsn, "CREATE TABLE beside (number int)")
        task = asyncio.create_task(self._write())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def lost(self) -> int:
        """How many of its rows are not there."""
        kept = {row["number"] for row in await _asked(self.dsn, "SELECT number FROM beside")}
        return len(set(range(len(self.acknowledged))) - kept)

    async def _write(self) -> None:
        connection: asyncpg.Connection | None = None
        while True:
            try:
                connection = connection or await asyncpg.connect(self.dsn, timeout=2)
                await connection.execute("INSERT INTO beside VALUES ($1)", len(self.acknowledged), timeout=2)
                self.acknowledged.append(time.monotonic())
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
                if connection:
                    connection.terminate()
                connection = None
            await asyncio.sleep(0.05)


async def _asked(dsn: str, sql: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        rows: list[asyncpg.Record] = await connection.fetch(sql)
    finally:
        await connection.close()
    return rows


@dataclass
class _Drill:
    """What is broken, and who is watched meanwhile."""

    cluster: Cluster
    writers: Writers
    beside: _Beside
    note: Note
    amiss: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def fault(self, what: str) -> AsyncIterator[None]:
        """Around what takes the primary away until there is one; then all becomes whole again, and what it took is judged."""
        began = time.monotonic()
        with self.writers.fault():
            yield
        await asyncio.to_thread(self.cluster.whole)
        await self.writers.until(100)
        ours, reads = (_gap(self._ends(outcome), began) for outcome in (ACKNOWLEDGED, FOUND))
        theirs = _gap(self.beside.acknowledged, began)
        figure = f"{ours:.1f} s for writes, {reads:.1f} s for reads, {theirs:.1f} s in Postgres"
        self.note(f"failover, {what}: gap", figure, f"{BEHIND_SECONDS:g} s behind Postgres")
        if ours > theirs + BEHIND_SECONDS:
            self.amiss.append(f"{what}: {figure}")

    def _ends(self, outcome: str) -> list[float]:
        return [one.ended for one in self.writers.asked if one.outcome == outcome]


def _gap(ends: list[float], since: float) -> float:
    """The longest time between two of them, from the last one before `since` until now."""
    return max(later - earlier for earlier, later in pairwise([*ends, time.monotonic()]) if later > since)


async def test_nothing_acknowledged_is_lost_when_the_primary_changes(tmp_path: Path, note: Note) -> None:
    with ExitStack() as stack:
        cluster = await asyncio.to_thread(stack.enter_context, patroni())
        balancer = stack.enter_context(haproxy("postgres", tmp_path, "POSTGRES_BIND", **cluster.addresses))
        admin = f"postgresql://postgres:{PASSWORD}@127.0.0.1:{balancer.port}/{NAME}"
        await balancer.up("primary", cluster.leader().name)
        await prepare(with_database(admin, "postgres"), NAME, PASSWORDS)
        await migrate(with_database(admin, NAME, OWNER, PASSWORDS[OWNER]), VAULT)
        beside = _Beside(admin)
        async with serving(with_database(admin, NAME, APP, PASSWORDS[APP]), tmp_path) as server:
            writers = Writers([server.url], await editor(admin, server.url), readers=2, per_second=50)
            drill = _Drill(cluster, writers, beside, note)
            with Pulse(server.port).taken() as alive:
                async with beside.at_work(), writers.at_work():
                    await writers.until(300)
                    async with drill.fault("switchover"):
                        await asyncio.to_thread(cluster.switchover)
                    async with drill.fault("crash"):
                        gone = await asyncio.to_thread(cluster.leader)
                        await asyncio.to_thread(gone.kill)
                        await asyncio.to_thread(cluster.leader)
                        gone.start()
                    async with drill.fault("read-only"):
                        await _left_on_the_old_primary(cluster, balancer, writers)
                    await writers.until(300)
            report = await writers.report(admin)
            ready = server.status("/readyz")
        lost = await beside.lost()
    note("failover: rows lost beside us", str(lost), "0")
    judged(report, note, "failover", late=alive.late)
    assert (drill.amiss, lost, alive.statuses, ready) == ([], 0, {200}, 200)


async def _left_on_the_old_primary(cluster: Cluster, balancer: Balancer, writers: Writers) -> None:
    """A switchover of which HAProxy hears late: who connects meanwhile meets a server that takes no writes."""
    old = await asyncio.to_thread(cluster.leader)
    for name in "ab":
        balancer.say(f"disable health primary/{name}")
    await asyncio.to_thread(cluster.switchover)
    await asyncio.to_thread(cluster.follows, old)
    began, refused = time.monotonic(), old.refused()
    await asyncio.sleep(3)
    since = [one for one in writers.asked if one.began > began]
    assert {one.outcome for one in since if one.name} == {"503 UNAVAILABLE"}
    assert any(one.outcome == FOUND for one in since)
    assert old.refused() > refused
    for name in "ab":
        balancer.say(f"enable health primary/{name}")
    await balancer.up("primary", cluster.leader().name)
