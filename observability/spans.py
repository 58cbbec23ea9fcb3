"""What is traced while it runs: a request, and the steps of it. docs/tracing.md tells of them.

A span is the SDK's, but made when it ends: a live one costs ten times as much (docs/adr/0032).
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from contextvars import ContextVar, Token
from random import getrandbits
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol, Self

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from observability.redaction import REDACTED, scrub, sensitive
from observability.statements import described

if TYPE_CHECKING:
    from observability.tracing import Tracing

Attribute = str | int | float | bool

_STATE_LENGTH: Final = 512
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"})
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_SCOPE: Final = InstrumentationScope("address-book")
_UNSET, _ERROR = Status(StatusCode.UNSET), Status(StatusCode.ERROR)
_NO_STATE: Final = TraceState()


class Headers(Protocol):
    """As much of a request's headers as is read here."""

    def get(self, key: str, /) -> str | None:
        """The first value of a header."""

    def getall(self, key: str, default: tuple[str, ...], /) -> list[str] | tuple[str, ...]:
        """Every value of a header."""


Given = tuple[str, str | None, str, Headers, re.Match[str] | None]
"""A request's method, its route, its id, its headers, and its caller's `traceparent`; one value, since most of it is never read."""


class Request:
    """One request, sampled or not; a context manager, to be entered once. `trace_id` is 32 hexadecimal digits."""

    __slots__ = ("_attributes", "_began", "_given", "_token", "context", "error", "offset", "trace_id", "tracing")

    def __init__(self, tracing: Tracing, given: Given, sampled: bool) -> None:
        self.tracing, self._given = tracing, given
        parent = given[4]
        self.trace_id = parent[1] if parent else f"{getrandbits(128):032x}"
        self.error: str | None = None
        self.context: SpanContext | None = None
        if sampled:
            self._open()

    def answered(self, status: int) -> bool:
        """Tells how it was answered, 0 for not at all, and says whether there is a span that may be told more.

        There is one where it was sampled; and where it failed or was slow, as long as these are not too many.
        """
        if self.context is None:
            slow = time.perf_counter_ns() - self._began >= self.tracing.slow
            if not (slow or status >= 500 or self.error) or not self.tracing.allows_late():
                return False
            self._open()
        if status:
            self._attributes["http.response.status_code"] = status
        if status >= 500 and self.error is None:
            self.error = str(status)
        return True

    def set(self, key: str, value: Attribute) -> None:
        """Add an attribute to the span, where there is one; sensitive ones are redacted."""
        if self.context is not None:
            self._attributes[key] = REDACTED if sensitive(key) else scrub(value) if isinstance(value, str) else value

    def __enter__(self) -> Self:
        self._token: Token[Request | Step | None] = _running.set(self)
        self._began = time.perf_counter_ns()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _tb: TracebackType | None) -> None:
        _running.reset(self._token)
        if kind is not None and self.answered(0):  # one that was slow is found though who asked has gone
            self.error = told(kind)
        context = self.context
        if context is None:
            return
        method, route, request_id, _, parent = self._given
        method = method if method in _METHODS else "_OTHER"
        attributes: dict[str, Attribute] = {"http.request.method": method, "request.id": scrub(request_id)}
        name = "HTTP" if method == "_OTHER" else method
        if route is not None:
            attributes["http.route"] = route
            name = f"{name} {route}"
        remote = parent and SpanContext(int(parent[1], 16), int(parent[2], 16), True, _SAMPLED)
        _end(self, context, remote, name, SpanKind.SERVER, self._began, attributes | self._attributes, self.error)

    def _open(self) -> None:
        _, _, _, headers, parent = self._given
        state = _state(headers) if parent else _NO_STATE
        self.context = SpanContext(int(self.trace_id, 16), getrandbits(64), False, _SAMPLED, state)
        self.offset = time.time_ns() - time.perf_counter_ns()
        self._attributes: dict[str, Attribute] = {}


class Step:
    """A span below a request's or another step's; a context manager, to be entered once."""

    __slots__ = ("_above", "_attributes", "_began", "_kind", "_name", "_token", "context", "request")

    def __init__(
        self, request: Request, above: SpanContext, name: str, kind: SpanKind, attributes: Mapping[str, Attribute]
    ) -> None:
        self.request, self._above, self._name, self._kind, self._attributes = request, above, name, kind, attributes
        self.context = SpanContext(above.trace_id, getrandbits(64), False, _SAMPLED, above.trace_state)

    def __enter__(self) -> None:
        self._token: Token[Request | Step | None] = _running.set(self)
        self._began = time.perf_counter_ns()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _tb: TracebackType | None) -> None:
        _running.reset(self._token)
        attributes = self._attributes
        state = getattr(error, "sqlstate", None)
        if isinstance(state, str):
            attributes = {**attributes, "db.response.status_code": state}
        failed = None if kind is None else told(kind)
        _end(self.request, self.context, self._above, self._name, self._kind, self._began, attributes, failed)


class _Nothing:
    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _tb: TracebackType | None) -> None:
        pass


_NOTHING: Final = _Nothing()
_running: ContextVar[Request | Step | None] = ContextVar("running span", default=None)


def step(name: str, attributes: Mapping[str, Attribute] | None = None, *, client: bool = False) -> Step | _Nothing:
    """For `with`: a span below the running one, or almost nothing where none is sampled. Names and attributes are our own words.

    `client` where another server does it.
    """
    running = _running.get()
    if running is None or running.context is None:
        return _NOTHING
    request = running if isinstance(running, Request) else running.request
    return Step(request, running.context, name, SpanKind.CLIENT if client else SpanKind.INTERNAL, attributes or {})


def sampled() -> bool:
    """Whether a step would be a span."""
    running = _running.get()
    return running is not None and running.context is not None


def statement(sql: str) -> Step | _Nothing:
    """A step for a statement of SQL, called by its verb and its table."""
    return step(*described(sql), client=True)


def failed(error: BaseException | None) -> None:
    """Tells the running request's span that something went wrong on our side, whatever its answer's status."""
    running = _running.get()
    if running is not None:
        request = running if isinstance(running, Request) else running.request
        request.error = "unknown" if error is None else told(type(error))


def told(kind: type[BaseException]) -> str:
    """An exception's type as `error.type` has it."""
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _end(
    request: Request,
    context: SpanContext,
    parent: SpanContext | None,
    name: str,
    kind: SpanKind,
    began: int,
    attributes: Mapping[str, Attribute],
    error: str | None,
) -> None:
    if error is not None:  # its type alone: messages quote what people wrote, and the log has them with the trace's id
        attributes = {**attributes, "error.type": error}
    request.tracing.ended(
        ReadableSpan(
            name,
            context,
            parent,
            request.tracing.resource,
            attributes,
            kind=kind,
            status=_UNSET if error is None else _ERROR,
            start_time=began + request.offset,
            end_time=time.perf_counter_ns() + request.offset,
            instrumentation_scope=_SCOPE,
        )
    )


def _state(headers: Headers) -> TraceState:
    """The caller's `tracestate`, where it is one that can be passed on, and holds nothing that must not be kept."""
    given = ",".join(headers.getall("tracestate", ()))
    return TraceState.from_header([given]) if 0 < len(given) <= _STATE_LENGTH and scrub(given) == given else _NO_STATE
