"""What tenants decided of their requests a minute: learned beside the requests, so that none of them waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from auth.budget import Budgets
from observability.logging import logger
from resolvers import tenants

_log = logger(__name__)
LEARN_SECONDS: Final = 2.0
"""How often it asks: so soon a change is in force in every process."""


@asynccontextmanager
async def learning(budgets: Budgets) -> AsyncIterator[None]:
    """Meanwhile the budgets learn the thresholds of the tenants that are being served."""
    task = asyncio.create_task(_learn(budgets))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _learn(budgets: Budgets) -> None:
    """For ever. Where the database does not answer, what was learned stays; that is told once."""
    told = False
    while True:
        await asyncio.sleep(LEARN_SECONDS)
        seen = budgets.requests.seen(budgets.clock())
        if not seen:
            continue
        try:
            budgets.requests.learn(await tenants.requests_per_minute(seen))
        except Exception as error:  # whatever it is, the next round may do better
            if not told:
                _log.warning("thresholds are not learned", exc_info=error)
            told = True
            continue
        told = False
