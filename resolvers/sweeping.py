"""Retention: what has been kept long enough is removed, tenant by tenant, as the tenant's owner decided and the rules have it."""

from __future__ import annotations

from uuid import UUID

from auth.desk import Desk
from models import queue, retention
from models.audit import AuditEntry
from models.retention import RetentionRun
from models.tenancy import lobby
from models.tenant import Tenant
from models.values import Origin, now
from resolvers import exports
from resolvers.work import door, of_each


async def sweep(_desk: Desk) -> None:
    """Applies retention to all tenants, and drops the old lines of the queue's own log.

    Where one tenant cannot be swept the others are, and then it raises an ExceptionGroup.
    """
    async with lobby():
        await queue.sweep()
        homes, leaving = await Tenant.every(), {home["id"] for home in await Tenant.due()}

    async def work(tenant: UUID) -> None:
        await apply(tenant)
        await exports.sweep(tenant)

    staying = [home["id"] for home in homes if home["id"] not in leaving]
    await of_each(staying, work, "tenants that could not be swept")


async def apply(tenant: UUID) -> dict[str, int]:
    """Removes what is too old in a tenant; how many rows of each kind the run removed. May be called at any time, by several.

    Each batch is a transaction that also counts it, so that a run which was cut off is gone on with, and told of once.
    """
    while True:
        async with door(tenant):
            home = await Tenant.locked()
            run = await RetentionRun.join(now())
            if await run.batch(on_hold=home["legal_hold"]):
                continue
            await run.end()
            if run.told:
                await AuditEntry.append("retention.applied", Origin(), target=tenant, **run.told)
            return dict(run.removed)


async def planned(tenant: UUID) -> dict[str, int]:
    """What `apply` would remove now, were no run under way: how many rows of each kind. It changes nothing."""
    async with door(tenant):
        home = await Tenant.find(tenant)
        return await retention.counted(now(), on_hold=home["legal_hold"])
