"""Fifty people who sign in at once do not make those wait who are signed in: hashing is done beside the event loop."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from auth.passwords import _hash
from tests.abuse.server import ALIVE_SECONDS, Pulse, running
from tests.conftest import JWT_KEYS, Database
from tests.world import LOGIN, PASSWORD, add_user, tenant

pytestmark = pytest.mark.drill

SECONDS, PER_SECOND, LOGINS = 30, 20, 50
LONGEST_MS = 250.0


async def test_viewers_are_answered_while_fifty_sign_in(database: Database, admin: asyncpg.Connection, tmp_path: Path) -> None:
    acme = await tenant(admin, "acme")
    for number in range(LOGINS):
        await add_user(admin, acme, f"user{number}", "EDITOR")
    await admin.execute("UPDATE users SET password_hash = $1", _hash(PASSWORD, 12))
    with ExitStack() as stack:
        server = await asyncio.to_thread(stack.enter_context, running(database.app, JWT_KEYS, tmp_path))
        async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}", connector=aiohttp.TCPConnector(limit=0)) as http:
            token = await _token(http)
            await _read(http, token, 3)
            quiet = await _read(http, token, SECONDS)
            with Pulse(server.port).taken() as pulse:
                stop, signed_in = asyncio.Event(), Counter[int]()
                crowd = [asyncio.create_task(_sign_in(http, n, stop, signed_in)) for n in range(LOGINS)]
                loud = await _read(http, token, SECONDS)
                stop.set()
                await asyncio.gather(*crowd)
    for name, took in (("quiet", quiet), (f"{LOGINS} logins", loud)):
        print(f"viewer, {name:10} p50 {_at(took, 0.5):6.1f} ms  p99 {_at(took, 0.99):6.1f} ms  of {len(took)}")
    print(f"ratio of p99 {_at(loud, 0.99) / _at(quiet, 0.99):.1f}; logins answered {dict(signed_in)}; ", end="")
    print(
        f"liveness at the slowest {pulse.slowest * 1000:.0f} ms of {pulse.beats}, of which the machine {pulse.late * 1000:.0f} ms"
    )
    assert pulse.statuses == {200}
    assert pulse.slowest < ALIVE_SECONDS + pulse.late
    assert _at(loud, 0.99) < LONGEST_MS + pulse.late * 1000
    assert signed_in.keys() <= {200, 503}  # a full queue is told, and nothing fails
    assert signed_in[200] > SECONDS / 2  # and some are let in all the while


async def _token(http: aiohttp.ClientSession) -> str:
    async with http.post("/graphql", json={"query": LOGIN, "variables": {"input": _given(0)}}) as answer:
        token: str = (await answer.json())["data"]["login"]["tokens"]["accessToken"]
        return token


def _given(number: int) -> dict[str, str]:
    return {"tenant": "acme", "usernameOrEmail": f"user{number}", "password": PASSWORD}


async def _sign_in(http: aiohttp.ClientSession, number: int, stop: asyncio.Event, answered: Counter[int]) -> None:
    """One after another; who is told to come again comes again as soon as told."""
    headers = {"Accept": "application/graphql-response+json"}
    while not stop.is_set():
        async with http.post("/graphql", json={"query": LOGIN, "variables": {"input": _given(number)}}, headers=headers) as answer:
            answered[answer.status] += 1
            wait = float(answer.headers.get("Retry-After", 0))
        await asyncio.sleep(wait)


async def _read(http: aiohttp.ClientSession, token: str, seconds: int) -> list[float]:
    """Milliseconds of each `viewer`, so many a second whatever becomes of those before."""
    took: list[float] = []

    async def one(at: float) -> None:
        await asyncio.sleep(at - time.perf_counter())
        query, headers = {"query": "{ viewer { user { id } } }"}, {"Authorization": f"Bearer {token}"}
        async with http.post("/graphql", json=query, headers=headers) as answer:
            body = await answer.json()
        assert body["data"]["viewer"], body
        took.append((time.perf_counter() - at) * 1_000)

    began = time.perf_counter()
    await asyncio.gather(*(one(began + n / PER_SECOND) for n in range(seconds * PER_SECOND)))
    return took


def _at(took: list[float], share: float) -> float:
    return sorted(took)[min(int(len(took) * share), len(took) - 1)]
