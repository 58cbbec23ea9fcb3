"""The app role's own SQL, with no line of ours in between: it reads and writes one tenant or fails (TI-05, TI-10)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models.values import new_id
from tests.conftest import VAULT, Database
from tests.house.walls import checksums, tenant_tables
from tests.world import add_user, tenant

APPEND_ONLY = {"audit_entries", "audit_seals", "legacy_imports", "login_history"}
OUTSIDE = {"22P02"}


@pytest.fixture
async def app(database: Database, admin: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the role that serves."""
    connection = await asyncpg.connect(database.app)
    yield connection
    await connection.close()


@pytest.fixture
async def homes(admin: asyncpg.Connection) -> tuple[UUID, UUID]:
    """Two tenants, each with one row in each table."""
    return await _filled(admin, "acme"), await _filled(admin, "evil")


async def _filled(admin: asyncpg.Connection, slug: str) -> UUID:
    home = await tenant(admin, slug)
    user = await add_user(admin, home, f"{slug}-owner", "OWNER")
    session, contact, label = new_id(), new_id(), new_id()
    digest = session.bytes * 2
    for statement, values in (
        ("INSERT INTO sessions (tenant_id, id, user_id, expires_at) VALUES ($1, $2, $3, now())", (session, user)),
        ("INSERT INTO refresh_tokens (tenant_id, digest, session_id) VALUES ($1, $2, $3)", (digest, session)),
        ("INSERT INTO login_history (tenant_id, id, user_id) VALUES ($1, $2, $3)", (new_id(), user)),
        ("INSERT INTO contacts (tenant_id, id, name) VALUES ($1, $2, $3)", (contact, slug)),
        ("INSERT INTO labels (tenant_id, id, name) VALUES ($1, $2, $3)", (label, slug)),
        ("INSERT INTO contact_labels (tenant_id, contact_id, label_id) VALUES ($1, $2, $3)", (contact, label)),
        ("INSERT INTO audit_entries (tenant_id, id, action) VALUES ($1, $2, $3)", (new_id(), "test")),
        (
            "INSERT INTO audit_seals (tenant_id, number, entry_id, seal, latest_at) VALUES ($1, 1, $2, $3, now())",
            (new_id(), digest),
        ),
        ("INSERT INTO authenticators (tenant_id, user_id, secret) VALUES ($1, $2, '')", (user,)),
        ("INSERT INTO recovery_codes (tenant_id, user_id, digest) VALUES ($1, $2, $3)", (user, digest)),
        (
            "INSERT INTO idempotency_keys (tenant_id, id, user_id, key, request) VALUES ($1, $2, $3, $4, $4)",
            (contact, user, digest),
        ),
        ("INSERT INTO retention_runs (tenant_id) VALUES ($1)", ()),
        ("INSERT INTO legacy_imports VALUES ($1, 'USER', 1, $2, 0)", (user,)),
        ("INSERT INTO jobs (tenant_id, id, kind) VALUES ($1, $2, 'test')", (contact,)),
        ("INSERT INTO exports (tenant_id, id, expires_at) VALUES ($1, $2, now())", (contact,)),
        ("INSERT INTO export_chunks (tenant_id, export_id, number, content) VALUES ($1, $2, 0, $3)", (contact, digest)),
        (
            "INSERT INTO signup_claims (tenant_id, id, username_key, password_hash, user_id) VALUES ($1, $2, $3, '', $4)",
            (new_id(), slug, user),
        ),
        (
            (
                "INSERT INTO mail_tokens (tenant_id, id, digest, purpose, user_id, email_key, expires_at) "
                "VALUES ($1, $2, $3, 'VERIFY_EMAIL', $4, $5, now())"
            ),
            (new_id(), digest, user, slug),
        ),
        (
            (
                "INSERT INTO invitations (tenant_id, id, digest, email, email_key, role, expires_at) "
                "VALUES ($1, $2, $3, $4, $4, 'VIEWER', now())"
            ),
            (new_id(), digest, f"{slug}@example.org"),
        ),
    ):
        await admin.execute(statement, home, *values)
    return home


async def _state(app: asyncpg.Connection, statement: str, *values: Any, home: UUID | None = None) -> str:
    """The SQLSTATE of a statement's refusal, or what was done: `SELECT 1`, `UPDATE 0`. Nothing of it is kept."""
    transaction = app.transaction()
    await transaction.start()
    try:
        if home is not None:
            await app.execute("SELECT hold($1, $2)", home, VAULT.keys("door")[0])
        return str(await app.execute(statement, *values))
    except asyncpg.PostgresError as refusal:
        return str(refusal.sqlstate)
    finally:
        await transaction.rollback()


async def test_every_table_is_filled_here(admin: asyncpg.Connection, homes: tuple[UUID, UUID]) -> None:
    for table in await tenant_tables(admin):
        for home in homes:
            assert await admin.fetchval(f"SELECT count(*) FROM {table} WHERE tenant_id = $1", home) == 1, table


async def test_without_a_door_every_statement_fails(
    app: asyncpg.Connection, admin: asyncpg.Connection, homes: tuple[UUID, UUID]
) -> None:
    for table in await tenant_tables(admin):
        row = "SELECT * FROM " + table
        for statement in (row, f"UPDATE {table} SET tenant_id = tenant_id", f"DELETE FROM {table}"):
            allowed = OUTSIDE | ({"42501"} if table in APPEND_ONLY and statement != row else set())
            assert await _state(app, statement) in allowed, statement
        assert await _state(app, f"INSERT INTO {table} {await _literal(admin, table, homes[0])}") in OUTSIDE, table


async def test_inside_a_tenant_no_foreign_row_is_read_or_written(
    app: asyncpg.Connection, admin: asyncpg.Connection, homes: tuple[UUID, UUID]
) -> None:
    acme, evil = homes
    before = await checksums(admin, acme)
    for table in await tenant_tables(admin):
        append_only = table in APPEND_ONLY
        expected = {
            f"SELECT * FROM {table}": "SELECT 1",
            f"SELECT * FROM {table} WHERE tenant_id = '{acme}'": "SELECT 0",
            f"UPDATE {table} SET tenant_id = tenant_id": "42501" if append_only else "UPDATE 1",
            f"UPDATE {table} SET tenant_id = tenant_id WHERE tenant_id = '{acme}'": "42501" if append_only else "UPDATE 0",
            f"UPDATE {table} SET tenant_id = '{acme}'": "42501",
            f"DELETE FROM {table}": "42501" if append_only else "DELETE 1",
            f"DELETE FROM {table} WHERE tenant_id = '{acme}'": "42501" if append_only else "DELETE 0",
            f"INSERT INTO {table} {await _literal(admin, table, acme)}": "42501",
        }
        assert {statement: await _state(app, statement, home=evil) for statement in expected} == expected
    assert await checksums(admin, acme) == before


async def test_the_log_and_the_history_are_appended_to_alone(app: asyncpg.Connection, homes: tuple[UUID, UUID]) -> None:
    for table in sorted(APPEND_ONLY):
        for statement in (f"UPDATE {table} SET tenant_id = tenant_id", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            assert await _state(app, statement, home=homes[0]) == "42501", statement


@pytest.mark.parametrize("call", ["forget_logins($1, now(), 9)", "cut_audit($1, now(), 9)", "erase_tenant($1, 9)"])
async def test_what_removes_more_wants_the_key_of_the_door(
    call: str, app: asyncpg.Connection, admin: asyncpg.Connection, homes: tuple[UUID, UUID]
) -> None:
    """Even where the tenant's row, which she may write, says that all of it is to go."""
    acme, key = homes[0], VAULT.keys("door")[0]
    leaving = "UPDATE tenants SET status = 'DELETING', deletion_at = now() - interval '1 day' WHERE id = $1"
    await admin.execute(leaving, acme)
    await admin.execute("UPDATE login_history SET at = now() - interval '10 years'")
    await admin.execute("UPDATE audit_seals SET latest_at = now() - interval '10 years'")
    assert await _state(app, f"SELECT {call}", b"not the key", home=acme) == "28000"
    assert await _state(app, f"SELECT {call}", key) != "SELECT 1"  # without a door
    assert await _state(app, f"SELECT {call}", key, home=acme) == "SELECT 1"


async def test_a_reference_never_leads_into_another_tenant(
    app: asyncpg.Connection, admin: asyncpg.Connection, homes: tuple[UUID, UUID]
) -> None:
    """Foreign keys are checked past row-level security, so they hold the tenant themselves."""
    acme, evil = homes
    ids = {
        (table, home): await admin.fetchval(f"SELECT id FROM {table} WHERE tenant_id = $1", home)
        for table in ("contacts", "labels", "users", "sessions")
        for home in homes
    }
    attempts = {
        "INSERT INTO contact_labels VALUES ($1, $2, $3)": (ids["contacts", evil], ids["labels", acme]),
        "INSERT INTO contact_labels VALUES ($1, $2, $3) ": (ids["contacts", acme], ids["labels", evil]),
        "INSERT INTO sessions (tenant_id, id, user_id, expires_at) VALUES ($1, $2, $3, now())": (new_id(), ids["users", acme]),
        "INSERT INTO login_history (tenant_id, id, user_id) VALUES ($1, $2, $3)": (new_id(), ids["users", acme]),
        "INSERT INTO refresh_tokens (tenant_id, digest, session_id) VALUES ($1, $2, $3)": (bytes(32), ids["sessions", acme]),
    }
    for statement, values in attempts.items():
        assert await _state(app, statement, evil, *values, home=evil) == "23503", statement


async def test_the_same_values_fit_into_two_tenants(
    app: asyncpg.Connection, admin: asyncpg.Connection, homes: tuple[UUID, UUID]
) -> None:
    acme, evil = homes
    for table, column in (("labels", "name"), ("contacts", "number"), ("users", "email_key")):
        taken = await admin.fetchval(f"SELECT {column} FROM {table} WHERE tenant_id = $1", acme)
        assert await _state(app, f"UPDATE {table} SET {column} = $1", taken, home=evil) in {"UPDATE 1"}, table


async def _literal(admin: asyncpg.Connection, table: str, home: UUID) -> str:
    """What inserts the tenant's row once more; generated columns make themselves."""
    columns = await admin.fetchval(
        "SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute "
        "WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
        table,
    )
    row = await admin.fetchval(f"SELECT quote_literal(to_jsonb(t)) FROM {table} t WHERE tenant_id = $1", home)
    return f"({columns}) SELECT {columns} FROM jsonb_populate_record(NULL::{table}, {row})"
