"""What is measured, part by part of the report."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from bench import deep, documents, gate, servers, signing
from bench.documents import CONTACT, CREATE, LABELS, MAIN, PAGE, Work
from bench.processes import Failed
from bench.rounds import Hall, Runner, measure, running
from bench.seed import Tenant, World
from bench.servers import Server

BIG: Final = (100_000, 1_000_000)


@dataclass(frozen=True)
class Section:
    """Some servers under some works. Without `servers` all that can run here."""

    name: str
    title: str
    servers: Sequence[str] = ()
    works: Sequence[Work] = MAIN
    processes: int = 2
    tenants: Callable[[World], Sequence[Tenant]] = lambda world: world.tenants


@dataclass
class Seen:
    """What a section showed."""

    section: Section
    works: Sequence[str]
    runners: list[Runner]
    figures: list[signing.Figures] = field(default_factory=list)


_AND_LIMITS: Final = ("ours", "limit", "limit-door")
_PARSERS: Final = ("ours", "stock", "ariadne", "mercurius", "yoga", "postgraphile")

SMOKE: Final = Section("smoke", "Whether we are near the limit", gate.SERVERS, gate.WORKS, 1)
MAIN_SECTION: Final = Section("main", "The main table")
DEEP: Final = Section("deep", "Deep pages: page of 50 in tenants of 1,000, 100,000 and 1,000,000 contacts", _AND_LIMITS, ())
SIGNING: Final = Section("signing", "Login, refresh and the old list, eight clients", ("ours",), (), 1)

SECTIONS: Final = (
    MAIN_SECTION,
    Section("single", "The main table", processes=1),
    Section(
        "switches",
        "What each part costs: switched off in turn",
        [one.name for one in servers.SWITCHES],
        (CONTACT, PAGE, LABELS, CREATE),
    ),
    Section("pages", "Pages of other sizes; 100 is the most", (*_AND_LIMITS, "mercurius"), documents.pages((10, 100))),
    Section("one-tenant", "One tenant instead of 100", _AND_LIMITS, (CONTACT, PAGE), tenants=lambda world: world.tenants[:1]),
    Section("unseen", "Documents that no cache has seen", _PARSERS, [documents.unseen(one) for one in (CONTACT, PAGE, LABELS)]),
    DEEP,
    SIGNING,
)


def sections(names: Sequence[str]) -> list[Section]:
    """Those of these names. Raises Failed."""
    known = {section.name: section for section in SECTIONS}
    if unknown := set(names) - known.keys():
        raise Failed(f"There is no {' or '.join(unknown)}. The parts are {', '.join(known)}.")
    return [known[name] for name in names]


def seen(hall: Hall, section: Section, only: Sequence[str] = (), works: Sequence[str] = (), processes: int | None = None) -> Seen:
    """Runs the section, all of it or `only` some servers and works of it."""
    chosen: list[Server] = servers.chosen(only or section.servers)
    wanted = [work for work in section.works if not works or work.name in works]
    with running(hall, chosen, processes or section.processes) as runners:
        if section is SIGNING:
            return Seen(section, (), runners, asyncio.run(signing.figures(runners[0], hall.world.tenants)))
        if section is DEEP:
            return Seen(section, [work.name for work in _deep(hall, runners)], runners)
        for work in wanted:
            measure(hall, runners, work, section.tenants(hall.world))
        return Seen(section, [work.name for work in wanted], runners)


def _deep(hall: Hall, runners: Sequence[Runner]) -> list[Work]:
    works = []
    for size, tenant in {len(hall.world.tenants[0].contacts): hall.world.tenants[0], **hall.world.big}.items():
        begin, to = (asyncio.run(deep.place(hall.world.admin, tenant, int(size * depth))) for depth in (0, deep.DEPTH))
        shallow, far = deep.named(size, 0), deep.named(size, deep.DEPTH)
        measure(hall, runners, shallow, [tenant])
        measure(hall, runners, far, [tenant], lambda runner: deep.onward(far, runner, tenant, begin, to))  # noqa: B023 - used at once
        works += [shallow, far]
    return works
