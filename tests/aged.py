"""Rows of every kind that retention knows, as old as a test wants them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

import asyncpg

from tests.world import add_user

AGES: Final = {
    "refresh_tokens": timedelta(days=30),
    "mail_tokens": timedelta(days=30),
    "idempotency_keys": timedelta(hours=24),
    "signup_claims": timedelta(days=30),
    "unverified_accounts": timedelta(days=30),
    "sessions": timedelta(days=30),
    "invitations": timedelta(days=30),
    "jobs": timedelta(days=30),
    "trash": timedelta(days=30),
    "login_history": timedelta(days=365),
    "audit_entries": timedelta(days=365),
}
"""How old a row must be before it goes, in a tenant as it is made."""

_ROWS: Final = {
    "refresh_tokens": "refresh_tokens (tenant_id, digest, session_id, successor, used_at) "
    "SELECT t, any_digest, s.id, '', moment FROM given JOIN sessions s ON s.tenant_id = t AND s.user_id = u AND s.ended_at IS NULL",
    "mail_tokens": "mail_tokens (tenant_id, id, digest, purpose, user_id, email_key, expires_at) "
    "SELECT t, any_id, any_digest, 'VERIFY_EMAIL', u, 'x', moment FROM given",
    "idempotency_keys": "idempotency_keys (tenant_id, id, user_id, key, request, created_at) "
    "SELECT t, any_id, u, any_digest, sha256(''), moment FROM given",
    "signup_claims": "signup_claims (tenant_id, id, username_key, password_hash, user_id, created_at) "
    "SELECT t, any_id, any_id, '', u, moment FROM given",
    "unverified_accounts": "users (tenant_id, id, username, username_key, email, email_key, password_hash, role, "
    "verification_required, created_at) SELECT t, any_id, 'x', any_id, 'x@x', any_id, '', 'EDITOR', true, moment FROM given",
    "sessions": "sessions (tenant_id, id, user_id, expires_at, ended_at, ended_reason) "
    "SELECT t, any_id, u, now(), moment, 'LOGGED_OUT' FROM given",
    "invitations": "invitations (tenant_id, id, digest, email, email_key, role, expires_at) "
    "SELECT t, any_id, any_digest, 'x@x', 'x', 'VIEWER', moment FROM given",
    "jobs": "jobs (tenant_id, id, kind, status, finished_at) SELECT t, any_id, 'MAIL', 'FAILED', moment FROM given",
    "trash": "contacts (tenant_id, id, name, deleted_at) SELECT t, any_id, 'Zoë', moment FROM given",
    "login_history": "login_history (tenant_id, id, user_id, at) SELECT t, any_id, u, moment FROM given",
    "audit_entries": "audit_entries (tenant_id, id, action, at) SELECT t, any_id, 'thing.done', moment FROM given",
}
"""What inserts as many rows of a kind as are `given`."""


def _given(rows: str) -> str:
    return (
        "WITH given AS MATERIALIZED (SELECT $1::uuid AS t, $4::uuid AS u, gen_random_uuid() AS any_id, "
        "sha256(gen_random_uuid()::text::bytea) AS any_digest, $3::timestamptz + n * interval '1 microsecond' AS moment "
        f"FROM generate_series(1, $2::int) n) INSERT INTO {rows}"
    )


async def add_aged(
    admin: asyncpg.Connection,
    home: UUID,
    count: int,
    over: timedelta,
    *,
    user: UUID | None = None,
    kinds: tuple[str, ...] = tuple(AGES),
) -> UUID:
    """So many rows of each kind, `over` the age at which they go, or young where that is negative; the user whose they are.

    Entries of the audit log are not sealed yet.
    """
    if user is None:
        user = await add_user(admin, home, "olga", "OWNER")
        await admin.execute(
            "INSERT INTO sessions (tenant_id, id, user_id, expires_at) "
            "VALUES ($1, gen_random_uuid(), $2, now() + interval '1 day')",
            home,
            user,
        )
    for kind in kinds:
        moment = await admin.fetchval("SELECT now() - $1::interval", AGES[kind] + over)
        await admin.execute(_given(_ROWS[kind]), home, count, moment, user)
    return user


async def left(admin: asyncpg.Connection, home: UUID) -> dict[str, int]:
    """How many rows of each kind there are, whatever their age, but for entries that tell of retention."""
    found = {}
    for kind in AGES:
        table = {"trash": "contacts", "unverified_accounts": "users"}.get(kind, kind)
        where = {
            "refresh_tokens": "used_at IS NOT NULL",
            "unverified_accounts": "verification_required",
            "sessions": "ended_at IS NOT NULL",
            "audit_entries": "action <> 'retention.applied'",
        }.get(kind, "true")
        found[kind] = await admin.fetchval(f"SELECT count(*) FROM {table} WHERE tenant_id = $1 AND {where}", home)
    return found
