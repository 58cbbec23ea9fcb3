"""Load offered to a server by the generator, and what became of it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import orjson
import pytest

from bench.processes import cpus, family
from server.database import ROOT

PATIENCE_MS: Final = 3_000.0
"""What comes later is no good to anybody: clients have given up."""
REFUSALS: Final = {429, 503}
_TICK: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Offered:
    """A row for each request: when it was due, in seconds from the beginning; how many milliseconds it took from then; its status;
    and which one of the file it was.

    `unsaid` is the number of refusals without Retry-After, and `odd` holds some answers that nobody expects.
    """

    rows: Sequence[tuple[float, float, int, int]]
    unsaid: int
    odd: Sequence[str]

    @property
    def statuses(self) -> Counter[int]:
        """How many of each; the generator says which are no real ones."""
        return Counter(status for _, _, status, _ in self.rows)

    def goodput(self, begin: float, end: float) -> float:
        """Good answers a second, of those that came between two moments, each within PATIENCE_MS."""
        came = (due + took / 1_000 for due, took, status, _ in self.rows if status == 200 and took <= PATIENCE_MS)
        return sum(begin <= moment < end for moment in came) / (end - begin)

    def slowest(self, share: float, *statuses: int, of: Container[int] | None = None) -> float:
        """The milliseconds within which that share of the answers of these statuses came, all or `of` some requests; 0 for none."""
        took = sorted(took for _, took, status, which in self.rows if status in statuses and (of is None or which in of))
        return took[min(int(len(took) * share), len(took) - 1)] if took else 0.0


async def offered(
    port: int, requests: Path, seconds: float, *, clients: int = 0, rate: float = 0.0, core: int | None = None
) -> Offered:
    """Runs the generator for so many seconds: with so many `clients`, or at a `rate` a second; on one core, if one is given."""
    loop = ("clients", str(clients)) if clients else ("rate", str(rate))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.drills.generator", str(port), str(requests), *loop, str(seconds)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    if core is not None:
        os.sched_setaffinity(process.pid, {core})
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    return Offered(**orjson.loads(said))


@dataclass
class Core:
    """One core on which some processes run and others may, too; or all cores, by the number -1."""

    number: int
    pids: Sequence[int]
    _before: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def begin(self) -> Self:
        """From now on the others are watched."""
        self._before = self._now()
        return self

    def others(self) -> float:
        """The share of the core that they have had since."""
        ours, busy, all_ = (now - then for now, then in zip(self._now(), self._before, strict=True))
        return max(0.0, busy - ours) / all_

    def _now(self) -> tuple[float, float, float]:
        """Seconds of our processes, of all processes on this core, and of the clock (proc(5), /proc/stat)."""
        name = "cpu " if self.number < 0 else f"cpu{self.number} "
        line = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith(name))
        ticks = [int(part) / _TICK for part in line.split()[1:9]]
        ended = os.times().children_user + os.times().children_system if self.number < 0 else 0.0
        return ended + sum(sum(cpus(pid).values()) for pid in self.pids), sum(ticks[:3]), sum(ticks)


@contextmanager
def together(*pids: int) -> Iterator[tuple[Core, int]]:
    """These processes and all that descend from them on one core, while the block lasts; and the number of another core.

    So the cost of making load is not taken from who bears it.
    """
    if not hasattr(os, "sched_setaffinity") or len(allowed := sorted(os.sched_getaffinity(0))) < 2:
        pytest.skip("two cores are needed: one for the server, and one for the load")
    _confine(pids, {allowed[0]})
    try:
        yield Core(allowed[0], pids), allowed[1]
    finally:
        _confine(pids, set(allowed))


def _confine(pids: Sequence[int], cores: set[int]) -> None:
    for pid in pids:
        for process in family(pid):
            for thread in Path(f"/proc/{process}/task").iterdir():
                try:
                    os.sched_setaffinity(int(thread.name), cores)
                except ProcessLookupError:
                    continue  # it has ended


def parent(pid: int) -> int:
    """The process that started it."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def resident(pid: int) -> float:
    """MB of a process's memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def descriptors(pid: int) -> int:
    """How many files and sockets it has open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
