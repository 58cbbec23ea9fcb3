"""A collector of traces: takes what OTLP over HTTP brings, in protobuf, and reads it by OpenTelemetry's own classes."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from bench.sink import listening


@dataclass
class Received:
    """What a collector has got, and where it listens."""

    url: str = ""
    headers: list[dict[str, str]] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)

    def of(self, trace_id: str) -> list[Span]:
        """The spans of a trace, in the order in which they began."""
        return sorted((span for span in self.spans if span.trace_id.hex() == trace_id), key=lambda span: span.start_time_unix_nano)

    def awaited(self, trace_id: str, name: str) -> list[Span]:
        """The same, once one of this name is there: the server's comes last. Blocks."""
        self.until(lambda: name in {span.name for span in self.of(trace_id)})
        return self.of(trace_id)

    def until(self, there: Callable[[], bool], seconds: float = 10.0) -> None:
        """Blocks until it is there."""
        until = time.monotonic() + seconds
        while not there():
            assert time.monotonic() < until, [span.name for span in self.spans]
            time.sleep(0.02)


def told(attributes: Any) -> dict[str, Any]:
    """Attributes as a dict."""

    def value(one: KeyValue) -> Any:
        return getattr(one.value, one.value.WhichOneof("value") or "string_value")

    return {one.key: value(one) for one in attributes}


@contextmanager
def receiving(status: Callable[[], int] = lambda: 200) -> Iterator[Received]:
    """A collector that runs while the block lasts; it answers with `status`, which may take its time."""
    received = Received()

    def take(_: str, headers: Message, body: bytes) -> int:
        answer = status()
        if answer == 200:
            asked = ExportTraceServiceRequest.FromString(gzip.decompress(body))
            received.headers.append({name.lower(): value for name, value in headers.items()})
            for of in asked.resource_spans:
                received.resources.append(told(of.resource.attributes))
                received.spans += [span for scope in of.scope_spans for span in scope.spans]
        return answer

    with listening(take) as address:
        received.url = f"{address}/v1/traces"
        yield received


@contextmanager
def hanging() -> Iterator[str]:
    """The address of a collector that takes a batch, and does not answer while the block lasts."""
    over = threading.Event()
    with receiving(lambda: 200 if over.wait(60) else 503) as received:
        try:
            yield received.url
        finally:
            over.set()
