"""The tables of tenants could be spread over nodes by tenant_id (Citus), as the catalogue has them; keys are test_catalogue.py's.

Citus itself is not run. docs/database.md says what else it would need.
"""

from __future__ import annotations

import asyncpg

from tests.house.walls import tenant_tables

NARROW = {("contacts", "number"), ("users", "number")}
"""Identity columns that are no bigint, which a node would not number by itself: they are what old clients call a row."""


async def test_a_row_s_tenant_is_one_type_everywhere(admin: asyncpg.Connection) -> None:
    """Tables are laid out alike where the column that spreads them has one type and one collation."""
    rows = await admin.fetch(
        "SELECT DISTINCT format_type(a.atttypid, a.atttypmod) AS type, a.attcollation AS collation, a.attnotnull AS given "
        "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE a.attname = 'tenant_id' AND c.relkind IN ('r', 'p') "
        "AND c.relnamespace = 'public'::regnamespace"
    )
    assert [tuple(row) for row in rows] == [("uuid", 0, True)]


async def test_every_reference_pairs_the_tenants_and_leaves_no_half_key(admin: asyncpg.Connection) -> None:
    """Between two tables of tenants the tenant stands at one place on both sides, and nothing sets it to null."""
    rows = await admin.fetch(
        "SELECT f.conname AS name, f.confdeltype::text AS gone, f.confupdtype::text AS moved, f.condeferrable AS deferrable, "
        "array_position(f.conkey, a.attnum) AS mine, array_position(f.confkey, b.attnum) AS theirs, f.confmatchtype::text AS match "
        "FROM pg_constraint f JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attname = 'tenant_id' "
        "JOIN pg_attribute b ON b.attrelid = f.confrelid AND b.attname = 'tenant_id' WHERE f.contype = 'f'"
    )
    assert len(rows) >= 10
    for row in rows:
        assert (row["mine"], row["theirs"], row["deferrable"], row["moved"], row["match"]) == (1, 1, False, "a", "s"), row["name"]
        assert row["gone"] in {"a", "c"}, row["name"]


async def test_nothing_leads_from_a_tenant_s_table_to_one_that_stays_behind(admin: asyncpg.Connection) -> None:
    """Those without a tenant would be on every node (tenants) or on the first alone (the queue, the door's keys, aerich)."""
    tables = {*await tenant_tables(admin), "tenants"}
    rows = await admin.fetch(
        "SELECT DISTINCT conrelid::regclass::text AS mine, confrelid::regclass::text AS theirs FROM pg_constraint "
        "WHERE contype = 'f'"
    )
    assert {name for row in rows for name in row} <= tables


async def test_no_trigger_rule_exclusion_inheritance_or_view_stands_in_the_way(admin: asyncpg.Connection) -> None:
    tables = [*await tenant_tables(admin), "tenants"]
    found = await admin.fetch(
        "WITH ours AS (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = ANY ($1)) "
        "SELECT 'trigger ' || tgname AS what FROM pg_trigger WHERE tgrelid IN (TABLE ours) AND NOT tgisinternal "
        "UNION ALL SELECT 'rule ' || rulename FROM pg_rewrite WHERE ev_class IN (TABLE ours) "
        "UNION ALL SELECT 'exclusion ' || conname FROM pg_constraint WHERE conrelid IN (TABLE ours) AND contype = 'x' "
        "UNION ALL SELECT 'inherits ' || inhrelid::regclass FROM pg_inherits WHERE inhparent IN (TABLE ours) "
        "UNION ALL SELECT 'view ' || relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')",
        tables,
    )
    assert [row["what"] for row in found] == []


async def test_what_citus_would_not_take_as_it_is_is_known(admin: asyncpg.Connection) -> None:
    rows = await admin.fetch(
        "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') "
        "WHERE c.relnamespace = 'public'::regnamespace AND a.attidentity <> '' AND a.atttypid <> 'bigint'::regtype"
    )
    assert {tuple(row) for row in rows} == NARROW
