"""Migrations come to a million contacts under the last release's code, and nobody notices (RE-14)."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from auth.tokens import Keyring
from bench.seed import SQL, signed_in
from server import migrations
from server.database import ROOT, known_migrations, migrate, plan
from server.migrations import number
from tests.abuse.server import Pulse, serving
from tests.conftest import JWT_KEYS, SECRET_KEYS, VAULT, Database
from tests.drills.locks import watching
from tests.drills.report import Note
from tests.drills.seeds import PLENTY, add_many
from tests.drills.writers import Writers
from tests.house.migrations import faults, releases
from tests.postgres import Postgres, durable

pytestmark = [pytest.mark.drill, pytest.mark.long]

CONTACTS: Final = int(os.environ.get("DRILL_CONTACTS", "1000000"))
EACH_A_SECOND: Final = 10
"""Writes a second, and reads a second."""
BOUND_SECONDS: Final = 0.2
IN_THE_WAY_SECONDS: Final = 8.0
BATCH, BATCHES = 500, 40
TENANT: Final = 1

REPRESENTATIVE: Final = {
    "adds": "ALTER TABLE contacts ADD COLUMN pronouns text;",
    "checks": "ALTER TABLE contacts ADD CONSTRAINT contacts_pronouns CHECK (char_length(pronouns) <= 40) NOT VALID;",
    "keeps": (
        "CREATE FUNCTION keep_pronouns() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "NEW.pronouns := coalesce(NEW.pronouns, ''); RETURN NEW; END $$;\n"
        "CREATE TRIGGER keep_pronouns BEFORE INSERT OR UPDATE ON contacts FOR EACH ROW EXECUTE FUNCTION keep_pronouns();"
    ),
    "validates": "ALTER TABLE contacts VALIDATE CONSTRAINT contacts_pronouns;",
    "builds": "CREATE INDEX CONCURRENTLY IF NOT EXISTS contacts_title ON contacts (tenant_id, job_title)",
}
"""One of each kind: a column, a check that is validated later, a trigger that fills the column for old code, an index."""

IN_THE_WAY: Final = "ALTER TABLE contacts ADD COLUMN pronounced text;"


def add(folder: Path, name: str, sql: str) -> str:
    """Adds a migration to the folder; its name."""
    last = max(folder.glob("[0-9]*.py"), key=lambda path: number(path.name))
    beside = "RUN_IN_TRANSACTION = False\n" if "CONCURRENTLY" in sql else ""
    path = folder / f"{number(last.name) + 1}_20990101000000_{name}.py"
    state = last.read_text(encoding="utf-8").partition("MODELS_STATE")[2]
    path.write_text(f"{beside}\nasync def upgrade(db):\n    return {sql!r}\n\n\nMODELS_STATE{state}", encoding="utf-8")
    return path.name


async def fill(admin: asyncpg.Connection) -> int:
    """Fills the new column of some rows, batch by batch; how many those were."""
    done, after = 0, "00000000-0000-0000-0000-000000000000"
    for _ in range(BATCHES):
        rows = await admin.fetch(
            "WITH batch AS (SELECT tenant_id, id FROM contacts WHERE tenant_id = bench.id('tenant', $1, 0) AND id > $2::text::uuid "
            "ORDER BY id LIMIT $3 FOR UPDATE) UPDATE contacts c SET pronouns = 'they' FROM batch b "
            "WHERE c.tenant_id = b.tenant_id AND c.id = b.id RETURNING c.id::text",
            TENANT,
            after,
            BATCH,
        )
        done, after = done + len(rows), max((row["id"] for row in rows), default=after)
        await asyncio.sleep(0.1)
    return done


def as_it_was(tree: Path, owner: str) -> None:
    """Puts the last release's tree there, and migrates by it."""
    subprocess.run([ROOT / "deploy/scripts/last-release", tree], check=True)
    environ = {"PATH": os.environ["PATH"], "MIGRATION_DATABASE_URL": owner, "SECRET_KEYS": SECRET_KEYS}
    subprocess.run([sys.executable, "-m", "server", "migrate"], cwd=tree, env=environ, check=True, capture_output=True)


@pytest.fixture
def empty() -> Iterator[Postgres]:
    """A Postgres of the drill's own, that nobody has migrated."""
    with durable(migrated=False) as one:
        yield one


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The migrations of this tree and the representative ones after them, where `migrate` looks."""
    copy = tmp_path / "models"
    copy.mkdir()
    for name in known_migrations():
        (copy / name).write_bytes((migrations.FOLDER / name).read_bytes())
    monkeypatch.setattr(migrations, "FOLDER", copy)
    for name, sql in REPRESENTATIVE.items():
        add(copy, name, sql)
    return copy


async def test_migrations_come_under_load(empty: Postgres, folder: Path, tmp_path: Path, note: Note) -> None:
    tree, database = tmp_path / "before", empty.database
    await asyncio.to_thread(as_it_was, tree, database.owner)
    newer = await plan(database.owner)
    assert {one.name: found for one in newer if (found := faults(one, releases()))} == {}
    admin = await asyncpg.connect(database.admin)
    began = time.monotonic()
    await admin.execute((SQL / "seed.sql").read_text())
    await add_many(admin, TENANT, CONTACTS)
    note("migrations: contacts", f"{CONTACTS:,}, made in {time.monotonic() - began:.0f} s", "1,000,000")
    token = (await signed_in(admin, Keyring.parse(JWT_KEYS), TENANT)).token
    told: list[str] = []
    async with serving(database.app, tmp_path, tree=tree, **PLENTY) as server:
        writers = Writers([server.url], token, writers=2, readers=2, per_second=EACH_A_SECOND)
        with Pulse(server.port).taken() as pulse:
            async with writers.at_work(), watching(database.admin) as locks:
                await writers.until(50)
                applied = await migrate(database.owner, VAULT, told.append)
                filled = await fill(admin)
                tries = await in_the_way(database, folder)
                await writers.until(50)
        report = await writers.report(database.admin)
    await admin.close()
    for line in told:
        note("migrations: applied", line, "")
    note("migrations: rows filled", f"{filled:,}, {BATCH} at a time", f"{BATCH * BATCHES:,}")
    note("migrations: tries past a transaction of 8 s", str(tries), "more than 2")
    took, seconds = sorted(one.ended - one.began for one in report.asked), report.writes[-1].ended - report.writes[0].began
    note("migrations: asked", f"{len(took):,} in {seconds:.0f} s, {len(took) / seconds:.1f} a second", "20 a second")
    note("migrations: answered", f"median {took[len(took) // 2] * 1e3:.0f} ms, slowest {took[-1] * 1e3:.0f} ms", "")
    note("migrations: the machine", f"late by {pulse.late:.2f} s", "")
    note("migrations: errors", str(dict(report.errors)), "none")
    bound = f"{BOUND_SECONDS * 1e3:.0f} ms"
    note("migrations: lock held", f"{locks.held * 1e3:.0f} ms, {locks.holder}", bound)
    note("migrations: lock awaited", f"{locks.waited * 1e3:.0f} ms, {locks.waiter}", bound)
    note("migrations: looks at locks", f"{locks.looks:,}, {locks.apart * 1e3:.0f} ms apart at the most", "")
    assert (applied, filled) == ([one.name for one in newer], BATCH * BATCHES)
    assert tries > 2
    assert (dict(report.errors), report.lost, report.duplicated) == ({}, [], [])
    assert max(locks.held, locks.waited) <= BOUND_SECONDS


async def in_the_way(database: Database, folder: Path) -> int:
    """Migrates while a long transaction reads contacts; how often the migration tried, and let others pass."""
    add(folder, "waits", IN_THE_WAY)
    reader, told = await asyncpg.connect(database.admin), []
    transaction = reader.transaction(isolation="repeatable_read")
    await transaction.start()
    await reader.execute("SELECT FROM contacts LIMIT 1")
    task = asyncio.create_task(migrate(database.owner, VAULT, told.append))
    await asyncio.sleep(IN_THE_WAY_SECONDS)
    assert not task.done()
    await transaction.rollback()
    await task
    await reader.close()
    return len(told)
