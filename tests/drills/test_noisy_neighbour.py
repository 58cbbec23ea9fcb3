"""What one tenant asks for at once is felt by itself alone (TI-18)."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.documents import CONTACT, FIELDS, Work
from bench.load import framed
from bench.seed import Tenant
from tests.abuse.server import ALIVE_SECONDS, Pulse, Server, running
from tests.abuse.told import sent
from tests.conftest import JWT_KEYS
from tests.drills.load import REFUSALS, offered
from tests.drills.report import Note
from tests.drills.seeds import PLENTY, dice, requests, seeded, written

pytestmark = [pytest.mark.drill, pytest.mark.long]

CLIENTS, PER_SECOND, SECONDS = 50, 5, 15.0
TIMES = 2.0
"""By so much the neighbour's p99 may grow."""

ROOT_FIELDS = 10
"""GRAPHQL_MAX_ROOT_FIELDS, as it is where nobody sets it."""


def _heavy(fields: int) -> Work:
    """So many searches, each with a page of 100 whose labels are asked for."""
    page = f"contacts(first: 100, search: $search) {{ nodes {{ {FIELDS} labels {{ id name color }} }} totalCount }}"
    many = " ".join(f"a{n}: {page}" for n in range(fields))
    document = f"query Heavy($search: String!) {{ {many} }}"
    return Work("H", "heavy", "Heavy", document, lambda chance, _: {"search": chance.choice("aeiou")})


async def _costliest(server: Server, tenant: Tenant) -> Work:
    """What a tenant may just ask for in one request."""
    for fields in range(ROOT_FIELDS, 0, -1):
        work = _heavy(fields)
        once = framed(work, dice(), tenant).replace(b"Host: localhost\r\n", b"Host: localhost\r\nConnection: close\r\n")
        if (await sent(server.port, once)).status == 200:
            return work
    raise AssertionError("not even one page is within the limits")


@pytest.mark.parametrize("budgets", [{}, PLENTY], ids=["as in production", "that are never spent"])
async def test_a_neighbour_does_not_feel_fifty_heavy_requests(budgets: dict[str, str], tmp_path: Path, note: Note) -> None:
    async with seeded(2, 2_000) as world:
        loud, still = world.tenants
        with ExitStack() as stack:
            server = await asyncio.to_thread(stack.enter_context, running(world.database.app, JWT_KEYS, tmp_path, **budgets))
            work = await _costliest(server, loud)
            reads = requests(tmp_path / "reads", {CONTACT: 1}, [still])
            heavy = written(tmp_path / "heavy", [framed(work, dice(n), loud) for n in range(10)])
            quiet = await offered(server.port, reads, SECONDS, rate=PER_SECOND)
            with Pulse(server.port).taken() as pulse:
                noise = asyncio.create_task(offered(server.port, heavy, SECONDS + 2, clients=CLIENTS))
                await asyncio.sleep(1)
                neighbour = await offered(server.port, reads, SECONDS, rate=PER_SECOND)
                noisy = await noise
    usual, now, late = quiet.slowest(0.99, 200), neighbour.slowest(0.99, 200), pulse.late * 1_000
    fields = work.document.count("contacts(")
    note(f"{CLIENTS} clients of A, each {fields} searches of 100 with labels: answers", str(dict(noisy.statuses)), "none")
    note("B's point reads, p50", f"{quiet.slowest(0.5, 200):.1f} alone, {neighbour.slowest(0.5, 200):.1f} ms beside it", "none")
    note("B's point reads, p99", f"{usual:.1f} alone, {now:.1f} ms beside it", f"{TIMES} times, and {late:.0f} ms of the machine")
    note("liveness meanwhile, slowest", f"{pulse.slowest * 1_000:.0f} ms", f"{ALIVE_SECONDS * 1_000:.0f} ms, and {late:.0f}")
    assert set(noisy.statuses) <= {200, *REFUSALS}, noisy.odd
    assert noisy.unsaid == 0
    assert pulse.statuses == {200}
    assert set(quiet.statuses) == set(neighbour.statuses) == {200}, neighbour.odd
    assert now <= TIMES * usual + late
