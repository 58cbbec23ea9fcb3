"""What the tests of the monitoring read: the rules, the dashboards, and the names of metrics in their expressions."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
import yaml

from bench.monitoring import FILES, TOOLS

lacking = [tool for tool in TOOLS if shutil.which(tool) is None]
needs_tools = pytest.mark.skipif(
    bool(lacking),
    reason=f"no {', '.join(lacking)} here: apt-get install prometheus prometheus-alertmanager prometheus-postgres-exporter",
)

_METRIC: Final = re.compile(r"\b(?:addressbook|address_book|pg|process|node)_\w+")


def rules() -> list[dict[str, Any]]:
    """All rules of all files."""
    return [rule for file in _files("rules/*.yml") for group in file["groups"] for rule in group["rules"]]


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
