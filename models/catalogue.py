"""What the database says of itself: whether it is migrated, and whether the wall between the tenants stands."""

from __future__ import annotations

from typing import Final

from models.tenancy import client, door_key, fetch, lobby

_ABOVE: Final = """
SELECT 'role: superuser, or may bypass row-level security' WHERE EXISTS (
    SELECT FROM pg_roles r WHERE pg_has_role(r.oid, 'MEMBER')
       AND (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolreplication
            OR r.rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')))
UNION ALL
SELECT 'role: makes objects of its own'
 WHERE has_database_privilege(current_database(), 'CREATE, TEMPORARY')
    OR EXISTS (SELECT FROM ours n WHERE has_schema_privilege(n.oid, 'CREATE'))
UNION ALL
SELECT 'role: opens doors by itself'
 WHERE has_parameter_privilege('backtrace_functions', 'SET') OR has_function_privilege('open_door(uuid)', 'EXECUTE')
    OR has_table_privilege('door_keys', 'INSERT, UPDATE, DELETE')
UNION ALL
SELECT 'setting: backtrace_functions is not for use here' WHERE current_setting('backtrace_functions') <> ''
UNION ALL
SELECT 'setting: the doors may not write it' FROM pg_proc p
 WHERE p.oid = 'open_door(uuid)'::regprocedure AND NOT has_parameter_privilege(p.proowner, 'backtrace_functions', 'SET')
"""

_LENT: Final = """
SELECT 'function: ' || p.oid::regprocedure
  FROM pg_proc p JOIN ours n ON n.oid = p.pronamespace
 WHERE p.prosecdef AND has_function_privilege(p.oid, 'EXECUTE')
   AND NOT (p.proname IN ('cut_audit', 'enter', 'erase_tenant', 'forget_logins', 'hold', 'knows_door_key',
                             'pass_numbers')
            AND coalesce(p.proconfig && ARRAY['search_path=pg_catalog, public, pg_temp', 'search_path=pg_catalog, pg_temp'], false))
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT 'view: ' || c.relname
  FROM pg_class c JOIN ours n ON n.oid = c.relnamespace
 WHERE has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE')
   AND (c.relkind = 'm' OR c.relkind = 'v' AND NOT EXISTS (
            SELECT FROM pg_options_to_table(c.reloptions) o WHERE o.option_name = 'security_invoker' AND o.option_value::boolean))
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
"""

# Permissive policies add up, so there is one; a restrictive one may stand beside it.
_UNGUARDED: Final = """
SELECT 'table: ' || c.relname
  FROM pg_class c
  JOIN ours n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p', 'f')
   AND NOT (c.relrowsecurity AND c.relforcerowsecurity
            AND NOT pg_has_role(c.relowner, 'MEMBER')
            AND NOT has_table_privilege(c.oid, 'TRUNCATE, REFERENCES, TRIGGER')
            AND 1 = (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive)
            AND EXISTS (
                SELECT FROM pg_policy p
                 WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd = '*' AND p.polroles = '{0}'
                   AND pg_get_expr(p.polqual, p.polrelid) = '(tenant_id = ( SELECT held_tenant() AS held_tenant))'
                   AND pg_get_expr(p.polwithcheck, p.polrelid) = '(tenant_id = ( SELECT held_tenant() AS held_tenant))'))
"""

# Its rows are read in the lobby, and so by everybody.
_SETTINGS: Final = """
SELECT 'table: tenants'
  FROM pg_class c
 WHERE c.oid = 'tenants'::regclass
   AND NOT (c.relrowsecurity AND c.relforcerowsecurity
            AND NOT has_table_privilege(c.oid, 'DELETE, TRUNCATE, REFERENCES, TRIGGER')
            AND NOT EXISTS (
                SELECT FROM pg_policy p CROSS JOIN (VALUES ('(id = ( SELECT held_tenant() AS held_tenant))')) AS own(row)
                 WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd <> 'r'
                   AND NOT (coalesce(pg_get_expr(p.polqual, p.polrelid), own.row) = own.row
                            AND coalesce(pg_get_expr(p.polwithcheck, p.polrelid), own.row) = own.row)))
"""

_BREACHES: Final = f"""
WITH ours AS (SELECT oid FROM pg_namespace WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%')
SELECT breach FROM ({_ABOVE} UNION ALL {_LENT} UNION ALL {_UNGUARDED} UNION ALL {_SETTINGS}) AS found(breach) ORDER BY 1
"""


async def applied_migrations() -> list[str]:
    """The names of the migrations that this database has seen, oldest first."""
    async with lobby():
        if not (await fetch("SELECT to_regclass('public.aerich') IS NOT NULL AS made"))[0]["made"]:
            return []
        return [row["version"] for row in await fetch("SELECT version FROM aerich WHERE app = 'models' ORDER BY id")]


async def breaches() -> list[str]:
    """Where the wall between the tenants does not stand, for the role that serves; empty is right.

    `table: labels` is not guarded as every tenant table is; `view: …` and `function: …` lend it the rights of another role;
    `role: …` says what it may do and should not.
    """
    async with lobby():
        return [row["breach"] for row in await fetch(_BREACHES)]


async def knows_our_key() -> bool:
    """Whether the key is known with which this process holds a tenant where there is no session."""
    async with lobby():
        return bool((await fetch("SELECT knows_door_key($1) AS known", door_key.get()()))[0]["known"])


async def clock() -> float:
    """The database's time, in seconds of the epoch."""
    async with lobby():
        return float((await fetch("SELECT extract(epoch FROM clock_timestamp()) AS now"))[0]["now"])


def busy() -> bool:
    """Whether every connection that may be is in use, and some came back of late: the database answers, though not us."""
    return client.get().pool.busy()


async def read_only() -> bool:
    """Whether the database takes no writes for now; the pool learns it, too, should nobody have tried to write."""
    async with lobby():
        asked = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS it_is"
        found = bool((await fetch(asked))[0]["it_is"])
    client.get().pool.found(read_only=found)
    return found
