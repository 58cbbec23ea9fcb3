"""The smoke of performance: our CPU for a request, as a ratio to the limit's with the same door. Never a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bench.documents import CONTACT, PAGE
from bench.rounds import Runner

WORKS: Final = (CONTACT, PAGE)
GATE: Final = {"Q2": 0.30, "Q3": 0.40}
"""The least share of the limit's work for a request that ours may be: 1 is as little CPU, .5 twice as much."""

SERVERS: Final = ("ours", "limit-door")
ROUNDS: Final = 3
TENANTS: Final = 10
"""Fewer than in the bench, since they are made anew in each clone."""
SECONDS: Final = 2


def failures(runners: Sequence[Runner]) -> list[str]:
    """A line for each work that falls below the gate."""
    ours, limit = runners
    shares = {work: ours.share(work, limit, "cpu") for work in GATE}
    return [
        f"{work}: {shares[work]:.2f} of the limit, and the gate is {least:.2f}"
        for work, least in GATE.items()
        if shares[work] < least
    ]
