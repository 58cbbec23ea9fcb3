"""What administrators see of their tenant's jobs, and do about them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from auth.caller import Caller
from auth.permissions import Permission
from models.audit import AuditEntry
from models.errors import JobEnded, NotAllowed, NotFound
from models.job import Job
from models.paging import Page, Window
from models.retries import retried
from models.tenancy import through, within
from models.values import JobStatus, Row
from resolvers.letters import ABOUT_ACCOUNTS


async def many(caller: Caller, job_ids: Sequence[UUID]) -> dict[UUID, Row]:
    """Those of the jobs that the tenant has, by id."""
    async with within(caller.to(Permission.JOBS_READ)):
        return await Job.many(list(job_ids))


async def search(caller: Caller, window: Window, status: JobStatus | None) -> Page:
    """One page of the tenant's jobs, the latest first."""
    async with through(caller.to(Permission.JOBS_READ)):
        return await Job.page(window, status)


async def count(caller: Caller, status: JobStatus | None) -> int:
    """How many jobs there are."""
    async with within(caller.to(Permission.JOBS_READ)):
        return await Job.count(status)


@retried
async def cancel(caller: Caller, job_id: UUID | None) -> Row:
    """The job, cancelled: it is not begun any more, or stopped.

    Refuses with NotFound, with JobEnded where it has ended, or with NotAllowed where it is a letter that tells somebody of their
    own account: who changes an account is not to keep its user from hearing of it.
    """
    async with within(caller.to(Permission.JOBS_WRITE)):
        if job_id is None:
            raise NotFound("There is no such job.", ("id",))
        job = await Job.cancel(job_id)
        if job is None:
            raise JobEnded("The job has ended already.", ("id",))
        if job["payload"].get("letter") in ABOUT_ACCOUNTS:
            raise NotAllowed("A letter that tells somebody of their own account cannot be cancelled.", ("id",))
        await AuditEntry.append("job.cancelled", caller.origin, actor=caller.user, target=job_id, kind=str(job["kind"]))
        return job
