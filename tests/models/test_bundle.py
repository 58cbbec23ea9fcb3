"""What travels in a bundle, and what stays: each table and each column of a tenant's is decided about."""

from __future__ import annotations

from typing import Final

import asyncpg

from models import bundle
from models.tenancy import within
from models.values import new_id
from tests.house.walls import tenant_tables
from tests.world import tenant

STAY: Final = {
    "authenticators": "secrets",
    "export_chunks": "bundles themselves",
    "exports": "bundles themselves",
    "idempotency_keys": "of a day",
    "jobs": "what this service has to do",
    "legacy_imports": "what another database became here",
    "mail_tokens": "secrets",
    "recovery_codes": "secrets",
    "refresh_tokens": "secrets",
    "retention_runs": "what this service is about to remove",
    "sessions": "of this service",
    "signup_claims": "secrets",
}
"""The tables that do not travel, each with its reason."""

LEFT: Final = {
    "invitations.digest": "of a link that is a secret",
    "tenants.deletion_at": "when this service lets it go",
    "tenants.deletion_began": "when this service lets it go",
    "users.operator": "a mark of this service",
    "users.password_hash": "a secret, which leaves where it is asked for alone",
}
"""The columns that do not, of those that are not generated."""


async def test_every_table_and_column_travels_or_has_a_reason(admin: asyncpg.Connection) -> None:
    assert {*bundle.TABLES, *STAY} == {"tenants", *await tenant_tables(admin)}
    for name, table in bundle.TABLES.items():
        rows = await admin.fetch(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped "
            "AND attgenerated = ''",
            name,
        )
        there = {row["attname"] for row in rows} - {"tenant_id"}
        left = {column.partition(".")[2] for column in LEFT if column.startswith(f"{name}.")}
        assert {*table.columns, *left} == there, name
        assert not left & set(table.columns), name


async def test_the_key_is_the_primary_one(admin: asyncpg.Connection) -> None:
    """Or a batch would begin in the middle of equal rows, and leave some out."""
    for name, table in bundle.TABLES.items():
        rows = await admin.fetch(
            "SELECT a.attname, format_type(a.atttypid, NULL) AS kind FROM pg_index i "
            "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) "
            "WHERE i.indrelid = $1::text::regclass AND i.indisprimary",
            name,
        )
        assert {(row["attname"], row["kind"]) for row in rows} - {("tenant_id", "uuid")} == set(table.key), name


async def test_rows_come_in_batches_in_order_and_each_once(tortoise: None, admin: asyncpg.Connection) -> None:
    acme, evil = await tenant(admin, "acme"), await tenant(admin, "evil")
    for home, count in ((acme, 2 * bundle.BATCH + 1), (evil, 1)):
        await admin.execute(
            "INSERT INTO contacts (tenant_id, id, name) SELECT $1, gen_random_uuid(), 'n' FROM generate_series(1, $2)", home, count
        )
    async with within(acme):
        batches = [lines async for lines in bundle.read("contacts", ["id"])]
        assert await bundle.count() == 2 * bundle.BATCH + 2
    assert [len(lines) for lines in batches] == [bundle.BATCH, bundle.BATCH, 1]
    found = [line for lines in batches for line in lines]
    assert found == sorted(set(found))


async def test_times_are_in_utc_whatever_the_zone_of_the_server(tortoise: None, admin: asyncpg.Connection) -> None:
    acme = await tenant(admin, "acme")
    await admin.execute(
        "INSERT INTO labels (tenant_id, id, name, created_at) VALUES ($1, $2, 'l', '2026-01-02 03:04:05.678901+05')", acme, new_id()
    )
    async with within(acme):
        await bundle.begin()
        [[line]] = [lines async for lines in bundle.read("labels", ["created_at", "id"])]
    assert '"created_at":"2026-01-01T22:04:05.678901+00:00"' in line
