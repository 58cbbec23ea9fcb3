"""The tenants of a machine that is destroyed and restored: made, asked, and served by commands."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg

from bench.seed import SQL, add_tenants
from server.database import ROOT, migrate, prepare
from tests.conftest import APP, PASSWORDS, SECRET_KEYS, VAULT, Database
from tests.drills.backups import Machine
from tests.postgres import NAME

CONTACTS = int(os.environ.get("DRILL_CONTACTS", "1000000"))
TENANTS = 50
CANARY = "canary-of-a-backup"
ERASED, SPOILED, WRITING = 5, 7, 9
"""The tenant of which somebody is erased, the one that goes back, and the one in which others write; by their numbers."""
ERASED_EMAIL = "erased@people.example"
TENANT_ID = "bench.id('tenant', $1, 0)"


async def seed(machine: Machine) -> None:
    """CONTACTS in TENANTS of the same size; one contact has the CANARY, and one ERASED_EMAIL."""
    await prepare(machine.admin, NAME, PASSWORDS)
    await migrate(machine.database.owner, VAULT)
    admin = await asyncpg.connect(machine.database.admin)
    await admin.execute((SQL / "seed.sql").read_text())
    # A million rows are indexed in a fraction of the time once they are there.
    indexes = await admin.fetch(
        "SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made FROM pg_index i "
        "WHERE indrelid = 'contacts'::regclass AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)"
    )
    await admin.execute("; ".join(f"DROP INDEX {index['name']}" for index in indexes))
    await add_tenants(admin, 1, TENANTS, CONTACTS // TENANTS)
    await admin.execute("SET maintenance_work_mem = '512MB'")
    for index in indexes:
        await admin.execute(index["made"], timeout=3_600)
    await admin.execute("UPDATE contacts SET notes = $1 WHERE id = bench.id('contact', 1, 1)", CANARY)
    await admin.execute("UPDATE contacts SET email = $1 WHERE id = bench.id('contact', $2, 1)", ERASED_EMAIL, ERASED)
    await admin.close()


async def digests(database: Database) -> dict[str, tuple[int, int]]:
    """How many rows each table has, and a digest of them in whatever order."""
    connection = await asyncpg.connect(database.admin)
    tables = await connection.fetch(
        "SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' "
        "AND relnamespace IN ('public'::regnamespace, 'queue'::regnamespace)"
    )
    found = {}
    for table in tables:
        sql = f"SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {table['name']} t"
        found[table["name"]] = tuple(await connection.fetchrow(sql, timeout=600))
    await connection.close()
    return found


async def let_in(database: Database) -> int:
    """How many sessions live."""
    connection = await asyncpg.connect(database.admin)
    alive: int = await connection.fetchval("SELECT count(*) FROM sessions WHERE ended_at IS NULL AND expires_at > now()")
    await connection.close()
    return alive


async def of_the_erased(database: Database) -> int:
    """How many contacts with the address there are that is erased on request."""
    connection = await asyncpg.connect(database.admin)
    sql = f"SELECT count(*) FROM contacts WHERE tenant_id = {TENANT_ID} AND email = $2"
    rows: int = await connection.fetchval(sql, ERASED, ERASED_EMAIL)
    await connection.close()
    return rows


async def commanded(machine: Machine, block: str, **environ: str) -> str:
    """A block of commands of ours, as whoever runs the service would."""
    ours = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DATABASE_URL": machine.database.app,
        "SECRET_KEYS": SECRET_KEYS,
        "TENANT": f"tenant-{SPOILED}",
    }
    ran = await asyncio.to_thread(
        subprocess.run,
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=ROOT,
        env=ours | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def with_password(said: str) -> str:
    """The DSN that `restore-beside` printed, with the app's role and its password."""
    return said.splitlines()[-1].replace("://", f"://{APP}:{PASSWORDS[APP]}@")
