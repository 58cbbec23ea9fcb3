"""One connection to Postgres, which tells the trace of its statements."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import asyncpg

from observability.spans import sampled, statement

_Done = Coroutine[Any, Any, Any]


class Connection(asyncpg.Connection):
    """asyncpg's, whose statements are spans where the trace is sampled: those of Tortoise, of transactions, and of hand alike."""

    __slots__ = ()

    def execute(self, query: str, *args: Any, **options: Any) -> _Done:
        """As asyncpg's, which begins and ends transactions by it, too."""
        return _spanned(query, asyncpg.Connection.execute(self, query, *args, **options))

    def executemany(self, command: str, args: Any, **options: Any) -> _Done:
        """As asyncpg's."""
        return _spanned(command, asyncpg.Connection.executemany(self, command, args, **options))

    def fetch(self, query: str, *args: Any, **options: Any) -> _Done:
        """As asyncpg's."""
        return _spanned(query, asyncpg.Connection.fetch(self, query, *args, **options))

    def fetchrow(self, query: str, *args: Any, **options: Any) -> _Done:
        """As asyncpg's."""
        return _spanned(query, asyncpg.Connection.fetchrow(self, query, *args, **options))

    def fetchval(self, query: str, *args: Any, **options: Any) -> _Done:
        """As asyncpg's."""
        return _spanned(query, asyncpg.Connection.fetchval(self, query, *args, **options))


def _spanned(sql: str, work: _Done) -> _Done:
    return _in_span(sql, work) if sampled() else work


async def _in_span(sql: str, work: _Done) -> Any:
    with statement(sql):
        return await work
