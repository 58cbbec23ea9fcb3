"""A collector that is away or hangs costs a request no millisecond, and the server no memory: asked in turn, in one run."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import aiohttp
import asyncpg
import pytest

from tests.abuse.server import Server, running
from tests.collector import hanging
from tests.conftest import JWT_KEYS, Database
from tests.drills.report import Note
from tests.world import LOGIN, PASSWORD, add_user, tenant

pytestmark = [pytest.mark.drill, pytest.mark.long]

WARM, ROUNDS, EACH = 300, 150, 10
"""Requests to warm each server up; rounds, in an order that chance gives; requests of each server in a round. At four spans a
request the queue of 2,048 is full after some fifty rounds."""
MOST_MS = 1.0
MOST_MB = 16.0
"""A full queue, and the batch that is being sent, of some 2 KB a span, twice."""


async def test_a_collector_that_is_away_or_hangs_costs_nothing(
    database: Database, admin: asyncpg.Connection, tmp_path: Path, note: Note
) -> None:
    await add_user(admin, await tenant(admin, "acme"), "grace", "EDITOR")
    with ExitStack() as stack:
        nobody = stack.enter_context(socket.socket())
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        endpoints = {"none": "", "away": f"http://127.0.0.1:{nobody.getsockname()[1]}/v1/traces"}
        endpoints["hanging"] = stack.enter_context(hanging())
        servers = {
            name: await asyncio.to_thread(
                stack.enter_context, running(database.app, JWT_KEYS, tmp_path, OTLP_ENDPOINT=url, TRACE_RATIO="1", BCRYPT_COST="12")
            )
            for name, url in endpoints.items()
        }
        async with aiohttp.ClientSession() as http:
            token = await _token(http, servers["none"])
            for server in servers.values():
                await _asked(http, server, token, WARM)
            before = {name: _memory(server) for name, server in servers.items()}
            took: dict[str, list[float]] = {name: [] for name in servers}
            for _ in range(ROUNDS):
                for name in random.sample(list(servers), len(servers)):
                    took[name] += await _asked(http, servers[name], token, EACH)
        grown = {name: _memory(server) - before[name] for name, server in servers.items()}
    base = median(took["none"])
    for name in servers:
        p99 = sorted(took[name])[int(len(took[name]) * 0.99)]
        note(f"collector {name}: viewer, p50 and p99", f"{median(took[name]):.2f} and {p99:.2f} ms", f"p50 within {MOST_MS:.0f} ms")
        note(f"collector {name}: memory grown", f"{grown[name]:.1f} MB", f"{MOST_MB:.0f} MB beyond none's")
    assert {name for name in servers if median(took[name]) - base >= MOST_MS} == set()
    assert {name for name in servers if grown[name] - grown["none"] >= MOST_MB} == set()


async def _token(http: aiohttp.ClientSession, server: Server) -> str:
    given = {"tenant": "acme", "usernameOrEmail": "grace", "password": PASSWORD}
    async with http.post(_url(server), json={"query": LOGIN, "variables": {"input": given}}) as answer:
        token: str = (await answer.json())["data"]["login"]["tokens"]["accessToken"]
        return token


async def _asked(http: aiohttp.ClientSession, server: Server, token: str, times: int) -> list[float]:
    """Milliseconds of each of so many `viewer`, one after another."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        query, headers = {"query": "{ viewer { user { id } } }"}, {"Authorization": f"Bearer {token}"}
        async with http.post(_url(server), json=query, headers=headers) as answer:
            body = await answer.json()
        took.append((time.perf_counter() - began) * 1_000)
        assert body["data"]["viewer"], body
    return took


def _url(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}/graphql"


def _memory(server: Server) -> float:
    """Megabytes that the server holds."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1_024
