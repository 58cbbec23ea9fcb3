"""What our pods are: pinned, bounded, without rights, probed and ended as the server wants it, and set by settings it knows."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from server.serve import _END_SECONDS
from server.settings import Migration, Settings, load
from tests.conftest import JWT_KEYS, SECRET_KEYS
from tests.deploy.rendered import OVERLAYS, Workload, environment, of, one, ours, plain, workloads

pytestmark = pytest.mark.parametrize("overlay", OVERLAYS)

SECRETS = "/run/secrets/address-book"
VALUES = {
    "DATABASE_URL": "postgresql://address_book_app:hush@postgres:5432/address_book",
    "POOLED_DATABASE_URL": "postgresql://address_book_app:hush@pgbouncer:6432/address_book",
    "MIGRATION_DATABASE_URL": "postgresql://address_book_owner:hush@postgres:5432/address_book",
    "JWT_KEYS": JWT_KEYS,
    "SECRET_KEYS": SECRET_KEYS,
    "REDIS_URL": "rediss://user:hush@redis:6379/0",
    "OTLP_HEADERS": "x-key=hush",
    "SMTP_URL": "smtp://user:hush@mail.example:587",
}
"""What a store of secrets would bring, by file."""


def serving(overlay: str) -> list[Workload]:
    """Who runs `serve` or `work`."""
    return [workload for workload in ours(overlay) if workload.kind == "Deployment"]


def settings(overlay: str, workload: Workload, folder: Path, kind: Any = Settings) -> Any:
    """The settings as the container would load them; the secrets' files lie in `folder`."""
    for name, value in VALUES.items():
        (folder / name).write_text(value, encoding="utf-8")
    environ = {name: value.replace(SECRETS, str(folder)) for name, value in environment(overlay, workload).items()}
    return load(environ, kind)


def seconds(probe: dict[str, Any]) -> int:
    """For how long a probe may fail before it counts."""
    return int(probe["periodSeconds"] * probe["failureThreshold"])


def test_every_image_is_named_by_its_digest(overlay: str) -> None:
    for workload in workloads(overlay):
        assert re.fullmatch(r"registry\.example/[a-z-]+@sha256:[0-9a-f]{64}", workload.container["image"]), workload.name
        assert "initContainers" not in workload.pod


def test_all_of_us_are_the_same_release(overlay: str) -> None:
    found = ours(overlay)
    assert {"api", "migrate"} <= {workload.name for workload in found}
    assert len({workload.container["image"] for workload in found}) == 1


def test_a_pod_has_no_rights_and_writes_to_tmp_alone(overlay: str) -> None:
    for workload in workloads(overlay):
        assert workload.pod["securityContext"] == {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "fsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        }, workload.name
        assert workload.container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, workload.name
        assert workload.pod["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & workload.pod.keys()
        written = {mount["mountPath"]: mount["name"] for mount in workload.container["volumeMounts"] if not mount.get("readOnly")}
        assert list(written.values()) == ["tmp"], workload.name
        (tmp,) = (volume for volume in workload.pod["volumes"] if volume["name"] == "tmp")
        assert tmp["emptyDir"]["sizeLimit"]
    (account,) = of(overlay, "ServiceAccount")
    assert account["automountServiceAccountToken"] is False
    (namespace,) = of(overlay, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_a_pod_says_what_it_needs_and_takes_at_the_most(overlay: str) -> None:
    for workload in workloads(overlay):
        resources = workload.container["resources"]
        assert resources.keys() == {"requests", "limits"}, workload.name
        assert resources["requests"].keys() == resources["limits"].keys() == {"cpu", "memory"}, workload.name


def test_a_server_is_probed_where_no_stranger_can_be_in_the_way(overlay: str) -> None:
    for workload in serving(overlay):
        ports = {port["name"]: port["containerPort"] for port in workload.container["ports"]}
        for probe, path in {"startupProbe": "/readyz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}.items():
            assert workload.container[probe]["httpGet"] == {"path": path, "port": "metrics"}, workload.name
            assert workload.container[probe]["timeoutSeconds"] > 2  # within which /readyz answers
        assert str(ports["metrics"]) == environment(overlay, workload)["METRICS_PORT"]
        if workload.name == "api":
            assert str(ports["http"]) == environment(overlay, workload)["PORT"]


def test_a_start_may_take_as_long_as_the_server_waits(overlay: str, tmp_path: Path) -> None:
    for workload in serving(overlay):
        assert seconds(workload.container["startupProbe"]) >= settings(overlay, workload, tmp_path).startup_seconds + 20


def test_nobody_is_killed_while_it_drains_and_ends(overlay: str, tmp_path: Path) -> None:
    for workload in serving(overlay):
        drain = settings(overlay, workload, tmp_path).draining_seconds
        assert drain > seconds(workload.container["readinessProbe"])
        assert "lifecycle" not in workload.container  # the drain is the server's own; a hook would only put it off
        assert workload.pod["terminationGracePeriodSeconds"] >= drain + _END_SECONDS + 5, workload.name


def test_a_rollout_takes_nobody_away_before_there_is_another(overlay: str) -> None:
    for workload in workloads(overlay):
        if workload.kind == "Deployment":
            assert workload.resource["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
            budget = one(overlay, "PodDisruptionBudget", workload.name)["spec"]
            assert budget["selector"]["matchLabels"].items() <= workload.labels.items()
            assert budget["maxUnavailable"] == 1
            hosts = [term for term in workload.pod["topologySpreadConstraints"] if term["topologyKey"] == "kubernetes.io/hostname"]
            assert [term["labelSelector"]["matchLabels"] for term in hosts] == [{"app.kubernetes.io/name": workload.name}]


def test_a_migration_runs_once_before_the_rollout(overlay: str, tmp_path: Path) -> None:
    (job,) = (workload for workload in ours(overlay) if workload.kind == "Job")
    assert job.resource["spec"]["backoffLimit"] == 0
    assert job.pod["restartPolicy"] == "Never"
    assert job.container["command"] == ["python", "-m", "server", "migrate"]
    assert (
        job.resource["metadata"]["labels"].get("app.kubernetes.io/component") != "server"
    )  # by which the rollout leaves servers out
    assert {w.resource["metadata"]["labels"]["app.kubernetes.io/component"] for w in serving(overlay)} == {"server"}
    loaded = settings(overlay, job, tmp_path, Migration)
    assert loaded.migration_database_url.get_secret_value() == VALUES["MIGRATION_DATABASE_URL"]


def test_the_owners_password_is_with_the_migration_alone(overlay: str) -> None:
    for workload in workloads(overlay):
        mounted = [volume["secret"]["secretName"] for volume in workload.pod["volumes"] if "secret" in volume]
        assert ("address-book-migration" in mounted) is (workload.name == "migrate"), workload.name


def test_every_setting_is_one_that_the_server_knows(overlay: str) -> None:
    for workload in ours(overlay):
        known = Migration if workload.kind == "Job" else Settings
        for name in environment(overlay, workload):
            assert name.removesuffix("_FILE").lower() in known.model_fields, f"{workload.name}: {name}"


def test_the_server_starts_on_these_settings(overlay: str, tmp_path: Path) -> None:
    for workload in serving(overlay):
        loaded = settings(overlay, workload, tmp_path)
        assert ip_address(loaded.host).is_unspecified
        assert loaded.environment == {"dev": "development", "stage": "stage", "prod": "production"}[overlay]
        pooled = workload.name == "api" and len(serving(overlay)) > 1
        assert loaded.database_url.get_secret_value() == VALUES["POOLED_DATABASE_URL" if pooled else "DATABASE_URL"]
        (ingress,) = of(overlay, "Ingress")
        assert [rule["host"] for rule in ingress["spec"]["rules"]] == [loaded.public_url.removeprefix("https://")]
        assert ingress["spec"]["tls"][0]["hosts"] == [loaded.public_url.removeprefix("https://")]


def test_no_secret_is_in_the_environment_or_in_the_manifests(overlay: str) -> None:
    assert of(overlay, "Secret") == []
    secret = {name.upper() for kind in (Settings, Migration) for name, field in kind.model_fields.items() if "Secret" in str(field)}
    assert {"DATABASE_URL", "JWT_KEYS", "OTLP_HEADERS", "REDIS_URL", "MIGRATION_DATABASE_URL"} <= secret
    for workload in workloads(overlay):
        found = environment(overlay, workload)
        assert not secret & found.keys(), workload.name
        assert not any("secretKeyRef" in str(variable) for variable in workload.container.get("env", ()))
        assert not any("secretRef" in source for source in workload.container.get("envFrom", ()))
        assert not any("CIPHER" in name or "PASS" in name or "S3_KEY" in name for name in found)
    for config in of(overlay, "ConfigMap"):
        if plain(config["metadata"]["name"], "ConfigMap") != "dashboards":
            assert not re.search(r"://[^/\s]*:[^/\s]*@|^repo1-(cipher-pass|s3-key)|PRIVATE KEY", str(config["data"]), re.MULTILINE)
