"""How long an answer takes tells nobody whether there is such an account: medians of interleaved attempts."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import asyncpg
import pytest

from auth.passwords import _hash
from tests.abuse.server import running
from tests.conftest import JWT_KEYS, Database
from tests.world import LOGIN, PASSWORD, add_user, tenant

pytestmark = pytest.mark.drill

ROUNDS = 200
RELATIVE, MILLISECONDS = 0.05, 5.0
"""By how much a median may differ from that of the known account: whichever allows more."""


@dataclass(frozen=True)
class Operation:
    """A mutation with its input for a known account, and the inputs that must not take another time."""

    query: str
    known: Mapping[str, str]
    others: Mapping[str, Mapping[str, str]]


def _login(name: str, home: str = "acme") -> dict[str, str]:
    return {"tenant": home, "usernameOrEmail": name, "password": "wrong-horse-battery"}


OPERATIONS = {
    "login": Operation(
        LOGIN,
        _login("linus"),
        {
            "unknown": _login("ghost"),
            "deactivated": _login("gone"),
            "another tenant's": _login("mallory"),
            "unknown tenant": _login("linus", "nowhere"),
        },
    ),
}
"""One more operation, one more row."""


@pytest.mark.parametrize("name", OPERATIONS)
async def test_an_unknown_account_takes_as_long_as_a_known_one(
    name: str, database: Database, admin: asyncpg.Connection, tmp_path: Path
) -> None:
    await _people(admin)
    operation = OPERATIONS[name]
    inputs = {"known": operation.known, **operation.others}
    # Nobody is to be throttled: not even at a tenant that is not there, which has the threshold of a new one.
    patch = "import auth.desk\nauth.desk.ATTEMPTS_PER_MINUTE = auth.desk.FROM_A_NETWORK = 10_000"
    took: dict[str, list[float]] = {which: [] for which in inputs}
    with ExitStack() as stack:
        server = await asyncio.to_thread(stack.enter_context, running(database.app, JWT_KEYS, tmp_path, patch=patch))
        async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as http:
            for turn in range(-5, ROUNDS):  # the first ones warm it up
                for which in random.sample(list(inputs), len(inputs)):
                    seconds, codes = await _asked(http, operation.query, inputs[which])
                    assert codes == ["INVALID_CREDENTIALS"], which
                    if turn >= 0:
                        took[which].append(seconds)
    medians = {which: median(times) * 1_000 for which, times in took.items()}
    for which, milliseconds in medians.items():
        apart = milliseconds - medians["known"]
        print(f"{name:10} {which:18} median {milliseconds:7.2f} ms  {apart:+6.2f} ms  {apart / medians['known']:+.1%}")
    allowed = max(RELATIVE * medians["known"], MILLISECONDS)
    assert {which for which, milliseconds in medians.items() if abs(milliseconds - medians["known"]) > allowed} == set()


async def _asked(http: aiohttp.ClientSession, query: str, given: Mapping[str, str]) -> tuple[float, list[str]]:
    """The seconds that it took, and the codes of what was refused."""
    began = time.perf_counter()
    async with http.post("/graphql", json={"query": query, "variables": {"input": given}}) as answer:
        body: Any = await answer.json()
        seconds = time.perf_counter() - began
    assert "data" in body, body
    [payload] = body["data"].values()
    return seconds, [error["code"] for error in payload["userErrors"]]


async def _people(admin: asyncpg.Connection) -> None:
    """Linus and gone, who was deactivated, of acme; mallory of evil. Their hashes cost what a server in production makes."""
    acme, evil = await tenant(admin, "acme"), await tenant(admin, "evil")
    for home, user, active in ((acme, "linus", True), (acme, "gone", False), (evil, "mallory", True)):
        await add_user(admin, home, user, "EDITOR", active=active)
    await admin.execute("UPDATE users SET password_hash = $1", _hash(PASSWORD, 12))
