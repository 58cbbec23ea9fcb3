"""Traces: one server span a request, continuing the caller's W3C `traceparent`, exported over OTLP/HTTP when asked.

Whether a request is sampled is decided before any span object is made: by the caller's flag where there is one, else
by the ratio.
"""

import logging
import re
import threading
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar, Token
from random import getrandbits, random
from types import TracebackType
from typing import Protocol, Self

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from observability.logging import logger
from observability.redaction import REDACTED, describe, scrub, sensitive

Attribute = str | int | float | bool

# https://www.w3.org/TR/trace-context/#traceparent-header; a version after 00 may carry more fields.
_TRACEPARENT = re.compile(
    r"(?:00(?=.{53}\Z)|(?!00|ff)[0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?"
)
_EXPORT_SECONDS = 5.0
_WARN_SECONDS = 60.0

_log = logger(__name__)


class Trace(Protocol):
    """What a request is given, sampled or not; a context manager, to be entered once."""

    trace_id: str

    def set(self, key: str, value: Attribute) -> None:
        """Add an attribute to the span; sensitive ones are redacted."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None: ...


class Tracing:
    """One application's tracer; it never touches OpenTelemetry's global provider."""

    def __init__(self, provider: TracerProvider | None, ratio: float) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("address-book") if provider else None
        self._ratio = ratio

    @classmethod
    def start(
        cls, service: str, version: str, endpoint: str | None, ratio: float, *, exporter: SpanExporter | None = None
    ) -> "Tracing":
        """Start tracing to `endpoint` (full URL, such as http://collector:4318/v1/traces); None makes no spans at all.

        `ratio` (0 to 1) of the requests without a `traceparent` are sampled. Raises ValueError for another ratio.
        """
        if not 0 <= ratio <= 1:
            raise ValueError("the sampling ratio must lie between 0 and 1")
        if exporter is None and endpoint is not None:
            exporter = OTLPSpanExporter(endpoint, timeout=_EXPORT_SECONDS)
        if exporter is None:
            return cls(None, 0.0)
        # They warn of every batch; `_Watched` says the same once a minute.
        for name in ("opentelemetry.exporter", "opentelemetry.sdk._shared_internal"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        provider = TracerProvider(
            sampler=ALWAYS_ON,  # the decision was made before
            resource=Resource.create({"service.name": service, "service.version": version}),
            shutdown_on_exit=False,
        )
        provider.add_span_processor(BatchSpanProcessor(_Watched(exporter)))
        return cls(provider, ratio)

    def request(self, name: str, traceparent: str | None, attributes: Mapping[str, Attribute]) -> Trace:
        """The server span of one request, as a context manager that yields a `Trace`. `name` must be bounded."""
        parent = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
        chosen = int(parent[3], 16) & 1 if parent else random() < self._ratio  # noqa: S311 - an id, not a secret
        if self._tracer is None or not chosen:
            return _Unsampled(parent[1] if parent else f"{getrandbits(128):032x}")
        context = None
        if parent:
            remote = SpanContext(int(parent[1], 16), int(parent[2], 16), True, TraceFlags(TraceFlags.SAMPLED))
            context = trace.set_span_in_context(NonRecordingSpan(remote))
        span = self._tracer.start_span(name, context, SpanKind.SERVER, _safe(attributes))
        return _Sampled(self._tracer, span)

    def close(self, seconds: float = 5.0) -> None:
        """Export what is left, for at most `seconds`. Blocks: call it in a thread from a running loop."""
        if self._provider is None:
            return
        # The SDK's own shutdown waits 30 seconds for a dead collector and takes no other bound.
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(seconds)
        if closing.is_alive():
            _log.warning("spans lost at shutdown")


def step(name: str, **attributes: Attribute) -> Trace:
    """A span below the running request's (parse, resolve, a named statement), or almost nothing if unsampled."""
    running = _running.get()
    return _NOTHING if running is None else running.step(name, attributes)


class _Unsampled:
    __slots__ = ("trace_id",)

    def __init__(self, trace_id: str) -> None:
        self.trace_id = trace_id

    def set(self, key: str, value: Attribute) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        pass


class _Sampled:
    __slots__ = ("_span", "_token", "_tracer", "trace_id")

    def __init__(self, tracer: trace.Tracer, span: trace.Span) -> None:
        self._tracer, self._span = tracer, span
        self._token: Token[_Sampled | None] | None = None
        self.trace_id = f"{span.get_span_context().trace_id:032x}"

    def set(self, key: str, value: Attribute) -> None:
        self._span.set_attributes(_safe({key: value}))

    def step(self, name: str, attributes: Mapping[str, Attribute]) -> "_Sampled":
        context = trace.set_span_in_context(self._span)
        return _Sampled(self._tracer, self._tracer.start_span(name, context, attributes=_safe(attributes)))

    def __enter__(self) -> Self:
        self._token = _running.set(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        if self._token is not None:
            _running.reset(self._token)
        if exc is not None:
            # Not record_exception: it would carry the message and the stack as they are.
            told = describe(exc)
            self._span.set_status(Status(StatusCode.ERROR, told["type"]))
            self._span.add_event("exception", {"exception.type": told["type"], "exception.message": told["message"]})
        self._span.end()


class _Watched(SpanExporter):
    """Tells in the log that spans are lost, at most once a minute."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._lost = 0
        self._quiet_until = 0.0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            result = self._exporter.export(spans)
        except Exception as exc:  # whatever the exporter meets, the service goes on and the log knows
            self._warn(len(spans), type(exc).__name__)
            return SpanExportResult.FAILURE
        if result is not SpanExportResult.SUCCESS:
            self._warn(len(spans), "failed")
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


def _safe(attributes: Mapping[str, Attribute]) -> dict[str, Attribute]:
    return {
        key: REDACTED if sensitive(key) else scrub(value) if isinstance(value, str) else value for key, value in attributes.items()
    }


_NOTHING = _Unsampled("")
_running: ContextVar[_Sampled | None] = ContextVar("running span", default=None)
