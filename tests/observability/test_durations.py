"""Figures that are kept by one thread and told as Prometheus' own client tells them."""

from __future__ import annotations

import random

from prometheus_client import CollectorRegistry, Histogram, disable_created_metrics, generate_latest

from observability.durations import Durations, Read

BUCKETS = (0.005, 0.1, 1.0)


def test_it_tells_exactly_what_the_clients_own_histogram_tells() -> None:
    disable_created_metrics()  # as `Metrics` does
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    durations: Durations[tuple[str, str]] = Durations("seconds", "How long.", ["kind", "way"], BUCKETS, ours)
    histogram = Histogram("seconds", "How long.", ["kind", "way"], buckets=BUCKETS, registry=theirs)
    assert generate_latest(ours) == generate_latest(theirs)
    pick = random.Random(7)  # noqa: S311 - the same every time
    for value in (0.0, 0.005, 0.1, 1.0, 1.5, *(pick.expovariate(5) for _ in range(500))):
        labels = pick.choice([("a", "x"), ("b", 'quo"te')])
        durations.count(durations.cell(labels), value)
        histogram.labels(*labels).observe(value)
    lines = (set(generate_latest(registry).decode().splitlines()) for registry in (ours, theirs))
    assert next(lines) == next(lines)


def test_a_counter_is_read_when_it_is_scraped() -> None:
    registry, figures = CollectorRegistry(), {"up": 1.0}
    Read("steps", "Steps.", ["way"], lambda: figures, registry)
    Read("all", "All of them.", [], lambda: {"": sum(figures.values())}, registry)
    figures["down"] = 2.0
    assert [line for line in generate_latest(registry).decode().splitlines() if line[0] != "#"] == [
        'steps_total{way="up"} 1.0',
        'steps_total{way="down"} 2.0',
        "all_total 3.0",
    ]
