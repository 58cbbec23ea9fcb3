"""Transactions by Tortoise, over our pool: begun, committed and rolled back in bounded time, whatever becomes of the connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, Final, cast
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connections
from tortoise.transactions import in_transaction

from models import retries
from models.dial import CONNECT_SECONDS
from models.driver import FAILURES, MAYBE_DONE, Fault, fault, translated
from models.errors import Unavailable
from models.pool import WAIT_SECONDS, Pool, holder

BEGIN_SECONDS: Final = WAIT_SECONDS + CONNECT_SECONDS
"""How long a transaction may take to begin, with a connection that has to be waited for or opened."""


@asynccontextmanager
async def transaction(whose: UUID | None) -> AsyncIterator[BaseDBAsyncClient]:
    """A transaction of a tenant, or of nobody, rolled back where anything is raised; it translates the words of the driver."""
    with translated():
        token = holder.set(whose)
        try:
            async with asyncio.timeout(BEGIN_SECONDS):
                begun = await _begun()
        except TimeoutError:
            raise Unavailable("The service is busy. Try again in a moment.") from None
        finally:
            holder.reset(token)
        unit, pool = retries.unit.get() or retries.Unit(), _pool(begun)
        unit.budget = pool.retries
        try:
            yield begun.client
        except BaseException as error:
            lost = pool.met(begun.client._connection, error) is Fault.LOST
            if lost or isinstance(error, asyncio.CancelledError):  # a deadline has passed, or nobody is there to wait for it
                _let_go(begun, cut_off=True)
            else:
                await _end(begun, begun.client.rollback())
            raise
        try:
            await _end(begun, begun.client.commit())
        except BaseException as error:
            unit.kept = fault(error) is not Fault.CONTENDED  # the answer to COMMIT may have been lost
            if fault(error) is Fault.LOST:
                raise Unavailable(MAYBE_DONE) from error
            raise
        unit.kept = True


async def _begun(tried: int = 0) -> Any:
    """Tortoise's context of one that has begun. Where its connection turns out to be lost, another one begins: nothing was done."""
    context: Any = in_transaction()
    try:
        await context.__aenter__()
    except BaseException as error:
        # Tortoise keeps a connection whose BEGIN failed or was cut off, and each one kept is one less in the pool.
        befell = None
        if context.client._connection is not None:
            befell = _pool(context).met(context.client._connection, error)
            _let_go(context, cut_off=True)
        if befell is not Fault.LOST or not _pool(context).retries.allows(befell, tried):
            raise
    else:
        return context
    return await _begun(tried + 1)


async def _end(context: Any, how: Awaitable[None]) -> None:
    cut_off = True
    try:
        await how
        cut_off = False
    except FAILURES as error:
        cut_off = False
        _pool(context).met(context.client._connection, error)
        raise
    finally:
        _let_go(context, cut_off=cut_off)


def _let_go(context: Any, *, cut_off: bool) -> None:
    """Gives the connection back. One that was cut off is rolled back by the pool, and nobody waits for that."""
    get_connections().reset(context.token)
    undo = context.client.rollback if context.client.transaction else None
    _pool(context).give_back(context.client._connection, cut_off=cut_off, undo=undo)


def _pool(context: Any) -> Pool:
    return cast("Pool", context.client._parent.pool)
