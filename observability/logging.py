"""One JSON object a line, from structlog and from the standard library's loggers alike.

Every line has `time` (RFC 3339, UTC), `level`, `event`, `logger`, and what `bound` holds (request_id, tenant, user, …).
"""

from __future__ import annotations

import logging as stdlib
import sys
from collections.abc import MutableMapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import IO, Any

import structlog

from observability.output import Output
from observability.redaction import redact

_LEVELS = {name.lower(): getattr(stdlib, name) for name in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")}
# At DEBUG they print SQL with its values, which are people's data; pgqueuer tells of each attempt, as we do.
_QUIET = ("tortoise", "asyncpg", "pgqueuer")

output = Output()
_bound: ContextVar[dict[str, Any]] = ContextVar("bound to every line", default={})  # noqa: B039 - never changed in place


class Logger(structlog.BoundLoggerBase):
    """A logger with levels. `event` is a fixed text; what varies goes into the keyword values."""

    def _proxy_to_logger(self, method_name: str, event: str | None = None, *_: Any, **values: Any) -> None:
        # structlog's own would go through a chain of processors; ours are always the same.
        self._put(method_name, redact(None, method_name, {**values, "event": event}))

    def plain(self, level: str, event: str, values: dict[str, Any]) -> None:
        """A line whose values need no redaction: our own code made them or has scrubbed them. For what every request tells."""
        if output.level <= _LEVELS[level]:
            self._put(level, {**values, "event": event})

    def _put(self, level: str, values: MutableMapping[str, Any]) -> None:
        output.put({**_bound.get(), **self._context, **values, "level": level, "time": datetime.now(UTC)})
        if level in {"error", "critical"}:
            output.flush()

    def debug(self, event: str, **values: Any) -> None:
        """For the developer; off in production."""
        if output.level <= stdlib.DEBUG:
            self._proxy_to_logger("debug", event, **values)

    def info(self, event: str, **values: Any) -> None:
        """What happened, as expected."""
        if output.level <= stdlib.INFO:
            self._proxy_to_logger("info", event, **values)

    def warning(self, event: str, **values: Any) -> None:
        """Not as it should be; the service copes."""
        if output.level <= stdlib.WARNING:
            self._proxy_to_logger("warning", event, **values)

    def error(self, event: str, **values: Any) -> None:
        """Something failed; `exc_info=exc` adds the exception (see `redaction.describe`)."""
        if output.level <= stdlib.ERROR:
            self._proxy_to_logger("error", event, **values)

    def exception(self, event: str, **values: Any) -> None:
        """`error` with the exception being handled."""
        self.error(event, **{"exc_info": True, **values})


class _Routed(stdlib.Handler):
    """Sends the standard library's records through the same chain."""

    def emit(self, record: stdlib.LogRecord) -> None:
        if record.name.partition(".")[0] in _QUIET and record.levelno < stdlib.WARNING:
            return
        try:
            text = record.getMessage()
        except Exception:  # arguments that do not fit the format: the format itself is still worth a line
            text = str(record.msg)
        # asyncio puts the reprs of tasks and results below its first line: values, not facts.
        first = text.partition("\n")[0]
        method = next((name for name, number in reversed(_LEVELS.items()) if number <= record.levelno), "debug")
        logger(record.name)._proxy_to_logger(method, first, exc_info=record.exc_info)


def configure(level: str, *, stream: IO[str] | None = None, json: bool = True) -> None:
    """Log from `level` up to `stream` (stdout by default); `json=False` is for a person at a terminal.

    Takes the place of the root logger's plain stream handlers. Raises ValueError for an unknown level.
    """
    set_level(level)
    output.to(sys.stdout if stream is None else stream)
    output.json = json
    root = stdlib.getLogger()
    for handler in root.handlers[:]:
        if type(handler) in (_Routed, stdlib.StreamHandler):
            root.removeHandler(handler)
    root.addHandler(_Routed())


def set_level(level: str) -> None:
    """Change the level while running: debug, info, warning, error or critical. Raises ValueError for another."""
    number = _LEVELS.get(level.lower())
    if number is None:
        raise ValueError(f"unknown log level, expected one of {', '.join(_LEVELS)}")
    output.level = number
    stdlib.getLogger().setLevel(number)
    for name in _QUIET:
        stdlib.getLogger(name).setLevel(max(number, stdlib.WARNING))


def logger(name: str) -> Logger:
    """A logger whose lines carry `logger: name`; may be made before `configure`."""
    return Logger(output, (), {"logger": name})


def request_id() -> str | None:
    """The id of the request in which this runs, as its lines carry it; None outside of one."""
    return _bound.get().get("request_id")


class scope:  # noqa: N801 - used like a function
    """Within the `with` block, and in tasks started there, every line carries `values`; what is put into them later, from then on.

    They are not redacted: whoever opens it made them, or has scrubbed them.
    """

    __slots__ = ("_token", "_values")

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    @classmethod
    def inner(cls, values: dict[str, Any]) -> scope:
        """The same for a block within another one, whose values stand beside these."""
        return cls({**_bound.get(), **values})

    def __enter__(self) -> None:
        self._token = _bound.set(self._values)

    def __exit__(self, *_: object) -> None:
        _bound.reset(self._token)


def bound(**values: Any) -> scope:
    """Within the `with` block every line carries these values, beside those of the blocks around it."""
    return scope.inner(dict(redact(None, "", values)))
