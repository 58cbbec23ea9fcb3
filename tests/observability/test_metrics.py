import platform
import random
import string

import pytest

from observability.logging import output
from observability.metrics import Metrics


def count(metrics: Metrics, transport: str, operation: str, outcome: str) -> float | None:
    labels = {"transport": transport, "operation": operation, "outcome": outcome}
    return metrics.registry.get_sample_value("addressbook_request_duration_seconds_count", labels)


def series(metrics: Metrics) -> list[str]:
    return [line for line in metrics.exposition("")[0].decode().splitlines() if not line.startswith("#")]


def test_a_request_is_counted_and_timed() -> None:
    metrics = Metrics(["contacts"])
    metrics.observe("graphql", "contacts", "ok", 0.03)
    metrics.observe("graphql", "contacts", "ok", 0.5)
    metrics.observe("rest", "contacts", "failed", 9.0)
    labels = {"transport": "graphql", "operation": "contacts", "outcome": "ok"}
    name = "addressbook_request_duration_seconds"
    assert count(metrics, **labels) == 2.0
    assert count(metrics, "rest", "contacts", "failed") == 1.0
    assert metrics.registry.get_sample_value(f"{name}_sum", labels) == 0.53
    buckets = {
        le: metrics.registry.get_sample_value(f"{name}_bucket", {**labels, "le": le}) for le in ("0.025", "0.1", "0.5", "+Inf")
    }
    assert buckets == {"0.025": 0.0, "0.1": 1.0, "0.5": 2.0, "+Inf": 2.0}


def test_two_applications_do_not_share_metrics() -> None:
    one, two = Metrics(["contacts"]), Metrics(["contacts"])
    one.observe("graphql", "contacts", "ok", 0.1)
    assert count(one, "graphql", "contacts", "ok") == 1.0
    assert count(two, "graphql", "contacts", "ok") is None


def test_ten_thousand_names_stay_within_bounds() -> None:
    metrics = Metrics(["contacts"])
    metrics.observe("graphql", "contacts", "ok", 0.1)
    pick = random.Random(7)  # noqa: S311 - the same names every time
    for _ in range(10_000):
        name = "".join(pick.choices(string.ascii_letters, k=12))
        for outcome in ("ok", "refused", "failed", "cancelled"):
            metrics.observe("graphql", name, outcome, 0.1)
    assert len(series(metrics)) <= 2_000
    assert sum("_duration_seconds_count{" in line for line in series(metrics)) == 1 + 31 * 4
    assert count(metrics, "graphql", "other", "ok") == 9_970.0
    assert len(metrics._cells) == 1 + 30 * 4


def test_a_known_name_is_never_crowded_out() -> None:
    metrics = Metrics(["contacts"], strangers=1)
    assert [metrics.operation(name) for name in ("First", "Second", "First", "contacts")] == [
        "First",
        "other",
        "First",
        "contacts",
    ]


@pytest.mark.parametrize("name", ["", "ada@example.org", "a b", 'a"b', "a\nb", "x" * 40, "\ud800", "9a", "blåbær"])
def test_what_is_no_plain_name_is_other(name: str) -> None:
    metrics = Metrics()
    metrics.observe("graphql", name, "ok", 0.1)
    assert count(metrics, "graphql", "other", "ok") == 1.0
    assert sum("_count{" in line for line in series(metrics)) == 1


def test_operations_are_counted_by_what_executed_them() -> None:
    metrics = Metrics()
    for road in ("plan", "plan", "replay", "core", "failed"):
        metrics.took(road)
    assert [line for line in series(metrics) if "operations_total" in line] == [
        'addressbook_operations_total{road="plan"} 2.0',
        'addressbook_operations_total{road="replay"} 1.0',
        'addressbook_operations_total{road="core"} 1.0',
        'addressbook_operations_total{road="failed"} 1.0',
    ]


def test_sign_in_and_throttling_are_counted() -> None:
    metrics = Metrics()
    metrics.authenticated("login", "ok")
    metrics.authenticated("login", "refused")
    metrics.authenticated("login", "refused")
    metrics.throttle("login")
    metrics.throttle("login")
    metrics.let_through("login")
    lines = [line for line in series(metrics) if "auth_total" in line or ("thrott" in line and "store" not in line)]
    assert lines == [
        'addressbook_auth_total{kind="login",outcome="ok"} 1.0',
        'addressbook_auth_total{kind="login",outcome="refused"} 2.0',
        'addressbook_throttled_total{kind="login"} 2.0',
        'addressbook_throttle_allowed_total{kind="login"} 1.0',
    ]


def test_attempts_are_counted_by_where_a_throttle_counts_them() -> None:
    metrics = Metrics()
    metrics.attempted("redis")
    metrics.attempted("redis")
    metrics.attempted("process")
    metrics.store_failed()
    assert [line for line in series(metrics) if "attempts_counted_total" in line or "store_failures" in line] == [
        'addressbook_attempts_counted_total{where="redis"} 2.0',
        'addressbook_attempts_counted_total{where="process"} 1.0',
        "addressbook_throttle_store_failures_total 1.0",
    ]


def test_the_pool_is_read_at_each_scrape() -> None:
    metrics, pool = Metrics(), {"in_use": 1}
    metrics.watch_pool(in_use=lambda: pool["in_use"], size=lambda: 10, waiting=lambda: 0)
    assert metrics.registry.get_sample_value("addressbook_db_pool_in_use") == 1.0
    pool["in_use"] = 7
    assert metrics.registry.get_sample_value("addressbook_db_pool_in_use") == 7.0
    assert metrics.registry.get_sample_value("addressbook_db_pool_size") == 10.0
    assert metrics.registry.get_sample_value("addressbook_db_pool_waiting") == 0.0


def test_the_schemas_state_is_told() -> None:
    metrics = Metrics()
    metrics.migrated("0007_labels", 2)
    assert metrics.registry.get_sample_value("addressbook_migration_info", {"applied": "0007_labels"}) == 1.0
    assert metrics.registry.get_sample_value("addressbook_migrations_pending") == 2.0


def test_the_scrape_speaks_the_asked_for_format() -> None:
    metrics = Metrics()
    plain, plain_type = metrics.exposition("*/*")
    assert plain_type == "text/plain; version=0.0.4; charset=utf-8"
    assert b"# EOF" not in plain
    open_metrics, open_type = metrics.exposition("application/openmetrics-text; version=1.0.0")
    assert open_type.startswith("application/openmetrics-text; version=1.0.0; charset=utf-8")
    assert open_metrics.endswith(b"# EOF\n")


def test_a_name_that_is_made_known_later_is_not_crowded_out() -> None:
    metrics = Metrics(strangers=1)
    assert metrics.operation("first") == "first"
    assert metrics.operation("GET /healthz") == "other"
    metrics.know(["GET /healthz"])
    assert metrics.operation("GET /healthz") == "GET /healthz"
    assert metrics.operation("second") == "other"


def test_a_scrape_that_asks_for_nonsense_gets_plain_text() -> None:
    body, content_type = Metrics().exposition("application/openmetrics-text;version=a.b;escaping=zzz")
    assert content_type.startswith("text/plain")
    assert b"addressbook_migrations_pending" in body


def test_lost_lines_and_looked_up_documents_are_read_at_each_scrape(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics, lookups = Metrics(), {"hit": 3.0, "miss": 1.0}
    metrics.watch_documents(lambda: 2, lookups)
    monkeypatch.setattr(output, "lost", 7)
    lookups["miss"] += 1
    value = metrics.registry.get_sample_value
    assert value("addressbook_log_lines_lost_total") == 7.0
    assert value("addressbook_document_lookups_total", {"outcome": "hit"}) == 3.0
    assert value("addressbook_document_lookups_total", {"outcome": "miss"}) == 2.0
    assert value("addressbook_documents_kept") == 2.0


def test_what_runs_here_is_told() -> None:
    metrics = Metrics()
    metrics.built("1.2.3")
    labels = {"version": "1.2.3", "python": platform.python_version()}
    assert metrics.registry.get_sample_value("addressbook_build_info", labels) == 1.0
