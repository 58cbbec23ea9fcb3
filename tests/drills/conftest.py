"""What the drills found, told in one table when all of them have run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Note = Callable[[str, str, str], None]
"""Puts a row into the table: what was measured, the figure, and what it must keep to."""

_HEAD = ("drill", "figure", "bound")
_rows = pytest.StashKey[list[tuple[str, str, str]]]()


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Note:
    """Takes down a figure, before it is judged."""
    rows = request.config.stash.setdefault(_rows, [])
    return lambda drill, figure, bound: rows.append((drill, figure, bound))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The table, where a drill ran."""
    rows = config.stash.get(_rows, [])
    if rows:
        terminalreporter.section("drills")
        widths = [max(map(len, column)) for column in zip(_HEAD, *rows, strict=True)]
        for row in (_HEAD, *rows):
            terminalreporter.write_line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
