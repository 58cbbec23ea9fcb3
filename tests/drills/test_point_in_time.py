"""The machine of Postgres is destroyed, and comes back from its backup: as it was at a moment, and as late as possible (RE-15).

DRILL_CONTACTS says how many contacts there are. What is run is the runbook, as it stands.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
import yaml

from auth.tokens import Keyring
from bench.processes import free_port
from bench.seed import signed_in
from server.database import ROOT, migrate
from tests.abuse.server import serving
from tests.conftest import JWT_KEYS, VAULT, Database
from tests.drills.backups import Machine, backed_up, missing, steps
from tests.drills.report import LEAST, Note
from tests.drills.restored import (
    CANARY,
    CONTACTS,
    ERASED,
    ERASED_EMAIL,
    SPOILED,
    TENANT_ID,
    TENANTS,
    WRITING,
    commanded,
    digests,
    let_in,
    of_the_erased,
    seed,
    with_password,
)
from tests.drills.writers import Writers

pytestmark = [
    pytest.mark.drill,
    pytest.mark.skipif(bool(missing()), reason=f"no {', '.join(missing())} here: apt-get install pgbackrest postgresql-15"),
]

RPO_SECONDS, RTO_SECONDS = 60.0, 900.0


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """A machine with its tenants, and a first backup of all."""
    with backed_up() as machine:
        asyncio.run(seed(machine))
        machine.run(*steps("Setting it up"))
        yield machine


async def _mark(admin: asyncpg.Connection, name: str) -> None:
    await admin.execute("INSERT INTO contacts (tenant_id, name) VALUES (bench.id('tenant', 1, 0), $1)", name)


async def _marked(database: Database) -> list[str]:
    connection = await asyncpg.connect(database.admin)
    rows = await connection.fetch("SELECT name FROM contacts WHERE starts_with(name, 'marked ') ORDER BY 1")
    await connection.close()
    return [row["name"] for row in rows]


async def _served(machine: Machine, folder: Path) -> tuple[list[str], int]:
    """What there is to migrate, and what a server that is started on it says of itself."""
    applied = await migrate(machine.database.owner, VAULT)
    async with serving(machine.database.app, folder) as server:
        return applied, server.status("/readyz")


async def test_it_is_as_it_was_at_a_moment_between_two_writes(machine: Machine, tmp_path: Path, note: Note) -> None:
    """But for sessions, and for who was erased since: nobody is let in, and nobody comes back, whom the past alone knows."""
    admin = await asyncpg.connect(machine.database.admin)
    await _mark(admin, "marked before")
    before, erased = await digests(machine.database), await of_the_erased(machine.database)
    assert (erased, await let_in(machine.database) >= TENANTS) == (1, True)
    moment = await admin.fetchval("SELECT clock_timestamp()::text")
    await _mark(admin, "marked after")
    await commanded(machine, f"python -m server person erase --tenant tenant-{ERASED} --email {ERASED_EMAIL} --yes")
    await commanded(machine, f"python -m server operator add tenant-{ERASED} owner")
    size = await admin.fetchval("SELECT pg_size_pretty(pg_database_size(current_database()))")
    await admin.close()
    await asyncio.to_thread(machine.run, "pgbackrest --stanza=address-book check")
    await asyncio.to_thread(machine.destroy)
    beside, listed, decided, restored, opened, repeated = steps("Back to a moment")
    place = {"BESIDE": str(machine.folder / "latest"), "BESIDE_PORT": str(free_port())}
    files = {"MOMENT": moment, "ERASED": str(tmp_path / "erased"), "DECIDED": str(machine.folder / "decided")}
    began = time.monotonic()
    past = with_password(await asyncio.to_thread(machine.run, beside, **place))
    await commanded(machine, listed, **files, DATABASE_URL=past)
    there = {"PGHOST": place["BESIDE"], "PGPORT": place["BESIDE_PORT"]}
    await asyncio.to_thread(machine.run, decided, **files, **there)
    said = await asyncio.to_thread(machine.run, restored, **files)
    with pytest.raises(ConnectionRefusedError):
        await asyncpg.connect(machine.database.app)
    await asyncio.to_thread(machine.run, opened)
    took = time.monotonic() - began
    note("back to a moment", f"{took:.1f} s, of {CONTACTS} contacts, {size}, with a full backup after it", f"{RTO_SECONDS:g} s")
    after = await digests(machine.database)
    assert {table for table in before if after[table] != before[table]} == {"sessions"}, said
    assert await let_in(machine.database) == 0
    assert await of_the_erased(machine.database) == erased
    ran = await commanded(machine, repeated, **files)
    assert ran.startswith(f"tenant-{ERASED}: 1 people, ")
    assert await of_the_erased(machine.database) == 0
    assert "|operator.added|" in await asyncio.to_thread(machine.run, 'cat "$DECIDED"', **files)
    await asyncio.to_thread(machine.run, '"$SCRIPTS/restore-beside" stop "$BESIDE"', **place)
    assert await _marked(machine.database) == ["marked before"]
    well = await asyncio.to_thread(machine.run, *steps("Is all well"))
    lines = well.splitlines()
    assert lines[0] == "roles: address_book_app address_book_owner"
    walls = lines[1].removeprefix("walls: ").split(" of ")
    assert walls[0] == walls[1] != "0"
    assert await _served(machine, tmp_path) == ([], 200)
    assert took < RTO_SECONDS


async def test_one_tenant_goes_back_beside_the_running_service(machine: Machine, tmp_path: Path, note: Note) -> None:
    """Every fourth of its contacts is removed, every other one spoiled, while others write."""
    admin = await asyncpg.connect(machine.database.admin)
    before, neighbours = await _people_see(admin, SPOILED), await _others(admin)
    moment = await admin.fetchval("SELECT clock_timestamp()::text")
    gone = await admin.execute(f"DELETE FROM contacts WHERE tenant_id = {TENANT_ID} AND number % 4 = 0", SPOILED)
    changed = await admin.execute(
        f"UPDATE contacts SET name = 'Spoiled', notes = NULL WHERE tenant_id = {TENANT_ID} AND number % 4 = 2", SPOILED
    )
    counts = [int(tag.split()[1]) for tag in (gone, changed)]
    beside = {"BESIDE": str(machine.folder / "beside"), "BESIDE_PORT": str(free_port())}
    there, ours, away = steps("One tenant back to a moment")
    async with serving(machine.database.app, tmp_path) as server:
        writers = Writers([server.url], await _token(machine.database), readers=1, per_second=20)
        async with writers.at_work():
            began = time.monotonic()
            said = await asyncio.to_thread(machine.run, there, MOMENT=moment, **beside)
            ready = time.monotonic()
            ran = await commanded(machine, ours, RESTORED_DATABASE_URL=with_password(said))
            done = time.monotonic()
            await asyncio.to_thread(machine.run, away, **beside)
        report = await writers.report(machine.database.admin)
    figure = f"{ready - began:.1f} s to restore beside, {done - ready:.1f} s for a dry run and a run over {sum(counts)} rows"
    note("one tenant back", figure, f"{RTO_SECONDS:g} s")
    note(
        "one tenant back: others meanwhile",
        f"{len(report.acknowledged)} writes, slowest request {report.slowest:.2f} s",
        "no error",
    )
    found = [line.split() for line in ran.splitlines() if line.startswith("contacts ")]
    assert found == [["contacts", *map(str, counts), "0", "0"]] * 2
    assert await _people_see(admin, SPOILED) == before
    assert await _others(admin) == neighbours
    await admin.close()
    assert (report.errors, report.lost, report.duplicated) == ({}, [], [])
    assert len(report.acknowledged) > 50


async def _people_see(admin: asyncpg.Connection, number: int) -> tuple[int, int]:
    """How many contacts a tenant has, and a digest of them with their labels, but for versions."""
    labels = "ARRAY(SELECT x.label_id FROM contact_labels x WHERE x.tenant_id = c.tenant_id AND x.contact_id = c.id ORDER BY 1)"
    seen = f"hashtextextended((to_jsonb(c) - 'version' - 'updated_at')::text || {labels}::text, 0)"
    return tuple(await admin.fetchrow(f"SELECT count(*), sum({seen}) FROM contacts c WHERE tenant_id = {TENANT_ID}", number))


async def _others(admin: asyncpg.Connection) -> tuple[int, int]:
    """A digest of the contacts of those who neither lose nor write anything."""
    return tuple(
        await admin.fetchrow(
            "SELECT count(*), sum(hashtextextended(c::text, 0)) FROM contacts c "
            "WHERE tenant_id NOT IN (bench.id('tenant', $1, 0), bench.id('tenant', $2, 0))",
            SPOILED,
            WRITING,
            timeout=600,
        )
    )


async def _token(database: Database) -> str:
    """Of the owner of the tenant that writes, who is in again after each restore."""
    connection = await asyncpg.connect(database.admin)
    sql = "UPDATE sessions SET ended_at = NULL, ended_reason = NULL WHERE tenant_id = bench.id('tenant', $1, 0)"
    await connection.execute(sql, WRITING)
    owner = await signed_in(connection, Keyring.parse(JWT_KEYS), WRITING)
    await connection.close()
    return owner.token


async def test_the_weekly_try_to_restore_tells_when_it_went_well(machine: Machine) -> None:
    place = {"RESTORE_TEST_FOLDER": str(machine.folder), "RESTORE_TEST_PORT": str(free_port())}
    await asyncio.to_thread(machine.run, '"$SCRIPTS/restore-test"', **place)
    told = (machine.folder / "backup-restored.prom").read_text() + machine.metrics.read_text()
    found = dict(line.rsplit(" ", 1) for line in told.splitlines() if not line.startswith("#"))
    for name in ("addressbook_restore_tested_timestamp_seconds", 'addressbook_backup_completed_timestamp_seconds{type="full"}'):
        assert 0 <= time.time() - float(found[name]) < 3_600
    assert list(machine.folder.glob("restore-test-*")) == []


async def test_of_what_was_acknowledged_a_minute_is_lost_at_the_most(machine: Machine, tmp_path: Path, note: Note) -> None:
    async with serving(machine.database.app, tmp_path) as server:
        token = await _token(machine.database)
        many, few = (Writers([server.url], token, per_second=per_second) for per_second in (40, 4))
        async with many.at_work():
            await many.until(LEAST, seconds=120)
        async with few.at_work():  # so that it is the time that ends a piece of the log, and not its size
            await _worst_moment(machine)
            await asyncio.to_thread(machine.destroy)
            gone = time.monotonic()
        assert server.status("/healthz") == 200
        await asyncio.to_thread(machine.run, *steps("Everything is lost"))
        while server.status("/readyz") != 200:
            assert time.monotonic() - gone < RTO_SECONDS
            await asyncio.sleep(0.05)
        back = time.monotonic() - gone
        reports = [await writers.report(machine.database.admin) for writers in (many, few)]
    acknowledged = [one for report in reports for one in report.acknowledged]
    lost = {name for report in reports for name in report.lost}
    first = min((one.ended for one in acknowledged if one.name in lost), default=gone)
    note("total loss: RPO", f"{gone - first:.1f} s ({len(lost)} of {len(acknowledged)} writes)", f"{RPO_SECONDS:g} s")
    note("total loss: RTO", f"{back:.1f} s to the first answer, of {CONTACTS} contacts", f"{RTO_SECONDS:g} s")
    assert len(acknowledged) >= LEAST
    assert lost, "what had no time to be archived cannot be there: the drill destroys nothing"
    assert [name for report in reports for name in report.duplicated] == []
    assert gone - first < RPO_SECONDS
    assert back < RTO_SECONDS


async def _worst_moment(machine: Machine) -> None:
    """Just before the next piece of the log would be sent: so much is lost at the most."""
    admin = await asyncpg.connect(machine.admin)
    sent = "SELECT archived_count FROM pg_stat_archiver"
    before = await admin.fetchval(sent)
    while await admin.fetchval(sent) == before:  # noqa: ASYNC110 - it is another process that sends
        await asyncio.sleep(0.1)
    seconds = await admin.fetchval("SELECT setting::int FROM pg_settings WHERE name = 'archive_timeout'")
    await admin.close()
    await asyncio.sleep(seconds - 1)


async def test_who_has_the_backup_reads_nothing_without_its_pass(machine: Machine) -> None:
    kept = [path for path in machine.repository.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in kept) > 1_000_000
    for path in kept:
        content = path.read_bytes()
        assert CANARY.encode() not in content, path
        assert content.startswith(b"Salted__"), path
    restore = 'pgbackrest --stanza=address-book --pg1-path="$PWD/nowhere" restore'
    machine.run("cp -r conf.d conf.wrong; mkdir -m 700 nowhere", "sed 's/pass=.*/pass=another/' -i conf.wrong/secret.conf")
    refused = machine.run(restore, good=False, PGBACKREST_CONFIG_INCLUDE_PATH=str(machine.folder / "conf.wrong"))
    assert "unable to load info file" in refused
    assert list((machine.folder / "nowhere").iterdir()) == []


async def test_an_archive_that_takes_nothing_is_seen(machine: Machine) -> None:
    """By what the exporter of Postgres asks for, and rules/database.yml judges."""
    admin = await asyncpg.connect(machine.database.admin)
    query = yaml.safe_load((ROOT / "deploy/monitoring/postgres-exporter.yml").read_text())["address_book_postgres"]["query"]
    await asyncio.to_thread(machine.run, "pgbackrest --stanza=address-book check; mv repository elsewhere; echo > repository")
    try:
        await _mark(admin, "marked while it takes nothing")
        await admin.execute("SELECT pg_switch_wal()")
        await asyncio.sleep(5)
        behind = await admin.fetchrow(query)
    finally:
        await asyncio.to_thread(machine.run, "rm repository; mv elsewhere repository")
    assert (behind["archive_enabled"], behind["archive_timeout_seconds"]) == (1, 30)
    assert behind["archive_waiting"] >= 1
    assert behind["archive_oldest_seconds"] >= 4
    deadline = time.monotonic() + 120
    while (await admin.fetchrow(query))["archive_waiting"]:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.5)
    await admin.close()
