import asyncio
import io
import json
import logging as stdlib
import time
from collections.abc import Iterator, Sequence

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from observability import logging as log
from observability import tracing
from observability.tracing import Tracing, step

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-00"


def start(ratio: float) -> tuple[Tracing, InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    return Tracing.start("address-book", "1.2.3", None, ratio, exporter=exporter), exporter


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = stdlib.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    log.configure("info", stream=stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    log.output.__init__()  # type: ignore[misc]


def test_a_traceparent_is_continued() -> None:
    tracing, exporter = start(0.0)
    with tracing.request("POST /graphql", SAMPLED, {"http.route": "/graphql"}) as request:
        request.set("http.response.status_code", 200)
        assert request.trace_id == TRACE
    tracing.close()
    (span,) = exporter.get_finished_spans()
    assert span.name == "POST /graphql"
    assert span.kind is SpanKind.SERVER
    assert span.context is not None
    assert f"{span.context.trace_id:032x}" == TRACE
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == PARENT
    assert span.parent.is_remote
    assert dict(span.attributes or {}) == {"http.route": "/graphql", "http.response.status_code": 200}
    assert span.resource.attributes["service.name"] == "address-book"
    assert span.resource.attributes["service.version"] == "1.2.3"


def test_an_unsampled_request_makes_no_span(monkeypatch: pytest.MonkeyPatch) -> None:
    tracing, exporter = start(1.0)
    monkeypatch.setattr(tracing._tracer, "start_span", lambda *_a, **_k: pytest.fail("a span was made"))
    with tracing.request("POST /graphql", UNSAMPLED, {}) as request, step("parse") as inner:
        request.set("a", 1)
        inner.set("a", 1)
        assert request.trace_id == TRACE
    tracing.close()
    assert exporter.get_finished_spans() == ()


def test_the_ratio_decides_where_nobody_else_did(monkeypatch: pytest.MonkeyPatch) -> None:
    app, exporter = start(0.25)
    draws = iter([0.0, 0.24, 0.25, 0.9])
    monkeypatch.setattr(tracing, "random", lambda: next(draws))
    ids = []
    for name in ("a", "b", "c", "d"):
        with app.request(name, None, {}) as request:
            ids.append(request.trace_id)
    app.close()
    spans = exporter.get_finished_spans()
    assert [span.name for span in spans] == ["a", "b"]
    assert [f"{span.context.trace_id:032x}" for span in spans if span.context] == ids[:2]
    assert len(set(ids)) == 4
    assert {len(one) for one in ids} == {32}


@pytest.mark.parametrize(
    ("header", "continued"),
    [
        (SAMPLED, True),
        (f"cc-{TRACE}-{PARENT}-01-what-comes-later", True),
        (f"00-{TRACE}-{PARENT}-01-more", False),
        (f"ff-{TRACE}-{PARENT}-01", False),
        (f"00-{'0' * 32}-{PARENT}-00", False),
        (f"00-{TRACE}-{'0' * 16}-00", False),
        (SAMPLED.upper(), False),
        (SAMPLED + "\n", False),
        ("x" * 5000, False),
        ("", False),
    ],
)
def test_a_malformed_traceparent_starts_a_new_trace(header: str, continued: bool) -> None:
    tracing, _ = start(0.0)
    assert (tracing.request("x", header, {}).trace_id in header) is continued
    tracing.close()


async def test_steps_stand_below_their_own_request() -> None:
    tracing, exporter = start(1.0)

    async def serve(name: str) -> None:
        with tracing.request(name, None, {}):
            await asyncio.sleep(0)
            with step("resolve", field=name), step("sql", statement="contact.page"):
                await asyncio.sleep(0)

    await asyncio.gather(serve("a"), serve("b"))
    with step("outside") as outside:
        assert outside.trace_id == ""
    tracing.close()
    spans = {(s.name, s.context.trace_id): s for s in exporter.get_finished_spans() if s.context}
    assert len(spans) == 6
    for (name, trace_id), span in spans.items():
        above = {"sql": "resolve", "resolve": (span.attributes or {}).get("field")}.get(name)
        if above is None:
            assert span.parent is None
        else:
            parent = spans[str(above), trace_id].context
            assert parent is not None
            assert span.parent is not None
            assert span.parent.span_id == parent.span_id


def test_a_failure_is_told_without_its_values() -> None:
    tracing, exporter = start(1.0)
    with pytest.raises(ValueError, match="canary"), tracing.request("x", None, {}):
        raise ValueError("cannot read 'canary' of canary@example.org")
    tracing.close()
    (span,) = exporter.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description == "ValueError"
    assert [(e.name, dict(e.attributes or {})) for e in span.events] == [
        ("exception", {"exception.type": "ValueError", "exception.message": "cannot read … of [redacted]"})
    ]
    assert "canary" not in span.to_json()


def test_attributes_are_redacted() -> None:
    tracing, exporter = start(1.0)
    with tracing.request("x", None, {"email": "canary", "to": "canary@example.org", "ok": True}) as request:
        request.set("password", "canary")
        with step("y", token="canary"):
            pass
    tracing.close()
    inner, outer = exporter.get_finished_spans()
    assert dict(inner.attributes or {}) == {"token": "[redacted]"}
    assert dict(outer.attributes or {}) == {
        "email": "[redacted]",
        "to": "[redacted]",
        "ok": True,
        "password": "[redacted]",
    }


def test_without_an_endpoint_nothing_is_traced() -> None:
    tracing = Tracing.start("address-book", "1", None, 1.0)
    with tracing.request("x", SAMPLED, {}) as request:
        assert request.trace_id == TRACE
        assert tracing._provider is None
    tracing.close()


def test_the_global_provider_is_left_alone() -> None:
    tracing, _ = start(1.0)
    assert not isinstance(trace.get_tracer_provider(), TracerProvider)
    tracing.close()


@pytest.mark.parametrize("ratio", [-0.1, 1.1, float("nan")])
def test_an_impossible_ratio_is_refused(ratio: float) -> None:
    with pytest.raises(ValueError, match="the sampling ratio must lie between 0 and 1"):
        start(ratio)


def test_lost_spans_are_told_once_a_minute(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    class Dead(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            if len(spans) == 3:
                raise ConnectionError("canary")
            return SpanExportResult.FAILURE

    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    app, exporter = start(1.0)
    for _ in range(3):
        with app.request("x", None, {}):
            pass
    app.close()
    spans = exporter.get_finished_spans()
    watched = tracing._Watched(Dead())
    for size in (2, 3, 1):
        assert watched.export(spans[:size]) is SpanExportResult.FAILURE
    now = 160.0
    watched.export(spans)
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(t["level"], t["event"], t["spans"], t["reason"]) for t in told] == [
        ("warning", "spans lost", 2, "failed"),
        ("warning", "spans lost", 7, "ConnectionError"),
    ]


def test_a_dead_collector_costs_no_request_and_a_bounded_close(stream: io.StringIO) -> None:
    tracing = Tracing.start("address-book", "1", "http://127.0.0.1:9/v1/traces", 1.0)
    worst = 0.0
    for _ in range(5_000):
        began = time.thread_time()
        with tracing.request("x", None, {}):
            pass
        worst += time.thread_time() - began
    assert worst / 5_000 < 0.001
    began = time.monotonic()
    tracing.close(0.2)
    assert time.monotonic() - began < 1.0
    events = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert events.count("spans lost") <= 1
    assert set(events) <= {"spans lost", "spans lost at shutdown"}
