"""Exports: all that a tenant has, made into a bundle by a job, and fetched by its administrators until it expires."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import suppress
from contextvars import Context, copy_context
from typing import Any, Final
from uuid import UUID

from auth.caller import Caller
from auth.desk import Desk
from auth.permissions import Permission
from models.audit import AuditEntry
from models.errors import AlreadyExists, Unavailable
from models.export import Export, ExportChunk
from models.job import Job
from models.retries import retried
from models.tenancy import within
from models.tenant import Tenant
from models.user import User
from models.values import ExportFormat, JobKind, Origin, Row
from resolvers import bundles
from resolvers.proofs import refuse_stale
from resolvers.work import GivenUp, door, tell

_STEP: Final = 0.02
"""How far a job goes before it tells so again."""


@retried
async def start(caller: Caller, format: ExportFormat) -> Row:  # noqa: A002 - as the schema calls it
    """A new job that makes a bundle, where none is being made. Refuses with ReauthenticationRequired, AlreadyExists."""
    async with within(caller.to(Permission.TENANT_EXPORT)):
        await refuse_stale(caller)
        await User.alone()  # of two at once one sees the other's job
        if await Job.going_on(JobKind.EXPORT):
            raise AlreadyExists("An export is being made already. Wait until it has ended, or cancel its job.", ("format",))
        job = await Job.add(JobKind.EXPORT, actor=caller.user, format=format.value)
        await AuditEntry.append("export.started", caller.origin, actor=caller.user, target=job["id"], format=format.value)
        return job


async def many(caller: Caller, job_ids: Sequence[UUID]) -> dict[UUID, Row | None]:
    """What each of these jobs made, as far as it can be fetched."""
    async with within(caller.to(Permission.JOBS_READ)):
        found = await Export.many(list(job_ids))
    return {job_id: found.get(job_id) for job_id in job_ids}


@retried
async def fetch(caller: Caller, export_id: UUID | None) -> Row:
    """A bundle's row, and its tenant's `slug`, for who fetches it now; on record.

    Refuses with ReauthenticationRequired, or NotFound, also after its time.
    """
    async with within(caller.to(Permission.TENANT_EXPORT)):
        await refuse_stale(caller)
        export = await Export.find(export_id)
        await AuditEntry.append("export.fetched", caller.origin, actor=caller.user, target=export["id"])
        return export | {"slug": (await Tenant.find(caller.tenant))["slug"]}


async def pieces(caller: Caller, export_id: UUID) -> AsyncIterator[bytes]:
    """Its pieces, each by a door of its own: who is let in no more gets no more, nor does anybody once it has expired."""
    number = 0
    while (piece := await _piece(caller, export_id, number)) is not None:
        yield piece
        number += 1


async def _piece(caller: Caller, export_id: UUID, number: int) -> bytes | None:
    async with within(caller.to(Permission.TENANT_EXPORT)):
        await Export.find(export_id)
        return await ExportChunk.find(export_id, number)


async def sweep(tenant: UUID) -> None:
    """Removes the bundles of a tenant whose time is over, some pieces in each transaction."""
    going_on = True
    while going_on:
        async with door(tenant):
            going_on = await Export.sweep()


async def make(desk: Desk, job: Row) -> None:
    """Does a job of the kind EXPORT: all of the bundle in one transaction, so that nothing is left of an attempt that was cut off.

    Raises GivenUp for one that is too large, and TakenAway.
    """
    outside = copy_context()
    told = 0.0

    async def progress(rows: int, total: int) -> None:
        nonlocal told
        share = rows / max(total, 1)
        if share - told >= _STEP:
            told = share
            with suppress(Unavailable):  # how far it is is not worth beginning anew
                await _beside(outside, lambda: tell(job, share))

    await sweep(job["tenant_id"])  # or whoever asks again and again would fill the disk with those whose place was taken
    async with door(job["tenant_id"], snapshot=True):
        if await Export.made(job["id"]):  # by an attempt that was cut off after it
            return
        tenant = await Tenant.find(job["tenant_id"])
        await Export.add(job["id"], desk.exports.kept)
        size, digest, number = 0, hashlib.sha256(), 0
        async for piece in bundles.written(tenant, desk.vault, progress):
            size += len(piece)
            if size > desk.exports.most_bytes:
                raise GivenUp("The bundle is too large to be kept here. Ask whoever runs the service for one made at the machine.")
            digest.update(piece)
            await ExportChunk.add(job["id"], number, piece)
            number += 1
        await Export.finish(job["id"], size, digest.digest())
        origin = Origin(request_id=job["payload"].get("request_id"))
        await AuditEntry.append("export.finished", origin, actor=job["actor_id"], target=job["id"], size=size)


async def _beside(outside: Context, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Does it outside of the door that is open, in a transaction of its own."""
    await asyncio.get_running_loop().create_task(work(), context=outside.copy())
