"""What is tried again, and how often: never what may have been done, and never so much that it makes an outage worse."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from itertools import count
from random import uniform
from typing import Final, ParamSpec, TypeVar

from models.driver import Fault
from models.errors import Contended
from observability.metrics import Metrics

_P = ParamSpec("_P")
_T = TypeVar("_T")

SHARE: Final = 0.1
"""So many retries each use of the database earns, and so the share of them that retries can be (Google SRE, chapter 22)."""

SAVED: Final = 10.0
"""So many retries can be saved up, for the moment in which a server restarts."""

TIMES: Final = {Fault.LOST: 1, Fault.CONTENDED: 3}
"""How often one statement or unit of work is tried again."""

_FIRST_PAUSE_SECONDS: Final = 0.02


class Budget:
    """A token bucket, which `uses`, a count of all uses of the database, fills. Ours: it costs nothing until something fails."""

    def __init__(self, uses: Callable[[], int], metrics: Metrics) -> None:
        self._uses, self._metrics = uses, metrics
        self._seen, self._tokens = uses(), SAVED

    def allows(self, fault: Fault | None, tried: int) -> bool:
        """Whether to try again after this fault, if it was done `tried` times before. It spends one, and is counted."""
        uses = self._uses()
        self._tokens = min(SAVED, self._tokens + SHARE * (uses - self._seen))
        self._seen = uses
        if fault is None or tried >= TIMES.get(fault, 0):
            return False
        allowed = self._tokens >= 1
        self._tokens -= allowed
        self._metrics.retried(fault.value if allowed else "over_budget")
        return allowed


async def pause(tried: int) -> None:
    """Waits before the next attempt, longer each time and up to all of it by chance, so that two do not meet again."""
    await asyncio.sleep(uniform(0, _FIRST_PAUSE_SECONDS * 2**tried))  # noqa: S311 - spreads load, guards nothing


@dataclass(slots=True)
class Unit:
    """A unit of work that may be done again: what its transactions tell of it."""

    budget: Budget | None = None
    """That of the database in which it began a transaction of its own; None while it has not."""
    kept: bool = False
    """Whether a transaction of it was committed, or perhaps."""


unit: ContextVar[Unit | None] = ContextVar("unit", default=None)
"""The unit of work that runs."""


def retried(act: Callable[_P, Awaitable[_T]]) -> Callable[_P, Awaitable[_T]]:
    """An act that is done again, from its beginning, where the database rolled its one transaction back for another's sake.

    So nothing in it may matter twice but what the transaction holds. Within a greater act, that one is done again.
    """

    @wraps(act)
    async def acting(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        if unit.get() is not None:
            return await act(*args, **kwargs)
        for tried in count():
            mine = Unit()
            token = unit.set(mine)
            try:
                return await act(*args, **kwargs)
            except Contended:
                if mine.kept or mine.budget is None or not mine.budget.allows(Fault.CONTENDED, tried):
                    raise
            finally:
                unit.reset(token)
            await pause(tried)
        raise AssertionError  # the count has no end

    return acting
