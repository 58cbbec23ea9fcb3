"""The wall as the catalogue of a migrated database has it (TI-07, TI-11), and that nothing drifts from what is committed."""

from __future__ import annotations

import os
from pathlib import Path

import asyncpg
import pytest
from aerich.utils import compress_dict, decompress_dict, get_models_describe, import_py_file
from tortoise import Model, Tortoise

from models.tenancy import LobbyManager, TenantManager
from server.database import ROOT, known_migrations
from tests.conftest import APP, OWNER, Database
from tests.house.catalogue import dump
from tests.house.walls import tenant_tables

COMMITTED = Path(__file__).with_name("catalogue.txt")
STRICT = "(tenant_id = ( SELECT held_tenant() AS held_tenant))"
GLOBAL_KEYS = {
    "aerich_pkey": "migrations belong to no tenant",
    "backfills_pkey": "a backfill goes through all tenants",
    "deletions_of_slug": "whether a deleted tenant had a slug is asked before there is a tenant",
    "deletions_pkey": "their tenants are gone",
    "door_keys_pkey": "a key of the server holds any tenant",
    "tenants_pkey": "tenants are found before any door is open",
    "tenants_slug_key": "what people type when they sign in names one tenant of all",
}
"""The keys that do not begin with tenant_id, each with its reason."""


LENT = {
    "cut_audit(bytea,timestamp with time zone,integer)": "with the key: what is too old goes from the beginning of the log",
    "enter(uuid,uuid,text[])": "the door",
    "erase_tenant(bytea,integer)": "with the key: a tenant whose time has come goes",
    "forget_logins(bytea,timestamp with time zone,integer)": "with the key: what is too old goes from the history",
    "hold(uuid,bytea)": "the door of those without a session",
    "knows_door_key(bytea)": "whether the server has the key of that door",
    "pass_numbers(integer,integer)": "numbers of new rows go on after old ids: forward alone, and never near their end",
}
"""The functions that run as their owner, each with what it is for."""


async def test_the_database_is_as_committed(admin: asyncpg.Connection) -> None:
    """After a migration on purpose: UPDATE=1 python -m pytest tests/house/test_catalogue.py, and look at the difference."""
    printed = await dump(admin)
    if os.environ.get("UPDATE") == "1":
        COMMITTED.write_text(printed, encoding="utf-8")
    assert printed.splitlines() == COMMITTED.read_text(encoding="utf-8").splitlines()


async def test_every_tenant_table_stands_behind_the_wall(admin: asyncpg.Connection) -> None:
    tables = await tenant_tables(admin)
    assert len(tables) >= 8
    for table in tables:
        rows = await admin.fetch(
            "SELECT c.relrowsecurity, c.relforcerowsecurity, p.polcmd::text, p.polpermissive, p.polroles::text, "
            "pg_get_expr(p.polqual, p.polrelid) AS reads, pg_get_expr(p.polwithcheck, p.polrelid) AS writes "
            "FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid WHERE c.oid = $1::text::regclass",
            table,
        )
        assert [tuple(row) for row in rows] == [(True, True, "*", True, "{0}", STRICT, STRICT)], table


async def test_only_these_tables_have_no_tenant(admin: asyncpg.Connection) -> None:
    rows = await admin.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    assert {row["tablename"] for row in rows} - set(await tenant_tables(admin)) == {
        "aerich",
        "backfills",
        "deletions",
        "door_keys",
        "tenants",
    }
    nullable = await admin.fetch(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'tenant_id' "
        "AND (is_nullable = 'YES' OR data_type <> 'uuid')"
    )
    assert nullable == []


async def test_every_key_begins_with_the_tenant(admin: asyncpg.Connection) -> None:
    keys = await admin.fetch(
        "SELECT c.relname AS name, a.attname AS first FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
        "WHERE c.relnamespace = 'public'::regnamespace"
    )
    assert {row["name"] for row in keys if row["first"] != "tenant_id"} == set(GLOBAL_KEYS)


async def test_every_reference_keeps_to_its_tenant(admin: asyncpg.Connection) -> None:
    """A foreign key is checked past row-level security: it begins with the tenant on both sides, or leads to tenants."""
    references = await admin.fetch(
        "SELECT f.conname AS name, t.relname AS target, a.attname AS mine, b.attname AS theirs FROM pg_constraint f "
        "JOIN pg_class t ON t.oid = f.confrelid JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1] "
        "JOIN pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = f.confkey[1] WHERE f.contype = 'f'"
    )
    assert len(references) >= 13
    for row in references:
        expected = ("tenant_id", "id") if row["target"] == "tenants" else ("tenant_id", "tenant_id")
        assert (row["mine"], row["theirs"]) == expected, row["name"]


async def test_every_tenant_table_leads_to_its_tenant(admin: asyncpg.Connection) -> None:
    rows = await admin.fetch(
        "SELECT conrelid::regclass::text AS name FROM pg_constraint "
        "WHERE contype = 'f' AND confrelid = 'tenants'::regclass ORDER BY 1"
    )
    assert [row["name"] for row in rows] == await tenant_tables(admin)


async def test_the_role_that_serves_stands_below_the_wall(admin: asyncpg.Connection, database: Database) -> None:
    role = await admin.fetchrow("SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = $1", APP)
    assert role is not None
    assert tuple(role) == (False, False, False, False)
    assert await admin.fetch("SELECT FROM pg_auth_members WHERE member = $1::text::regrole", APP) == []
    owned = (
        "SELECT FROM pg_class WHERE relowner = $1::text::regrole UNION ALL SELECT FROM pg_proc WHERE proowner = $1::text::regrole"
    )
    assert await admin.fetch(owned, APP) == []
    connection = await asyncpg.connect(database.app)
    try:
        for statement in (
            f"SET ROLE {OWNER}",
            "CREATE TABLE mine (id integer)",
            "ALTER TABLE contacts DISABLE ROW LEVEL SECURITY",
            "DROP POLICY own_tenant ON contacts",
            "UPDATE aerich SET version = 'x'",
            "DELETE FROM tenants",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


async def test_nothing_else_lends_its_rights(admin: asyncpg.Connection) -> None:
    """No other function runs as its owner, and no view reads as its owner; the owner is bound by row-level security itself."""
    lending = await admin.fetch(
        "SELECT oid::regprocedure::text AS name, pg_get_userbyid(proowner) AS owner, proconfig FROM pg_proc "
        "WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    assert {(row["name"], row["owner"]) for row in lending} == {(name, OWNER) for name in LENT}
    assert {tuple(row["proconfig"]) for row in lending} == {
        ("search_path=pg_catalog, pg_temp",),
        ("search_path=pg_catalog, public, pg_temp",),
    }
    views = await admin.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND (relkind = 'm' OR relkind = 'v' "
        "AND NOT coalesce('security_invoker=true' = ANY (reloptions), false))"
    )
    assert views == []


async def test_every_table_has_a_model_with_the_right_manager(tortoise: None, admin: asyncpg.Connection) -> None:
    known: dict[str, type[Model]] = {model._meta.db_table: model for model in Tortoise.apps["models"].values()}
    tables = await tenant_tables(admin)
    assert sorted(known) == sorted([*tables, "backfills", "tenants"])
    for table, model in known.items():
        manager = LobbyManager if table in {"backfills", "tenants"} else TenantManager
        assert type(model._meta.manager) is manager, table
        columns = await admin.fetch(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped", table
        )
        assert set(model._meta.db_fields) <= {row["attname"] for row in columns}, table


async def test_the_last_migration_knows_the_models_as_they_are(tortoise: None) -> None:
    """Or the next `aerich migrate` would write a change that is none, or miss one. Docstrings may differ: they are no state."""
    module = import_py_file(ROOT / "migrations" / "models" / known_migrations()[-1])
    before, today = decompress_dict(module.MODELS_STATE), decompress_dict(compress_dict(get_models_describe("models")))
    del before["models.Aerich"]
    for model in (*before.values(), *today.values()):
        del model["docstring"], model["description"]
    assert before == today


async def test_each_migration_after_the_first_can_be_taken_back(fresh: Database) -> None:
    owner = await asyncpg.connect(fresh.owner)
    modules = [import_py_file(ROOT / "migrations" / "models" / name) for name in known_migrations()]
    await owner.execute(await modules[0].upgrade(owner))
    before = []
    for module in modules[1:]:
        before.append(await dump(owner))
        await owner.execute(await module.upgrade(owner))
    assert (await dump(owner)).splitlines() == COMMITTED.read_text(encoding="utf-8").splitlines()
    for module in reversed(modules[1:]):
        await owner.execute(await module.downgrade(owner))
        assert (await dump(owner)).splitlines() == before.pop().splitlines()
    assert await owner.fetchval("SELECT to_regnamespace('queue') IS NULL")
    await owner.close()
