"""How the resources fit together: who reaches whom, who brings the secrets, and what an environment differs in."""

from __future__ import annotations

import configparser
import re
from ipaddress import ip_network
from typing import Any

import pytest
import yaml

from server.database import ROOT
from server.settings import Settings
from tests.deploy.rendered import (
    K8S,
    OVERLAYS,
    Resource,
    Workload,
    environment,
    of,
    one,
    resources,
    selects,
    workloads,
)

each_overlay = pytest.mark.parametrize("overlay", OVERLAYS)
WHOLE = [overlay for overlay in OVERLAYS if overlay != "dev"]
LEAST = 6
"""Policies that an overlay has at least."""


def reaches(overlay: str, workload: Workload, way: str) -> dict[int, list[Resource]]:
    """The ports that policies open for a pod (`ingress` or `egress`), with the peers of each."""
    found: dict[int, list[Resource]] = {}
    for policy in of(overlay, "NetworkPolicy"):
        if selects(policy["spec"]["podSelector"], workload.labels):
            for rule in policy["spec"].get(way, ()):
                for port in rule["ports"]:
                    found.setdefault(port["port"], []).extend(rule["from" if way == "ingress" else "to"])
    return found


@each_overlay
def test_nobody_reaches_anybody_unless_it_is_said(overlay: str) -> None:
    policy = one(overlay, "NetworkPolicy", "nobody")["spec"]
    assert policy == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for policy in of(overlay, "NetworkPolicy"):
        for way, peers in (("ingress", "from"), ("egress", "to")):
            assert all(rule.get(peers) and rule.get("ports") for rule in policy["spec"].get(way, ())), policy["metadata"]["name"]
            assert (way in policy["spec"]) <= (way.capitalize() in policy["spec"]["policyTypes"]), policy["metadata"]["name"]


@each_overlay
def test_every_policy_is_about_a_pod_that_there_is_and_every_pod_has_one(overlay: str) -> None:
    pods = list(workloads(overlay))
    policies = [policy for policy in of(overlay, "NetworkPolicy") if policy["spec"]["podSelector"]]
    assert len(policies) >= LEAST - 2
    for policy in policies:
        assert any(selects(policy["spec"]["podSelector"], pod.labels) for pod in pods), policy["metadata"]["name"]
    for pod in pods:
        assert any(selects(policy["spec"]["podSelector"], pod.labels) for policy in policies), pod.name


@each_overlay
def test_each_pod_reaches_what_it_needs_and_is_reached_by_whom_it_serves(overlay: str) -> None:
    monitoring = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]
    ingress = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}]
    api = [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "api"}}}]
    server = {53, 5432, 6379, 4318, 465, 587}
    wanted: dict[str, tuple[dict[int, list[Resource]], set[int]]] = {
        "api": ({8000: ingress, 9000: monitoring}, server if overlay == "dev" else server | {6432}),
        "worker": ({9000: monitoring}, server),
        "migrate": ({}, {53, 5432}),
        "pgbouncer": ({6432: api}, {53, 5432}),
        "backup": ({}, {53, 443, 8432}),
    }
    for pod in workloads(overlay):
        entered, left = wanted[pod.name]
        assert reaches(overlay, pod, "ingress") == entered, pod.name
        assert reaches(overlay, pod, "egress").keys() == left, pod.name


@each_overlay
def test_whose_word_for_an_address_is_taken_is_a_small_network(overlay: str) -> None:
    """Of a wide one each pod could say where it comes from."""
    settings = (K8S / "overlays" / overlay / "settings.env").read_text(encoding="utf-8")
    (networks,) = (line.partition("=")[2] for line in settings.splitlines() if line.startswith("TRUSTED_PROXIES="))
    for network in map(ip_network, networks.split(",")):
        assert network.num_addresses <= 256, network


@each_overlay
def test_services_budgets_and_the_autoscaler_find_their_pods(overlay: str) -> None:
    pods = {pod.name: pod for pod in workloads(overlay)}
    for service in of(overlay, "Service"):
        pod = pods[service["metadata"]["name"]]
        assert service["spec"]["selector"].items() <= pod.labels.items()
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= {port["name"] for port in pod.container["ports"]}
        assert "metrics" not in {port["targetPort"] for port in service["spec"]["ports"]}
    (scaler,) = of(overlay, "HorizontalPodAutoscaler")
    assert scaler["spec"]["scaleTargetRef"]["name"] == "api"
    assert "replicas" not in pods["api"].resource["spec"]  # a rollout would undo what was scaled
    if overlay != "dev":
        assert scaler["spec"]["minReplicas"] >= 2
        (monitor,) = of(overlay, "PodMonitor")
        assert [name for name, pod in pods.items() if selects(monitor["spec"]["selector"], pod.labels)] == ["api", "worker"]


@pytest.mark.parametrize("overlay", WHOLE)
def test_the_store_brings_every_secret_that_is_mounted(overlay: str) -> None:
    brought = {
        secret["spec"]["target"]["name"]: {entry["secretKey"] for entry in secret["spec"]["data"]}
        for secret in of(overlay, "ExternalSecret")
    }
    for pod in workloads(overlay):
        read = {value.rpartition("/")[2] for name, value in environment(overlay, pod).items() if name.endswith("_FILE")}
        for volume in pod.pod["volumes"]:
            if "secret" in volume:
                assert read <= brought[volume["secret"]["secretName"]], pod.name
            for source in volume.get("projected", {}).get("sources", ()):
                if "secret" in source:
                    assert {item["key"] for item in source["secret"]["items"]} == brought[source["secret"]["name"]]
    environments = {"stage": "stage", "prod": "production"}
    for secret in of(overlay, "ExternalSecret"):
        for entry in secret["spec"]["data"]:
            assert re.fullmatch(rf"address-book/{environments[overlay]}/[A-Z_]+", entry["remoteRef"]["key"])


def test_the_template_names_the_secrets_and_no_value() -> None:
    templates = list(yaml.safe_load_all((K8S / "base" / "secret.template.yaml").read_text(encoding="utf-8")))
    brought = {
        secret["spec"]["target"]["name"]: {entry["secretKey"] for entry in secret["spec"]["data"]}
        for secret in of("prod", "ExternalSecret")
    }
    assert {template["metadata"]["name"]: set(template["stringData"]) for template in templates} == {
        name: brought[name] for name in ("address-book", "address-book-migration")
    }
    assert {value for template in templates for value in template["stringData"].values()} == {""}


@pytest.mark.parametrize("overlay", WHOLE)
def test_pgbouncer_is_set_as_the_server_needs_it(overlay: str) -> None:
    config = one(overlay, "ConfigMap", "pgbouncer")["data"]
    ini = configparser.ConfigParser(comment_prefixes=(";", "%"))
    ini.read_string(config["pgbouncer.ini"])
    pooler = ini["pgbouncer"]
    assert (pooler["pool_mode"], pooler["max_prepared_statements"]) == ("transaction", "200")
    assert (pooler["auth_type"], pooler["server_tls_sslmode"]) == ("scram-sha-256", "verify-full")
    (_, line) = config["databases.ini"].strip().splitlines()
    bounds = dict(re.findall(r"SET (\w+)=(\w+)", line))
    timeout = Settings.model_fields["statement_timeout_ms"].default
    assert bounds == {
        "statement_timeout": str(timeout),
        "lock_timeout": str(min(2_000, timeout)),
        "idle_in_transaction_session_timeout": "10000",
        "jit": "off",
    }
    assert set(pooler["ignore_startup_parameters"].split(",")) == bounds.keys()
    apis = of(overlay, "HorizontalPodAutoscaler")[0]["spec"]["maxReplicas"] + 1  # one more while it rolls
    assert int(pooler["max_client_conn"]) >= apis * (Settings.model_fields["database_pool"].default + 1)


def shape(value: Any) -> Any:
    """A resource without its values: keys, and how long lists are."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    return [shape(one) for one in value] if isinstance(value, list) else None


def named(overlay: str) -> dict[tuple[str, str], Resource]:
    """The resources by kind and name, generated names without their hash."""
    return {
        (one["kind"], re.sub(r"-[0-9a-z]{10}$", "", one["metadata"]["name"]).removesuffix(f"-{overlay}")): one
        for one in resources(overlay)
    }


def test_stage_is_prod_with_other_values() -> None:
    stage, prod = named("stage"), named("prod")
    assert stage.keys() == prod.keys()
    assert [name for name in prod if shape(stage[name]) != shape(prod[name])] == []
    changed = {name for name in prod if str(stage[name]).replace("address-book-stage", "address-book-prod") != str(prod[name])}
    assert {kind for kind, _ in changed} <= {
        "ConfigMap",
        "Ingress",
        "HorizontalPodAutoscaler",
        "ExternalSecret",
        "Deployment",
        "Job",
        "CronJob",
        "PrometheusRule",
    }
    for name in changed & {name for name in prod if name[0] in {"Deployment", "Job", "CronJob"}}:
        assert _unpinned(stage[name]) == _unpinned(prod[name]), name


def test_dev_is_the_smallest_there_is() -> None:
    dev, prod = named("dev"), named("prod")
    assert dev.keys() < prod.keys()
    assert {name for kind, name in dev if kind in {"Deployment", "Job"}} == {"api", "migrate"}
    assert [name for name in dev if name[0] != "ConfigMap" and shape(dev[name]) != shape(prod[name])] == []


def test_an_overlay_holds_values_and_digests_alone() -> None:
    for overlay in OVERLAYS:
        folder = K8S / "overlays" / overlay
        layer = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
        assert {path.suffix for path in folder.iterdir() if path.name != "kustomization.yaml"} <= {".env", ".ini"}
        assert all(generator["behavior"] == "merge" for generator in layer["configMapGenerator"])
        assert all(set(image) == {"name", "digest"} for image in layer["images"])
        for patch in layer["patches"]:
            assert {step["op"] for step in yaml.safe_load(patch["patch"])} == {"replace"}
    for place in ("base", "whole", "components"):
        text = "".join(path.read_text(encoding="utf-8") for path in (K8S / place).rglob("*.yaml"))
        assert "sha256:" not in text


def test_every_component_is_taken_and_every_file_is_of_one() -> None:
    whole = yaml.safe_load((K8S / "whole" / "kustomization.yaml").read_text(encoding="utf-8"))
    assert {path.rpartition("/")[2] for path in whole["components"]} == {path.name for path in (K8S / "components").iterdir()}
    for place in (K8S / "base", *(K8S / "components").iterdir()):
        layer = yaml.safe_load((place / "kustomization.yaml").read_text(encoding="utf-8"))
        named = {*layer["resources"], "kustomization.yaml", "secret.template.yaml"}
        assert {path.name for path in place.glob("*.yaml")} <= named, place


def test_prometheus_is_asked_for_the_metrics_port_by_the_name_that_the_rules_know() -> None:
    (endpoint,) = of("prod", "PodMonitor")[0]["spec"]["podMetricsEndpoints"]
    assert endpoint["port"] == "metrics"
    jobs = set(re.findall(r'job="(\w+)"', (ROOT / "deploy/monitoring/rules/service.yml").read_text(encoding="utf-8")))
    assert [endpoint["relabelings"]] == [[{"targetLabel": "job", "replacement": job}] for job in jobs]


@pytest.mark.parametrize("overlay", WHOLE)
def test_the_age_of_the_backup_is_asked_of_the_overlays_own_namespace(overlay: str) -> None:
    (group,) = one(overlay, "PrometheusRule", "address-book-kubernetes")["spec"]["groups"]
    place = f'namespace="address-book-{overlay}", cronjob="{one(overlay, "CronJob", "backup")["metadata"]["name"]}"'
    assert [rule["expr"] for rule in group["rules"]] == [f"max(kube_cronjob_status_last_successful_time{{{place}}})"]


def _unpinned(resource: Resource) -> str:
    """A resource without its digests, the hashes of generated names, and its namespace."""
    return re.sub(r"address-book-(stage|prod)|sha256:[0-9a-f]{64}|-[0-9a-z]{10}'", "", str(resource))
