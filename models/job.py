"""A job: what is done later, at least once, as its tenant sees it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from tortoise import Model, fields

from models import queue
from models.errors import NotFound
from models.export import Export
from models.paging import Key, Page, Window, page
from models.tenancy import TenantManager, create, held, own, record
from models.values import JobKind, JobStatus, Row, new_id, now
from observability.logging import request_id

ENDED: Final = (JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED)
FAILURE_LENGTH: Final = 500

_MADE: Final[Row] = {"sha256": None, "expires_at": None}
_WITH_EXPORTS: Final = (
    "(SELECT j.*, e.sha256, e.expires_at FROM jobs j LEFT JOIN exports e "
    "ON e.tenant_id = j.tenant_id AND e.id = j.id AND e.expires_at > now() AND e.sha256 IS NOT NULL) j"
)
_LATEST = (Key("j.created_at", descending=True, type=datetime),)


class Job(Model):
    """What is kept of a job. `payload` holds ids and kinds: never a secret, never an address that could be read."""

    id = fields.UUIDField(primary_key=True)
    tenant_id = fields.UUIDField()
    kind = fields.CharEnumField(JobKind, max_length=40)
    status = fields.CharEnumField(JobStatus, default=JobStatus.QUEUED, max_length=20)
    progress = fields.FloatField(default=0.0)
    failure = fields.TextField(null=True)
    payload: Any = fields.JSONField(default=dict)
    attempts = fields.IntField(default=0)
    actor_id = fields.UUIDField(null=True)
    created_at = fields.DatetimeField()
    started_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "jobs"
        manager = TenantManager()

    @classmethod
    async def add(cls, kind: JobKind, *, actor: UUID | None = None, **payload: Any) -> Row:
        """A new job of the held tenant, queued in this transaction: it is seen and done once that commits."""
        if (asked := request_id()) is not None:
            payload["request_id"] = asked
        job = await create(cls, id=new_id(), kind=kind, payload=payload, actor_id=actor, created_at=now())
        await queue.put(kind.value, job["id"])
        return job

    @classmethod
    async def many(cls, job_ids: list[UUID]) -> dict[UUID, Row]:
        """The rows of those jobs that exist, by id, each with what it made."""
        made = await Export.many(job_ids)
        return {row["id"]: _MADE | made.get(row["id"], {}) | row for row in await cls.filter(id__in=job_ids).values()}

    @classmethod
    async def going_on(cls, kind: JobKind) -> bool:
        """Whether a job of this kind waits or runs."""
        return await cls.filter(kind=kind).exclude(status__in=ENDED).exists()

    @classmethod
    async def page(cls, window: Window, status: JobStatus | None) -> Page:
        """Jobs, the latest first, each with what it made; of one status where one is given."""
        where, values = [own("j")], []
        if status is not None:
            where, values = [*where, "j.status = $4"], [status.value]
        return await page("SELECT j.*", _WITH_EXPORTS, where, values, _LATEST, window, ("jobs", held(), status))

    @classmethod
    async def count(cls, status: JobStatus | None) -> int:
        """How many jobs of this status, or of any, are kept."""
        return await (cls.all() if status is None else cls.filter(status=status)).count()

    @classmethod
    async def cancel(cls, job_id: UUID) -> Row | None:
        """The job, cancelled now, and whoever runs it is stopped; None where it has ended already. Refuses with NotFound."""
        job = await cls.filter(id=job_id).select_for_update().first()
        if job is None:
            raise NotFound("There is no such job.", ("id",))
        if job.status in ENDED:
            return None
        await queue.take_away(job_id)
        await cls.filter(id=job_id).update(status=JobStatus.CANCELLED, finished_at=now())
        return (await cls.many([job_id]))[job_id]

    @classmethod
    async def start(cls, job_id: UUID) -> Row | None:
        """The job, RUNNING for one more attempt; None where it has ended, or is gone.

        Whoever ran it before (it may have been killed, or only slow) has lost it: `mine` is false for them from now on.
        """
        job = await cls.filter(id=job_id).select_for_update().first()
        if job is None or job.status in ENDED:
            return None
        job.status, job.attempts, job.started_at = JobStatus.RUNNING, job.attempts + 1, job.started_at or now()
        await cls.filter(id=job_id).update(status=job.status, attempts=job.attempts, started_at=job.started_at)
        return record(job)

    @classmethod
    async def mine(cls, job: Row) -> bool:
        """Whether the attempt that `start` answered still goes on; it does then until the door closes."""
        return await cls._attempt(job).select_for_update().first() is not None

    @classmethod
    async def tell(cls, job: Row, progress: float) -> None:
        """How far the attempt is, from 0 to 1."""
        await cls._attempt(job).update(progress=progress)

    @classmethod
    async def finish(cls, job: Row, failure: str | None = None) -> None:
        """Ends the attempt and the job with it: SUCCEEDED, or FAILED with words for a person."""
        if failure is None:
            await cls._attempt(job).update(status=JobStatus.SUCCEEDED, progress=1.0, failure=None, finished_at=now())
        else:
            await cls._attempt(job).update(status=JobStatus.FAILED, failure=failure[:FAILURE_LENGTH], finished_at=now())

    @classmethod
    async def wait(cls, job: Row, failure: str | None, *, counts: bool = True) -> None:
        """Ends the attempt, and the job waits for the next one; an attempt that does not count is taken back."""
        attempts = job["attempts"] if counts else job["attempts"] - 1
        await cls._attempt(job).update(status=JobStatus.QUEUED, failure=failure, attempts=attempts)

    @classmethod
    def _attempt(cls, job: Row) -> Any:
        return cls.filter(id=job["id"], status=JobStatus.RUNNING, attempts=job["attempts"])
