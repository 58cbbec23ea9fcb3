"""Who holds and awaits locks of tables, looked at while something else goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import asyncpg

EVERY_SECONDS: Final = 0.005

_LOCKS: Final = """
SELECT l.pid, l.relation::regclass::text AS name, l.mode, l.granted, l.virtualtransaction AS transaction,
       coalesce(a.application_name = 'address-book migrate', false) AS migrates,
       coalesce(extract(epoch FROM clock_timestamp() - l.waitstart)::float8, 0) AS waited
  FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'relation' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND (NOT l.granted OR l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'))
   AND l.relation >= 16384
"""
"""Locks of our tables and indexes that somebody waits for, and those held that keep writers waiting."""


@dataclass
class Locks:
    """What was seen, in seconds. `held` is how long one who migrates held a lock that others would wait for, and `waited` how long
    somebody else waited for a lock of a table; each with what it was. `apart` is the longest time between two looks."""

    held: float = 0.0
    holder: str = ""
    waited: float = 0.0
    waiter: str = ""
    looks: int = 0
    apart: float = 0.0
    _since: dict[tuple[int, str, str, str], float] = field(default_factory=dict)
    _last: float = 0.0

    def look(self, rows: list[asyncpg.Record], now: float) -> None:
        """Takes note of one look at the locks."""
        self.looks += 1
        self.apart = max(self.apart, now - (self._last or now))
        self._last = now
        seen = {}
        for row in rows:
            what = f"{row['mode']} of {row['name']}"
            if row["granted"] and row["migrates"]:
                key = (row["pid"], row["name"], row["mode"], row["transaction"])
                seen[key] = self._since.get(key, now)
                if now - seen[key] >= self.held:
                    self.held, self.holder = now - seen[key], what
            elif not row["granted"] and not row["migrates"] and row["waited"] > self.waited:
                self.waited, self.waiter = row["waited"], what
        self._since = seen


@asynccontextmanager
async def watching(admin: str) -> AsyncIterator[Locks]:
    """Looks at the locks of this database (a superuser's DSN) every five milliseconds, while the block lasts."""
    connection, locks = await asyncpg.connect(admin), Locks()

    async def watch() -> None:
        while True:
            locks.look(await connection.fetch(_LOCKS), time.monotonic())
            await asyncio.sleep(EVERY_SECONDS)

    task = asyncio.create_task(watch())
    try:
        yield locks
        assert not task.done(), "the watch has ended early"
    finally:
        task.cancel()
        await asyncio.wait({task})
        connection.terminate()
