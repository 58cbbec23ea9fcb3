"""Fifty people who sign in at once do not make those wait who are signed in: hashing is done beside the event loop."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from auth.passwords import _give_way, _hash
from tests.abuse.server import ALIVE_SECONDS, Pulse, running
from tests.conftest import JWT_KEYS, Database
from tests.drills.report import Note
from tests.world import LOGIN, PASSWORD, add_user, tenant

pytestmark = [pytest.mark.drill, pytest.mark.long]

SECONDS, PER_SECOND, LOGINS = 30, 20, 50
LONGEST_MS = 250.0
WORKERS = 2
"""PASSWORD_WORKERS, as it is where nobody sets it."""

SHARE = 0.5
"""Of the sign-ins that WORKERS threads could hash, had they the cores for themselves; the other half is for everybody else:
Postgres, the event loop, and the clients, who are on the same machine here. At niceness 5 a thread gets a quarter of a core that
another one fills, and all of one that is idle."""


async def test_viewers_are_answered_while_fifty_sign_in(
    database: Database, admin: asyncpg.Connection, tmp_path: Path, note: Note
) -> None:
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
            hash_seconds = await asyncio.to_thread(_hash_seconds)
            with Pulse(server.port).taken() as pulse:
                stop, answered = asyncio.Event(), Counter[int]()
                crowd = [asyncio.create_task(_sign_in(http, n, stop, answered)) for n in range(LOGINS)]
                loud = await _read(http, token, SECONDS)
                let_in = answered[200]
                stop.set()
                await asyncio.gather(*crowd)
    least = WORKERS * SECONDS / hash_seconds * SHARE
    late = pulse.late * 1000
    note("viewer alone, p50 and p99", f"{_at(quiet, 0.5):.1f} and {_at(quiet, 0.99):.1f} ms", "none")
    note(f"viewer among {LOGINS} logins, p50", f"{_at(loud, 0.5):.1f} ms", "none")
    note(f"viewer among {LOGINS} logins, p99", f"{_at(loud, 0.99):.1f} ms", f"{LONGEST_MS:.0f} ms, and {late:.0f} of the machine")
    note("liveness meanwhile, slowest", f"{pulse.slowest * 1000:.0f} ms", f"{ALIVE_SECONDS * 1000:.0f} ms, and {late:.0f}")
    note(f"logins let in, {hash_seconds:.2f} s a hash", f"{let_in} of {answered.total()}", f"at least {least:.0f}")
    assert pulse.statuses == {200}
    assert pulse.slowest < ALIVE_SECONDS + pulse.late
    assert _at(loud, 0.99) < LONGEST_MS + late
    assert answered.keys() <= {200, 429, 503}  # a full queue is told, and nothing fails
    assert let_in > least


def _hash_seconds() -> float:
    """How long a hash takes just now where WORKERS threads do nothing else, as nice as the server's: the mean of three each."""
    began = time.perf_counter()
    with ThreadPoolExecutor(WORKERS, initializer=_give_way) as threads:
        for done in [threads.submit(_hash, PASSWORD, 12) for _ in range(3 * WORKERS)]:
            done.result()
    return (time.perf_counter() - began) / 3


async def _token(http: aiohttp.ClientSession) -> str:
    async with http.post("/graphql", json={"query": LOGIN, "variables": {"input": _given(0)}}) as answer:
        token: str = (await answer.json())["data"]["login"]["tokens"]["accessToken"]
        return token


def _given(number: int) -> dict[str, str]:
    return {"tenant": "acme", "usernameOrEmail": f"user{number}", "password": PASSWORD}


async def _sign_in(http: aiohttp.ClientSession, number: int, stop: asyncio.Event, answered: Counter[int]) -> None:
    """One after another, let in or told when to come again; who is told comes again as soon as told."""
    headers = {"Accept": "application/graphql-response+json"}
    while not stop.is_set():
        async with http.post("/graphql", json={"query": LOGIN, "variables": {"input": _given(number)}}, headers=headers) as answer:
            body = await answer.json()
            answered[answer.status] += 1
        if answer.status == 200:
            assert body["data"]["login"]["tokens"]["accessToken"], body
            wait = 0.0
        else:
            wait = float(answer.headers["Retry-After"])
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
