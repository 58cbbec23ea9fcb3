"""What was measured, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench import goal, machine, plot
from bench.rounds import Runner
from bench.sections import MAIN_SECTION, Seen
from bench.signing import Figures

LIMITS: Final = ("limit", "limit-door")
RESULTS: Final = Path(__file__).with_name("results.md")
PICTURE: Final = Path(__file__).with_name("results.svg")

_HEAD: Final = """# How fast it is

Every server's answers were compared with all the others' before the load, and ten a second during it; no request failed.
Rounds of all servers take turns, and a ratio is the median over rounds of the same turn: 1 is as good as the limit, less is worse.
The peers run bare and keep to the tenant by their WHERE, PostGraphile by row-level security. Ours runs as in production.

Q1 viewer · Q2 one contact, 7 fields · Q3 page of 50 contacts, 7 fields each, with cursors and pageInfo · Q4 the same with each
contact's labels · M1 create a contact. A starred work sends no document twice.
"""


def section(seen: Seen) -> str:
    """One part: how the servers compare, and then a table for each work."""
    count = len(seen.runners[0].processes)
    parts = [f"## {seen.section.title} ({count} process{'es' if count > 1 else ''} each)\n"]
    if len(seen.works) > 1:
        parts += [overview(seen.works, seen.runners, what) for what in ("rate", "cpu")]
    costs = {work: {runner.server.name: runner.median(work, "cpu") for runner in seen.runners} for work in seen.works}
    if judged := goal.lines(costs, seen.works):
        parts.append(_table(["", "by CPU for a request", "is", "goal", "reached"], judged))
    parts += [table(work, seen.runners) for work in seen.works]
    if seen.figures:
        parts.append(_figures(seen.figures))
    if seen.works:
        parts.append(_footprint(seen.runners))
    return "\n".join(parts)


def overview(works: Sequence[str], runners: Sequence[Runner], what: str) -> str:
    """A line for each server, and for each work its ratios to those that it is compared with."""
    bases = compared_with(runners)
    title = "requests per second" if what == "rate" else "CPU for a request"
    rows = [
        [runner.server.title, *(" / ".join(_ratio(runner.share(work, base, what)) for base in bases) for work in works)]
        for runner in runners
    ]
    names = " / ".join(base.server.name for base in bases)
    return _table([f"{title}, to {names}", *works], rows)


def table(work: str, runners: Sequence[Runner]) -> str:
    """One work: a line for each server."""
    bases = compared_with(runners)
    ratios = [f"/ {base.server.name}" for base in bases]
    rows = []
    for runner in runners:
        cells = [f"{runner.median(work, 'rate'):,.0f}", *(_ratio(runner.share(work, base, "rate")) for base in bases)]
        cells += [f"{runner.median(work, 'cpu'):,.0f}", *(_ratio(runner.share(work, base, "cpu")) for base in bases)]
        cells += [f"{runner.median(work, 'postgres'):,.0f}", *(f"{runner.median(work, what):.1f}" for what in ("p50", "p99"))]
        rows.append([runner.server.name, *cells])
    return _table([work, "req/s", *ratios, "CPU µs", *ratios, "Postgres µs", "p50 ms", "p99 ms"], rows)


def compared_with(runners: Sequence[Runner]) -> list[Runner]:
    """The limits, where they take part; else the first of all."""
    return [runner for runner in runners if runner.server.name in LIMITS] or list(runners[:1])


def write(found: Sequence[Seen], command: str) -> None:
    """The page, and the picture of its first part."""
    parts = [_HEAD, f"`{command}`\n", machine.told(), *(section(one) for one in found)]
    RESULTS.write_text("\n".join(parts), encoding="utf-8")
    for one in found:
        if one.section is MAIN_SECTION:
            PICTURE.write_text(plot.bars(one.works, one.runners, compared_with(one.runners)[0]), encoding="utf-8")


def _figures(figures: Sequence[Figures]) -> str:
    rows = [[one.title, f"{one.rate:,.0f}", f"{one.cpu:,.0f}", f"{one.p50:.1f}", f"{one.p99:.1f}"] for one in figures]
    return _table(["", "req/s", "CPU µs", "p50 ms", "p99 ms"], rows)


def _footprint(runners: Sequence[Runner]) -> str:
    rows = [
        [runner.server.name, str(len(runner.processes)), f"{runner.memory:,.0f}", f"{runner.startup:.1f}"] for runner in runners
    ]
    return _table(["", "processes", "memory MB", "startup s"], rows)


def _ratio(value: float) -> str:
    return f"{value:.2f}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|---|{'---:|' * (len(heads) - 1)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"
