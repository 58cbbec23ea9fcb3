"""The way of ended spans to a collector: a bounded queue and a thread. Whatever becomes of them there, no request waits."""

from __future__ import annotations

import gzip
import logging
import re
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Final, Literal
from urllib.parse import unquote

import urllib3
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from prometheus_client import CollectorRegistry, Counter

from observability.logging import logger
from observability.otlp import encoded

Outcome = Literal["exported", "failed", "dropped", "limited"]

QUEUE: Final = 2_048
"""Spans that wait to be sent, at the most; some 2 KB each."""
BATCH: Final = 512
DELAY_SECONDS: Final = 2.0
"""How long a span waits for others to be sent with."""
EXPORT_SECONDS: Final = 5.0
"""How long a collector may take to answer."""
_BUSY: Final = frozenset({429, 502, 503, 504})
_AGAIN_SECONDS: Final = 0.5
_WARN_SECONDS: Final = 60.0
_HEADER: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)=([\x20-\x7e]+)")

_log = logger(__name__)


class Collector(SpanExporter):
    """A collector that takes OTLP over HTTP at `endpoint`, in protobuf and gzip."""

    def __init__(self, endpoint: str, headers: Mapping[str, str]) -> None:
        self._endpoint = endpoint
        self._http = urllib3.PoolManager(
            num_pools=1,
            timeout=urllib3.Timeout(total=EXPORT_SECONDS),
            retries=urllib3.Retry(1, read=0, allowed_methods=None, backoff_factor=0.5),
        )
        self.take(headers)

    def take(self, headers: Mapping[str, str]) -> None:
        """From the next batch on these are the headers beside its own."""
        self._http.headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip", **headers}

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Sends a batch, and what a busy collector refuses once more. Raises urllib3's errors."""
        body = gzip.compress(encoded(spans), 1)
        status = self._status(body)
        if status in _BUSY:
            time.sleep(_AGAIN_SECONDS)  # whatever Retry-After says: it could be an hour
            status = self._status(body)
        return SpanExportResult.SUCCESS if 200 <= status < 300 else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        """Closes its connection."""
        self._http.clear()

    def _status(self, body: bytes) -> int:
        # No redirects: the headers may hold a secret, and they are for this host. What else it says could be endless.
        answer = self._http.request("POST", self._endpoint, body=body, redirect=False, preload_content=False)
        answer.close()
        return answer.status


class Outbox:
    """Where ended spans go. It counts what becomes of them in `addressbook_spans_total`; the SDK would drop them in silence."""

    def __init__(self, exporter: SpanExporter, registry: CollectorRegistry | None = None) -> None:
        # They tell of every batch that fails, and of every span that comes too late; `_Watched` tells of them once a minute.
        for name in ("opentelemetry.sdk._shared_internal", "urllib3"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        counter = Counter(
            "spans",
            "Spans by what became of them: exported; failed, by the collector; dropped, since too many waited; limited, failures "
            "and slow requests that were not sampled, beyond so many a second.",
            ["outcome"],
            namespace="addressbook",
            registry=registry,
        )
        self._counted: dict[Outcome, Counter] = {
            outcome: counter.labels(outcome) for outcome in ("exported", "failed", "dropped", "limited")
        }
        self._watched = _Watched(exporter, self._counted)
        self._processor = BatchSpanProcessor(self._watched, QUEUE, DELAY_SECONDS * 1_000, BATCH)
        self._put = 0

    def put(self, span: ReadableSpan) -> None:
        """Takes an ended span, or drops it where too many wait."""
        if self._put - self._watched.taken >= QUEUE:
            self.count("dropped")
            return
        self._put += 1
        self._processor.on_end(span)

    def count(self, outcome: Outcome, spans: int = 1) -> None:
        """Counts what became of spans."""
        self._counted[outcome].inc(spans)

    def close(self, seconds: float) -> None:
        """Sends what is left, for at most `seconds`. Blocks: call it in a thread from a running loop."""
        # The SDK's own shutdown waits 30 seconds for a dead collector, and takes no other bound.
        closing = threading.Thread(target=self._processor.shutdown, daemon=True)
        closing.start()
        closing.join(seconds)
        left = self._put - self._watched.done
        if left:
            self.count("dropped", left)
            _log.warning("spans lost at shutdown", spans=left)


class _Watched(SpanExporter):
    """Counts what is exported, and tells in the log that spans are lost, at most once a minute. It runs in the SDK's thread."""

    def __init__(self, exporter: SpanExporter, counted: Mapping[Outcome, Counter]) -> None:
        self._exporter, self._counted = exporter, counted
        self.taken = self.done = 0
        self._lost = 0
        self._quiet_until = 0.0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.taken += len(spans)
        try:
            result, reason = self._exporter.export(spans), "refused"
        except Exception as exc:  # whatever the exporter meets, the service goes on and the log knows
            result, reason = SpanExportResult.FAILURE, type(exc).__name__
        if result is SpanExportResult.SUCCESS:
            self._counted["exported"].inc(len(spans))
        else:
            self._counted["failed"].inc(len(spans))
            self._warn(len(spans), reason)
        self.done += len(spans)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)

    def _warn(self, spans: int, reason: str) -> None:
        self._lost += spans
        now = time.monotonic()
        if now >= self._quiet_until:
            self._quiet_until = now + _WARN_SECONDS
            _log.warning("spans lost", spans=self._lost, reason=reason)
            self._lost = 0


def headers(text: str) -> dict[str, str]:
    """The headers of `name=value,other=value`, percent-decoded as OTEL_EXPORTER_OTLP_HEADERS has them. Raises ValueError."""
    found = {}
    for part in text.split(","):
        one = _HEADER.fullmatch(unquote(part.strip()))
        if one is None:
            raise ValueError("must be name=value, separated by commas; percent-encode what is special in a value")
        found[one[1]] = one[2].strip()
    return found
