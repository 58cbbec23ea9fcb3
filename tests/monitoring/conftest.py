"""What the tests of the monitoring read: the rules, the dashboards, and the names of metrics in their expressions."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from bench.monitoring import FILES, TOOLS, Watch, watching
from bench.stage import Stage, staged
from bench.traffic import flow

lacking = [tool for tool in TOOLS if shutil.which(tool) is None]
needs_tools = pytest.mark.skipif(
    bool(lacking),
    reason=f"no {', '.join(lacking)} here: apt-get install prometheus prometheus-alertmanager prometheus-postgres-exporter",
)

_METRIC: Final = re.compile(r"\b(?:addressbook|address_book|pg|process|node)_\w+")


SECONDS: Final = 25
ELSEWHERE: Final = {
    *("addressbook_backup_completed_timestamp_seconds", "addressbook_restore_tested_timestamp_seconds"),
    *("node_filesystem_avail_bytes", "node_filesystem_size_bytes"),
}
"""What the machine's exporter tells, and the backup and its restore by way of it."""


@dataclass(frozen=True)
class Live:
    """All that is monitored, and the Prometheus that watches it."""

    stage: Stage
    watch: Watch


@pytest.fixture(scope="session")
def live() -> Iterator[Live]:
    """It has watched traffic of each kind for a while."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)  # so that the account of Postgres passes
        with staged(folder, folder / "postgres") as stage, watching(folder, stage.targets, seconds=1) as watch:
            asyncio.run(flow(stage.base, SECONDS))
            yield Live(stage, watch)


def rules() -> list[dict[str, Any]]:
    """All rules of all files."""
    return [rule for file in _files("rules/*.yml") for group in file["groups"] for rule in group["rules"]]


def alerts() -> dict[str, dict[str, Any]]:
    """The rules that alert, by name."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def cases() -> list[dict[str, Any]]:
    """All cases of the rules' own tests."""
    return [case for file in _files("rules/tests/*.yml") for case in file["tests"]]


def dashboards() -> dict[str, dict[str, Any]]:
    """All dashboards, by their file's name."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FILES.glob("dashboards/*.json"))}


@dataclass(frozen=True)
class Query:
    """One expression of one panel."""

    dashboard: str
    panel: str
    expr: str


def queries() -> Iterator[Query]:
    """Every expression of every dashboard."""
    for name, dashboard in dashboards().items():
        for panel in dashboard["panels"]:
            for target in panel.get("targets", ()):
                yield Query(name, panel["title"], target["expr"])


def metrics(expr: str) -> set[str]:
    """The metrics that an expression names; of what is recorded by rules, nothing."""
    return {found[0] for found in _METRIC.finditer(expr) if expr[found.end() : found.end() + 1] != ":"}


def _files(pattern: str) -> list[dict[str, Any]]:
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FILES.glob(pattern))]
