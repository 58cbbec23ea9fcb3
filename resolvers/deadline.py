"""One deadline for whatever is done for a request, over either transport, kept by one timer for all of them."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Final

from models.errors import TimedOut

_LATE: Final = "This took too long and was given up. Ask for less at once, or try again."
_HALF_DONE: Final = "This took too long and was given up. Some of it may have been done: look before you try again."


class Deadlines:
    """`with deadlines(reads=True):` raises TimedOut where its block takes longer than `seconds`, within a quarter more. What ran is
    cancelled: a transaction is rolled back. What does not only read is not to be tried again unseen, and so tells no time for it.

    As asyncio.timeout does it, whose timer for each block costs a small query a fiftieth: those that were cancelled wait in the
    loop's heap until their time comes.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: deque[_Block] = deque()
        self._watching = False

    def __call__(self, *, reads: bool) -> _Block:
        """A block that begins now. Inside a task."""
        loop = asyncio.get_running_loop()
        block = _Block(asyncio.current_task(loop), loop.time() + self._seconds, reads=reads)
        self._running.append(block)
        if not self._watching:
            self._watching = True
            loop.call_later(self._seconds / 4, self._watch, loop)
        return block

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        while self._running and (self._running[0].task is None or self._running[0].until <= now):
            self._running.popleft().expire()
        # What ended behind one that still runs is let go of, too.
        self._running = deque(block for block in self._running if block.task is not None)
        self._watching = bool(self._running)
        if self._watching:
            loop.call_later(self._seconds / 4, self._watch, loop)


class _Block:
    __slots__ = ("_cancelling", "_expired", "_reads", "task", "until")

    def __init__(self, task: asyncio.Task[Any] | None, until: float, *, reads: bool) -> None:
        self.task, self.until, self._reads, self._expired = task, until, reads, False
        self._cancelling = 0 if task is None else task.cancelling()

    def expire(self) -> None:
        """Cancels what still runs."""
        if self.task is not None:
            self._expired = True
            self.task.cancel()

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _traceback: object) -> None:
        task, self.task = self.task, None
        # Cancelled by us and by nobody else: as asyncio.timeout tells it.
        if self._expired and task is not None and task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise (TimedOut(_LATE) if self._reads else TimedOut(_HALF_DONE, None)) from error
