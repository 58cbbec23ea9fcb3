"""How a release reaches a cluster: what is applied, in which order, in whose namespace. kubectl renders; what it would send is
written down."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.database import ROOT
from tests.deploy.rendered import KUBECTL, OVERLAYS, resources

SENT = """#!/usr/bin/env python3
import json, os, sys
if sys.argv[1] == "kustomize":
    os.execv({kubectl!r}, sys.argv)
said = sys.stdin.read() if "-f" in sys.argv else ""
config = open(os.environ["KUBECONFIG"]).read()
with open({log!r}, "a") as log:
    log.write(json.dumps([sys.argv[1:], said, config]) + "\\n")
if sys.argv[1] == "get":
    print(os.environ["ENDED"])
"""


class Cluster:
    """The scripts, and what they sent."""

    def __init__(self, folder: Path) -> None:
        self._log, self._folder = folder / "sent", folder
        kubectl = folder / "kubectl"
        kubectl.write_text(SENT.format(kubectl=str(KUBECTL), log=str(self._log)), encoding="utf-8")
        kubectl.chmod(0o755)

    def run(self, script: str, *words: str, ended: str = "Complete") -> subprocess.CompletedProcess[str]:
        """A script; `ended` is the condition of the Job."""
        told = {"CLUSTER_URL": "https://127.0.0.1:1", "CLUSTER_CA": "Y2E=", "ENDED": ended}
        place = os.environ | told | {"PATH": f"{self._folder}:{os.environ['PATH']}"}
        return subprocess.run([ROOT / script, *words], env=place, capture_output=True, text=True, check=False)

    def sent(self) -> list[tuple[list[str], list[dict[str, Any]], dict[str, Any]]]:
        """Each command: its words, the resources that its selector takes of what it was given, and the configuration."""
        lines = [json.loads(line) for line in self._log.read_text(encoding="utf-8").splitlines()]
        return [(words, taken(words, list(yaml.safe_load_all(said))), yaml.safe_load(config)) for words, said, config in lines]


def taken(words: list[str], given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of what is given, what a selector of `apply -l` takes."""
    if words[0] != "apply":
        return []
    selector = words[words.index("-l") + 1]
    key = "app.kubernetes.io/name"
    judge = {
        f"!{key}": lambda labels: key not in labels,
        f"{key}=migrate": lambda labels: labels.get(key) == "migrate",
        f"{key}!=migrate": lambda labels: labels.get(key) != "migrate",
    }[selector]
    return [one for one in given if judge(one["metadata"].get("labels", {}))]


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    """One that takes everything."""
    return Cluster(tmp_path)


def names(found: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Kinds and names."""
    return {(one["kind"], one["metadata"]["name"]) for one in found}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_migration_runs_on_what_it_needs_before_any_server_is_touched(cluster: Cluster, overlay: str) -> None:
    assert cluster.run("deploy/scripts/migrate", overlay).returncode == 0
    around, deleted, job, _ = cluster.sent()
    assert deleted[0] == ["delete", "job", "-l", "app.kubernetes.io/name=migrate", "--ignore-not-found", "--wait"]
    assert names(job[1]) == {("Job", "migrate")}
    assert {kind for kind, _ in names(around[1])} & {"Deployment", "Job", "CronJob"} == set()
    assert {"ConfigMap", "NetworkPolicy", "ServiceAccount"} <= {kind for kind, _ in names(around[1])}
    assert {config["contexts"][0]["context"]["namespace"] for _, _, config in cluster.sent()} == {f"address-book-{overlay}"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_rollout_applies_all_but_the_migration_and_waits(cluster: Cluster, overlay: str) -> None:
    assert cluster.run("deploy/scripts/rollout", overlay).returncode == 0
    applied, waited = cluster.sent()
    assert names(applied[1]) == names(list(resources(overlay))) - {("Job", "migrate")}
    assert waited[0] == ["rollout", "status", "deployment", "-l", "app.kubernetes.io/component=server", "--timeout=600s"]


def test_a_migration_that_fails_shows_its_log_and_stops_the_deploy(cluster: Cluster) -> None:
    failed = cluster.run("deploy/scripts/migrate", "dev", ended="Failed")
    assert failed.returncode == 1
    assert "the schema was not migrated; the pods of before serve on" in failed.stderr
    assert cluster.sent()[-1][0][0] == "logs"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_is_applied_is_of_the_namespace_that_the_job_may_enter(overlay: str) -> None:
    found = {one["metadata"].get("namespace", one["metadata"]["name"]) for one in resources(overlay)}
    assert found == {f"address-book-{overlay}"}
