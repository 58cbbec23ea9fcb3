"""What jobs and periodic work may use: the door of a tenant, the way through all of them, and two ways to end other than well."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar
from uuid import UUID

from models.errors import Unavailable
from models.job import Job
from models.tenancy import within
from models.values import Row
from observability.logging import logger

_log = logger(__name__)
Outcome = TypeVar("Outcome")


class Again(Exception):
    """It cannot be done now: it is tried again later, so many times. The text is for a person, and holds no address."""


class GivenUp(Exception):
    """It will never be done: the job fails at once. The text is for a person, and holds no address."""


class TakenAway(Exception):
    """The job was cancelled meanwhile, or somebody else runs it now: nothing more is written for it."""


def door(tenant: UUID, *, snapshot: bool = False) -> AbstractAsyncContextManager[UUID]:
    """The one place where jobs, which have no session, enter their tenant; with `snapshot` they see one moment of it."""
    return within(tenant, snapshot=snapshot)


async def of_each(tenants: Iterable[UUID], work: Callable[[UUID], Awaitable[Outcome]], failure: str) -> list[Outcome]:
    """Does the work of each tenant; what comes of it. One where it fails keeps no other from it: the log tells which, and why.

    Raises an ExceptionGroup that says `failure`, behind the last.
    """
    done: list[Outcome] = []
    failed: list[Exception] = []
    for tenant in tenants:
        try:
            done.append(await work(tenant))
        except Unavailable as refusal:  # told by the group: while the database is away it is the same for all
            failed.append(refusal)
        except Exception as error:
            _log.error(failure, tenant=tenant.hex, exc_info=error)
            failed.append(error)
    if failed:
        raise ExceptionGroup(failure, failed)
    return done


@asynccontextmanager
async def inside(job: Row) -> AsyncIterator[None]:
    """One transaction inside the job's tenant, for as long as the job is ours. Raises TakenAway.

    A handler opens it for what it reads and for what it writes, and never while it waits for somebody outside.
    """
    async with door(job["tenant_id"]):
        if not await Job.mine(job):
            raise TakenAway
        yield


async def tell(job: Row, progress: float) -> None:
    """Keeps how far the job is, from 0 to 1. Raises TakenAway."""
    async with inside(job):
        await Job.tell(job, progress)
