"""What became of all that was asked in a drill, and whether that is good enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import inf
from typing import Final
from uuid import UUID

ACKNOWLEDGED: Final = "acknowledged"
FOUND: Final = "found"
CONNECTION: Final = "connection"
"""What an outcome begins with where no answer came, as where a process died."""

AWAY: Final = frozenset({"503 UNAVAILABLE", "503 TIMEOUT"})
"""How a server tells that something it needs is away; both with Retry-After, else the outcome says so."""

LEAST: Final = 1_000
"""Writes that a drill must have acknowledged, or it shows nothing."""

STEADY: Final = 10
"""So many writes acknowledged one after another, and all is well again."""

Note = Callable[[str, str, str], None]
"""Puts a row into the table: what was measured, the figure, and what it must keep to."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: a write by the name of its contact, or a read; when, in monotonic seconds; and what came of it.

    The outcome is ACKNOWLEDGED (200 with the contact's id), FOUND, the status and code of a refusal, or CONNECTION and an error.
    """

    name: str
    url: str
    began: float
    ended: float
    outcome: str
    contact: UUID | None = None

    @property
    def failed(self) -> bool:
        """Whether it did not get what it asked for."""
        return self.outcome not in {ACKNOWLEDGED, FOUND}


@dataclass(frozen=True)
class Fault:
    """When something was broken, and when it was mended, in monotonic seconds."""

    began: float
    ended: float


@dataclass(frozen=True)
class Report:
    """All requests, all faults, and the (name, id) of each contact that the database holds afterwards."""

    asked: Sequence[Asked]
    faults: Sequence[Fault]
    kept: Sequence[tuple[str, UUID]]

    @cached_property
    def writes(self) -> list[Asked]:
        """In the order of their answers."""
        return sorted((one for one in self.asked if one.name), key=lambda one: one.ended)

    @cached_property
    def acknowledged(self) -> list[Asked]:
        """Those writes that a client may rely on."""
        return [one for one in self.writes if one.outcome == ACKNOWLEDGED]

    @property
    def lost(self) -> list[str]:
        """What was acknowledged and is not there."""
        kept = set(self.kept)
        return [one.name for one in self.acknowledged if (one.name, one.contact) not in kept]

    @property
    def duplicated(self) -> list[str]:
        """What is there more than once."""
        return [name for name, times in Counter(name for name, _ in self.kept).items() if times > 1]

    @property
    def ambiguous(self) -> list[str]:
        """What is there though nobody was told so, as where a connection broke within COMMIT: no fault, but worth knowing."""
        return sorted({name for name, _ in self.kept} - {one.name for one in self.acknowledged})

    @property
    def gap(self) -> float:
        """The longest time without an acknowledged write, from the first request to the last answer."""
        if not self.writes:
            return inf
        ends = [min(one.began for one in self.writes), *(one.ended for one in self.acknowledged), self.writes[-1].ended]
        return max(later - earlier for earlier, later in pairwise(ends))

    @property
    def slowest(self) -> float:
        """Seconds of the longest request."""
        return max((one.ended - one.began for one in self.asked), default=0.0)

    @property
    def errors(self) -> Counter[str]:
        """How often which outcome, of those that failed."""
        return Counter(one.outcome for one in self.asked if one.failed)

    def recovery(self, fault: Fault, steady: int = 1) -> float:
        """Seconds from the mending to the last of so many acknowledged writes with none between them that failed."""
        row = 0
        for one in self.writes:
            if one.ended >= fault.ended:
                row = 0 if one.failed else row + 1
                if row == steady:
                    return one.ended - fault.ended
        return inf


def judged(
    report: Report,
    note: Note,
    drill: str,
    *,
    slowest: float = 5.0,
    recovery: float | None = None,
    gap: float | None = None,
    told: Collection[str] = AWAY,
    late: float = 0.0,
) -> None:
    """Takes the figures down, then fails with all that is amiss.

    At least LEAST writes are acknowledged, none of them is lost, nothing is there twice, no request takes longer than `slowest`,
    and only these outcomes are `told` (CONNECTION stands for all of its kind). `recovery` is how long after each fault all may
    take to be well again, `gap` the longest pause between two acknowledged writes. Each may be `late` by what the machine was.
    """
    amiss = []

    def row(what: str, figure: str, bound: str, *, good: bool = True) -> None:
        note(f"{drill}: {what}", figure, bound)
        if not good:
            amiss.append(f"{what}: {figure}, and not {bound}")

    acknowledged = len(report.acknowledged)
    row("acknowledged", f"{acknowledged:,} of {len(report.writes):,}", f"{LEAST:,}", good=acknowledged >= LEAST)
    for what, names in (("lost", report.lost), ("duplicated", report.duplicated)):
        row(what, f"{len(names)}: {', '.join(names[:3])}" if names else "0", "0", good=not names)
    row("kept, not acknowledged", str(len(report.ambiguous)), "none")
    row("slowest request", f"{report.slowest:.2f} s", f"{slowest:g} s", good=report.slowest <= slowest + late)
    row("longest gap", f"{report.gap:.2f} s", "none" if gap is None else f"{gap:g} s", good=gap is None or report.gap <= gap + late)
    for number, fault in enumerate(report.faults, 1):
        first, steady = report.recovery(fault), report.recovery(fault, STEADY)
        figure = f"first {first:.2f} s, steady {steady:.2f} s, after {fault.ended - fault.began:.2f} s"
        good = recovery is None or steady <= recovery + late
        row(f"recovery {number}", figure, "none" if recovery is None else f"{recovery:g} s", good=good)
    for outcome, times in sorted(report.errors.items()):
        row(outcome, str(times), "told" if outcome in told else "", good=outcome in told or outcome.split()[0] in told)
    note(f"{drill}: the machine", f"late by {late:.2f} s", "")
    assert not amiss, f"{drill}:\n" + "\n".join(amiss)
