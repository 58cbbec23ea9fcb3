"""Prometheus metrics with bounded names: requests (rate, errors, duration), sign-in, throttles, seals, breakers, pool, migrations.

No label holds a tenant, a user, an id or anything a client can choose freely.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Literal, get_args

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.exposition import choose_encoder

from observability.durations import Durations, Read
from observability.job_metrics import JobMetrics
from observability.logging import output

Transport = Literal["graphql", "rest"]
Outcome = Literal["ok", "refused", "failed", "cancelled"]
AuthKind = Literal["login", "totp", "signup", "refresh", "token", "password"]
Road = Literal["plan", "replay", "core", "failed"]

_NAMESPACE = "addressbook"
_FAULTS = ("database", "migrations", "row-level security", "door key")
_BUCKETS = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5)  # seconds; few, since each is a series for every operation
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,38}")


class Metrics:
    """All metrics of one application, in a registry of its own.

    `known` are the operations that always have a name of their own. Of other names, which clients choose, the first
    `strangers` get one and the rest are "other": 30 strangers, 4 outcomes and 10 series each are at most 1,200 series.
    """

    def __init__(self, known: Iterable[str] = (), *, strangers: int = 30) -> None:
        # A switch of the whole library: without it every histogram and counter has one more series, which nobody reads.
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._requests: Durations[tuple[str, str, str]] = Durations(
            f"{_NAMESPACE}_request_duration_seconds",
            "Requests by transport, operation and outcome; failed is ours, refused is the caller's.",
            ["transport", "operation", "outcome"],
            _BUCKETS,
            self.registry,
        )
        self.auth = Counter(
            "auth",
            "Attempts to prove who is calling, by what was shown: login, totp, signup, refresh, token (refused alone), password.",
            ["kind", "outcome"],
            namespace=_NAMESPACE,
            registry=self.registry,
        )
        self.throttled = Counter(
            "throttled",
            "Requests and attempts refused by a throttle, or by the budget of points.",
            ["kind"],
            namespace=_NAMESPACE,
            registry=self.registry,
        )
        self.allowed = Counter(
            "throttle_allowed",
            "Decisions of throttles to let an attempt through; one attempt may meet several.",
            ["kind"],
            namespace=_NAMESPACE,
            registry=self.registry,
        )
        self._refusals = Counter(
            "shed",
            "Requests and connections refused since the process was busy, by what was full: process, tenant or connections.",
            ["full"],
            namespace=_NAMESPACE,
            registry=self.registry,
        )
        for full in ("process", "tenant", "connections"):
            self.shed(full, 0)
        self.attempts = Counter(
            "attempts_counted",
            "Attempts by where they were counted: in Redis, for all replicas, or in this process alone.",
            ["where"],
            namespace=_NAMESPACE,
            registry=self.registry,
        )
        self.store_failures = Counter(
            "throttle_store_failures",
            "Times that Redis failed to count an attempt, or took too long.",
            namespace=_NAMESPACE,
            registry=self.registry,
        )
        self._roads: dict[str, float] = dict.fromkeys(get_args(Road), 0)
        self.count(
            "operations",
            "GraphQL operations by what executed them: plan; plan, then graphql-core (replay); core; core, since a plan failed.",
            self._roads,
            "road",
        )
        lost = "Lines of the log that could not be written, since the process began."
        Read(f"{_NAMESPACE}_log_lines_lost", lost, [], lambda: {"": output.lost}, self.registry)
        self.loop_lag = Histogram(
            "event_loop_lag_seconds",
            "By how much a timer of the event loop is late, looked at four times a second.",
            namespace=_NAMESPACE,
            registry=self.registry,
            buckets=(0.001, 0.005, 0.025, 0.1, 0.25, 1.0),
        )
        self._sealed = Counter("audit_sealed", "Entries of audit logs sealed.", namespace=_NAMESPACE, registry=self.registry)
        self._sealed_until = Gauge(
            "audit_sealed_until_timestamp_seconds",
            "Entries of all audit logs from before this time were sealed by this process; 0 where it has not sealed yet.",
            namespace=_NAMESPACE,
            registry=self.registry,
        )
        self.breakers = Gauge(
            "breaker_state",
            "Circuit breakers by what they guard: 0 closed, 1 half-open, 2 open.",
            ["breaker"],
            namespace=_NAMESPACE,
            registry=self.registry,
        )
        self.retries = Counter(
            "db_retries",
            "Statements and units of work tried again, by what befell them: lost, contended; or over_budget, and so they were not.",
            ["reason"],
            namespace=_NAMESPACE,
            registry=self.registry,
        )
        self.read_only = Gauge(
            "read_only", "1 while the database takes no writes, as far as is known.", namespace=_NAMESPACE, registry=self.registry
        )
        self._retries = {reason: self.retries.labels(reason) for reason in ("lost", "contended", "over_budget")}
        self._attempts = {where: self.attempts.labels(where) for where in ("redis", "process")}
        self.jobs = JobMetrics(self.registry)
        self._build = Info("build", "What runs here.", namespace=_NAMESPACE, registry=self.registry)
        self.migration = Info("migration", "The schema's state.", namespace=_NAMESPACE, registry=self.registry)
        self.migrations_pending = Gauge(
            "migrations_pending", "Migrations not applied yet.", namespace=_NAMESPACE, registry=self.registry
        )
        self._clock_skew = Gauge(
            "clock_skew_seconds",
            "By how much this machine's clock is ahead of the database's, when readiness was looked at last.",
            namespace=_NAMESPACE,
            registry=self.registry,
        )
        faults = Gauge(
            "readiness_fault",
            "1 where this keeps the process from being ready, by fault, as the last probe or scrape found; 0 where it does not.",
            ["fault"],
            namespace=_NAMESPACE,
            registry=self.registry,
        )
        self._faults = {fault: faults.labels(fault) for fault in _FAULTS}
        ProcessCollector(registry=self.registry)
        self._names = {"other", "anonymous", "batch", *known}
        self._room = len(self._names) + strangers
        self._cells: dict[tuple[str, str, str], list[float]] = {}
        self._auth: dict[tuple[str, str], Counter] = {}

    def know(self, names: Iterable[str]) -> None:
        """Give these operations a name of their own, which no client can crowd out."""
        fresh = set(names) - self._names
        self._names |= fresh
        self._room += len(fresh)

    def operation(self, name: str) -> str:
        """`name` where it may be a label, else "other"."""
        if name in self._names:
            return name
        if len(self._names) < self._room and _NAME.fullmatch(name):
            self._names.add(name)
            return name
        return "other"

    def observe(self, transport: Transport, operation: str, outcome: Outcome, seconds: float) -> None:
        """Count one finished request and its duration in seconds."""
        cell = self._cells.get((transport, operation, outcome))
        if cell is None:
            name = self.operation(operation)
            cell = self._requests.cell((transport, name, outcome))
            if name == operation:  # names that became "other" are not kept: there is no end of them
                self._cells[transport, operation, outcome] = cell
        self._requests.count(cell, seconds)

    def authenticated(self, kind: AuthKind, outcome: Outcome) -> None:
        """Count one attempt to sign in, show a second factor, sign up, refresh, present a token, or show or change a password."""
        child = self._auth.get((kind, outcome))
        if child is None:
            child = self._auth[kind, outcome] = self.auth.labels(kind, outcome)
        child.inc()

    def took(self, road: Road) -> None:
        """Count one GraphQL operation by what executed it."""
        self._roads[road] += 1

    def throttle(self, kind: str) -> None:
        """Count one request refused by the limit `kind` (a name from our code)."""
        self.throttled.labels(kind).inc()

    def let_through(self, kind: str) -> None:
        """Count one attempt that the limit `kind` let through."""
        self.allowed.labels(kind).inc()

    def shed(self, full: str, times: int) -> None:
        """Count requests refused since the "process" or their "tenant" had no place left, or surplus "connections"."""
        self._refusals.labels(full).inc(times)

    def sealed(self, entries: int) -> None:
        """Count entries of audit logs that were sealed."""
        self._sealed.inc(entries)

    def sealed_until(self, moment: datetime) -> None:
        """Tell that no entry of any audit log from before this time waits to be sealed."""
        self._sealed_until.set(moment.timestamp())

    def breaker(self, name: str, state: str) -> None:
        """Tell the state of a circuit breaker (a name from our code): closed, half-open or open."""
        self.breakers.labels(name).set(("closed", "half-open", "open").index(state))

    def retried(self, reason: str) -> None:
        """Count one statement or unit of work that was tried again since it was lost or contended, or was not: over_budget."""
        self._retries[reason].inc()

    def attempted(self, where: str) -> None:
        """Count one attempt that a throttle counted in "redis", or in the "process"."""
        self._attempts[where].inc()

    def store_failed(self) -> None:
        """Count one time that Redis did not count an attempt in time."""
        self.store_failures.inc()

    def watch(self, name: str, documentation: str, read: Callable[[], float]) -> None:
        """A gauge named addressbook_`name` that calls `read` at each scrape, perhaps in another thread."""
        Gauge(name, documentation, namespace=_NAMESPACE, registry=self.registry).set_function(read)

    def count(self, name: str, documentation: str, figures: Mapping[str, float], label: str) -> None:
        """A counter named addressbook_`name`_total with the figures, by values of `label`, that are there at each scrape."""
        Read(f"{_NAMESPACE}_{name}", documentation, [label], lambda: figures, self.registry)

    def watch_pool(self, *, in_use: Callable[[], float], size: Callable[[], float], waiting: Callable[[], float]) -> None:
        """Gauges of the database pool: connections in use, connections open, requests that wait for one."""
        self.watch("db_pool_in_use", "Database connections in use.", in_use)
        self.watch("db_pool_size", "Database connections open.", size)
        self.watch("db_pool_waiting", "Requests waiting for a database connection.", waiting)

    def watch_documents(self, kept: Callable[[], float], lookups: Mapping[str, float]) -> None:
        """How many GraphQL documents are kept, and how often one was among them ("hit") or not ("miss")."""
        self.watch("documents_kept", "GraphQL documents that are kept, parsed and compiled.", kept)
        self.count("document_lookups", "GraphQL documents by whether they were among those that are kept.", lookups, "outcome")

    def built(self, version: str) -> None:
        """Tell which version this is, and of which Python."""
        self._build.info({"version": version, "python": platform.python_version()})

    def migrated(self, applied: str, pending: int) -> None:
        """Tell the newest applied migration and how many are pending."""
        self.migration.info({"applied": applied})
        self.migrations_pending.set(pending)

    def clock_skew(self, seconds: float) -> None:
        """Tell by how much our clock is ahead of the database's."""
        self._clock_skew.set(seconds)

    def readiness(self, found: Collection[str]) -> None:
        """Tell what keeps this process from being ready; nothing where it is."""
        for fault, gauge in self._faults.items():
            gauge.set(fault in found)

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """The body and content type of a scrape, OpenMetrics or plain text as the Accept header asks.

        Takes milliseconds; it is safe in a thread.
        """
        try:
            encode, content_type = choose_encoder(accept)
        except (TypeError, ValueError):  # it does not expect a version that is no number
            encode, content_type = choose_encoder("text/plain")
        return encode(self.registry), content_type
