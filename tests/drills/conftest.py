"""What drills stand on, and what they found, told in one table when all of them have run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.drills.report import Note
from tests.postgres import Postgres, durable

ROUNDS = int(os.environ.get("DRILL_ROUNDS", "1"))
"""How often each drill is run that asks for `each_round`."""

_HEAD = ("drill", "figure", "bound")
_rows = pytest.StashKey[list[tuple[str, str, str]]]()


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Note:
    """Takes down a figure, before it is judged."""
    rows = request.config.stash.setdefault(_rows, [])
    return lambda drill, figure, bound: rows.append((drill, figure, bound))


@pytest.fixture(params=range(1, ROUNDS + 1))
def each_round(request: pytest.FixtureRequest) -> int:
    """The number of the round."""
    number: int = request.param
    return number


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A Postgres of the drill's own, for it to break."""
    with durable() as one:
        yield one


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The table, where a drill ran."""
    rows = config.stash.get(_rows, [])
    if rows:
        terminalreporter.section("drills")
        widths = [max(map(len, column)) for column in zip(_HEAD, *rows, strict=True)]
        for row in (_HEAD, *rows):
            terminalreporter.write_line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
