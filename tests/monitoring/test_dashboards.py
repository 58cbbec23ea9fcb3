"""The dashboards: what each panel asks, a live Prometheus answers, over our server, its Postgres and traffic of each kind."""

from __future__ import annotations

import time

import pytest

from tests.monitoring.conftest import ELSEWHERE, Live, dashboards, metrics, needs_tools, queries, rules


@needs_tools
def test_every_panel_has_something_to_show(live: Live) -> None:
    asked = queries()
    empty = {query.expr for query in asked}
    until = time.monotonic() + 60  # letters, seals and the queue's figures take their time on a busy machine
    while empty and time.monotonic() < until:
        empty = {expr for expr in empty if not live.watch.query(expr.replace("$__rate_interval", "1m"))}
        time.sleep(0.5)
    assert [query for query in asked if query.expr in empty] == []


@needs_tools
def test_every_metric_that_a_rule_or_a_panel_names_is_there(live: Live) -> None:
    named = {name for expr in [*(rule["expr"] for rule in rules()), *(query.expr for query in queries())] for name in metrics(expr)}
    assert named - live.watch.names() == ELSEWHERE


@needs_tools
def test_every_target_is_scraped(live: Live) -> None:
    assert live.watch.up() == {"addressbook": "up", "postgres": "up"}
    assert live.watch.query("pg_exporter_last_scrape_error")[0]["value"][1] == "0"


@pytest.mark.parametrize("name", sorted(dashboards()))
def test_a_dashboard_is_one_of_grafanas(name: str) -> None:
    dashboard = dashboards()[name]
    assert dashboard["schemaVersion"] >= 39
    assert dashboard["uid"] == f"address-book-{name}"
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, f"{panel['title']} lies on another panel"
        taken |= cells
        if panel["type"] != "text":
            assert panel["datasource"]["uid"] == "${datasource}"
            assert panel["fieldConfig"]["defaults"]["unit"]


def test_no_panel_asks_for_tenants_or_people() -> None:
    for query in queries():
        assert not {"tenant", "user", "username", "email"} & set(query.expr.replace("(", " ").replace(",", " ").split()), query
