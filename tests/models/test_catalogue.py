"""What the database says of itself."""

from __future__ import annotations

import asyncpg
import pytest

from auth.vault import Vault
from models.catalogue import applied_migrations, breaches, knows_our_key
from server.database import known_migrations, opened
from tests.conftest import APP, OWNER, VAULT, Database

HELD = "(tenant_id = (SELECT held_tenant()))"


async def test_a_migrated_database_stands_behind_its_wall(tortoise: None) -> None:
    assert await applied_migrations() == known_migrations()
    assert await breaches() == []


@pytest.mark.parametrize(
    ("breach", "mend", "told"),
    [
        ("ALTER TABLE labels DISABLE ROW LEVEL SECURITY", "ALTER TABLE labels ENABLE ROW LEVEL SECURITY", "table: labels"),
        ("ALTER TABLE labels NO FORCE ROW LEVEL SECURITY", "ALTER TABLE labels FORCE ROW LEVEL SECURITY", "table: labels"),
        ("ALTER POLICY own_tenant ON labels RENAME TO other", "ALTER POLICY other ON labels RENAME TO own_tenant", None),
        ("DROP POLICY own_tenant ON labels", f"CREATE POLICY own_tenant ON labels USING {HELD} WITH CHECK {HELD}", "table: labels"),
        (
            f"DROP POLICY own_tenant ON labels; CREATE POLICY own_tenant ON labels FOR SELECT USING {HELD}",
            f"DROP POLICY own_tenant ON labels; CREATE POLICY own_tenant ON labels USING {HELD} WITH CHECK {HELD}",
            "table: labels",
        ),
        (
            f"ALTER POLICY own_tenant ON labels TO {APP}",
            "ALTER POLICY own_tenant ON labels TO PUBLIC",
            "table: labels",
        ),
        ("ALTER POLICY own_tenant ON labels USING (true)", f"ALTER POLICY own_tenant ON labels USING {HELD}", "table: labels"),
        (
            "ALTER POLICY own_tenant ON labels WITH CHECK (true)",
            f"ALTER POLICY own_tenant ON labels WITH CHECK {HELD}",
            "table: labels",
        ),
        (
            "ALTER POLICY own_tenant ON labels USING (tenant_id = held_tenant())",
            f"ALTER POLICY own_tenant ON labels USING {HELD}",
            "table: labels",
        ),
        ("CREATE POLICY wide ON labels USING (true)", "DROP POLICY wide ON labels", "table: labels"),
        (f"CREATE POLICY wide ON labels FOR SELECT TO {APP} USING (true)", "DROP POLICY wide ON labels", "table: labels"),
        ("CREATE POLICY narrow ON labels AS RESTRICTIVE USING (true)", "DROP POLICY narrow ON labels", None),
        (f"ALTER TABLE labels OWNER TO {APP}", f"ALTER TABLE labels OWNER TO {OWNER}", "table: labels"),
        (f"GRANT TRUNCATE ON labels TO {APP}", f"REVOKE TRUNCATE ON labels FROM {APP}", "table: labels"),
        ("CREATE TABLE parts (tenant_id uuid)", "DROP TABLE parts", "table: parts"),
        (
            (
                "CREATE TABLE whole (tenant_id uuid) PARTITION BY HASH (tenant_id); ALTER TABLE whole ENABLE ROW LEVEL SECURITY, "
                f"FORCE ROW LEVEL SECURITY; CREATE POLICY own_tenant ON whole USING {HELD} WITH CHECK {HELD}; "
                "CREATE TABLE part PARTITION OF whole FOR VALUES WITH (MODULUS 1, REMAINDER 0)"
            ),
            "DROP TABLE whole",
            "table: part",
        ),
        ("CREATE SCHEMA aside; CREATE TABLE aside.notes (tenant_id uuid)", "DROP SCHEMA aside CASCADE", "table: notes"),
        (f"CREATE VIEW every AS TABLE labels; GRANT SELECT ON every TO {APP}", "DROP VIEW every", "view: every"),
        (
            f"CREATE VIEW every WITH (security_invoker = on) AS TABLE labels; GRANT SELECT ON every TO {APP}",
            "DROP VIEW every",
            None,
        ),
        ("CREATE VIEW every AS TABLE labels", "DROP VIEW every", None),
        (
            f"CREATE MATERIALIZED VIEW every AS TABLE labels; GRANT SELECT (name) ON every TO {APP}",
            "DROP MATERIALIZED VIEW every",
            "view: every",
        ),
        (
            "CREATE FUNCTION every() RETURNS SETOF labels LANGUAGE sql SECURITY DEFINER AS 'TABLE labels'",
            "DROP FUNCTION every()",
            "function: every()",
        ),
        ("CREATE FUNCTION every() RETURNS SETOF labels LANGUAGE sql AS 'TABLE labels'", "DROP FUNCTION every()", None),
        (
            "ALTER FUNCTION enter RESET search_path",
            "ALTER FUNCTION enter SET search_path = pg_catalog, public, pg_temp",
            "function: enter(uuid,uuid,text[])",
        ),
        (f"ALTER ROLE {APP} BYPASSRLS", f"ALTER ROLE {APP} NOBYPASSRLS", "role: superuser, or may bypass row-level security"),
        (f"ALTER ROLE {APP} CREATEROLE", f"ALTER ROLE {APP} NOCREATEROLE", "role: superuser, or may bypass row-level security"),
        (
            f"GRANT address_book_backup TO {APP}",
            f"REVOKE address_book_backup FROM {APP}",
            "role: superuser, or may bypass row-level security",
        ),
        (
            f"GRANT pg_execute_server_program TO {APP}",
            f"REVOKE pg_execute_server_program FROM {APP}",
            "role: superuser, or may bypass row-level security",
        ),
        (f"GRANT CREATE ON SCHEMA public TO {APP}", f"REVOKE CREATE ON SCHEMA public FROM {APP}", "role: makes objects of its own"),
        (
            f"GRANT SET ON PARAMETER backtrace_functions TO {APP}",
            f"REVOKE SET ON PARAMETER backtrace_functions FROM {APP}",
            "role: opens doors by itself",
        ),
        (
            "GRANT EXECUTE ON FUNCTION open_door TO PUBLIC",
            "REVOKE EXECUTE ON FUNCTION open_door FROM PUBLIC",
            "role: opens doors by itself",
        ),
        (f"GRANT INSERT ON door_keys TO {APP}", f"REVOKE INSERT ON door_keys FROM {APP}", "role: opens doors by itself"),
    ],
)
async def test_a_breach_is_named(breach: str, mend: str, told: str | None, admin: asyncpg.Connection, database: Database) -> None:
    if "OWNER TO" in breach:  # what the app was granted goes with its being the owner
        mend += f"; GRANT SELECT, INSERT, UPDATE, DELETE ON labels TO {APP}"
    await admin.execute(breach)
    try:
        async with opened(database.app, VAULT, pool=1):
            assert await breaches() == ([] if told is None else [told])
    finally:
        await admin.execute(mend)
    async with opened(database.app, VAULT, pool=1):
        assert await breaches() == []


async def test_a_temporary_table_would_stand_in_front_of_ours(database: Database, admin: asyncpg.Connection) -> None:
    name = database.app.rpartition("/")[2]
    await admin.execute(f'GRANT TEMPORARY ON DATABASE "{name}" TO PUBLIC')
    try:
        async with opened(database.app, VAULT, pool=1):
            assert await breaches() == ["role: makes objects of its own"]
    finally:
        await admin.execute(f'REVOKE TEMPORARY ON DATABASE "{name}" FROM PUBLIC')


async def test_the_setting_of_the_doors_is_for_them_alone(database: Database, admin: asyncpg.Connection) -> None:
    await admin.execute(f"ALTER ROLE {APP} SET backtrace_functions = 'errfinish'")
    try:
        async with opened(database.app, VAULT, pool=1):
            assert await breaches() == ["setting: backtrace_functions is not for use here"]
    finally:
        await admin.execute(f"ALTER ROLE {APP} RESET backtrace_functions")


async def test_an_owner_or_a_superuser_stands_above_the_wall(database: Database, admin: asyncpg.Connection) -> None:
    for dsn, told in (
        (database.owner, "role: opens doors by itself"),
        (database.admin, "role: superuser, or may bypass row-level security"),
    ):
        async with opened(dsn, VAULT, pool=1):
            assert told in await breaches()


async def test_a_key_that_the_database_does_not_know_is_noticed(database: Database, tortoise: None) -> None:
    assert await knows_our_key() is True
    vault = Vault([b"another secret, of 32 bytes or more"])
    async with opened(database.app, vault, pool=1):
        assert await knows_our_key() is False
        vault.take(VAULT)  # as a server does whose file of keys has changed
        assert await knows_our_key() is True
