"""Metrics of what is done later."""

from __future__ import annotations

from observability.metrics import Metrics


def test_what_waits_is_told_until_nothing_does() -> None:
    metrics = Metrics()

    def value(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(f"addressbook_{name}", labels)

    metrics.jobs.waiting({"MAIL": 3}, 7.5)
    assert (value("jobs_queued", kind="MAIL"), value("jobs_oldest_wait_seconds")) == (3, 7.5)
    metrics.jobs.waiting({}, 0.0)
    assert (value("jobs_queued", kind="MAIL"), value("jobs_oldest_wait_seconds")) == (0, 0)
    metrics.jobs.began("MAIL")
    metrics.jobs.began("MAIL")
    metrics.jobs.ended("MAIL", "again")
    assert (value("jobs_running", kind="MAIL"), value("jobs_done_total", kind="MAIL", outcome="again")) == (1, 1)
    metrics.jobs.letter("sent")
    assert value("letters_total", outcome="sent") == 1
