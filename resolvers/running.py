"""Runs jobs and periodic work: which function does which, and what becomes of each attempt."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

from auth.desk import Desk
from models.errors import Unavailable
from models.job import Job
from models.values import JobKind, Row
from observability.logging import bound, logger
from resolvers import backfills, deletion, delivery, exports, seals, sweeping
from resolvers.work import Again, GivenUp, TakenAway, door, inside

_log = logger(__name__)
Handler = Callable[[Desk, Row], Awaitable[None]]

LONGEST: Final = timedelta(hours=1)
"""The longest wait between two attempts."""

_OURS: Final = "It could not be done, for a reason on our side."


class Periodic(NamedTuple):
    """What is done again and again, so many seconds after it was done last; by one worker at a time, and idempotent."""

    seconds: float
    work: Callable[[Desk], Awaitable[object]]


class Patience(NamedTuple):
    """How often a job is tried at the most, and how long after the first attempt the second one is made."""

    attempts: int = 10
    first_seconds: float = 5.0

    def after(self, attempts: int) -> timedelta:
        """The wait after so many attempts: three times longer each time, less up to a half by chance, an hour at most."""
        seconds = min(self.first_seconds * 3.0 ** (attempts - 1), LONGEST.total_seconds())
        return timedelta(seconds=seconds * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load, guards nothing


HANDLERS: Final[dict[JobKind, Handler]] = {JobKind.EXPORT: exports.make, JobKind.MAIL: delivery.deliver}
"""What does each kind of job. It may run twice, and the second time must do no harm."""

LONG: Final = frozenset({JobKind.EXPORT})
"""Kinds that may take hours, and which never fill a process: a letter does not wait for them."""

PERIODIC: Final[dict[str, Periodic]] = {
    "backfill": Periodic(15, backfills.run),
    "seal": Periodic(60, seals.seal),
    "sweep": Periodic(3_600, sweeping.sweep),
    "erase": Periodic(300, deletion.erase),
}
"""What is done without being asked, by name."""


async def run(desk: Desk, patience: Patience, tenant: UUID, job_id: UUID) -> timedelta | None:
    """One attempt at a job; after how long to try again, or None where it has ended.

    Cancelled, it hands the job back, for whoever comes next, unless somebody cancelled the job itself.
    """
    async with door(tenant):
        job = await Job.start(job_id)
    if job is None:
        return None
    kind = JobKind(job["kind"])
    with bound(job=job_id.hex, tenant=tenant.hex, request_id=job["payload"].get("request_id")):
        outcome, wait = "cut off", None
        desk.metrics.jobs.began(kind.value)
        try:
            outcome, wait = await desk.metrics.jobs.timed(kind.value, _attempt(desk, patience, job, HANDLERS[kind]))
        except TakenAway:
            outcome = "taken away"
        except asyncio.CancelledError:
            outcome = await _handed_back(job)
            raise
        finally:
            desk.metrics.jobs.ended(kind.value, outcome)
            _log.info("job", kind=kind.value, outcome=outcome, attempt=job["attempts"])
    return wait


async def _handed_back(job: Row) -> str:
    try:
        async with inside(job):
            await Job.wait(job, job["failure"], counts=False)
    except TakenAway:
        return "taken away"
    return "handed back"


async def _attempt(desk: Desk, patience: Patience, job: Row, handler: Handler) -> tuple[str, timedelta | None]:
    """What becomes of it, and after how long to try again. Raises TakenAway."""
    failure: str | None = None
    again = True
    if job["attempts"] > patience.attempts:  # the last one was cut off with its process
        failure = _OURS
    else:
        try:
            await handler(desk, job)
        except Again as fault:
            failure = str(fault)
        except GivenUp as fault:
            failure, again = str(fault), False
        except (TakenAway, Unavailable):
            raise
        except Exception as error:
            _log.error("a job failed, and nobody knows why", exc_info=error)
            failure = _OURS
    async with inside(job):
        if failure is None:
            await Job.finish(job)
            return "succeeded", None
        if again and job["attempts"] < patience.attempts:
            await Job.wait(job, failure)
            return "again", patience.after(job["attempts"])
        await Job.finish(job, failure)
        return "failed", None


async def run_periodic(desk: Desk, name: str) -> timedelta:
    """Does a periodic work once; after how long to do it again. What fails is told in the log."""
    periodic = PERIODIC[name]
    outcome = "handed back"
    desk.metrics.jobs.began(name)
    try:
        with bound(periodic=name):
            await desk.metrics.jobs.timed(name, periodic.work(desk))
            outcome = "succeeded"
    except Exception as error:
        outcome = "failed"
        _log.error("a periodic work failed", periodic=name, exc_info=error)
    finally:
        desk.metrics.jobs.ended(name, outcome)
    return timedelta(seconds=periodic.seconds)
