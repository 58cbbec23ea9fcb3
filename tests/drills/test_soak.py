"""Hours of half a load, with much that is malformed and hostile, leave nothing behind (RE-04)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from bench.documents import Work
from bench.load import framed
from bench.seed import Tenant
from tests.abuse.server import ALIVE_SECONDS, Pulse, Server, serving
from tests.abuse.test_documents import CIRCULAR, INTROSPECTION, LIMITED
from tests.drills.insides import PATCH
from tests.drills.load import REFUSALS, Core, Offered, descriptors, offered, parent, resident
from tests.drills.report import Note, judged
from tests.drills.seeds import MIX, PLENTY, dice, requests, seeded, written
from tests.drills.writers import Writers, editor

pytestmark = pytest.mark.drill

SECONDS: Final = float(os.environ.get("SOAK_SECONDS", "45"))
"""The bar's own figure is 600."""

WARM: Final = 1 / 3
"""Of that time; then caches are full, and connections open."""

SHARE, INVALID, HOSTILE = 0.5, 0.2, 0.01
"""Of what it can do; and of those requests the unique invalid ones, and the hostile ones, which are large."""

GROWTH, MORE = 1.10, 10
"""By how much memory may grow after that; and how many more of FLAT there may be when all of it is over."""

FLAT: Final = ("descriptors", "tasks", "pool")
SETTLED_SECONDS: Final = 3.0

WRITES_A_SECOND: Final = max(40.0, 1_800 / SECONDS)


@dataclass(frozen=True)
class Weighed:
    """A process at a moment: MB, open descriptors, tasks, open and used connections to Postgres, how full the fullest cache is."""

    megabytes: float
    descriptors: int
    tasks: float
    pool: float
    fullness: float


def _invalid(number: int) -> str:
    """A document that nobody has sent before: a field, an argument, a type or a token is wrong, or a piece is missing."""
    name = f"x{number:x}"
    return (
        f"query {name} {{ viewer {{ {name} }} }}",
        f"query {name} {{ contacts({name}: 1) {{ totalCount }} }}",
        f"query {name}($c: {name}) {{ viewer {{ id }} }}",
        f"query {name} {{ viewer {{ id }} # {name}",
        f"{{ {name}: contact(id: 5) {{ ...F{name} }} }}",
        f'query {name} {{ contacts(first: "{name}") {{ totalCount }} }} }}',
    )[number % 6]


def _sent(document: str, tenant: Tenant) -> bytes:
    return framed(Work("I", "", "", document, lambda _, __: {}), dice(), tenant)


def _requests(path: Path, tenants: list[Tenant], count: int) -> Path:
    chance, good = dice(), list(MIX)
    hostile = [_sent(one, tenants[0]) for one in (*CIRCULAR, *INTROSPECTION, *sum(LIMITED.values(), ())) if len(one) < 200_000]
    found = []
    for number in range(count):
        turn, tenant = chance.random(), chance.choice(tenants)
        if turn < HOSTILE:
            found.append(hostile[number % len(hostile)])
        elif turn < INVALID:
            found.append(_sent(_invalid(number), tenant))
        else:
            found.append(framed(chance.choices(good, list(MIX.values()))[0], chance, tenant))
    return written(path, found)


async def _weighed(http: aiohttp.ClientSession, server: Server) -> Weighed:
    async with http.get(f"http://127.0.0.1:{server.inner}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    told = {line.split()[0]: float(line.split()[1]) for line in lines if not line.startswith("#") and "{" not in line}
    pid = server.process.pid
    return Weighed(
        resident(pid),
        descriptors(pid),
        told["addressbook_drill_tasks"],
        told["addressbook_db_pool_size"],
        told["addressbook_drill_cache_fullness"],
    )


async def _idle(server: Server) -> Weighed:
    """Weighed once nobody asks for anything any more."""
    await asyncio.sleep(SETTLED_SECONDS)
    async with aiohttp.ClientSession() as http:
        return await _weighed(http, server)


@asynccontextmanager
async def _scales(server: Server) -> AsyncIterator[list[Weighed]]:
    """Puts it on the scales once a second while the block lasts."""
    seen = list[Weighed]()
    async with aiohttp.ClientSession() as http:

        async def weigh() -> None:
            while True:
                seen.append(await _weighed(http, server))
                await asyncio.sleep(1)

        task = asyncio.create_task(weigh())
        try:
            yield seen
        finally:
            task.cancel()
            await asyncio.wait({task})


async def test_a_long_time_of_half_a_load_leaves_nothing_behind(tmp_path: Path, note: Note) -> None:
    async with seeded(5, 400) as world, serving(world.database.app, tmp_path, patch=PATCH, **PLENTY) as server:
        can = await offered(server.port, requests(tmp_path / "mix", MIX, world.tenants), 5, clients=16)
        rate = SHARE * can.goodput(2, 5)
        soaking = _requests(tmp_path / "soak", list(world.tenants), int(rate * SECONDS) + 1)
        writers = Writers([server.url], await editor(world.database.admin, server.url), per_second=WRITES_A_SECOND)
        machine = Core(-1, [parent(world.backend), os.getpid()]).begin()
        before = await _idle(server)
        with Pulse(server.port).taken() as pulse:
            async with _scales(server) as seen, writers.at_work():
                soaked = await offered(server.port, soaking, SECONDS, rate=rate)
        free, after = 1 - machine.others(), await _idle(server)
        report = await writers.report(world.database.admin)
        assert server.complaints() == []
    _told(note, soaked, seen, rate)
    for what in FLAT:
        figures = f"{getattr(before, what):.0f} {getattr(after, what):.0f}"
        note(f"soak: {what} with nothing to do, before and after", figures, f"{MORE} more")
    alive = ALIVE_SECONDS / free + pulse.late
    note("soak: liveness, slowest", f"{pulse.slowest * 1_000:.0f} ms", f"{ALIVE_SECONDS * 1_000:.0f} ms, here {alive * 1_000:.0f}")
    judged(report, note, "soak", late=pulse.late)
    assert set(soaked.statuses) <= {200, 400, *REFUSALS}, (soaked.statuses, soaked.odd)
    assert soaked.unsaid == 0
    assert pulse.statuses == {200}
    assert pulse.slowest < alive
    warm, rest = seen[int(len(seen) * WARM)], seen[int(len(seen) * WARM) :]
    assert max(one.megabytes for one in rest) < GROWTH * warm.megabytes
    for what in FLAT:
        assert getattr(after, what) <= getattr(before, what) + MORE, what
    assert max(one.fullness for one in seen) <= 1


def _told(note: Note, soaked: Offered, seen: list[Weighed], rate: float) -> None:
    warm = seen[int(len(seen) * WARM)]
    note(f"soak: {SECONDS:.0f} s of {rate:.0f}/s, answers", str(dict(soaked.statuses)), "200 and 400, 429 and 503")
    note(
        "soak: memory at first, warm, last",
        " ".join(f"{one.megabytes:.0f}" for one in (seen[0], warm, seen[-1])),
        f"{GROWTH} of warm",
    )
    note("soak: the fullest cache", f"{max(one.fullness for one in seen):.2f}", "1")
