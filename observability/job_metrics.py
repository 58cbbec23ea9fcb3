"""Prometheus metrics of what is done later: jobs, periodic work, letters. Kinds and outcomes are names from our code."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import TypeVar

from prometheus_async import aio
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

T = TypeVar("T")

_NAMESPACE = "addressbook"


class JobMetrics:
    """What waits, as the database has it, and what this process runs and has done."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, documentation: str, *labels: str) -> Gauge:
            return Gauge(name, documentation, labels, namespace=_NAMESPACE, registry=registry)

        def counter(name: str, documentation: str, *labels: str) -> Counter:
            return Counter(name, documentation, labels, namespace=_NAMESPACE, registry=registry)

        self._kinds: set[str] = set()
        self._queued = gauge(
            "jobs_queued", "Jobs whose turn has come and that nobody runs, by kind; the same in every process.", "kind"
        )
        self._oldest = gauge("jobs_oldest_wait_seconds", "For how long the one of them has waited that waits longest.")
        self._running = gauge("jobs_running", "Jobs that this process runs, by kind.", "kind")
        self._done = counter("jobs_done", "Attempts at jobs that ended in this process, by kind and outcome.", "kind", "outcome")
        self._seconds = Histogram(
            "job_duration_seconds",
            "How long attempts at jobs, and rounds of periodic work, took in this process, by kind.",
            ["kind"],
            namespace=_NAMESPACE,
            registry=registry,
            buckets=(0.05, 0.25, 1.0, 5.0, 15.0, 60.0),
        )
        self._backfills = gauge("backfill_tenants_left", "Tenants that a backfill has before it, as this process saw last.", "name")
        self._letters = counter("letters", "Letters handed to the mail server, by what it made of them.", "outcome")

    def waiting(self, queued: Mapping[str, int], oldest_seconds: float) -> None:
        """Tell how many jobs of each kind wait, and how long the oldest has."""
        for kind in self._kinds | queued.keys():
            self._queued.labels(kind).set(queued.get(kind, 0))
        self._kinds |= queued.keys()
        self._oldest.set(oldest_seconds)

    def began(self, kind: str) -> None:
        """Count one job that begins to run here."""
        self._running.labels(kind).inc()

    async def timed(self, kind: str, work: Awaitable[T]) -> T:
        """Await an attempt, and count how long it took, however it ended."""
        return await aio.time(self._seconds.labels(kind), work)

    def ended(self, kind: str, outcome: str) -> None:
        """Count one attempt that began here and has ended so."""
        self._running.labels(kind).dec()
        self._done.labels(kind, outcome).inc()

    def backfill(self, name: str, tenants: int) -> None:
        """Tell how many tenants a backfill has before it."""
        self._backfills.labels(name).set(tenants)

    def letter(self, outcome: str) -> None:
        """Count one letter: sent, put off, refused, away or spared."""
        self._letters.labels(outcome).inc()
