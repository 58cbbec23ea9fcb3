"""Whose turn it is at a full pool: nobody takes all connections, and who holds the fewest comes first."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from models.connection import Connection
from models.errors import Unavailable

_TENANTS: Final = 1_000
"""So many tenants are kept count of, those aside that hold a connection: to count anew each time takes longer than the rest."""


@dataclass(slots=True, eq=False)
class Tenant:
    """How many connections a tenant holds, and may hold."""

    most: float
    held: int = 0

    def may(self) -> bool:
        """Whether one more is allowed."""
        return self.held < self.most


@dataclass(slots=True, eq=False)
class _Waiting:
    until: float
    turn: asyncio.Future[Connection | None]
    tenant: Tenant


class Turns:
    """Those who wait for a connection of a pool of so many. A tenant may hold three quarters of them at the most."""

    def __init__(self, most: int) -> None:
        self._share = most - most // 4
        self._tenants: dict[UUID | None, Tenant] = {}
        self._waiting: deque[_Waiting] = deque()
        self._sweeping = False

    def count(self) -> int:
        """How many wait."""
        return sum(not one.turn.done() for one in self._waiting)

    def tenant(self, whose: UUID | None) -> Tenant:
        """The count of this tenant, or of those who are nobody's, whom nothing binds."""
        return self._tenants.get(whose) or self._new(whose)

    async def wait(self, tenant: Tenant, seconds: float, missed: Callable[[Connection | None], None]) -> Connection | None:
        """What `passed` hands over. Raises Unavailable after so many seconds; `missed` takes what comes for who has gone."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Connection | None] = loop.create_future()
        self._waiting.append(_Waiting(loop.time() + seconds, turn, tenant))
        if not self._sweeping:
            self._sweeping = True
            loop.call_later(seconds, self._sweep)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:  # else the cancellation itself would be lost
                missed(turn.result())
            raise

    def passed(self, connection: Connection | None) -> Tenant | None:
        """Hands a connection, or the right to open one, to whose turn it is, and counts it as theirs; None where nobody waits."""
        waiting = [one for one in self._waiting if not one.turn.done() and one.tenant.may()] if self._waiting else ()
        if not waiting:
            return None
        first = min(waiting, key=lambda one: one.tenant.held)
        self._waiting.remove(first)
        first.tenant.held += 1
        first.turn.set_result(connection)
        return first.tenant

    def _new(self, whose: UUID | None) -> Tenant:
        if len(self._tenants) > _TENANTS:
            waiting = {one.tenant for one in self._waiting}
            self._tenants = {key: one for key, one in self._tenants.items() if one.held or one in waiting}
        return self._tenants.setdefault(whose, Tenant(math.inf if whose is None else self._share))

    def _sweep(self) -> None:
        """Lets those go who have waited long enough. One timer for all of them: each of its own would cost more than the rest."""
        now = asyncio.get_running_loop().time()
        for one in self._waiting:
            if one.until <= now and not one.turn.done():
                one.turn.set_exception(Unavailable("The service is busy. Try again in a moment."))
        self._waiting = deque(one for one in self._waiting if not one.turn.done())
        self._sweeping = bool(self._waiting)
        if self._waiting:
            asyncio.get_running_loop().call_at(min(one.until for one in self._waiting), self._sweep)
