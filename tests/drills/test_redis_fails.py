"""Redis hangs, dies and comes back empty under people who sign in: nobody is held up, and who was signed out stays out (RE-09)."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from bench.redis_server import RedisServer
from tests.abuse.server import Pulse, Server, serving
from tests.drills.report import Note, judged
from tests.drills.writers import Writers, editor
from tests.postgres import Postgres
from tests.world import Person, add_user

pytestmark = [pytest.mark.drill, pytest.mark.usefixtures("each_round")]

AWAY_SECONDS = 6.0
CALL_SECONDS = 0.25
"""How long an attempt may wait for Redis; a sign-in has three counts."""

FAILURES = 5
"""After so many the breaker is to open; sign-ins that have asked by then may add theirs."""

SIGNERS = 2
_VIEWER = "{ viewer { user { username } } }"
_LOGOUT = "mutation { logout { ok } }"


@dataclass
class People:
    """Who sign in, one after another, each person their own name; and one who signed out before and goes on asking."""

    server: Server
    gone: Person
    answers: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    refused: set[tuple[int, str]] = field(default_factory=set)

    def slowest(self) -> float:
        """The longest sign-in since it was last asked for."""
        seconds, self.seconds = self.seconds, []
        return max(seconds, default=float("inf"))

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """While the block lasts."""
        tasks = [asyncio.create_task(self._sign_in(number)) for number in range(SIGNERS)]
        tasks.append(asyncio.create_task(self._ask_on()))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _sign_in(self, number: int) -> None:
        while True:
            began = time.monotonic()
            try:
                await Person(self.gone.client, "acme", f"user{number}").login()
                self.answers["signed in"] += 1
            except (AssertionError, aiohttp.ClientError) as error:
                self.answers[str(error)[:200]] += 1
            self.seconds.append(time.monotonic() - began)
            await asyncio.sleep(0.1)

    async def _ask_on(self) -> None:
        while True:
            answer = await self.gone.gql(_VIEWER)
            self.refused.add((answer.status, " ".join(error["extensions"].get("reason", "") for error in answer.errors)))
            await asyncio.sleep(0.1)


async def test_redis_fails_in_every_way(postgres: Postgres, redis: RedisServer, tmp_path: Path, note: Note) -> None:
    settings = {"ENVIRONMENT": "stage", "BCRYPT_COST": "4", "REDIS_URL": redis.url}
    async with serving(postgres.database.app, tmp_path, **settings) as server, aiohttp.ClientSession(server.url) as http:
        writers = Writers([server.url], await editor(postgres.database.admin, server.url))
        people = People(server, await _signed_out(postgres.database.admin, http))
        with Pulse(server.port).taken() as alive, Pulse(server.port, "/readyz").taken() as ready:
            async with writers.at_work(), people.at_work():
                await writers.until(300)
                quiet = people.slowest()
                with writers.fault():
                    redis.hang()
                    await asyncio.sleep(AWAY_SECONDS)
                    hung, failures = people.slowest(), server.metric("addressbook_throttle_store_failures_total")
                    redis.wake()
                await _counts_in_redis(server)
                people.slowest()
                with writers.fault():
                    redis.kill()
                    await asyncio.sleep(AWAY_SECONDS)
                    dead = people.slowest()
                    redis.start()
                await _counts_in_redis(server)
                await writers.until(200)
                await writers.enough()
        report = await writers.report(postgres.database.admin)
    most = quiet + 3 * CALL_SECONDS
    note("Redis fails: sign-ins", f"{people.answers.total()}", "all let in")
    note("Redis fails: slowest sign-in", f"{quiet:.2f} s quiet, {hung:.2f} s hung, {dead:.2f} s dead", f"{most:.2f} s")
    note("Redis fails: calls that failed while it hung", f"{failures:.0f}", f"{FAILURES}, and those of that moment")
    judged(report, note, "Redis fails", told=(), gap=1.0, late=alive.late)
    assert (alive.statuses, ready.statuses) == ({200}, {200})
    assert people.answers.keys() == {"signed in"}
    assert people.refused == {(401, "LOGGED_OUT")}
    assert hung <= most + alive.late
    assert dead <= most + alive.late
    assert 1 <= failures <= FAILURES + SIGNERS + AWAY_SECONDS // 5


async def _signed_out(dsn: str, http: aiohttp.ClientSession) -> Person:
    """Somebody of acme with a token of a session that they ended; and the people who will sign in are there."""
    admin = await asyncpg.connect(dsn)
    acme = await admin.fetchval("SELECT id FROM tenants WHERE slug = 'acme'")
    for number in range(SIGNERS):
        await add_user(admin, acme, f"user{number}", "VIEWER")
    await admin.close()
    gone = await Person(http, "acme", "user0").login()  # type: ignore[arg-type]  # it asks as a TestClient does
    assert (await gone.gql(_LOGOUT)).data == {"logout": {"ok": True}}
    return gone


async def _counts_in_redis(server: Server) -> None:
    """Waits until attempts are counted there again."""
    async with asyncio.timeout(20):
        while server.metric("addressbook_breaker_state", breaker="redis"):  # noqa: ASYNC110 - another process is awaited
            await asyncio.sleep(0.1)
