"""How long an answer takes tells nobody whether there is such an account: each known one is asked about next to each other one."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from uuid import UUID

import aiohttp
import asyncpg
import pytest

from tests.abuse.server import running
from tests.conftest import JWT_KEYS, Database
from tests.drills.oracles import OPERATIONS, WARM, Operation, people
from tests.drills.report import Note

pytestmark = [pytest.mark.drill, pytest.mark.long]

RELATIVE, MILLISECONDS = 0.05, 5.0
"""By how much another account may take longer or shorter than a known one, in the median: whichever allows more."""

LANES = 2
"""So many rounds at once of what hashes, as many as the server has threads for it: nothing waits for a thread, and all rounds are
alike. What is cheap goes one at a time."""

SETTLED_SECONDS = 0.02
"""Between two cheap ones, so that what is left to be done after an answer falls on none of them: a known account leaves more."""

SETTINGS = {"MAIL": "smtp", "SMTP_URL": "smtp://127.0.0.1:9", "MAIL_FROM": "no-reply@book.test", "PUBLIC_URL": "https://book.test"}
"""Letters are asked for, and nobody delivers them: JOBS_IN_SERVE is false."""

# Nobody is to be throttled: not even at a tenant that is not there, which has the threshold of a new one.
UNTHROTTLED = "import auth.desk\nauth.desk.ATTEMPTS_PER_MINUTE = auth.desk.FROM_A_NETWORK = 10_000"


@pytest.mark.parametrize("name", OPERATIONS)
async def test_an_unknown_account_takes_as_long_as_a_known_one(
    name: str, database: Database, admin: asyncpg.Connection, tmp_path: Path, note: Note
) -> None:
    acme, operation = await people(admin), OPERATIONS[name]
    with ExitStack() as stack:
        server = await asyncio.to_thread(
            stack.enter_context, running(database.app, JWT_KEYS, tmp_path, patch=UNTHROTTLED, **SETTINGS)
        )
        async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as http:
            turns, rounds = iter(range(WARM + operation.times)), list[dict[str, float]]()
            lanes = [_lane(http, acme, operation, turns, rounds) for _ in range(LANES if operation.hashes else 1)]
            await asyncio.gather(*lanes)
    usual = median(took["known"] for took in rounds)
    allowed = max(RELATIVE * usual, MILLISECONDS)
    apart = {which: median(took[which] - took["known"] for took in rounds) for which in operation.others}
    for which, milliseconds in apart.items():
        note(f"{name}: {which}", f"{milliseconds:+.2f} ms of {usual:.1f}", f"±{allowed:.1f} ms")
    assert len(rounds) == operation.times
    assert {which for which, milliseconds in apart.items() if abs(milliseconds) > allowed} == set()


async def _lane(
    http: aiohttp.ClientSession, acme: UUID, operation: Operation, turns: Iterator[int], rounds: list[dict[str, float]]
) -> None:
    """Turns as long as there are some, the milliseconds of each input: one after another in an order that chance gives, so that
    whatever else goes on in the machine falls on all of them alike."""
    inputs = {"known": operation.known, **operation.others}
    for turn in turns:
        took: dict[str, float] = {}
        for which in random.sample(list(inputs), len(inputs)):
            body = {"query": operation.document, "variables": {"input": inputs[which](acme, turn)}}
            began = time.perf_counter()
            answer = await _asked(http, body)
            if operation.followed:
                await _asked(http, {"query": "{ __typename }"})
            took[which] = (time.perf_counter() - began) * 1_000
            await asyncio.sleep(0 if operation.hashes else SETTLED_SECONDS)
            assert answer == {operation.mutation: operation.payload}, which
        if turn >= WARM:
            rounds.append(took)


async def _asked(http: aiohttp.ClientSession, body: dict[str, object]) -> object:
    async with http.post("/graphql", json=body) as answer:
        return (await answer.json())["data"]
