"""Spans reach a collector, and whatever becomes of it they cost no request its time, and no memory without end."""

from __future__ import annotations

import io
import json
import logging as stdlib
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

import pytest
from multidict import CIMultiDict
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from prometheus_client import CollectorRegistry

from observability import exporter
from observability import logging as log
from observability.exporter import BATCH, QUEUE, headers
from observability.tracing import Tracing
from tests.collector import hanging, receiving, told

_MOST = QUEUE + BATCH


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


class Counted:
    """A tracer to a collector, and what became of its spans."""

    def __init__(self, endpoint: str | None, given: dict[str, str] | None = None, to: SpanExporter | None = None) -> None:
        self.registry = CollectorRegistry()
        self.tracing = Tracing.start(
            {"service.name": "address-book"}, endpoint, 1.0, headers=given, registry=self.registry, exporter=to
        )

    def make(self, spans: int) -> None:
        for number in range(spans):
            with self.tracing.request("GET", "/x", str(number), CIMultiDict()) as request:
                request.answered(200)

    @property
    def counts(self) -> dict[str, int]:
        """Spans by what became of them."""
        samples = next(iter(self.registry.collect())).samples
        return {one.labels["outcome"]: int(one.value) for one in samples if one.name == "addressbook_spans_total" and one.value}


def test_spans_reach_a_collector_with_its_headers() -> None:
    with receiving() as received:
        counted = Counted(received.url, {"x-api-key": "canary"})
        counted.make(1_000)
        counted.tracing.close()
    assert sorted(int(told(span.attributes)["request.id"]) for span in received.spans) == list(range(1_000))
    assert {span.name for span in received.spans} == {"GET /x"}
    assert received.resources[0]["service.name"] == "address-book"
    assert {one["x-api-key"] for one in received.headers} == {"canary"}
    assert {one["content-encoding"] for one in received.headers} == {"gzip"}
    assert {one["content-type"] for one in received.headers} == {"application/x-protobuf"}
    assert counted.counts == {"exported": 1_000}


def test_what_a_busy_collector_refuses_is_sent_once_more() -> None:
    answers = iter([503, 200])
    with receiving(lambda: next(answers)) as received:
        counted = Counted(received.url)
        counted.make(3)
        counted.tracing.close()
    assert len(received.spans) == 3
    assert counted.counts == {"exported": 3}


@pytest.mark.parametrize(("status", "times"), [(400, 1), (503, 2), (301, 1)])
def test_what_a_collector_refuses_is_counted_and_told_without_the_key(status: int, times: int, stream: io.StringIO) -> None:
    """And nobody else gets the key, wherever the collector sends us."""
    answers: list[int] = []

    def refusing() -> int:
        answers.append(status)
        return status

    with receiving(refusing) as received:
        counted = Counted(received.url, {"x-api-key": "canary"})
        counted.make(3)
        counted.tracing.close()
    assert counted.counts == {"failed": 3}
    assert len(answers) == times
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["spans lost"]
    assert "canary" not in stream.getvalue()


def test_a_collector_that_is_not_there_costs_no_request_and_a_bounded_close(stream: io.StringIO) -> None:
    with socket.socket() as nobody:  # bound, and not listening
        nobody.bind(("127.0.0.1", 0))
        counted = Counted(f"http://127.0.0.1:{nobody.getsockname()[1]}/v1/traces")
        counted.make(2 * _MOST)
        began = time.monotonic()
        counted.tracing.close(3.0)
    assert time.monotonic() - began < 5.0
    assert sum(counted.counts.values()) == 2 * _MOST
    assert counted.counts.keys() <= {"failed", "dropped"}
    events = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert events.count("spans lost") <= 1


def test_a_collector_that_hangs_costs_no_request_no_memory_and_a_bounded_close(stream: io.StringIO) -> None:
    with hanging() as url:
        counted = Counted(url)
        began = time.monotonic()
        counted.make(BATCH)
        while counted.tracing._outbox._watched.taken < BATCH:  # type: ignore[union-attr]
            time.sleep(0.01)
        counted.make(3 * QUEUE)  # the thread hangs with the first batch
        assert time.monotonic() - began < exporter.EXPORT_SECONDS
        assert counted.counts == {"dropped": 2 * QUEUE}
        assert len(counted.tracing._outbox._processor._batch_processor._queue) == QUEUE  # type: ignore[union-attr]
        began = time.monotonic()
        counted.tracing.close(0.2)
        assert time.monotonic() - began < 1.0
    assert counted.counts["dropped"] >= 3 * QUEUE
    assert json.loads(stream.getvalue().splitlines()[-1])["event"] == "spans lost at shutdown"


@pytest.mark.parametrize("status", ["200 OK", "503 Service Unavailable", "302 Found\r\nLocation: /"])
def test_what_a_collector_says_without_end_is_not_read(status: str) -> None:
    most = 64_000_000
    took: list[int] = []

    def talk(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                taken, _ = listener.accept()
                took.append(0)
                with taken, suppress(OSError):
                    taken.recv(65_536)
                    taken.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {most}\r\n\r\n".encode())
                    while took[-1] < most:
                        took[-1] += taken.send(bytes(65_536))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=talk, args=(listener,), daemon=True).start()
        counted = Counted(f"http://127.0.0.1:{listener.getsockname()[1]}/v1/traces")
        counted.make(1)
        counted.tracing.close()
    assert counted.counts == {"exported" if status.startswith("200") else "failed": 1}
    assert len(took) == (2 if status.startswith("503") else 1)
    assert max(took) < most / 2  # what fills the buffers of the system


def test_lost_spans_are_told_once_a_minute(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    class Dead(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            if len(spans) == 3:
                raise ConnectionError("canary")
            return SpanExportResult.FAILURE

    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    counted = Counted(None, to=Dead())
    watched = counted.tracing._outbox._watched  # type: ignore[union-attr]
    for size in (2, 3, 1):
        assert watched.export([None] * size) is SpanExportResult.FAILURE  # type: ignore[list-item]
    now = 160.0
    watched.export([None] * 3)  # type: ignore[list-item]
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(t["level"], t["event"], t["spans"], t["reason"]) for t in lines] == [
        ("warning", "spans lost", 2, "refused"),
        ("warning", "spans lost", 7, "ConnectionError"),
    ]
    assert counted.counts == {"failed": 9}


def test_headers_are_pairs() -> None:
    assert headers("x-api-key=a%20b%2Cc, authorization=Basic%20eA==") == {"x-api-key": "a b,c", "authorization": "Basic eA=="}
    for text in ("", "x", "=y", "x=", "a b=c", "x=y,", "x=a%0d%0aevil: 1"):
        with pytest.raises(ValueError, match="must be name=value, separated by commas") as refused:
            headers(text)
        assert "evil" not in str(refused.value)
