"""Lists and searches of a large tenant among many are answered soon, and many a second (RE-20).

Times are this machine's; what must hold on any is the ratio to a handwritten server, which `python -m bench --smoke` gates.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest

from bench.documents import CONTACT, CREATE, PAGE, VIEWER
from tests.abuse.server import Pulse, serving
from tests.drills.load import Core, offered, parent
from tests.drills.report import Note
from tests.drills.seeds import PLENTY, SEARCH, requests, seeded, works

pytestmark = [pytest.mark.drill, pytest.mark.long]

TENANTS, CONTACTS, BIG, CLIENTS = 200, 100, 50_000, 8
SECONDS: Final = float(os.environ.get("SMOKE_SECONDS", "15"))
"""The bar's own figure is 30."""

LIST_MS, SEARCH_MS, PER_SECOND = 50.0, 100.0, 300.0
MIX: Final = {VIEWER: 2, CONTACT: 4, PAGE: 3, SEARCH: 2, CREATE: 1}


async def test_lists_and_searches_of_fifty_thousand_contacts_are_answered_soon(tmp_path: Path, note: Note) -> None:
    async with seeded(TENANTS, CONTACTS, big=BIG) as world, serving(world.database.app, tmp_path, **PLENTY) as server:
        assert world.big is not None
        # Half of what is asked concerns the large tenant.
        mixed = requests(tmp_path / "mix", MIX, [*world.tenants, *[world.big] * TENANTS])
        await offered(server.port, mixed, 3, clients=CLIENTS)  # to warm up
        machine = Core(-1, [parent(world.backend), os.getpid()]).begin()
        with Pulse(server.port).taken() as pulse:
            seen = await offered(server.port, mixed, SECONDS, clients=CLIENTS)
        free = 1 - machine.others()
        assert server.complaints() == []
    kinds = works(MIX)
    # A machine that others use answers later: by the share that they take, and by what it wakes us too late.
    list_ms, search_ms = (most / free + pulse.late * 1_000 for most in (LIST_MS, SEARCH_MS))
    lists, searches = ({n for n, work in enumerate(kinds) if work is one} for one in (PAGE, SEARCH))
    listed, searched, rate = seen.slowest(0.95, 200, of=lists), seen.slowest(0.95, 200, of=searches), seen.goodput(0, SECONDS)
    note(
        f"{BIG:,} contacts, {TENANTS} more tenants: list p95",
        f"{listed:.1f} ms",
        f"{LIST_MS:.0f} ms, here {list_ms:.0f}",
    )
    note("search p95", f"{searched:.1f} ms", f"{SEARCH_MS:.0f} ms, here {search_ms:.0f}")
    note(f"{CLIENTS} clients, mixed", f"{rate:.0f}/s", f"{PER_SECOND:.0f}/s of the {free:.0%} that others left")
    assert set(seen.statuses) == {200}, seen.odd
    assert listed <= list_ms
    assert searched <= search_ms
    assert rate >= PER_SECOND * free
