"""Which requests are sampled, and which are found though they were not."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from multidict import CIMultiDict
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from prometheus_client import CollectorRegistry

from observability import tracing
from observability.spans import Request
from observability.tracing import FORCED_PER_SECOND, LATE_PER_SECOND, Tracing

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-00"


class Tracer:
    """A tracer that keeps its spans."""

    def __init__(self, ratio: float, slow_ms: int = 0) -> None:
        self.kept, self.registry = InMemorySpanExporter(), CollectorRegistry()
        self.tracing = Tracing.start(
            {"service.name": "address-book"}, None, ratio, slow_ms=slow_ms, registry=self.registry, exporter=self.kept
        )

    def request(self, traceparent: str | None = None, *more: tuple[str, str], route: str | None = "/graphql") -> Request:
        headers = CIMultiDict([*more, *([("TraceParent", traceparent)] if traceparent else [])])
        return self.tracing.request("POST", route, "the-request", headers)

    def spans(self) -> list[ReadableSpan]:
        """All of them, in the order in which they ended."""
        self.tracing.close()
        return list(self.kept.get_finished_spans())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that stand still, but as `clock[0]` says."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_a_trace_is_continued_with_its_state() -> None:
    tracer = Tracer(0.0)
    with tracer.request(SAMPLED, ("tracestate", "rojo=00f067aa0ba902b7"), ("tracestate", "congo=t61rcWkgMzE")) as request:
        assert request.trace_id == TRACE
        assert request.answered(200)
    (span,) = tracer.spans()
    assert (span.name, span.kind) == ("POST /graphql", SpanKind.SERVER)
    assert f"{span.context.trace_id:032x}" == TRACE
    assert span.parent is not None
    assert (f"{span.parent.span_id:016x}", span.parent.is_remote) == (PARENT, True)
    assert span.context.trace_state.to_header() == "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"
    assert span.status.status_code is StatusCode.UNSET
    assert dict(span.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/graphql",
        "http.response.status_code": 200,
        "request.id": "the-request",
    }
    assert span.resource.attributes["service.name"] == "address-book"


@pytest.mark.parametrize("state", ["x" * 513, "x=canary@example.org", "no state", "a=1\n"])
def test_a_state_that_cannot_be_passed_on_is_left_out(state: str) -> None:
    tracer = Tracer(0.0)
    with tracer.request(SAMPLED, ("tracestate", state)):
        pass
    assert tracer.spans()[0].context.trace_state.to_header() == ""


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
    request = Tracer(0.0).request(header)
    assert (request.trace_id in header) is continued
    assert len(request.trace_id) == 32


def test_an_unsampled_request_makes_no_span() -> None:
    tracer = Tracer(1.0)
    with tracer.request(UNSAMPLED) as request:
        assert request.context is None
        assert not request.answered(404)
        request.set("a", 1)
        assert request.trace_id == TRACE
    assert tracer.spans() == []


def test_the_ratio_decides_where_nobody_else_did(monkeypatch: pytest.MonkeyPatch) -> None:
    tracer, draws, ids = Tracer(0.25), iter([0.0, 0.24, 0.25, 0.9]), []
    monkeypatch.setattr(tracing, "random", lambda: next(draws))
    for _ in range(4):
        with tracer.request() as request:
            ids.append(request.trace_id)
    assert [f"{span.context.trace_id:032x}" for span in tracer.spans()] == ids[:2]
    assert len(set(ids)) == 4


def test_callers_force_so_many_a_second_and_then_the_ratio_decides(clock: list[float]) -> None:
    tracer, every = Tracer(0.0), Tracer(1.0)
    forced = [tracer.request(SAMPLED).context is not None for _ in range(FORCED_PER_SECOND + 5)]
    assert forced == [True] * FORCED_PER_SECOND + [False] * 5
    assert all(every.request(SAMPLED).context for _ in range(FORCED_PER_SECOND + 5))
    clock[0] += 1
    assert tracer.request(SAMPLED).context is not None


@pytest.mark.parametrize("traceparent", [None, UNSAMPLED])
def test_a_failure_is_found_though_it_was_not_sampled(traceparent: str | None) -> None:
    tracer, before = Tracer(0.0), time.time_ns()
    with tracer.request(traceparent) as request:
        time.sleep(0.02)
        told = request.answered(503)
        request.set("tenant.id", "a")
    (span,) = tracer.spans()
    assert told
    assert f"{span.context.trace_id:032x}" == request.trace_id
    assert (span.parent is not None) is (traceparent is not None)
    assert span.status.status_code is StatusCode.ERROR
    assert dict(span.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/graphql",
        "http.response.status_code": 503,
        "request.id": "the-request",
        "tenant.id": "a",
        "error.type": "503",
    }
    assert span.start_time is not None
    assert span.end_time is not None
    assert before - 1_000_000 <= span.start_time <= span.end_time - 20_000_000
    assert span.end_time <= time.time_ns() + 1_000_000


def test_a_slow_request_is_found_and_a_quick_one_is_not() -> None:
    tracer = Tracer(0.0, slow_ms=20)
    for seconds in (0.0, 0.03):
        with tracer.request() as request:
            time.sleep(seconds)
            request.answered(200)
    (span,) = tracer.spans()
    assert f"{span.context.trace_id:032x}" == request.trace_id
    assert span.status.status_code is StatusCode.UNSET


def test_slow_may_be_nothing() -> None:
    tracer = Tracer(0.0, slow_ms=0)
    with tracer.request() as request:
        time.sleep(0.01)
        assert not request.answered(200)
    assert tracer.spans() == []


def test_whoever_hangs_up_is_found_where_it_was_slow_alone() -> None:
    tracer = Tracer(0.0, slow_ms=20)
    for seconds in (0.0, 0.03):
        with suppress(KeyboardInterrupt), tracer.request():
            time.sleep(seconds)
            raise KeyboardInterrupt
    (span,) = tracer.spans()
    assert dict(span.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/graphql",
        "request.id": "the-request",
        "error.type": "KeyboardInterrupt",
    }


def test_a_flood_of_failures_is_no_flood_of_spans(clock: list[float]) -> None:
    tracer = Tracer(0.0)
    for _ in range(1_000):
        with tracer.request() as request:
            request.answered(503)
    assert len(tracer.spans()) == LATE_PER_SECOND
    assert tracer.registry.get_sample_value("addressbook_spans_total", {"outcome": "limited"}) == 990.0


@pytest.mark.parametrize(("method", "name"), [("PUT", "PUT"), ("CANARY", "HTTP"), ("put", "HTTP")])
def test_what_no_route_answers_has_a_bounded_name(method: str, name: str) -> None:
    tracer = Tracer(1.0)
    with tracer.tracing.request(method, None, "the-request", CIMultiDict()):
        pass
    (span,) = tracer.spans()
    assert (span.name, (span.attributes or {})["http.request.method"]) == (name, name.replace("HTTP", "_OTHER"))
    assert "http.route" not in (span.attributes or {})


def test_without_an_endpoint_nothing_is_traced() -> None:
    off = Tracing.start({"service.name": "address-book"}, None, 1.0, slow_ms=1)
    with off.request("GET", "/x", "the-request", CIMultiDict({"traceparent": SAMPLED})) as request:
        assert request.trace_id == TRACE
        assert request.context is None
        assert not request.answered(500)
    off.close()


def test_the_global_provider_is_left_alone() -> None:
    tracer = Tracer(1.0)
    assert not isinstance(trace.get_tracer_provider(), TracerProvider)
    assert tracer.spans() == []


@pytest.mark.parametrize("ratio", [-0.1, 1.1, float("nan")])
def test_an_impossible_ratio_is_refused(ratio: float) -> None:
    with pytest.raises(ValueError, match="the sampling ratio must lie between 0 and 1"):
        Tracer(ratio)
