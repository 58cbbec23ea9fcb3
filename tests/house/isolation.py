"""docs/isolation.md: what the matrix found, written from what each of its tests saw. A new place, or a leak, is a visible diff."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final

from server.database import ROOT

PAGE: Final = ROOT / "docs" / "isolation.md"
BOTH, POLICIES, FILTERS, NEITHER = "both walls", "row-level security alone", "filters alone", "no wall"
WALLS: Final = (BOTH, POLICIES, FILTERS, NEITHER)
"""What stands between the tenants: the application's own conditions, row-level security, both or neither."""

IDS, LISTS, ROUTES = "GraphQL, by an id", "GraphQL, by a list", "REST, by a route"
_HEAD: Final = """# Isolation one can see

Written by `make isolation`, which is `tests/house/test_matrix.py` and `tests/house/test_matrix_rest.py` against a running server
and a real Postgres; each run of the suite compares. Mallory, who owns a tenant of her own, asks for what is acme's and for what is
nobody's. It **leaks** where the two answers differ by a byte, where anything of acme's stands in one, or where a row of acme's is
another one afterwards. Then each wall is taken away alone. Without both it must leak, or the questions would show nothing; where it
does not even then, a third guard stands (a mark, a session or a cursor that is not hers), or nothing of a tenant is told.
"""
_CELLS: Final = {True: "leaks", False: "–"}

Tables = dict[str, tuple[int, dict[str, dict[str, str]]]]
"""For each section how many questions a row stands for, and its rows: by name a cell for each state of the walls."""


def told(section: str, walls: str, found: Mapping[str, bool], questions: int) -> None:
    """Asserts that the page has this column: for each place whether it leaked. `questions` were asked of each.

    With UPDATE=1 the column is written first.
    """
    column = {name: {walls: _CELLS[leaked]} for name, leaked in sorted(found.items())}
    if os.environ.get("UPDATE") == "1":
        tables = _read()
        before = tables.get(section, (0, {}))[1]
        tables[section] = questions, {name: before.get(name, {}) | cell for name, cell in column.items()}
        PAGE.write_text(_page(tables), encoding="utf-8")
    asked, rows = _read().get(section, (0, {}))
    assert (asked, {name: {walls: row.get(walls)} for name, row in rows.items()}) == (questions, column), "run `make isolation`"


def _page(tables: Tables) -> str:
    parts = [_HEAD, _table("leaks with", {section: _leaks(rows) for section, (_, rows) in tables.items()})]
    for section, (questions, rows) in sorted(tables.items()):
        parts.append(f"## {section}\n\n{len(rows)} places; questions to each, with each state of the walls: {questions}.\n")
        parts.append(_table("place", {f"`{name}`": row for name, row in rows.items()}))
    return "\n".join(parts)


def _leaks(rows: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {walls: f"{sum(row.get(walls) == _CELLS[True] for row in rows.values())} of {len(rows)}" for walls in WALLS}


def _table(first: str, rows: Mapping[str, Mapping[str, str]]) -> str:
    lines = [f"| {first} | {' | '.join(WALLS)} |", "|---" * (len(WALLS) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(row.get(walls, '?') for walls in WALLS)} |" for name, row in sorted(rows.items())]
    return "\n".join(lines) + "\n"


def _read() -> Tables:
    tables: Tables = {}
    for part in PAGE.read_text(encoding="utf-8").split("\n## ")[1:] if PAGE.exists() else ():
        questions = re.search(r"walls: (\d+)", part)
        assert questions
        rows = {
            row[1]: dict(zip(WALLS, row[2].split(" | "), strict=True)) for row in re.finditer(r"^\| `(.+)` \| (.+) \|$", part, re.M)
        }
        tables[part.partition("\n")[0]] = int(questions[1]), rows
    return tables
