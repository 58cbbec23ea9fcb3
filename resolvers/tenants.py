"""The caller's own tenant, and what operators of the whole service do with tenants: never with their people or data."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

from auth.caller import Caller
from auth.desk import Desk
from auth.permissions import Permission
from models import legacy, rules
from models.audit import AuditEntry
from models.contact import Contact
from models.errors import Forbidden, NotAllowed, NotFound
from models.paging import Page, Window
from models.retries import retried
from models.session import Session
from models.tenancy import lobby, through, within
from models.tenant import Tenant
from models.user import User
from models.values import Role, Row, SignupPolicy, TenantStatus, new_id
from resolvers import invitations, links
from resolvers.proofs import refuse_stale

GOVERNED: Final = frozenset({"audit_days", "legal_hold", "trash_days"})
"""The settings that say how long data is kept."""


async def own(caller: Caller) -> Row:
    """The caller's tenant."""
    async with within(caller.to(Permission.TENANT_READ)):
        return await Tenant.find(caller.tenant)


async def claimed(caller: Caller, slug: str) -> None:
    """Refuses with Forbidden a request that says it belongs to a tenant other than its caller's."""
    if slug != caller.tenant_slug:
        await own(caller)  # that the session has ended is told first
        raise Forbidden("Tenant access denied")


async def usage(caller: Caller) -> Row:
    """How many contacts (without the trash) and users the caller's tenant has."""
    async with within(caller.to(Permission.TENANT_READ)):
        return {"contacts": await Contact.count(), "users": await User.count()}


@retried
async def change(caller: Caller, values: Mapping[str, Any]) -> Row:
    """The caller's tenant after its name or settings took new values; GOVERNED settings are an owner's.

    Refuses with a field's rule, NotAllowed where the caller asks everybody for a second factor without having one or lifts an
    operator's hold, or ReauthenticationRequired where they ask for it no more, lift legal hold, or keep something for less time.
    """
    governs = GOVERNED & values.keys()
    async with within(caller.to(Permission.TENANT_GOVERN if governs else Permission.TENANT_WRITE)):
        told: dict[str, Any] = {name: values[name] for name in governs}
        if governs:
            await _refuse_haste(caller, values)
        if values.get("require_totp") is not None:
            told["require_totp"] = await _second_factor(caller, required=values["require_totp"])
        tenant = await Tenant.change(caller.tenant, **values)
        fields = sorted(values)
        await AuditEntry.append("tenant.changed", caller.origin, actor=caller.user, target=caller.tenant, fields=fields, **told)
        return tenant


async def requests_per_minute(tenant_ids: Sequence[UUID]) -> dict[UUID, int]:
    """What those of the tenants that exist decided, by id; for the server itself."""
    async with lobby():
        return {tenant: row["requests_per_minute"] for tenant, row in (await Tenant.many(tenant_ids)).items()}


async def search(caller: Caller, window: Window, search: str | None) -> Page:
    """One page of all tenants, by slug; for operators."""
    async with through(caller.to(Permission.TENANTS_OPERATE)):
        return await Tenant.page(window, search)


async def count(caller: Caller, search: str | None) -> int:
    """How many tenants `search` finds; for operators."""
    async with through(caller.to(Permission.TENANTS_OPERATE)):
        return await Tenant.matching(search)


async def many(caller: Caller, tenant_ids: Sequence[UUID]) -> dict[UUID, Row]:
    """Those of the tenants that exist, by id; for operators."""
    async with within(caller.to(Permission.TENANTS_OPERATE)):
        return await Tenant.many(tenant_ids)


async def create(desk: Desk, caller: Caller, slug: str, name: str, signup: SignupPolicy, owner_email: str | None = None) -> Row:
    """A new tenant, and the invitation of its first owner where an address is given; for operators.

    Refuses with SlugTaken, a field's rule, or NotAllowed where an invitation cannot be mailed.
    """
    async with within(caller.to(Permission.TENANTS_OPERATE)):
        tenant_id = new_id()
    if owner_email is not None:
        links.refuse_without_mail(desk, "ownerEmail")
        rules.email(owner_email, "ownerEmail")
    async with within(tenant_id):
        tenant = await Tenant.add(slug, name, signup, id=tenant_id)
        await AuditEntry.append("tenant.created", caller.origin, actor=caller.user, target=tenant_id, by="operator")
        if owner_email is not None:
            await invitations.enclose(desk, caller.origin, owner_email, Role.OWNER, actor=caller.user, by="operator")
    return tenant


async def create_named(desk: Desk, caller: Caller, slug: str, name: str) -> Row:
    """A new tenant under the old rules, open for sign-up as the old clients expect; an empty slug is made up."""
    async with within(caller.to(Permission.TENANTS_OPERATE)):
        slug = slug or str(new_id())
        legacy.tenant(slug, name)
    return await create(desk, caller, slug, name, SignupPolicy.OPEN)


async def rename(caller: Caller, tenant_id: UUID | None, name: str) -> Row:
    """The tenant under a new name; for operators. Refuses with a field's rule."""
    async with _operated(caller, tenant_id, "tenant.changed") as tenant:
        return await Tenant.change(tenant, name=name)


async def suspend(caller: Caller, tenant_id: UUID | None) -> Row:
    """Ends the tenant's sessions and refuses its people until it is resumed; for operators, but not their own tenant."""
    async with _operated(caller, tenant_id, "tenant.suspended", own=False):
        return await Tenant.turn(TenantStatus.SUSPENDED)


async def resume(caller: Caller, tenant_id: UUID | None) -> Row:
    """Lets the tenant's people sign in again; for operators."""
    async with _operated(caller, tenant_id, "tenant.resumed"):
        return await Tenant.turn(TenantStatus.ACTIVE)


async def close(caller: Caller, tenant_id: UUID | None) -> Row:
    """What the old routes call deleting: the tenant serves nobody and is not listed there, its data stays; for operators."""
    async with _operated(caller, tenant_id, "tenant.closed", own=False):
        return await Tenant.turn(TenantStatus.DELETING)


async def by_slug(caller: Caller, slug: str) -> Row:
    """The tenant of this slug, unless it was closed; for operators of the old routes. Refuses with NotFound."""
    async with within(caller.to(Permission.TENANTS_OPERATE)):
        tenant = await Tenant.maybe_by_slug(slug) if "\x00" not in slug else None
    if tenant is None or tenant["status"] == TenantStatus.DELETING:
        raise NotFound(f"Tenant not found: {slug}", ("id",))
    return tenant


async def listed(caller: Caller) -> list[Row]:
    """All tenants but the closed ones, by slug; for operators of the old routes, which filter and count them."""
    async with within(caller.to(Permission.TENANTS_OPERATE)):
        return await Tenant.listed()


async def statistics(caller: Caller) -> dict[str, int]:
    """How many `users` all listed tenants have together, and how many of those are `signed_in`; for operators: counts alone.

    Each tenant is counted behind its own door, one after the other.
    """
    tenants = await listed(caller)
    users = signed_in = 0
    for tenant in tenants:
        async with within(tenant["id"]):
            users += await User.count()
            signed_in += await Session.people()
    return {"users": users, "signed_in": signed_in}


async def _refuse_haste(caller: Caller, values: Mapping[str, Any]) -> None:
    """What lets data go asks for a proof of the last minutes; what an operator holds no owner lets go."""
    tenant = await Tenant.locked()
    if tenant["held_by_operator"] and values.get("legal_hold") is False:
        raise NotAllowed("An operator put this tenant under legal hold, and lifts it.", ("legalHold",))
    if any(values.get(name) is not None and values[name] < tenant[name] for name in GOVERNED):  # a hold that is lifted is less, too
        await refuse_stale(caller)


async def _second_factor(caller: Caller, *, required: bool) -> bool:
    """Whether it is required from now on."""
    await User.alone()  # nobody disables theirs meanwhile
    session, tenant = await Session.maybe(caller.session), await Tenant.find(caller.tenant)
    if required and not (session and session["second_factor"]):
        raise NotAllowed("Enrol an authenticator yourself first, or sign in with its code.", ("requireTotp",))
    if tenant["require_totp"] and not required:
        await refuse_stale(caller)
    return required


@asynccontextmanager
async def _operated(caller: Caller, tenant_id: UUID | None, action: str, *, own: bool = True) -> AsyncIterator[UUID]:
    """The door of any tenant, to an operator whose own door was opened before; what they did is on record there."""
    async with within(caller.to(Permission.TENANTS_OPERATE)):
        tenant = None if tenant_id is None else await Tenant.maybe(tenant_id)
    if tenant is None:
        raise NotFound("There is no such tenant.", ("id",))
    if tenant["id"] == caller.tenant and not own:
        raise NotAllowed("This is your own tenant: nobody would be left to undo it.", ("id",))
    async with within(tenant["id"]):
        yield tenant["id"]
        await AuditEntry.append(action, caller.origin, actor=caller.user, target=tenant["id"], by="operator")
