"""docs/legacy.md: every line of its checklist has its tests, which exist, and its table is of the routes as they are."""

from __future__ import annotations

import re

import pytest

from rest.routes import ROUTES
from server.database import ROOT

DOCUMENT = (ROOT / "docs" / "legacy.md").read_text(encoding="utf-8")
LINES = re.findall(r"^(\d+)\. (.+)$", DOCUMENT, re.MULTILINE)


def test_the_lines_are_numbered_through() -> None:
    assert [int(number) for number, _ in LINES] == list(range(1, len(LINES) + 1))
    assert len(LINES) == 49
    closed = DOCUMENT.split("## The checklist: what the old service did and this one does not")[1]
    assert len(re.findall(r"^\d+\. ", closed, re.MULTILINE)) == 20


@pytest.mark.parametrize(("number", "line"), LINES, ids=[number for number, _ in LINES])
def test_each_line_names_tests_that_exist(number: str, line: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", line)
    assert named, f"line {number} has no test"
    for file, test in named:
        text = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"^(async )?def {test}\(", text, re.MULTILINE), f"line {number}: {file}::{test}"


def test_the_table_is_of_the_routes_and_their_roles() -> None:
    rows = re.findall(r"^\| ([A-Z]+) \| `([^`]+)` \| (\w+) \|", DOCUMENT, re.MULTILINE)
    assert rows == [(route.method, route.path, route.who) for route in ROUTES]
