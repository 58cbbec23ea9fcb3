"""The rules: each alert fires and keeps still in a case of its own, says how urgent it is, and leads to a page that exists."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.monitoring import FILES
from server.database import ROOT
from tests.monitoring.conftest import alerts, cases, needs_tools

ALERTS = alerts()


def checked(*command: str | Path) -> None:
    """Runs a tool over the files; what it says is the failure."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_tools
def test_prometheus_takes_its_configuration_and_its_rules() -> None:
    checked("promtool", "check", "config", FILES / "prometheus.yml")
    checked("promtool", "check", "rules", *sorted(FILES.glob("rules/*.yml")))


@needs_tools
def test_alertmanager_takes_its_configuration() -> None:
    checked("amtool", "check-config", FILES / "alertmanager.yml")


@needs_tools
@pytest.mark.parametrize("name", sorted(path.stem for path in FILES.glob("rules/tests/*.yml")))
def test_the_rules_do_what_their_cases_say(name: str) -> None:
    checked("promtool", "test", "rules", FILES / "rules" / "tests" / f"{name}.yml")


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_keeps_still() -> None:
    fires, still = set(), set()
    for case in cases():
        for one in case["alert_rule_test"]:
            (fires if one["exp_alerts"] else still).add(one["alertname"])
    assert fires == set(ALERTS)
    assert still == set(ALERTS)


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_an_alert_says_what_how_urgent_and_where_to_look(name: str) -> None:
    alert = ALERTS[name]
    assert alert["labels"].keys() == {"severity"}
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert alert["annotations"].keys() == {"summary", "description", "runbook_url"}
    file, _, heading = alert["annotations"]["runbook_url"].partition("#")
    assert heading == name.lower()
    assert f"\n## {name}\n" in (ROOT / file).read_text(encoding="utf-8")


def test_inhibition_and_routes_name_alerts_that_there_are() -> None:
    config: dict[str, Any] = yaml.safe_load((FILES / "alertmanager.yml").read_text())
    matchers = [one for rule in config["inhibit_rules"] for one in rule["source_matchers"] + rule["target_matchers"]]
    for matcher in matchers:
        found = re.fullmatch(r'alertname=~?"([^"]+)"', matcher)
        assert found, matcher
        for wanted in found[1].split("|"):
            assert any(re.fullmatch(wanted, name) for name in ALERTS), wanted
    assert {route["receiver"] for route in config["route"]["routes"]} | {config["route"]["receiver"]} == {
        receiver["name"] for receiver in config["receivers"]
    }


def test_no_alert_inhibits_itself() -> None:
    config: dict[str, Any] = yaml.safe_load((FILES / "alertmanager.yml").read_text())
    for rule in config["inhibit_rules"]:
        sources, targets = (
            {name for one in rule[side] for name in ALERTS if re.fullmatch(one.partition('"')[2].rstrip('"'), name)}
            for side in ("source_matchers", "target_matchers")
        )
        assert not sources & targets
