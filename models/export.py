"""A bundle that was made of all that a tenant has, kept in pieces for a while: so that every process can hand it out."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from tortoise import Model, fields

from models.errors import NotFound
from models.tenancy import TenantManager, create, fetch, held
from models.values import Row, now

LATEST: Final = 3
"""So many bundles of a tenant are kept; a new one takes the place of the oldest."""

PIECES: Final = 50
"""So many pieces, of a megabyte each, are removed in one transaction: a thousand would take some seconds."""

_SWEEP: Final = (
    "DELETE FROM export_chunks WHERE tenant_id = $1 AND ctid = ANY (ARRAY (SELECT c.ctid FROM exports e JOIN export_chunks c "
    "ON c.tenant_id = e.tenant_id AND c.export_id = e.id WHERE e.tenant_id = $1 AND e.expires_at <= $2 LIMIT $3)) "
    "RETURNING 1 AS one"
)
_DONE: Final = "SELECT j.id FROM jobs j WHERE j.tenant_id = $1 AND j.id = ANY ($2::uuid[]) AND j.status = 'SUCCEEDED'"


class Export(Model):
    """What is kept of a bundle; its `id` is that of the job that made it. `sha256` is None until all of it is there."""

    id = fields.UUIDField(primary_key=True)
    tenant_id = fields.UUIDField()
    size = fields.BigIntField(default=0)
    sha256 = fields.BinaryField(null=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()

    class Meta:
        table = "exports"
        manager = TenantManager()

    @classmethod
    async def add(cls, export_id: UUID, kept: timedelta) -> Row:
        """A new one, without a piece yet, that is `kept` for so long."""
        moment = now()
        return await create(cls, id=export_id, created_at=moment, expires_at=moment + kept)

    @classmethod
    async def made(cls, export_id: UUID) -> bool:
        """Whether all of it is there."""
        return await cls.filter(id=export_id, sha256__isnull=False).exists()

    @classmethod
    async def finish(cls, export_id: UUID, size: int, sha256: bytes) -> None:
        """All of its pieces are there; of the tenant's others the LATEST can still be fetched."""
        await cls.filter(id=export_id).update(size=size, sha256=sha256)
        kept = await cls.all().order_by("-created_at", "-id").limit(LATEST).values_list("id", flat=True)
        await cls.exclude(id__in=list(kept)).update(expires_at=now())

    @classmethod
    async def many(cls, export_ids: list[UUID]) -> dict[UUID, Row]:
        """Those of them that can be fetched now, by id: none of a job that was cancelled at the last moment."""
        done = [row["id"] for row in await fetch(_DONE, held(), export_ids)]
        rows = await cls.filter(id__in=done, expires_at__gt=now(), sha256__isnull=False).values()
        return {row["id"]: row for row in rows}

    @classmethod
    async def find(cls, export_id: UUID | None) -> Row:
        """One that can be fetched. Refuses with NotFound, also after its time."""
        found = {} if export_id is None else await cls.many([export_id])
        if export_id is None or export_id not in found:
            raise NotFound("There is no such export, or it has expired.", ("id",))
        return found[export_id]

    @classmethod
    async def expire(cls) -> int:
        """Lets nobody fetch any of them again, and the next sweep removes them; how many those were."""
        return await cls.filter(expires_at__gt=now()).update(expires_at=now())

    @classmethod
    async def sweep(cls) -> bool:
        """Removes some pieces of what has expired, and where none is left the rest of it; whether there may be more."""
        moment = now()
        if await fetch(_SWEEP, held(), moment, PIECES):
            return True
        await cls.filter(expires_at__lte=moment).delete()
        return False


class ExportChunk(Model):
    """One piece of a bundle; `number` counts from 0."""

    export_id = fields.UUIDField(primary_key=True)
    tenant_id = fields.UUIDField()
    number = fields.IntField()
    content = fields.BinaryField()

    class Meta:
        table = "export_chunks"
        manager = TenantManager()

    @classmethod
    async def add(cls, export_id: UUID, number: int, content: bytes) -> None:
        """The next piece."""
        await fetch("INSERT INTO export_chunks VALUES ($1, $2, $3, $4)", held(), export_id, number, content)

    @classmethod
    async def find(cls, export_id: UUID, number: int) -> bytes | None:
        """The piece of this number; None behind the last one, or where the bundle is gone."""
        chunk = await cls.filter(export_id=export_id, number=number).first()
        return None if chunk is None else bytes(chunk.content)
