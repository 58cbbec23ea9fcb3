"""The manifests as kustomize renders them, and what is asked of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from server.database import ROOT

K8S: Final = ROOT / "deploy" / "k8s"
OVERLAYS: Final = sorted(path.name for path in (K8S / "overlays").iterdir())
Resource = dict[str, Any]

KUBECTL: Final = Path(sys.executable).with_name("kubectl")
"""Of the lock, so that everybody renders alike."""


@dataclass(frozen=True)
class Workload:
    """What makes pods: a Deployment, a Job, or a CronJob."""

    kind: str
    name: str
    resource: Resource
    template: Resource
    """Of its pods."""

    @property
    def pod(self) -> Resource:
        """The pod's specification."""
        return dict(self.template["spec"])

    @property
    def container(self) -> Resource:
        """Its one container."""
        (container,) = self.pod["containers"]
        return dict(container)

    @property
    def labels(self) -> dict[str, str]:
        """The labels of its pods."""
        return dict(self.template["metadata"]["labels"])


@cache
def resources(overlay: str) -> tuple[Resource, ...]:
    """All resources of an overlay."""
    done = subprocess.run([KUBECTL, "kustomize", K8S / "overlays" / overlay], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return tuple(yaml.safe_load_all(done.stdout))


def of(overlay: str, kind: str) -> list[Resource]:
    """The resources of a kind."""
    return [resource for resource in resources(overlay) if resource["kind"] == kind]


def one(overlay: str, kind: str, name: str) -> Resource:
    """The resource of a kind and a name; a generated name goes without the hash at its end."""
    (found,) = (found for found in of(overlay, kind) if plain(found["metadata"]["name"], kind) == name)
    return found


def plain(name: str, kind: str) -> str:
    """A name without the hash that kustomize gives to a ConfigMap's."""
    return name.rpartition("-")[0] if kind == "ConfigMap" and "-" in name else name


def workloads(overlay: str) -> Iterator[Workload]:
    """All that makes pods."""
    for resource in resources(overlay):
        spec = resource.get("spec", {})
        spec = spec["jobTemplate"]["spec"] if resource["kind"] == "CronJob" else spec
        if "template" in spec:
            yield Workload(resource["kind"], resource["metadata"]["name"], resource, spec["template"])


def ours(overlay: str) -> list[Workload]:
    """Those that run our own image."""
    return [workload for workload in workloads(overlay) if workload.container["image"].startswith("registry.example/address-book@")]


def environment(overlay: str, workload: Workload) -> dict[str, str]:
    """What its container finds in its environment."""
    found: dict[str, str] = {}
    for source in workload.container.get("envFrom", ()):
        name = source["configMapRef"]["name"]
        found |= next(one["data"] for one in of(overlay, "ConfigMap") if one["metadata"]["name"] == name)
    for variable in workload.container.get("env", ()):
        if "value" in variable:
            found[variable["name"]] = variable["value"]
        else:
            origin = variable["valueFrom"]["configMapKeyRef"]
            data = next(one["data"] for one in of(overlay, "ConfigMap") if one["metadata"]["name"] == origin["name"])
            found[variable["name"]] = data[origin["key"]]
    return found


def selects(selector: Resource, labels: dict[str, str]) -> bool:
    """Whether a selector of labels takes these. Raises KeyError for an operator that nobody uses here."""
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    terms = selector.get("matchExpressions", ())
    return all({"In": labels.get(term["key"]) in term["values"]}[term["operator"]] for term in terms)
