"""Spans on the wire are what OpenTelemetry's own encoder makes of them."""

from __future__ import annotations

import time

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from observability.otlp import encoded

_RESOURCE = Resource({"service.name": "address-book", "n": 1})
_SCOPE = InstrumentationScope("address-book")
_TRACE = 0x4BF92F3577B34DA6A3CE929D0E0E4736


def _context(span: int, *, remote: bool = False, state: str = "", trace: int = _TRACE) -> SpanContext:
    return SpanContext(trace, span, remote, TraceFlags(1), TraceState.from_header([state]))


def _span(name: str = "GET /api", parent: SpanContext | None = None, **more: object) -> ReadableSpan:
    given = {"start_time": time.time_ns(), "end_time": time.time_ns() + 5, "instrumentation_scope": _SCOPE} | more
    return ReadableSpan(name, given.pop("context", _context(7)), parent, _RESOURCE, **given)  # type: ignore[arg-type]


SPANS = {
    "bare": _span(),
    "below another one": _span(parent=_context(1)),
    "below the caller's": _span(parent=_context(2**64 - 1, remote=True), kind=SpanKind.SERVER),
    "a client's": _span(kind=SpanKind.CLIENT, attributes={"db.system.name": "postgresql"}),
    "failed": _span(status=Status(StatusCode.ERROR), attributes={"error.type": "ValueError"}),
    "small ids": _span(context=_context(1, trace=1), parent=_context(2, trace=1)),
    "with a tracestate": _span(context=_context(7, state="rojo=00f067aa0ba902b7,congo=t61rcWkgMzE")),
    "letters of all kinds": _span("é" * 200, attributes={"k" * 130: "\N{SNOWMAN}" * 20_000, "empty": ""}),
    "numbers": _span(attributes={"zero": 0, "many": 2**40, "less": -1, "half": 0.5, "negative": -0.25, "big": 1e300}),
    "truths": _span(attributes={"one": 1, "yes": True, "no": False, "zero": 0, "float": 1.0}),
}


@pytest.mark.parametrize("name", SPANS)
def test_a_span_is_encoded_as_by_opentelemetry(name: str) -> None:
    spans = [SPANS[name]]
    assert ExportTraceServiceRequest.FromString(encoded(spans)) == encode_spans(spans)


def test_a_batch_is_encoded_as_by_opentelemetry() -> None:
    alike = [_span(attributes={"n": one}) for one in (1, True, 1.0)]
    spans = [*SPANS.values(), *alike] * 3
    assert ExportTraceServiceRequest.FromString(encoded(spans)) == encode_spans(spans)
    assert encoded(spans) == encoded(spans)


def test_a_letter_that_is_none_costs_no_batch() -> None:
    """A lone surrogate, which no UTF-8 has."""
    (one,) = ExportTraceServiceRequest.FromString(encoded([_span("\ud800")])).resource_spans[0].scope_spans[0].spans
    assert one.name == "?"
