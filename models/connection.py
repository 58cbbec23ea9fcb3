"""A connection that tells of slow statements: all pass here, those of Tortoise and those that open the door for themselves."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any, TypeVar, cast

import asyncpg

from observability.logging import logger

_log = logger(__name__)
Method = TypeVar("Method", bound=Callable[..., Awaitable[Any]])


def _timed(method: Method) -> Method:
    # asyncpg's own query loggers make an object and a callback of every statement.
    async def timed(connection: Connection, statement: str, *values: Any, **options: Any) -> Any:
        began = time.perf_counter()
        try:
            return await method(connection, statement, *values, **options)
        finally:
            seconds = time.perf_counter() - began
            if seconds >= connection.slow_seconds:
                _log.warning("slow statement", statement=digest(statement), milliseconds=round(seconds * 1000, 2))

    return cast("Method", timed)


class Connection(asyncpg.Connection):
    """asyncpg's. A statement that takes `slow_seconds` or more, with the time that the event loop was late, is a warning: with a
    digest of its text, never the text or a value, and the milliseconds; and as every line it has the request and the operation."""

    __slots__ = ("slow_seconds",)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.slow_seconds = math.inf

    fetch = _timed(asyncpg.Connection.fetch)
    fetchrow = _timed(asyncpg.Connection.fetchrow)
    fetchval = _timed(asyncpg.Connection.fetchval)
    execute = _timed(asyncpg.Connection.execute)
    executemany = _timed(asyncpg.Connection.executemany)


def digest(statement: str) -> str:
    """What the log calls a statement: the first 16 hexadecimal digits of the SHA-256 of its text."""
    return sha256(statement.encode()).hexdigest()[:16]
