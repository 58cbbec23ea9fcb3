"""A clock that is wrong, or is set, ends no session, opens no throttle and stops no work (RE-13)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from auth.tokens import CLOCK_SKEW
from bench.processes import cpu
from tests.abuse.server import Server, serving
from tests.conftest import Database
from tests.drills.faked import faked
from tests.drills.report import Note
from tests.world import LOGIN, PASSWORD, add_user, tenant

pytestmark = pytest.mark.drill

REFRESH = "mutation($t: String) { refresh(input: {refreshToken: $t}) { tokens { accessToken refreshToken } userErrors { code } } }"
VIEWER = "{ viewer { user { username } } }"
CHEAP = {"ENVIRONMENT": "stage", "BCRYPT_COST": "4"}
"""Hashing is not what this is about."""

HOUR, IDLE_SECONDS, IDLE_CPU = 3_600, 5.0, 0.2
"""A process with nothing to do may use so much of a core."""

OFTEN = "import resolvers.running as r\nr.PERIODIC['seal'] = r.PERIODIC['seal']._replace(seconds=1)"


class Client:
    """Grace, at one server or another."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def ask(self, server: Server, query: str, token: str = "", **variables: Any) -> tuple[int, Any]:
        """The status and the body; and Retry-After is a sensible time where it is told."""
        headers = {"Accept": "application/graphql-response+json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        asked = {"query": query, "variables": variables}
        async with self._http.post(f"{server.url}/graphql", json=asked, headers=headers) as answer:
            if "Retry-After" in answer.headers:
                assert 1 <= int(answer.headers["Retry-After"]) <= 900
            return answer.status, await answer.json()

    async def sign_in(self, server: Server, password: str = PASSWORD) -> tuple[int, Any]:
        """The status, and the pair of tokens or None."""
        given = {"tenant": "acme", "usernameOrEmail": "grace", "password": password}
        status, body = await self.ask(server, LOGIN, input=given)
        return status, body["data"]["login"]["tokens"] if body.get("data") else None

    async def refreshed(self, server: Server, token: str) -> Any:
        """The next pair of tokens."""
        status, body = await self.ask(server, REFRESH, t=token)
        assert (status, body["data"]["refresh"]["userErrors"]) == (200, []), body
        return body["data"]["refresh"]["tokens"]

    async def reads(self, server: Server, tokens: Any) -> tuple[int, Sequence[str]]:
        """The status, and the codes of errors."""
        status, body = await self.ask(server, VIEWER, tokens["accessToken"])
        return status, [error["extensions"]["code"] for error in body.get("errors", ())]

    async def negative(self, server: Server) -> list[str]:
        """Samples of its metrics below zero; a skew may be."""
        async with self._http.get(f"http://127.0.0.1:{server.inner}/metrics") as answer:
            lines = [line for line in (await answer.text()).splitlines() if not line.startswith("#")]
        assert any(line.startswith("addressbook_request_duration_seconds_sum") for line in lines)
        return [line for line in lines if float(line.split()[-1]) < 0 and "skew" not in line]

    async def sample(self, server: Server, name: str) -> float:
        """The value of one sample; 0 where it is not there yet."""
        async with self._http.get(f"http://127.0.0.1:{server.inner}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


async def _grace(admin: asyncpg.Connection) -> None:
    await add_user(admin, await tenant(admin, "acme", attempts=5), "grace", "EDITOR")


@pytest.mark.parametrize("seconds", [300, -300, CLOCK_SKEW - 15, 15 - CLOCK_SKEW])
async def test_a_process_whose_clock_is_wrong_serves_on(
    seconds: int, database: Database, admin: asyncpg.Connection, tmp_path: Path, note: Note
) -> None:
    await _grace(admin)
    async with AsyncExitStack() as stack:
        right = await stack.enter_async_context(serving(database.app, tmp_path, **CHEAP))
        wrong = await stack.enter_async_context(serving(database.app, tmp_path, **CHEAP, **faked(seconds)))
        client = Client(await stack.enter_async_context(aiohttp.ClientSession()))
        pairs = {here: (await client.sign_in(here))[1] for here in (right, wrong)}
        seen = {(here, there): await client.reads(there, pairs[here]) for here in pairs for there in pairs}
        # A token from the future is no token, beyond the leeway; its holder refreshes, and nothing of that depends on a clock.
        refused = (401, ["UNAUTHENTICATED"])
        assert seen[right, right] == seen[wrong, wrong] == (200, [])
        assert seen[wrong, right] == (refused if seconds > CLOCK_SKEW else (200, []))
        assert seen[right, wrong] == (refused if -seconds > CLOCK_SKEW else (200, []))
        for first, second in ((wrong, right), (right, wrong)):
            spent = (await client.sign_in(first))[1]["refreshToken"]
            one, other = await client.refreshed(first, spent), await client.refreshed(second, spent)  # two honest racers
            assert one["refreshToken"] == other["refreshToken"]
            assert await client.reads(second, other) == (200, [])
            assert await client.reads(second, await client.refreshed(second, one["refreshToken"])) == (200, [])
        tries = [(await client.sign_in(wrong, "violet-harbour-lantern"))[0] for _ in range(8)]
        assert 429 in tries
        assert tries == sorted(tries)  # once it is closed, it stays closed
        assert await client.negative(wrong) == []
        assert wrong.complaints() == right.complaints() == []
    statuses = f"{seen[wrong, right][0]} and {seen[right, wrong][0]}"
    note(f"a clock {seconds:+d} s off: its tokens elsewhere, and others' with it", statuses, f"200 within {CLOCK_SKEW} s")


async def test_a_clock_that_is_set_back_an_hour_stops_nothing(
    database: Database, admin: asyncpg.Connection, tmp_path: Path, note: Note
) -> None:
    await _grace(admin)
    clock = tmp_path / "clock"
    clock.write_text("+0")
    done = 'addressbook_jobs_done_total{kind="seal",outcome="succeeded"}'
    async with (
        serving(database.app, tmp_path, patch=OFTEN, JOBS_IN_SERVE="true", **CHEAP, **faked(clock)) as server,
        aiohttp.ClientSession() as http,
    ):
        client = Client(http)
        before = (await client.sign_in(server))[1]
        assert await client.reads(server, before) == (200, [])
        await _more(client, server, done)
        clock.write_text(f"-{HOUR}")
        assert await client.reads(server, before) == (200, [])
        assert await client.reads(server, await client.refreshed(server, before["refreshToken"])) == (200, [])
        assert await client.reads(server, (await client.sign_in(server))[1]) == (200, [])
        seconds = await _more(client, server, done)
        used = cpu(server.process.pid)
        await asyncio.sleep(IDLE_SECONDS)
        used = (cpu(server.process.pid) - used) / IDLE_SECONDS
        note("a clock set back by an hour: work goes on after", f"{seconds:.1f} s", "10 s")
        note("the process then, with nothing to do", f"{used:.2f} of a core", f"{IDLE_CPU}")
        assert server.status("/healthz") == 200
        assert await client.negative(server) == []
        assert server.complaints() == []
    assert used < IDLE_CPU


async def _more(client: Client, server: Server, name: str, seconds: float = 10.0) -> float:
    """Waits until a counter has grown by two, and tells how long that took."""
    began, wanted = time.monotonic(), await client.sample(server, name) + 2
    while await client.sample(server, name) < wanted:
        assert time.monotonic() - began < seconds, f"{name} does not grow"
        await asyncio.sleep(0.2)
    return time.monotonic() - began
