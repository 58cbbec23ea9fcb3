"""Hangs up on a server that does not answer, be it frozen or behind a line that swallows everything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Any, Final, cast

from models.connection import Connection
from observability.logging import logger

WATCH_SECONDS: Final = 0.25
"""How often it is looked."""

_log = logger(__name__)


class Watch:
    """Calls `overdue` for each connection of `used` that has begun nothing new for `patience` seconds, while any is `open_`.

    Postgres itself gives a statement up before that, and nobody holds a connection so long without asking for something.
    asyncpg's own time-outs are a timer for each statement, 3 to 5 µs; this is one timer for all.
    It counts its looks and not the time, since a process that stood still has not read its answers either.
    """

    def __init__(
        self, used: Collection[Connection], open_: Callable[[], int], patience: float, overdue: Callable[[Connection], None]
    ) -> None:
        self._used, self._open, self._patience, self._overdue = used, open_, patience, overdue
        self._silent: dict[Connection, tuple[int, float]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def go_on(self) -> None:
        """Looks from now on, until nothing is open."""
        if self._timer is None:
            self._later()

    def stop(self) -> None:
        """Looks no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def forget(self, connection: Connection) -> None:
        """Begins anew with one that comes back: asyncpg counts no statement that failed while it was prepared, as behind a lock."""
        self._silent.pop(connection, None)

    def struck(self, connection: Connection) -> bool:
        """Whether this one did not answer in time."""
        return self._silent.get(connection, (0, 0.0))[1] >= self._patience

    def _later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(WATCH_SECONDS, self._look)

    def _look(self) -> None:
        silent = {}
        for connection in self._used:
            if not connection.is_closed():
                begun = cast("Any", connection)._protocol.queries_count
                before, seconds = self._silent.get(connection, (begun, 0.0))
                silent[connection] = (begun, seconds + WATCH_SECONDS if before == begun else 0.0)
        self._silent = silent
        for connection in [one for one in silent if self.struck(one)]:
            _log.warning("the database does not answer", seconds=self._patience)
            self._overdue(connection)
        if self._open():
            self._later()
        else:
            self._timer = None
