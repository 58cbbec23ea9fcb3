"""Commands in processes of their own, as workers are, which a drill may kill."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from server.database import ROOT
from tests.conftest import JWT_KEYS, SECRET_KEYS, Database

END_SECONDS: Final = 240


@asynccontextmanager
async def running(database: Database, *arguments: str, **settings: str) -> AsyncIterator[Process]:
    """A command in a process of its own, which is killed in the end."""
    environ = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database.app,
        "JWT_KEYS": JWT_KEYS,
        "SECRET_KEYS": SECRET_KEYS,
        "JOBS_STALE_SECONDS": "2",
        "MAIL": "off",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", *arguments, cwd=ROOT, env=environ | settings, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def until(true: Callable[[], Awaitable[object]]) -> None:
    """Waits for what another process does."""
    async with asyncio.timeout(END_SECONDS):
        while not await true():  # noqa: ASYNC110 - what it waits for is another process's
            await asyncio.sleep(0.02)
