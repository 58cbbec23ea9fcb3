"""What runs inside a request stands below it, in whichever task; what fails is told by its kind alone."""

from __future__ import annotations

import asyncio

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from observability.spans import failed, sampled, statement, step
from tests.observability.test_tracing import UNSAMPLED, Tracer


def _below(spans: list[ReadableSpan]) -> set[tuple[str, str | None]]:
    """Each span's name with that of the one above it."""
    names = {span.context.span_id: span.name for span in spans}
    return {(span.name, names[span.parent.span_id] if span.parent else None) for span in spans}


async def test_steps_stand_below_their_own_request() -> None:
    tracer, ids = Tracer(1.0), {}

    async def inner(name: str) -> None:
        with step(f"{name} task"):
            await asyncio.sleep(0)

    async def serve(name: str) -> None:
        with tracer.request(route=name) as request:
            ids[name] = request.trace_id
            await asyncio.sleep(0)
            with step(f"{name} resolve"):
                # Two at once, of which one goes on after the step above it has ended.
                late = asyncio.create_task(inner(f"{name} late"))
                await asyncio.gather(inner(f"{name} soon"), asyncio.sleep(0))
            with statement("SELECT 1 FROM contacts"):
                await late

    await asyncio.gather(serve("/a"), serve("/b"))
    with step("outside"):
        assert not sampled()
    spans = tracer.spans()
    for name, trace_id in ids.items():
        own = [span for span in spans if f"{span.context.trace_id:032x}" == trace_id]
        assert _below(own) == {
            (f"POST {name}", None),
            (f"{name} resolve", f"POST {name}"),
            (f"{name} soon task", f"{name} resolve"),
            (f"{name} late task", f"{name} resolve"),
            ("SELECT contacts", f"POST {name}"),
        }
        root = next(span for span in own if span.parent is None)
        assert all((root.start_time or 0) <= (span.start_time or 0) <= (span.end_time or 0) for span in own)
    assert len(spans) == 10


def test_nothing_is_made_below_an_unsampled_request(monkeypatch: pytest.MonkeyPatch) -> None:
    tracer = Tracer(1.0)
    monkeypatch.setattr("observability.spans.Step", lambda *_: pytest.fail("a span was made"))
    with tracer.request(UNSAMPLED), step("resolve"), statement("SELECT 1"):
        assert not sampled()
    with tracer.request(), pytest.raises(pytest.fail.Exception, match="a span was made"):
        step("resolve")


def test_a_step_is_ours_or_of_another_server() -> None:
    tracer = Tracer(1.0)
    with tracer.request(), step("resolve", {"graphql.operation.type": "query"}), step("throttle", client=True):
        pass
    inner, outer, _ = tracer.spans()
    assert (inner.kind, outer.kind) == (SpanKind.CLIENT, SpanKind.INTERNAL)
    assert dict(outer.attributes or {}) == {"graphql.operation.type": "query"}


def test_a_failure_is_told_by_its_kind_alone() -> None:
    tracer = Tracer(1.0)

    class Broken(Exception):
        sqlstate = "23505"

    with pytest.raises(Broken), tracer.request(), step("resolve"):
        raise Broken("cannot read 'canary' of canary@example.org")
    inner, outer = tracer.spans()
    kind = f"{__name__}.test_a_failure_is_told_by_its_kind_alone.<locals>.Broken"
    assert inner.status.status_code is outer.status.status_code is StatusCode.ERROR
    assert dict(inner.attributes or {}) == {"error.type": kind, "db.response.status_code": "23505"}
    assert (outer.attributes or {})["error.type"] == kind
    assert "canary" not in inner.to_json() + outer.to_json()
    assert not inner.events


@pytest.mark.parametrize("ratio", [0.0, 1.0])
def test_what_failed_inside_is_found_though_the_answer_is_200(ratio: float) -> None:
    tracer = Tracer(ratio)
    with tracer.request() as request, step("resolve"):
        failed(KeyError("canary"))
        assert request.answered(200)
    failed(KeyError())  # outside of a request it is nobody's
    span = tracer.spans()[-1]
    assert span.status.status_code is StatusCode.ERROR
    assert ((span.attributes or {})["error.type"], (span.attributes or {})["http.response.status_code"]) == ("KeyError", 200)
    assert f"{span.context.trace_id:032x}" == request.trace_id


def test_attributes_are_redacted() -> None:
    tracer = Tracer(1.0)
    with tracer.tracing.request("GET", "/x", "r" * 64, {}) as request:  # type: ignore[arg-type]
        for key, value in {"email": "canary", "to": "canary@example.org", "ok": True, "password": "canary"}.items():
            request.set(key, value)
    (span,) = tracer.spans()
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.route": "/x",
        "request.id": "[redacted]",
        "email": "[redacted]",
        "to": "[redacted]",
        "ok": True,
        "password": "[redacted]",
    }
