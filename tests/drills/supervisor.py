"""Whoever starts a server again when it dies, as an orchestrator does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.abuse.server import Server, serving


@dataclass
class Supervised:
    """The server that runs now. `back` has how long it took each time from a death until it answered again, and how much of that
    the new process waited for a core, in seconds."""

    server: Server
    back: list[tuple[float, float]] = field(default_factory=list)
    up: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def supervised(dsn: str, folder: Path, **settings: str) -> AsyncIterator[Supervised]:
    """A server that is started again on the same port whenever it dies, while the block lasts."""
    async with serving(dsn, folder, **settings) as first:
        watched = Supervised(first)
        task = asyncio.create_task(_watch(watched, dsn, folder, settings))
        try:
            yield watched
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _watch(watched: Supervised, dsn: str, folder: Path, settings: dict[str, str]) -> None:
    while watched.server.process.poll() is None:  # noqa: ASYNC110 - another process is awaited
        await asyncio.sleep(0.05)
    died = time.monotonic()
    async with serving(dsn, folder, port=watched.server.port, **settings) as server:
        watched.back.append((time.monotonic() - died, server.waited()))
        watched.server = server
        watched.up.set()
        await _watch(watched, dsn, folder, settings)
