"""Heavy operations of one tenant take turns, so that its neighbours wait for few of them and not for all (security bar, TI-18)."""

from __future__ import annotations

from asyncio import Semaphore
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

HEAVY: Final = 500
"""Points from which an operation is heavy: several milliseconds of the event loop, which is everybody's."""

AT_ONCE: Final = 1
"""Of one tenant, or of all who are not signed in."""


class Turns:
    """One for each process. Who waits longest is next; the operation's deadline is for waiting, too."""

    def __init__(self) -> None:
        self._tenants: WeakValueDictionary[UUID | None, Semaphore] = WeakValueDictionary()

    def of(self, tenant: UUID | None) -> Semaphore:
        """To be held while an operation of this tenant is executed. It is kept for as long as somebody has it."""
        turns = self._tenants.get(tenant)
        if turns is None:
            turns = self._tenants[tenant] = Semaphore(AT_ONCE)
        return turns
