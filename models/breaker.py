"""A circuit breaker (M. Nygard, Release It!): who fails again and again is left alone for a while, then asked once.

Ours, since what is on PyPI lets every waiting caller through when the pause ends, and it is one probe that should.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum

from observability.logging import logger
from observability.metrics import Metrics

_log = logger(__name__)


class State(StrEnum):
    """CLOSED lets all through, OPEN nobody, HALF_OPEN one, whose fate decides."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class BreakerOpen(Exception):
    """Nobody was asked. `retry_after` is how many seconds it is until somebody will be."""

    def __init__(self, name: str, retry_after: float) -> None:
        super().__init__(f"{name} is left alone for {retry_after:.1f} s")
        self.retry_after = retry_after


class Breaker:
    """Opens after `failures` in a row, and for `seconds`; `now` is a clock that never goes back.

    Its state is the metric addressbook_breaker_state{breaker=name}; each change is one line of the log.
    """

    def __init__(
        self, name: str, metrics: Metrics, *, failures: int = 5, seconds: float = 10.0, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._name, self._metrics, self._most, self._seconds, self._now = name, metrics, failures, seconds, now
        self._failures, self._opened, self._probing = 0, 0.0, False
        self.state = State.CLOSED
        metrics.breaker(name, self.state)

    @asynccontextmanager
    async def guard(self, *counts: type[BaseException]) -> AsyncIterator[None]:
        """Around one call: an exception of these kinds counts as a failure. Raises BreakerOpen instead of asking."""
        self._admit()
        try:
            yield
        except counts:
            self._failed()
            raise
        except BaseException:  # cut off, or refused for a reason of its own: it tells nothing
            self._probing = False
            raise
        self._succeeded()

    def _admit(self) -> None:
        if self.state is State.CLOSED:
            return
        left = self._opened + self._seconds - self._now()
        if left > 0 or self._probing:
            raise BreakerOpen(self._name, max(left, 0.1))
        self._probing = True
        self._turn(State.HALF_OPEN)

    def _failed(self) -> None:
        self._failures += 1
        self._probing = False
        if self.state is State.HALF_OPEN or self._failures >= self._most:
            self._opened = self._now()
            self._turn(State.OPEN)

    def _succeeded(self) -> None:
        self._failures, self._probing = 0, False
        self._turn(State.CLOSED)

    def _turn(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self._metrics.breaker(self._name, state)
            (_log.info if state is State.CLOSED else _log.warning)("breaker", breaker=self._name, state=state.value)
