"""The playbook: three scenarios and a page for each alert, whole, and what it tells to type runs as it stands."""

from __future__ import annotations

import re
from collections import Counter

import asyncpg
import pytest

from server.database import ROOT
from tests.monitoring.conftest import ELSEWHERE, Live, alerts, metrics, needs_tools

PLAYBOOK = (ROOT / "docs" / "playbook.md").read_text(encoding="utf-8")
SECTIONS = ("What it means", "What people notice", "First look", "What to do", "Escalate")
"""What each page holds, in this order."""

_, *_found = re.split(r"^## (\w+)$", PLAYBOOK, flags=re.MULTILINE)
PAGES = dict(zip(_found[::2], _found[1::2], strict=True))


def test_there_is_a_page_for_each_alert_and_no_other() -> None:
    assert list(PAGES) == sorted(alerts())


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_and_says_how_urgent_it_is(name: str) -> None:
    alert, page = alerts()[name], PAGES[name]
    assert tuple(re.findall(r"^\*\*([\w ]+)\.\*\*", page, re.MULTILINE)) == SECTIONS
    assert page.strip().startswith(f"*{alert['labels']['severity']}* · {alert['annotations']['summary']}")
    assert set(re.findall(r"\]\(#(\w+)\)", page)) <= {other.lower() for other in PAGES}


def test_each_scenario_says_what_is_seen_what_to_run_whom_to_tell_and_when_it_is_over() -> None:
    _, *found = re.split(r"^## Scenario: (.+)$", PLAYBOOK.partition(f"## {min(PAGES)}")[0], flags=re.MULTILINE)
    scenarios = dict(zip(found[::2], found[1::2], strict=True))
    assert len(scenarios) == 3
    for name, page in scenarios.items():
        parts = re.findall(r"^\*\*(Symptoms|Run|Contain|Tell|Over when)\b", page, re.MULTILINE)
        assert [part for part in parts if part != "Contain"] == ["Symptoms", "Run", "Tell", "Over when"], name
        assert "```sh" in page, name
        assert set(re.findall(r"\]\(#(\w+)\)", page)) <= {other.lower() for other in PAGES}, name


@needs_tools
async def test_its_statements_run(live: Live) -> None:
    statements = [one[1] or one[2] for one in re.finditer(r"""psql "\$ADMIN" -c (?:"((?:[^"])+)"|'([^']+)')""", PLAYBOOK)]
    assert len(statements) == Counter(re.findall(r'psql "\$ADMIN"', PLAYBOOK)).total()
    connection = await asyncpg.connect(live.stage.admin)
    for statement in statements:
        await connection.fetch(statement)
    await connection.close()


@needs_tools
def test_its_queries_are_understood_and_ask_for_what_rules_and_panels_know(live: Live) -> None:
    asked = re.findall(r"prom '([^']+)'", PLAYBOOK)
    assert len(asked) == len(re.findall(r"^prom |; prom ", PLAYBOOK, re.MULTILINE))
    for expr in asked:
        live.watch.query(expr)
    assert {name for expr in asked for name in metrics(expr)} - live.watch.names() - ELSEWHERE == set()
