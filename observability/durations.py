"""A histogram and counters that cost a request next to nothing: figures of one thread, put into Prometheus' form when it scrapes.

prometheus_client's own take a lock and walk through their buckets for each value, which is for many threads; here one counts.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

Labels = TypeVar("Labels", bound=tuple[str, ...])


class Durations(Collector, Generic[Labels]):
    """A histogram of seconds by labels."""

    def __init__(
        self, name: str, documentation: str, labels: Sequence[str], buckets: Sequence[float], registry: CollectorRegistry
    ) -> None:
        self._name, self._documentation, self._labels, self._buckets = name, documentation, labels, buckets
        self._cells: dict[Labels, list[float]] = {}
        registry.register(self)

    def cell(self, labels: Labels) -> list[float]:
        """What is kept of these labels: for `count`. As many values of each bucket, of those beyond the last, and their sum."""
        return self._cells.setdefault(labels, [0.0] * (len(self._buckets) + 2))

    def count(self, cell: list[float], seconds: float) -> None:
        """Count one value."""
        cell[bisect_left(self._buckets, seconds)] += 1
        cell[-1] += seconds

    def describe(self) -> Iterable[Metric]:
        """The family without figures."""
        return [HistogramMetricFamily(self._name, self._documentation, labels=self._labels)]

    def collect(self) -> Iterable[Metric]:
        """The family as Prometheus has it: buckets hold what lies below them, too."""
        family = HistogramMetricFamily(self._name, self._documentation, labels=self._labels)
        bounds = [*map(floatToGoString, self._buckets), "+Inf"]
        for labels, cell in self._cells.copy().items():
            *counts, total = cell.copy()
            sums = [sum(counts[: place + 1]) for place in range(len(counts))]
            family.add_metric(labels, list(zip(bounds, sums, strict=True)), total)
        return [family]


class Read(Collector):
    """A counter whose figures are kept elsewhere, by the values of its one label if it has any, and read when it is scraped."""

    def __init__(
        self,
        name: str,
        documentation: str,
        labels: Sequence[str],
        read: Callable[[], Mapping[str, float]],
        registry: CollectorRegistry,
    ) -> None:
        self._name, self._documentation, self._labels, self._read = name, documentation, labels, read
        registry.register(self)

    def describe(self) -> Iterable[Metric]:
        """The family without figures."""
        return [CounterMetricFamily(self._name, self._documentation, labels=self._labels)]

    def collect(self) -> Iterable[Metric]:
        """The family with the figures of now."""
        family = CounterMetricFamily(self._name, self._documentation, labels=self._labels)
        for value, figure in self._read().items():
            family.add_metric([value] if self._labels else [], figure)
        return [family]
