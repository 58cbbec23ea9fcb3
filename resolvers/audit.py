"""What a tenant's administrators read of its audit log. Reading it is not on record: each look would add to what is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from auth.caller import Caller
from auth.permissions import Permission
from models.audit import AuditEntry, AuditQuery
from models.paging import Page, Window
from models.tenancy import through, within
from models.values import Row


async def search(caller: Caller, query: AuditQuery, window: Window, columns: frozenset[str] | None = None) -> Page:
    """One page of the entries that are asked for, the latest first, with these of their columns."""
    async with through(caller.to(Permission.AUDIT_READ)):
        return await query.page(window, columns)


async def many(caller: Caller, entry_ids: Sequence[UUID]) -> dict[UUID, Row]:
    """Those of the entries that the tenant has, by id."""
    async with within(caller.to(Permission.AUDIT_READ)):
        return await AuditEntry.many(entry_ids)


async def actors(caller: Caller, entry_ids: Sequence[UUID], columns: frozenset[str] | None = None) -> dict[UUID, Row | None]:
    """Who did what each of the entries tells of, with these of their columns; None where they are no user any more."""
    async with through(caller.to(Permission.AUDIT_READ)):
        return await AuditEntry.actors(entry_ids, columns)
