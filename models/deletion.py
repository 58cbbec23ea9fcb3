"""The deletion of a tenant: its rows go in batches, and a stub stays that tells of it: no name, no data."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from models import queue
from models.tenancy import door_key, fetch
from models.values import Row

BATCH: Final = 1_000
"""Rows that are removed in one transaction, at the most."""

_STUB: Final = (
    "SELECT d.id, d.slug_digest, d.deletion_at, d.began_at, d.finished_at, d.removed::text AS removed, d.audit_number, "
    "d.audit_head FROM deletions d"
)


async def erase() -> int:
    """Removes the next rows of the held tenant, whose time has come; how many. 0: all is gone, the tenant too."""
    await queue.forget()
    return int((await fetch("SELECT erase_tenant($1, $2) AS removed", door_key.get()(), BATCH))[0]["removed"])


async def stubs() -> list[Row]:
    """What is left of the tenants whose deletion has begun, the latest first; `removed` is JSON. In the lobby."""
    return await fetch(f"{_STUB} ORDER BY d.began_at DESC, d.id DESC")


async def stub(tenant: UUID) -> Row | None:
    """What is left of a tenant; None where its deletion has not begun."""
    rows = await fetch(f"{_STUB} WHERE d.id = $1", tenant)
    return rows[0] if rows else None
