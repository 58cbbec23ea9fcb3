"""The start: nothing listens and no job is begun before this process can serve. It waits for that, and in the end gives up."""

from __future__ import annotations

import asyncio
import time
from random import uniform
from typing import Final

from observability.logging import logger
from server.database import BadDatabase, opened
from server.health import Health
from server.settings import Settings

_log = logger(__name__)
_FIRST_SECONDS: Final = 0.25
_LAST_SECONDS: Final = 5.0


async def awaited(settings: Settings, health: Health, stop: asyncio.Event) -> None:
    """Returns when the database lets us in, is migrated, and its wall stands, or when `stop` is set.

    It looks again after a while that doubles each time, with some chance in it, as long as STARTUP_SECONDS; a line of the log tells
    what it waits for whenever that changes. Raises BadDatabase with what is still amiss then.
    """
    until, wait = time.monotonic() + settings.startup_seconds, _FIRST_SECONDS
    dsn, told = settings.database_url.get_secret_value(), ""
    async with opened(dsn, settings.vault(), pool=1, statement_timeout_ms=settings.statement_timeout_ms):
        while faults := await health.look():
            left = until - time.monotonic()
            amiss = "; ".join(faults.values())
            if left <= 0:
                raise BadDatabase(f"Not able to serve after {settings.startup_seconds:g} s: {amiss}.")
            if amiss != told:
                told = amiss
                _log.warning("waiting for the database", faults=list(faults), why=amiss, seconds=round(left, 1))
            try:
                pause = wait * uniform(0.5, 1.5)  # noqa: S311 - spreads load, guards nothing
                await asyncio.wait_for(stop.wait(), min(left, pause))
            except TimeoutError:
                wait = min(2 * wait, _LAST_SECONDS)
            else:
                return
