"""Rounds in turn: each server once, then each again, so that what the machine does meanwhile falls on all of them alike."""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.dialects import Dialect
from bench.documents import CREATE, VIEWER, Work, comparable
from bench.load import Round, Sample, checked, prepared, round_of
from bench.processes import Failed, Process, free_port, ready, start
from bench.seed import Tenant, World, sweep
from bench.servers import Server

SAMPLES: Final = 25
REQUESTS: Final = 2_000
UNSEEN_A_SECOND: Final = 4_000
"""How many documents a second are made where none may come twice."""


@dataclass(frozen=True)
class Hall:
    """Where a bench takes place."""

    world: World
    postmaster: int
    folder: Path
    collector: str
    seconds: int
    rounds: int


@dataclass
class Runner:
    """A server that runs, with what was seen of it: for each work its rounds."""

    server: Server
    processes: list[Process]
    rounds: dict[str, list[Round]] = field(default_factory=dict)
    memory: float = 0.0

    @property
    def startup(self) -> float:
        """Seconds until the first answer, with nothing else to do for the machine."""
        return self.processes[0].startup

    def median(self, work: str, what: str) -> float:
        """The median of one figure over the rounds of a work."""
        return float(statistics.median(getattr(one, what) for one in self.rounds[work]))

    def share(self, work: str, of: Runner, what: str) -> float:
        """How this server's figure stands to another's in the same round, in the median: 1 is as good, less is worse."""
        pairs = zip(self.rounds[work], of.rounds[work], strict=True)
        ratios = [getattr(a, what) / getattr(b, what) for a, b in pairs]
        return float(statistics.median(ratios if what == "rate" else [1 / ratio for ratio in ratios]))


@contextmanager
def running(hall: Hall, servers: Sequence[Server], count: int) -> Iterator[list[Runner]]:
    """These servers, with so many processes each. All are ended, whatever happens."""
    started: list[Process] = []
    runners = []
    tenant = hall.world.tenants[0]
    body = VIEWER.body(random.Random(0), tenant)
    try:
        for server in servers:
            own = []
            for _ in range(count):
                port = free_port()
                command = [part.format(port=port) for part in server.command]
                environ = server.settings(hall.world, port, hall.collector)
                own.append(start(server.name, command, environ, port, hall.folder / f"{server.name}.log", server.dialect))
                started.append(own[-1])
                ready(own[-1], body, tenant)
            runners.append(Runner(server, own))
        yield runners
    finally:
        for process in reversed(started):
            process.stop()


def compared(runners: Sequence[Runner], works: Sequence[Work], tenants: Sequence[Tenant]) -> list[list[Sample]]:
    """For each runner requests of its work, with the answers that all servers give alike. Raises Failed where they do not."""
    asked = [_asked(work, tenants) for work in works]
    first, name = runners[0], works[0].name
    answers = []
    for body, tenant in asked[0]:
        status, said = first.processes[0].ask(body, tenant)
        if status != 200:
            raise Failed(f"{first.server.name} answers {name} with {status}: {said[:300]!r}")
        answers.append(comparable(said, first.server.dialect))
    samples = [[Sample(*one, answer) for one, answer in zip(own, answers, strict=True)] for own in asked]
    for runner, own in zip(runners, samples, strict=True):
        for process in runner.processes:
            for sample in own:
                if fault := checked(process, sample):
                    raise Failed(f"{runner.server.name} and {first.server.name} differ in {name}: {fault}")
    return samples


def _asked(work: Work, tenants: Sequence[Tenant]) -> list[tuple[bytes, Tenant]]:
    dice = random.Random(7)
    chosen = [dice.choice(tenants) for _ in range(SAMPLES)]
    return [(work.body(dice, tenant), tenant) for tenant in chosen]


def measure(
    hall: Hall, runners: Sequence[Runner], work: Work, tenants: Sequence[Tenant], own: Callable[[Runner], Work] | None = None
) -> None:
    """All rounds of one work; what was seen is added to the runners. `own` is the work as each of them must be asked for it."""
    works = [own(runner) if own else work for runner in runners]
    samples = compared(runners, works, tenants)
    count = UNSEEN_A_SECOND * hall.seconds if work.unseen else REQUESTS
    files: dict[tuple[Work, Dialect], Path] = {}
    for number in range(-1, hall.rounds):
        if work.unseen:
            files.clear()
        for runner, asked, known in zip(runners, works, samples, strict=True):
            key = asked, runner.server.dialect
            if key not in files:
                files[key] = prepared(asked, tenants, count, number, hall.folder / f"requests-{len(files)}", runner.server.dialect)
            seen = round_of(runner.processes, files[key], hall.seconds if number >= 0 else 1, known, hall.postmaster)
            if number >= 0:  # the first one is to warm up
                runner.rounds.setdefault(work.name, []).append(seen)
                runner.memory = max(runner.memory, sum(process.memory() for process in runner.processes))
            print(".", end="", file=sys.stderr, flush=True)
    if work is CREATE:
        asyncio.run(sweep(hall.world.admin))
    print(f" {work.name}", file=sys.stderr, flush=True)
