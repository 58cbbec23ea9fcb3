"""Work that goes on though nobody waits for it any more: it ends by itself, before the server does."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from observability.logging import logger

_log = logger(__name__)

T = TypeVar("T")

_running: set[asyncio.Task[Any]] = set()
"""Work whose caller may have gone: a task that nobody holds could vanish."""


async def finished(attempt: Coroutine[Any, Any, T]) -> T:
    """The outcome of an attempt that runs to its end even where nobody waits for it any more."""
    task = asyncio.ensure_future(attempt)
    _running.add(task)
    task.add_done_callback(_ended)
    return await asyncio.shield(task)


def afterwards(work: Coroutine[Any, Any, None]) -> None:
    """Does what nobody waits for, once the answer is on its way: so its time does not tell whether there was anything to do."""
    task = asyncio.ensure_future(_logged(work))
    _running.add(task)
    task.add_done_callback(_ended)


async def settled() -> None:
    """Waits until everything that was begun here has ended, for a server that stops. It takes no more."""
    loop = asyncio.get_running_loop()
    while mine := [task for task in _running if task.get_loop() is loop]:
        await asyncio.wait(mine)


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:
        _log.exception("not done after the answer")


def _ended(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled():
        task.exception()  # whoever waits is told; where nobody does it has been put on record
