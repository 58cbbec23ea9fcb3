"""What is old goes, and a tenant goes, though whoever is at it is killed half-way; and no transaction holds anything for long."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final
from uuid import UUID

import asyncpg
import pytest

from auth.desk import Desk, Mail
from auth.passwords import Hasher
from auth.throttle import Throttle
from auth.tokens import Keyring
from observability.metrics import Metrics
from resolvers import seals
from resolvers.letters import LetterKind, post
from resolvers.sweeping import planned
from resolvers.work import door
from server.database import opened
from tests.aged import AGES, add_aged
from tests.conftest import JWT_KEYS, VAULT, Database
from tests.drills.report import Note
from tests.drills.workers import running, until
from tests.house.walls import checksums, tenant_tables
from tests.post_office import open_office
from tests.postgres import Postgres
from tests.world import tenant

pytestmark = [pytest.mark.drill, pytest.mark.usefixtures("each_round")]

ROWS: Final = 100_000
CONTACTS: Final = 10_000
LETTERS: Final = 2
PIECES: Final = 300
"""Of a bundle that is kept, of a megabyte each."""
BATCH_SECONDS: Final = 1.0
OLD: Final = timedelta(hours=1)


@asynccontextmanager
async def _watched(database: Database) -> AsyncIterator[list[float]]:
    """How long the longest transaction of the role that serves had lasted, looked at 50 times a second."""
    found, connection = [0.0], await asyncpg.connect(database.admin)

    async def look() -> None:
        while True:
            found.append(
                await connection.fetchval(
                    "SELECT coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)::float8 FROM pg_stat_activity "
                    "WHERE usename = 'address_book_app' AND application_name = 'address-book'"
                )
            )
            await asyncio.sleep(0.02)

    task = asyncio.create_task(look())
    try:
        yield found
    finally:
        task.cancel()
        await asyncio.wait({task})
        await connection.close()


def _desk() -> Desk:
    return Desk(Keyring.parse(JWT_KEYS), VAULT, Hasher(4, 1), Throttle(), Metrics(), mail=Mail.SMTP)


async def test_a_hundred_thousand_rows_go_once_though_the_worker_is_killed(postgres: Postgres, note: Note) -> None:
    database = postgres.database
    admin = await asyncpg.connect(database.admin)
    each = -(-ROWS // len(AGES))
    acme, held = await tenant(admin, "acme"), await tenant(admin, "held")
    user = await add_aged(admin, acme, each, OLD)
    await add_aged(admin, acme, 10, -OLD, user=user)
    await add_aged(admin, held, 10, OLD)
    await admin.execute("UPDATE tenants SET legal_hold = true WHERE id = $1", held)
    async with opened(database.app, VAULT, pool=2):
        await seals.seal(_desk())
        plan = await planned(acme)
        kept = await checksums(admin, held)
    assert plan == dict.fromkeys(AGES, each)

    async def removed() -> int:
        return sum(
            json.loads(await admin.fetchval("SELECT removed FROM retention_runs WHERE tenant_id = $1", acme) or "{}").values()
        )

    async def told() -> list[str]:
        rows = await admin.fetch("SELECT details FROM audit_entries WHERE action = 'retention.applied' AND tenant_id = $1", acme)
        return [row["details"] for row in rows]

    began, kills = time.monotonic(), 0
    async with _watched(database) as longest:
        for share in (0.2, 0.5):
            async with running(database, "work") as worker, running(database, "tenant", "retention", "acme") as other:
                await until(lambda share=share: _reached(removed, share * each * len(AGES)))  # type: ignore[misc]
                worker.kill()
                other.kill()
                kills += 2
        half = await removed()
        async with running(database, "work"), running(database, "work"), running(database, "tenant", "retention", "acme"):
            await until(told)
    seconds = time.monotonic() - began
    [details] = await told()
    counts = json.loads(details)
    assert counts.pop("audit_through") == each
    note("retention: told, after kills", f"{sum(counts.values()):,} rows, {kills} kills at up to {half:,}", f"{each * len(AGES):,}")
    note("retention: all of it", f"{seconds:.1f} s", "none")
    note("retention: longest transaction", f"{max(longest) * 1000:.0f} ms", f"{BATCH_SECONDS:g} s")
    assert counts == plan
    async with opened(database.app, VAULT, pool=2):
        assert await planned(acme) == {}
        assert [verdict.fault for verdict in await seals.verify("acme", {}, lambda *_: None)] == [None]
    after = await checksums(admin, held)
    assert {table for table in kept if kept[table] != after[table]} <= {
        "refresh_tokens",
        "mail_tokens",
        "idempotency_keys",
        "audit_seals",
    }
    assert max(longest) <= BATCH_SECONDS
    await admin.close()


async def _reached(count: Callable[[], Awaitable[int]], least: float) -> bool:
    return await count() >= least


async def test_a_tenant_of_ten_thousand_contacts_goes_though_the_worker_is_killed(postgres: Postgres, note: Note) -> None:
    database = postgres.database
    admin = await asyncpg.connect(database.admin)
    acme, evil = await tenant(admin, "acme"), await tenant(admin, "evil")
    for home in (acme, evil):
        await _filled(admin, home)
    bundle = await admin.fetchval(
        "INSERT INTO exports (tenant_id, id, expires_at) VALUES ($1, gen_random_uuid(), now() + interval '1 day') RETURNING id",
        acme,
    )
    await admin.execute(
        "INSERT INTO export_chunks SELECT $1, $2, n, decode(repeat('ab', 1048576), 'hex') FROM generate_series(1, $3) n",
        acme,
        bundle,
        PIECES,
    )
    counts = {t: await admin.fetchval(f"SELECT count(*) FROM {t} WHERE tenant_id = $1", acme) for t in await tenant_tables(admin)}
    others = await checksums(admin, evil)
    async with open_office() as office:
        office.pause = 0.5
        mail = {"MAIL": "smtp", "SMTP_URL": office.url, "MAIL_FROM": "book@book.test", "PUBLIC_URL": "https://book.test"}
        async with opened(database.app, VAULT, pool=2), door(acme):
            for user in await admin.fetch("SELECT id FROM users WHERE tenant_id = $1", acme):
                for _ in range(LETTERS):
                    await post(_desk(), LetterKind.PASSWORD_CHANGED, user=user["id"])
        began = time.monotonic()
        async with _watched(database) as longest:
            async with running(database, "work", **mail) as worker:
                await until(lambda: admin.fetchval("SELECT EXISTS (SELECT FROM jobs WHERE status = 'RUNNING')"))
                await admin.execute("UPDATE tenants SET status = 'DELETING', deletion_at = now() WHERE id = $1", acme)
                # So that it is put there anew, and done now.
                await admin.execute("DELETE FROM queue.pgqueuer WHERE entrypoint = 'every erase'")
                await until(lambda: admin.fetchval("SELECT (removed ->> 'contacts')::int > 3000 FROM deletions"))
                worker.kill()
            half = await admin.fetchval("SELECT removed::text FROM deletions")
            async with running(database, "work", **mail), running(database, "work", **mail):
                await until(lambda: admin.fetchval("SELECT finished_at IS NOT NULL FROM deletions"))
                await asyncio.sleep(1)
            seconds = time.monotonic() - began
    removed = json.loads(await admin.fetchval("SELECT removed FROM deletions"))
    note("deletion: rows that went", f"{sum(removed.values()):,}, killed at {sum(json.loads(half).values()):,}", "all")
    note("deletion: all of it", f"{seconds:.1f} s", "none")
    note("deletion: longest transaction", f"{max(longest) * 1000:.0f} ms", f"{BATCH_SECONDS:g} s")
    assert {name: removed[name] for name in ("contacts", "contact_labels", "sessions", "users", "login_history")} == {
        name: counts[name] for name in ("contacts", "contact_labels", "sessions", "users", "login_history")
    }
    for table in counts:
        assert await admin.fetchval(f"SELECT count(*) FROM {table} WHERE tenant_id = $1", acme) == 0, table
    assert await admin.fetchval("SELECT count(*) FROM queue.pgqueuer WHERE substring(payload FROM 1 FOR 16) = $1", acme.bytes) == 0
    assert await admin.fetchval("SELECT count(*) FROM tenants") == 1
    after = await checksums(admin, evil)
    # Its worker did its own work meanwhile: what was unsealed is sealed, and what was too old went.
    assert {table for table in others if others[table] != after[table]} <= {"audit_seals"}
    assert max(longest) <= BATCH_SECONDS
    await admin.close()


async def _filled(admin: asyncpg.Connection, home: UUID) -> None:
    user = await add_aged(admin, home, 100, -OLD)
    label = await admin.fetchval(
        "INSERT INTO labels (tenant_id, id, name) VALUES ($1, gen_random_uuid(), 'all') RETURNING id", home
    )
    await admin.execute(
        "INSERT INTO contacts (tenant_id, id, name, email) SELECT $1, gen_random_uuid(), 'Zoë ' || n, n || '@example.org' "
        "FROM generate_series(1, $2) n",
        home,
        CONTACTS,
    )
    await admin.execute("INSERT INTO contact_labels SELECT tenant_id, id, $2 FROM contacts WHERE tenant_id = $1", home, label)
    await admin.execute(
        "INSERT INTO sessions (tenant_id, id, user_id, expires_at) SELECT $1, gen_random_uuid(), $2, now() + interval '1 day' "
        "FROM generate_series(1, 100)",
        home,
        user,
    )
