"""What the database says of itself."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import asyncpg
import pytest

from auth.vault import Vault
from models.catalogue import _BREACHES, applied_migrations, breaches, knows_our_key
from server.database import known_migrations, opened, with_database
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
        (
            "ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE tenants FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY",
            "table: tenants",
        ),
        ("CREATE POLICY more ON tenants FOR UPDATE USING (true)", "DROP POLICY more ON tenants", "table: tenants"),
        (
            f"CREATE POLICY more ON tenants FOR INSERT TO {APP} WITH CHECK (true)",
            "DROP POLICY more ON tenants",
            "table: tenants",
        ),
        (f"GRANT DELETE ON tenants TO {APP}", f"REVOKE DELETE ON tenants FROM {APP}", "table: tenants"),
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
        (f"GRANT CREATE ON SCHEMA public TO {APP}", f"REVOKE CREATE ON SCHEMA public FROM {APP}", "role: makes objects of its own"),
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


@pytest.fixture
async def another(admin: asyncpg.Connection, worker_id: str) -> AsyncIterator[str]:
    """A role that may do what the app role may; its password is its name. Roles are the whole cluster's: ours stay as they are."""
    role = f"another_{os.environ['TEST_RUN']}_{worker_id}"
    await admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{role}' IN ROLE {APP}")
    yield role
    await admin.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.mark.parametrize(
    ("breach", "told"),
    [
        ("ALTER ROLE {role} BYPASSRLS", "role: superuser, or may bypass row-level security"),
        ("ALTER ROLE {role} CREATEROLE", "role: superuser, or may bypass row-level security"),
        ("ALTER ROLE {role} REPLICATION", "role: superuser, or may bypass row-level security"),
        ("GRANT address_book_backup TO {role}", "role: superuser, or may bypass row-level security"),
        ("GRANT pg_execute_server_program TO {role}", "role: superuser, or may bypass row-level security"),
        ("GRANT SET ON PARAMETER backtrace_functions TO {role}", "role: opens doors by itself"),
        ("ALTER ROLE {role} SET backtrace_functions = 'errfinish'", "setting: backtrace_functions is not for use here"),
    ],
)
async def test_a_role_that_may_too_much_is_named(
    breach: str, told: str, another: str, database: Database, admin: asyncpg.Connection
) -> None:
    dsn = with_database(database.app, database.app.rpartition("/")[2], another, another)
    async with opened(dsn, VAULT, pool=1):
        assert await breaches() == []
    await admin.execute(breach.format(role=another))
    async with opened(dsn, VAULT, pool=1):
        assert await breaches() == [told]


async def test_an_owner_who_may_not_open_doors_is_noticed(admin: asyncpg.Connection) -> None:
    """As after a restore into a cluster where `roles.sql` was not run. In a transaction: roles are the whole cluster's."""
    transaction = admin.transaction()
    await transaction.start()
    await admin.execute(f"REVOKE SET ON PARAMETER backtrace_functions FROM {OWNER}; SET LOCAL ROLE {APP}")
    assert [row["breach"] for row in await admin.fetch(_BREACHES)] == ["setting: the doors may not write it"]
    await transaction.rollback()


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
