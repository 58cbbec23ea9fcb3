"""How a migration is applied: whole or not at all, never in the way for long, and resumed where it was cut off (RE-14)."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from bench import processes
from bench.processes import free_port
from server import migrations
from server.binaries import account_of_postgres
from server.database import BadDatabase, known_migrations, migrate, plan
from server.migrations import read
from tests.commands import Command
from tests.conftest import OWNER, PASSWORDS, VAULT, Database, copied, named
from tests.house.catalogue import dump

INDEX = "CREATE INDEX CONCURRENTLY IF NOT EXISTS contacts_title ON contacts (tenant_id, job_title)"


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of migrations that has those of this release, for more to be added to it."""
    folder = tmp_path / "models"
    shutil.copytree(migrations.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrations, "FOLDER", folder)
    return folder


@pytest.fixture
async def migrated(worker_id: str) -> AsyncIterator[Database]:
    """A migrated database of the test's own."""
    database = await copied(named(f"migrated_{worker_id}"))
    yield database
    await ask(os.environ["TEST_ADMIN_DATABASE_URL"], f'DROP DATABASE "{named(f"migrated_{worker_id}")}" WITH (FORCE)')


def write(folder: Path, sql: str, *, more: str = "", name: str = "later") -> str:
    """Adds a migration of this SQL; its name."""
    last = sorted(folder.glob("[0-9]*.py"), key=lambda path: migrations.number(path.name))[-1]
    state = last.read_text().partition("MODELS_STATE")[2]
    path = folder / f"{migrations.number(last.name) + 1}_20990101000000_{name}.py"
    path.write_text(f"{more}\nasync def upgrade(db):\n    return {sql!r}\n\n\nMODELS_STATE{state}")
    return path.name


async def ask(dsn: str, sql: str, **settings: str) -> object:
    connection = await asyncpg.connect(dsn, server_settings=settings)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def dumped(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    try:
        return (await dump(connection)).splitlines()
    finally:
        await connection.close()


async def test_what_fails_leaves_what_was_before_it_and_goes_on_once_mended(migrated: Database, later: Path) -> None:
    before = await dumped(migrated.owner)
    bad = write(later, "ALTER TABLE contacts ADD COLUMN pronouns text; ALTER TABLE nowhere ADD COLUMN x text")
    with pytest.raises(BadDatabase, match=r'^Cannot migrate: relation "nowhere" does not exist$'):
        await migrate(migrated.owner, VAULT)
    assert await dumped(migrated.owner) == before
    (later / bad).unlink()
    assert await migrate(migrated.owner, VAULT) == []
    good = write(later, "ALTER TABLE contacts ADD COLUMN pronouns text")
    assert await migrate(migrated.owner, VAULT) == [good]
    assert set(await dumped(migrated.owner)) - set(before) == {"column contacts.pronouns text"}


async def test_what_cannot_be_recorded_is_not_there(migrated: Database, later: Path) -> None:
    before = await dumped(migrated.owner)
    write(later, "ALTER TABLE contacts ADD COLUMN pronouns text; ALTER TABLE aerich ADD CONSTRAINT closed CHECK (id < 0) NOT VALID")
    with pytest.raises(BadDatabase, match=r'violates check constraint "closed"$'):
        await migrate(migrated.owner, VAULT)
    assert await dumped(migrated.owner) == before


async def test_those_before_the_one_that_fails_are_there(migrated: Database, later: Path) -> None:
    good = write(later, "ALTER TABLE contacts ADD COLUMN pronouns text", name="good")
    bad = write(later, "SELECT 1 / 0", name="bad")
    with pytest.raises(BadDatabase, match=r"^Cannot migrate: division by zero$"):
        await migrate(migrated.owner, VAULT)
    assert [one.name for one in await plan(migrated.owner)] == [bad]
    assert await ask(migrated.owner, "SELECT max(version) FROM aerich WHERE version LIKE '%good.py'") == good


async def test_a_held_lock_is_waited_for_in_short_turns_and_nobody_queues_for_long(
    migrated: Database, later: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "_PAUSE_SECONDS", 0.05)
    name = write(later, "ALTER TABLE contacts ADD COLUMN pronouns text")
    holder = await asyncpg.connect(migrated.owner)
    transaction = holder.transaction()
    await transaction.start()
    await holder.execute("LOCK TABLE contacts IN ACCESS SHARE MODE")
    told: list[str] = []
    thrice = asyncio.Event()

    def tell(line: str) -> None:
        told.append(line)
        if len(told) == 3:
            thrice.set()

    task = asyncio.create_task(migrate(migrated.owner, VAULT, tell))
    async with asyncio.timeout(30):
        await thrice.wait()
        # Behind the migration's own wait a reader would wait as long as the holder does.
        await ask(migrated.admin, "SELECT count(*) FROM contacts")
        await transaction.rollback()
        assert await task == [name]
    await holder.close()
    assert {line.partition(";")[0] for line in told[:-1]} == {f"{name}: somebody holds a lock that it needs"}
    assert re.fullmatch(rf"{name}: expand, \d+\.\d\d s", told[-1])


async def test_a_lock_that_is_never_let_go_is_given_up(migrated: Database, later: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "PATIENCE_SECONDS", 0.0)
    before = await dumped(migrated.owner)
    name = write(later, "ALTER TABLE labels ADD COLUMN note text; ALTER TABLE contacts ADD COLUMN pronouns text")
    holder = await asyncpg.connect(migrated.owner)
    async with asyncio.timeout(30), holder.transaction():
        await holder.execute("LOCK TABLE contacts IN ACCESS SHARE MODE")
        with pytest.raises(BadDatabase) as refused:
            await migrate(migrated.owner, VAULT)
        assert await dumped(migrated.owner) == before
    await holder.close()
    assert str(refused.value) == (
        f"Cannot migrate: {name} did not get its locks in 0 s, since others hold them. Nothing of it is there. "
        "See who it is (docs/migrations.md), and migrate again."
    )


async def test_an_index_beside_the_service_is_built_outside_a_transaction_while_another_one_waits_its_turn(
    migrated: Database, later: Path
) -> None:
    """Whoever waits for the lock of migrations in a statement would be waited for by the index, for ever."""
    name = write(later, INDEX, more="RUN_IN_TRANSACTION = False")
    async with asyncio.timeout(30):
        both = await asyncio.gather(migrate(migrated.owner, VAULT), migrate(migrated.owner, VAULT))
    assert sorted(both) == [[], [name]]
    assert await ask(migrated.owner, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'contacts_title'::regclass")


async def test_half_an_index_is_dropped_and_built_again(migrated: Database, later: Path) -> None:
    reader = await asyncpg.connect(migrated.owner)
    transaction = reader.transaction(isolation="repeatable_read")
    await transaction.start()
    await reader.execute("SELECT count(*) FROM tenants")
    with pytest.raises(asyncpg.LockNotAvailableError):  # it waits for the reader, and is cut off
        await ask(migrated.owner, INDEX, lock_timeout="100")
    await transaction.rollback()
    await reader.close()
    whole, made = (
        f"SELECT {what} FROM pg_index WHERE indexrelid = 'contacts_title'::regclass" for what in ("indisvalid", "indexrelid")
    )
    half = await ask(migrated.owner, made)
    assert await ask(migrated.owner, whole) is False
    name = write(later, INDEX, more="RUN_IN_TRANSACTION = False")
    assert await migrate(migrated.owner, VAULT) == [name]
    assert await ask(migrated.owner, whole) is True
    assert await ask(migrated.owner, made) != half


async def test_a_whole_index_that_was_not_recorded_is_not_built_again(migrated: Database, later: Path) -> None:
    await ask(migrated.owner, INDEX)
    made = "SELECT 'contacts_title'::regclass::oid"
    before = await ask(migrated.owner, made)
    write(later, INDEX, more="RUN_IN_TRANSACTION = False")
    await migrate(migrated.owner, VAULT)
    assert await ask(migrated.owner, made) == before
    assert await plan(migrated.owner) == []


@pytest.mark.parametrize(
    "sql", [f"{INDEX}; {INDEX}", "ALTER TABLE contacts ADD COLUMN x text", INDEX.replace("IF NOT EXISTS ", "")]
)
async def test_outside_a_transaction_stands_one_index_alone(later: Path, sql: str) -> None:
    name = write(later, sql, more="RUN_IN_TRANSACTION = False")
    with pytest.raises(ValueError, match=r"outside a transaction stands one statement alone"):
        await read(later / name)


async def test_a_plan_and_its_sql_change_nothing(
    fresh: Database, later: Path, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATION_DATABASE_URL", fresh.owner)
    planned = await run("migrate", "--plan")
    assert planned.out.splitlines() == [f"{name}: expand" for name in known_migrations()]
    await migrate(fresh.owner, VAULT)
    before = await dumped(fresh.owner)
    adds = write(later, "ALTER TABLE contacts ADD COLUMN pronouns text", name="adds")
    builds = write(later, INDEX, more="RUN_IN_TRANSACTION = False", name="builds")
    drops = write(later, "ALTER TABLE contacts DROP COLUMN pronouns", more="CONTRACT_AFTER = '9.1'", name="drops")
    planned = await run("migrate", "--plan")
    assert planned.out.splitlines() == [f"{adds}: expand", f"{builds}: expand, beside the service", f"{drops}: contract, after 9.1"]
    printed = await run("migrate", "--sql")
    assert printed.out.startswith(f"-- {adds}: expand\nALTER TABLE contacts ADD COLUMN pronouns text\n")
    assert await dumped(fresh.owner) == before
    done = await run("migrate")
    assert [line.rpartition(", ")[0] for line in done.out.splitlines()] == planned.out.splitlines()
    for option in ("--plan", "--sql"):
        assert (await run("migrate", option)).out == "Nothing to do.\n"


@contextmanager
def pgbouncer(dsn: str) -> Iterator[str]:
    """A pooler in transaction mode before this database; the DSN that leads through it."""
    parts, port, account = urlsplit(dsn), free_port(), account_of_postgres()
    with tempfile.TemporaryDirectory(prefix="address-book-tests-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        (folder / "users").write_text(f'"{OWNER}" "{PASSWORDS[OWNER]}"\n')
        (folder / "ini").write_text(
            f"[databases]\n* = host={parts.hostname} port={parts.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {port}\nauth_type = plain\nauth_file = {folder}/users\npool_mode = transaction\nunix_socket_dir =\n"
        )
        for path in folder.iterdir():
            path.chmod(0o644)
        log = folder / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["pgbouncer", folder / "ini"],
                stdout=out,
                stderr=subprocess.STDOUT,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
            )
            with processes.running(process, log, lambda: b"listening on" in log.read_bytes()):
                yield dsn.replace(f":{parts.port}/", f":{port}/")


@pytest.mark.skipif(shutil.which("pgbouncer") is None, reason="there is no pgbouncer here")
async def test_a_pooler_is_refused(fresh: Database) -> None:
    with pgbouncer(fresh.owner) as through:
        assert await ask(through, "SELECT current_database()") == fresh.owner.rpartition("/")[2]
        with pytest.raises(
            BadDatabase, match=r"^Cannot migrate through a pooler: MIGRATION_DATABASE_URL has to lead to Postgres itself\.$"
        ):
            await migrate(through, VAULT)
    assert len(await plan(fresh.owner)) == len(known_migrations())
