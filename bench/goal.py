"""What we are to reach, and whether we do: by the CPU that a request costs, which other work on the machine moves least."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

LEAST: Final = {"Q1": 0.75, "Q2": 0.80, "Q3": 0.75, "Q4": 0.75, "M1": 0.80}
"""Of a limit with the same door, with limits and authentication on; logs, metrics and traces off."""
SEEN_LEAST: Final = 0.90
"""Of our own figure without them, with logs, metrics and traces on."""
PEERS: Final = ("stock", "ariadne", "mercurius", "yoga", "postgraphile")
AHEAD: Final = ("Q2", "Q3", "Q4", "M1")
"""The works in which we are to be ahead of every peer."""

Costs = Mapping[str, float]
"""CPU for a request, by the server's name."""


def judged(work: str, costs: Costs) -> list[tuple[str, float, float]]:
    """What is asked of one work: in words, what it is, and what it must be at least. What did not run is not judged."""
    found = []

    def ask(title: str, ours: str, other: str, least: float) -> None:
        if ours in costs and other in costs:
            found.append((title, costs[other] / costs[ours], least))

    if work in LEAST:
        ask("to the limit with the door", "ours-quiet", "limit-door", LEAST[work])
        ask("all on, to ourselves", "ours", "ours-quiet", SEEN_LEAST)
    if work in AHEAD:
        peers = {name: costs[name] for name in PEERS if name in costs}
        if peers:
            best = min(peers, key=lambda name: peers[name])
            ask(f"to the best peer ({best})", "ours-quiet", best, 1.0)
        ask("all on, to mercurius all on", "ours", "mercurius-seen", 1.0)
    return found


def lines(costs: Mapping[str, Costs], works: Sequence[str]) -> list[list[str]]:
    """The same of many works, as cells of a table."""
    return [
        [work, title, f"{is_:.2f}", f"{least:.2f}", "yes" if is_ >= least else "**no**"]
        for work in works
        for title, is_, least in judged(work, costs[work])
    ]
