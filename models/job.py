"""A job: what is done later, at least once, as its tenant sees it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import Model, fields

from models.tenancy import TenantManager, create
from models.values import JobKind, JobStatus, Row, new_id, now


class Job(Model):
    """What is kept of a job. `payload` holds ids and kinds: never a secret, never an address."""

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
        return await create(cls, id=new_id(), kind=kind, payload=payload, actor_id=actor, created_at=now())
