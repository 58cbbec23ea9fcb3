"""How late the event loop is: looked at now and then, since what holds it up holds up every request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

LOOK_SECONDS: Final = 0.25


@contextmanager
def watched(late: Callable[[float], None]) -> Iterator[None]:
    """Within the block, in an event loop, `late` is told every quarter of a second by how many seconds a timer was late."""
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle | None = None

    def look(due: float) -> None:
        nonlocal timer
        now = loop.time()
        late(max(now - due, 0.0))
        timer = loop.call_at(now + LOOK_SECONDS, look, now + LOOK_SECONDS)

    timer = loop.call_later(LOOK_SECONDS, look, loop.time() + LOOK_SECONDS)
    try:
        yield
    finally:
        timer.cancel()
