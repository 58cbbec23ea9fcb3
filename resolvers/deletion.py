"""The end of a tenant: an owner asks for it, may take that back until its time, and then it is erased, batch by batch."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from auth.caller import Caller
from auth.desk import Desk, Writes
from auth.permissions import Permission
from models import deletion
from models.audit import AuditEntry
from models.errors import InvalidInput, NotAllowed
from models.retries import retried
from models.tenancy import lobby, within
from models.tenant import Tenant
from models.user import User
from models.values import Origin, Role, Row, TenantStatus, now
from observability.logging import logger
from resolvers.letters import LetterKind, post
from resolvers.proofs import refuse_stale
from resolvers.work import door, of_each

_log = logger(__name__)


@retried
async def ask(desk: Desk, caller: Caller, confirm_slug: str) -> Row:
    """The caller's tenant, on its way out: it goes for good in `Desk.deletion_days`, and its owners are told by letter.

    Refuses with InvalidInput where the slug is not the tenant's, NotAllowed under legal hold, ReauthenticationRequired.
    """
    async with within(caller.to(Permission.TENANT_DELETE)):
        await refuse_stale(caller)
        if confirm_slug != caller.tenant_slug:
            raise InvalidInput("This is not the slug of your tenant: write it out, to show that you mean it.", ("confirmSlug",))
        return await send_away(desk, desk.deletion_days, caller.origin, actor=caller.user)


async def send_away(desk: Writes | None, days: int, origin: Origin, *, actor: UUID | None = None, **told: str) -> Row:
    """Sets the date of the held tenant's deletion, on record; by `desk` its owners are told. One whose date is set keeps it."""
    before = await Tenant.locked()
    tenant = await Tenant.leave(now() + timedelta(days=days))
    if before["deletion_at"] is None:
        until = tenant["deletion_at"].isoformat(timespec="seconds")
        await AuditEntry.append("tenant.deletion_requested", origin, actor=actor, target=tenant["id"], until=until, **told)
        for user in await User.every() if desk is not None else []:
            if desk is not None and user["role"] == Role.OWNER and user["active"]:
                await post(desk, LetterKind.TENANT_LEAVES, actor=actor, origin=origin, user=user["id"])
    return tenant


@retried
async def cancel(caller: Caller) -> Row:
    """The caller's tenant, which is not deleted. Refuses with NotAllowed where that was not asked for."""
    async with within(caller.to(Permission.TENANT_DELETE)):
        tenant = await Tenant.locked()
        if tenant["deletion_at"] is None:
            raise NotAllowed("Nobody asked for the deletion of your tenant.", ())
        kept = await Tenant.turn(TenantStatus.ACTIVE, reopen=True)
        await AuditEntry.append("tenant.deletion_cancelled", caller.origin, actor=caller.user, target=tenant["id"])
        return kept


async def erase(_desk: Desk) -> None:
    """Erases the tenants whose time has come. May be called at any time, by several at once; what was cut off is gone on with.

    Where one cannot be erased the others are, and then it raises an ExceptionGroup.
    """
    async with lobby():
        homes = await Tenant.due()
    await of_each([home["id"] for home in homes], erase_one, "tenants that could not be erased")


async def erase_one(tenant: UUID) -> None:
    """Erases a tenant whose time has come, in batches, each of which is a transaction that also counts it in the tenant's stub."""
    while True:
        async with door(tenant):
            if await Tenant.maybe(tenant) is None:  # somebody else has just ended it
                return
            left = await deletion.erase()
        if not left:
            break
    async with lobby():
        stub = await deletion.stub(tenant)
    if stub is not None:
        _log.info("tenant deleted", tenant=tenant.hex, audit_number=stub["audit_number"])


async def stubs() -> list[Row]:
    """What is left of each tenant whose deletion has begun; at the machine itself."""
    async with lobby():
        return await deletion.stubs()
