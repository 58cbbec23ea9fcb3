"""What the database says of itself: whether it is migrated, and whether the wall between the tenants stands."""

from __future__ import annotations

from typing import Final

from models.tenancy import fetch, lobby

_UNGUARDED: Final = """
SELECT c.relname AS name
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p')
   AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (
            SELECT FROM pg_policy p
             WHERE p.polrelid = c.oid AND p.polcmd = '*' AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL))
 ORDER BY 1
"""

_MIGHTY: Final = """
SELECT rolname AS name FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)
UNION ALL
SELECT current_user WHERE EXISTS (
    SELECT FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
     WHERE c.relkind IN ('r', 'p') AND pg_has_role(current_user, c.relowner, 'MEMBER'))
"""


async def applied_migrations() -> list[str]:
    """The names of the migrations that this database has seen, oldest first."""
    async with lobby():
        if not (await fetch("SELECT to_regclass('public.aerich') IS NOT NULL AS made"))[0]["made"]:
            return []
        return [row["version"] for row in await fetch("SELECT version FROM aerich WHERE app = 'models' ORDER BY id")]


async def unguarded_tables() -> list[str]:
    """Tenant tables without forced row-level security, or without a policy that reads and writes alike. Empty is right."""
    async with lobby():
        return [row["name"] for row in await fetch(_UNGUARDED)]


async def above_the_wall() -> bool:
    """Whether the role that serves could bypass row-level security, or owns a tenant table. False is right."""
    async with lobby():
        return bool(await fetch(_MIGHTY))
