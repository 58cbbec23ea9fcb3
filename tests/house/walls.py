"""The two walls between the tenants, each of which can be taken away alone; and a checksum of all that a tenant has."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from tortoise.queryset import QuerySet

from models import tenancy


def without_filters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wall 1, the application's own conditions: the managers and the hand-written statements ask for every row."""

    def everybody(_alias: str) -> str:
        return "$1::uuid IS NOT NULL"

    def unfiltered(manager: tenancy.TenantManager) -> QuerySet[Any]:
        return QuerySet(manager._model)

    real = tenancy.own
    for name, module in list(sys.modules.items()):
        if name.startswith("models.") and getattr(module, "own", None) is real:
            monkeypatch.setattr(module, "own", everybody)
            for kept in [name for name, value in vars(module).items() if hasattr(value, "cache_clear")]:
                monkeypatch.setattr(module, kept, getattr(module, kept).__wrapped__)
    monkeypatch.setattr(tenancy.TenantManager, "get_queryset", unfiltered)


@asynccontextmanager
async def without_policies(admin: asyncpg.Connection) -> AsyncIterator[None]:
    """Wall 2, row-level security, which is back in force afterwards."""
    tables = await tenant_tables(admin)
    for table in tables:
        await admin.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    try:
        yield
    finally:
        for table in tables:
            await admin.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


async def tenant_tables(admin: asyncpg.Connection) -> list[str]:
    """The tables that have a tenant_id, by name; from the catalogue."""
    rows = await admin.fetch(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' "
        "WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY 1"
    )
    return [row["relname"] for row in rows]


async def checksums(admin: asyncpg.Connection, tenant: UUID) -> dict[str, str]:
    """A digest of the tenant's rows in each table."""
    found = {}
    for table, column in [("tenants", "id"), *((table, "tenant_id") for table in await tenant_tables(admin))]:
        found[table] = await admin.fetchval(
            f"SELECT md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM {table} t WHERE {column} = $1", tenant
        )
    return found
