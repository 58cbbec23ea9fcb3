"""More than the server can do costs those their answer who are too many, and nobody else (RE-01)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median

import pytest

from tests.abuse.server import ALIVE_SECONDS, Pulse, Server, running
from tests.conftest import JWT_KEYS
from tests.drills.load import REFUSALS, Core, Offered, offered, parent, resident, together
from tests.drills.report import Note
from tests.drills.seeds import HEAVY, MIX, PLENTY, requests, seeded

pytestmark = pytest.mark.drill

TENANTS, CONTACTS, POOL = 10, 500, "5"
CLIENTS = (8, 16, 24)
"""Of a closed loop: with the best of them the server does what it can."""

TIMES, SECONDS, ROUNDS = 4, 15.0, 3
"""So many times what it can do is asked of it, for so long, again and again."""

SETTLED = 3.0
"""Of those seconds, the first ones do not count: what waits must first fill up."""

GOODPUT = 0.8
"""Of the capacity, at the least: under overload, and 2 s after it."""

AFTER, QUICK_MS = 2.0, 1_000.0
BURST, BURST_SECONDS = 400, 20.0
GROWTH = 1.1


@dataclass(frozen=True)
class Hall:
    """A server that shares one core with its Postgres, the core of the load, and the requests: a mix, and heavy ones."""

    server: Server
    core: Core
    other: int
    mix: Path
    heavy: Path

    async def offered(self, seconds: float, *, clients: int = 0, rate: float = 0.0, heavy: bool = False) -> tuple[Offered, float]:
        """What became of the load, and what share of the core the others left."""
        self.core.begin()
        seen = await offered(
            self.server.port, self.heavy if heavy else self.mix, seconds, clients=clients, rate=rate, core=self.other
        )
        return seen, 1 - self.core.others()


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with seeded(TENANTS, CONTACTS) as world:
        with ExitStack() as stack:
            server = await asyncio.to_thread(
                stack.enter_context, running(world.database.app, JWT_KEYS, tmp_path, DATABASE_POOL=POOL, **PLENTY)
            )
            core, other = stack.enter_context(together(server.process.pid, parent(world.backend)))
            mix = requests(tmp_path / "mix", MIX, world.tenants)
            heavy = requests(tmp_path / "heavy", {HEAVY: 1}, world.tenants)
            yield Hall(server, core, other, mix, heavy)
            assert server.complaints() == []


def _told(seen: Offered) -> None:
    """Each was answered well, or told when to come again."""
    assert set(seen.statuses) <= {200, *REFUSALS}, (seen.statuses, seen.odd)
    assert seen.unsaid == 0


async def test_a_burst_is_answered_or_told_to_come_again(hall: Hall, note: Note) -> None:
    before, free = await hall.offered(4, clients=CLIENTS[0])
    with Pulse(hall.server.port).taken() as pulse:
        burst, free_burst = await hall.offered(0.02, rate=BURST / 0.02, heavy=True)
    after, free_after = await hall.offered(AFTER + 3, clients=CLIENTS[0])
    seconds = max(due + took / 1_000 for due, took, *_ in burst.rows)
    usual, again = before.goodput(1, 4) / free, after.goodput(AFTER, AFTER + 3) / free_after
    note(f"{BURST} heavy reads at once, pool of {POOL}: answers", str(dict(burst.statuses)), "200, 429 and 503 alone")
    note("the last of them", f"{seconds:.1f} s", f"{BURST_SECONDS:.0f} s, and {pulse.late:.1f} of the machine")
    note("goodput 2 s after, to before", f"{again / usual:.2f}", f"{GOODPUT}")
    _told(burst)
    assert burst.statuses.total() == BURST
    assert seconds <= BURST_SECONDS + pulse.late
    assert pulse.slowest < ALIVE_SECONDS / free_burst + pulse.late
    assert set(before.statuses) == set(after.statuses) == {200}
    assert again >= GOODPUT * usual


async def test_four_times_what_it_can_do_leaves_it_what_it_can_do(hall: Hall, note: Note) -> None:
    """What it can do is measured before and after each time, since it changes with whatever else the machine does."""
    closed = [(await _capacity(hall, clients), clients) for clients in CLIENTS]
    first, clients = max(closed)
    memory = [resident(hall.server.process.pid)]
    capacity, loads, shares = [first], list[Offered](), list[float]()
    pulses: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        with Pulse(hall.server.port).taken() as pulse:
            loud, free = await hall.offered(SECONDS, rate=TIMES * capacity[-1])
        memory.append(resident(hall.server.process.pid))
        capacity.append(await _capacity(hall, clients))
        loads.append(loud)
        shares.append(loud.goodput(SETTLED, SECONDS) / free / fmean(capacity[-2:]))
        late = pulse.late * 1_000
        pulses.append((pulse.slowest * 1_000, ALIVE_SECONDS * 1_000 / free + late))
        _told(loud)
        assert pulse.statuses == {200}
        assert loud.slowest(0.99, *REFUSALS) < QUICK_MS / free + late
    refused = [sum(count for status, count in loud.statuses.items() if status in REFUSALS) for loud in loads]
    note(f"capacity, best of {', '.join(map(str, CLIENTS))} clients", f"{_of(capacity)}/s with {clients}", "none")
    note(
        f"offered, {ROUNDS} times {SECONDS:.0f} s",
        f"{_of(loud.statuses.total() / SECONDS for loud in loads)}/s",
        f"{TIMES} times that",
    )
    note("goodput under it, to the capacity", _of(shares, 2), f"{GOODPUT}, in the median")
    note("refused", f"{_of(count / SECONDS for count in refused)}/s", "none")
    for share, word in ((0.5, "p50"), (0.99, "p99")):
        note(f"accepted, {word}", f"{_of(loud.slowest(share, 200) for loud in loads)} ms", "none")
    note("refused, p99", f"{_of(loud.slowest(0.99, *REFUSALS) for loud in loads)} ms", f"{QUICK_MS:.0f} ms")
    note("liveness under it, slowest", f"{_of(slowest for slowest, _ in pulses)} ms", f"{ALIVE_SECONDS * 1_000:.0f} ms")
    after = [later / sooner for sooner, later in pairwise(capacity)]
    note("capacity 2 s after, to before", _of(after, 2), f"{GOODPUT}, in the median")
    note("memory, MB", f"{memory[1]:.0f} to {memory[-1]:.0f}", f"{GROWTH:.2f} times")
    assert all(slowest < bound for slowest, bound in pulses)
    assert median(shares) >= GOODPUT
    assert median(after) >= GOODPUT
    assert max(memory[1:]) < GROWTH * memory[1]


async def _capacity(hall: Hall, clients: int) -> float:
    """Good answers a second to so many clients, from AFTER seconds on."""
    seen, free = await hall.offered(AFTER + 4, clients=clients)
    assert set(seen.statuses) == {200}
    return seen.goodput(AFTER, AFTER + 4) / free


def _of(figures: Iterable[float], digits: int = 0) -> str:
    """The median, and both ends."""
    found = sorted(figures)
    return f"{median(found):.{digits}f} ({found[0]:.{digits}f} to {found[-1]:.{digits}f})"
