"""A tenant carried out of one service and into another, by an operator at the machine, who has no session and needs none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from auth.legacy_hashes import UNUSABLE
from auth.vault import Vault
from models import bundle, deletion, rules
from models.audit import AuditEntry
from models.errors import NotAllowed, SlugTaken
from models.legacy_import import pass_numbers
from models.seal import AuditSeal
from models.tenancy import lobby, within
from models.tenant import Tenant
from models.user import User
from models.values import Origin, Row, TenantStatus, new_id
from resolvers import arrivals, bundles, console

_HERE: Final = Origin(user_agent="console")


class _DryRun(Exception):
    """Rolls back what was only tried."""


async def export(slug: str, vault: Vault, put: Callable[[bytes], object], tell: bundles.Tell, *, passwords: bool = False) -> Row:
    """Puts the pieces of a bundle of this tenant, of one moment; that it left is on record. Its row. Refuses with NotFound."""
    tenant = await console.called(slug)
    async with within(tenant["id"], snapshot=True):
        async for piece in bundles.written(tenant, vault, tell, passwords=passwords):
            put(piece)
        await AuditEntry.append("tenant.exported", _HERE, target=tenant["id"], by="console", passwords=passwords)
    return tenant


async def restore(given: bundles.Bundle, slug: str | None, tell: Callable[[int], Awaitable[None]], *, dry: bool = False) -> Row:
    """The tenant as the bundle has it, under its own slug or another one; all of it or nothing. A `dry` run does it and undoes it.

    Refuses with SlugTaken where a tenant of this slug has people, contacts, labels or a log of its own, or another one had the slug
    until it was deleted, NotAllowed where one is being deleted, and as `arrivals.taken` and the tables' constraints do.
    """
    slug, own = rules.slug(slug or given.tenant["slug"], "slug"), UUID(given.tenant["id"])
    home = await _home(slug, own)
    try:
        async with within(home):
            await User.alone()
            sealed = await AuditSeal.last_number() > 0
            if (held := "a log of its own" if sealed and home != own else await bundle.occupied()) is not None:
                raise SlugTaken(f"There is a tenant {slug}, which has {held}. Nothing is mixed: import it as another one, by --as.")
            for name in bundle.TABLES:
                # A seal covers the tenant's id: where that is another one, the log is sealed anew, from its first entry.
                if name != "audit_seals" or (home == own and not sealed):
                    for lines in given.batches(name):
                        await bundle.write(name, given.columns(name), arrivals.taken(name, lines, slug), UNUSABLE)
                        await tell(len(lines))
            if not dry:
                await pass_numbers(*await bundle.numbered())  # of all tenants, and not undone
            await AuditEntry.append("tenant.imported", _HERE, target=home, by="console", at=given.at)
            tenant = await Tenant.find(home)
            if dry:
                raise _DryRun
    except _DryRun:
        pass
    return tenant


async def _home(slug: str, own: UUID) -> UUID:
    """The id of the tenant to fill: of the one with this slug; else the bundle's own, unless a tenant has it, or had it when it was
    deleted: what a stub and a certificate tell of stays gone."""
    async with lobby():
        there = await Tenant.maybe_by_slug(slug)
        if there is not None:
            if there["status"] == TenantStatus.DELETING:
                raise NotAllowed(f"There is a tenant {slug}, which is being deleted.", ("slug",))
            return UUID(str(there["id"]))
        await Tenant.refuse_resting(slug, own)
        return new_id() if await Tenant.maybe(own) or await deletion.stub(own) else own
