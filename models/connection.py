"""A connection that is watched: all statements pass here, those of Tortoise and those that open the door for themselves."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

import asyncpg

from observability.logging import logger
from observability.spans import sampled, statement
from observability.statements import digest

_log = logger(__name__)
Method = TypeVar("Method", bound=Callable[..., Awaitable[Any]])


def _watched(method: Method) -> Method:
    # asyncpg's own query loggers make an object and a callback of every statement.
    async def watched(connection: Connection, sql: str, *values: Any, **options: Any) -> Any:
        began = time.perf_counter()
        try:
            if not sampled():
                return await method(connection, sql, *values, **options)
            with statement(sql):
                return await method(connection, sql, *values, **options)
        finally:
            seconds = time.perf_counter() - began
            if seconds >= connection.slow_seconds:
                _log.warning("slow statement", statement=digest(sql), milliseconds=round(seconds * 1000, 2))

    return cast("Method", watched)


class Connection(asyncpg.Connection):
    """asyncpg's, whose statements are spans where the trace is sampled.

    A statement that takes `slow_seconds` or more, with the time that the event loop was late, is a warning: with a digest of its
    text, never the text or a value, and the milliseconds; and as every line it has the request and the operation.
    """

    __slots__ = ("slow_seconds",)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.slow_seconds = math.inf

    fetch = _watched(asyncpg.Connection.fetch)
    fetchrow = _watched(asyncpg.Connection.fetchrow)
    fetchval = _watched(asyncpg.Connection.fetchval)
    execute = _watched(asyncpg.Connection.execute)
    executemany = _watched(asyncpg.Connection.executemany)
