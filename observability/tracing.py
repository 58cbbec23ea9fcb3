"""Traces: one server span a request, continuing the caller's W3C trace context, with a span below it for each step.

Whether a request is sampled is decided before anything is made: by the caller's flag where there is one, else by the ratio.
What failed or was slow is found whatever was decided: then the server span alone is made, when the request ends. docs/tracing.md
tells of the spans.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from random import random
from typing import Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter
from prometheus_client import CollectorRegistry

from observability.exporter import Collector, Outbox
from observability.spans import Attribute, Headers, Request

FORCED_PER_SECOND: Final = 100
"""Requests whose callers' flag is followed; beyond, the ratio decides: a stranger may set the flag on each of theirs."""

LATE_PER_SECOND: Final = 10
"""Failures and slow requests that get a span though they were not sampled; beyond, they are counted."""

# https://www.w3.org/TR/trace-context/#traceparent-header; a version after 00 may carry more fields.
_TRACEPARENT: Final = re.compile(
    r"(?:00(?=.{53}\Z)|(?!00|ff)[0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?"
)


class Tracing:
    """One application's tracer; it never touches OpenTelemetry's global provider."""

    def __init__(self, outbox: Outbox | None, resource: Resource, ratio: float, slow_ms: int) -> None:
        if not 0 <= ratio <= 1:
            raise ValueError("the sampling ratio must lie between 0 and 1")
        self.resource, self._outbox = resource, outbox
        self._ratio = ratio if outbox else 0.0
        self._forced, self._late = PerSecond(FORCED_PER_SECOND if outbox else 0), PerSecond(LATE_PER_SECOND)
        self.slow: float = slow_ms * 1_000_000 if slow_ms and outbox else math.inf
        """The nanoseconds from which a request is slow."""
        self._collector: Collector | None = None

    @classmethod
    def start(
        cls,
        resource: Mapping[str, Attribute],
        endpoint: str | None,
        ratio: float,
        *,
        slow_ms: int = 0,
        headers: Mapping[str, str] | None = None,
        registry: CollectorRegistry | None = None,
        exporter: SpanExporter | None = None,
    ) -> Tracing:
        """Start tracing to `endpoint` (full URL, such as http://collector:4318/v1/traces); None makes no spans at all.

        `ratio` (0 to 1) of the requests without a `traceparent` are sampled; what takes `slow_ms` or longer is slow, 0 for nothing.
        Raises ValueError for another ratio.
        """
        collector = Collector(endpoint, headers or {}) if endpoint is not None else None
        exporter = exporter or collector
        tracing = cls(Outbox(exporter, registry) if exporter else None, Resource.create(resource), ratio, slow_ms)
        tracing._collector = collector
        return tracing

    def take(self, headers: Mapping[str, str]) -> None:
        """From now on the collector is sent these headers."""
        if self._collector is not None:
            self._collector.take(headers)

    def request(self, method: str, route: str | None, request_id: str, headers: Headers) -> Request:
        """The server span of one request, as a context manager. `route` is a template, or None where there is none."""
        given = headers.get("traceparent")
        parent = _TRACEPARENT.fullmatch(given) if given else None
        # The flag of a caller decides, unless too many set it.
        flag = int(parent[3], 16) & 1 if parent else None
        sampled = flag != 0 and (random() < self._ratio or (flag == 1 and self._forced.allows()))  # noqa: S311 - a share, no secret
        return Request(self, (method, route, request_id, headers, parent), sampled)

    def allows_late(self) -> bool:
        """Whether one more span is made of a request that was not sampled; one that is not is counted."""
        if self._outbox is None:
            return False
        allowed = self._late.allows()
        if not allowed:
            self._outbox.count("limited")
        return allowed

    def ended(self, span: ReadableSpan) -> None:
        """Takes a span that has ended."""
        if self._outbox is not None:
            self._outbox.put(span)

    def close(self, seconds: float = 5.0) -> None:
        """Export what is left, for at most `seconds`. Blocks: call it in a thread from a running loop."""
        if self._outbox is not None:
            self._outbox.close(seconds)


class PerSecond:
    """So many a second, and no more."""

    def __init__(self, most: int) -> None:
        self._most, self._second, self._used = most, 0, 0

    def allows(self) -> bool:
        """Whether one more is among them."""
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._used = second, 0
        self._used += 1
        return self._used <= self._most
