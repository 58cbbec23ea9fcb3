"""`import-legacy` at the command line: what it says, what it refuses, and that a killed run goes on where it was."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models.audit import AuditEntry
from models.errors import Unavailable
from server.database import ROOT
from tests.commands import Command, Said
from tests.conftest import SECRET_KEYS, Database
from tests.house.walls import checksums
from tests.old import Old, old_database
from tests.world import tenant


@pytest.fixture
async def old(worker_id: str) -> AsyncIterator[Old]:
    """An empty old database."""
    async with old_database(f"old_{worker_id}") as old:
        yield old


@pytest.fixture
async def nova(admin: asyncpg.Connection) -> UUID:
    """The tenant to move into."""
    return await tenant(admin, "nova")


async def numbers(admin: asyncpg.Connection, home: UUID, table: str) -> list[int]:
    """The numbers of the tenant's rows, in order."""
    return [row["number"] for row in await admin.fetch(f"SELECT number FROM {table} WHERE tenant_id = $1 ORDER BY 1", home)]


async def written(admin: asyncpg.Connection, home: UUID) -> Sequence[Any]:
    """Which transaction wrote each row of the tenant, the tenant's own too."""
    tables = ("users", "contacts", "login_history", "legacy_imports", "audit_entries")
    rows = [await admin.fetch(f"SELECT xmin, ctid FROM {table} WHERE tenant_id = $1 ORDER BY ctid", home) for table in tables]
    return [*rows, await admin.fetch("SELECT xmin FROM tenants WHERE id = $1", home)]


async def told(admin: asyncpg.Connection, home: UUID) -> list[tuple[str, Any]]:
    """The audit log of the tenant, all of whose entries are about it."""
    rows = await admin.fetch("SELECT action, target_id, details FROM audit_entries WHERE tenant_id = $1 ORDER BY at, id", home)
    assert {row["target_id"] for row in rows} <= {home.hex}
    return [(row["action"], json.loads(row["details"])) for row in rows]


async def test_a_dry_run_says_what_a_run_then_does_and_writes_nothing(
    run: Command, old: Old, admin: asyncpg.Connection, nova: UUID
) -> None:
    await old.many(1_100, 1_200, 700)
    await old.contact(5_001, "Nobody", email="nowhere@")
    await old.user(5_001, "USER7 ", "seven@old.example")
    sequences = "SELECT (SELECT last_value FROM users_number_seq), (SELECT last_value FROM contacts_number_seq)"
    before = await checksums(admin, nova), await written(admin, nova), await admin.fetchrow(sequences)
    dry = await run("import-legacy", old.url, "--tenant", "nova", "--dry-run")
    assert (await checksums(admin, nova), await written(admin, nova), await admin.fetchrow(sequences)) == before
    real = await run("import-legacy", old.url, "--tenant", "nova")
    assert dry == Said(0, real.out.replace("     taken", "   to take"), "")
    assert real.out.splitlines() == [
        "               taken    before      left     noted",
        "users           1099         0         2         0",
        "contacts        1200         0         1         0",
        "logins           699         0         1         0",
        "contact left: INVALID, 1: 5001",
        "login left: USER_NOT_HERE, 1: 6",
        "user left: SAME_AS_ANOTHER, 2: 7, 5001",
    ]
    assert await told(admin, nova) == [
        ("import.started", {"by": "console"}),
        ("import.finished", {"by": "console", "users": 1_099, "contacts": 1_200, "logins": 699}),
    ]


async def test_a_second_run_changes_nothing(run: Command, old: Old, admin: asyncpg.Connection, nova: UUID) -> None:
    await old.many(20, 30, 40)
    assert (await run("import-legacy", old.url, "--tenant", "nova")).code == 0
    before = await checksums(admin, nova), await written(admin, nova)
    again = await run("import-legacy", old.url, "--tenant", "nova")
    assert again.out.splitlines()[1:] == [
        "users              0        20         0         0",
        "contacts           0        30         0         0",
        "logins             0        40         0         0",
    ]
    assert (await checksums(admin, nova), await written(admin, nova)) == before


async def test_the_report_names_each_row_and_nothing_of_people(run: Command, old: Old, nova: UUID, tmp_path: Path) -> None:
    await old.user(1, "secretive", "secretive@@old.example")
    await old.user(2, "plain", password="5f4dcc3b5aa765d61d8327deb882cf99")
    await old.contact(3, "secretive" * 30)
    await old.contact(4, email="secretive@old.example")
    await old.contact(5, email="SECRETIVE@old.example ", address="elsewhere")
    file = tmp_path / "report.jsonl"
    said = await run("import-legacy", old.url, "--tenant", "nova", "--report", str(file))
    assert said.out.splitlines()[-1] == f"Row by row: {file}"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "secretive" not in (said.out + said.err + file.read_text()).lower()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(line["kind"], line["id"], line["here"], line["reason"], line["field"], line["others"]) for line in lines] == [
        ("user", 1, False, "INVALID", "email", []),
        ("user", 2, False, "HASH_REFUSED", "password", []),
        ("contact", 3, False, "TOO_LONG", "name", []),
        ("contact", 5, True, "LOOKS_THE_SAME", None, [4]),
    ]
    assert [line["message"] for line in lines] == [
        "email is not an e-mail address, such as ada@example.org.",
        "password is neither an Argon2id nor a bcrypt hash.",
        "name may have at most 200 characters, not 270.",
        "Name, e-mail address and phone are another contact's too.",
    ]


async def test_a_killed_run_goes_on_where_it_was(old: Old, database: Database, admin: asyncpg.Connection, nova: UUID) -> None:
    await old.many(600, 6_000, 2_000)
    command = [sys.executable, "-m", "server", "import-legacy", old.url, "--tenant", "nova", "--owner", "user3"]
    environ = os.environ | {"DATABASE_URL": database.app, "SECRET_KEYS": SECRET_KEYS}
    process = await asyncio.to_thread(
        subprocess.Popen, command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    while await admin.fetchval("SELECT count(*) FROM contacts WHERE tenant_id = $1", nova) < 1_000:
        assert process.poll() is None
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert await asyncio.to_thread(process.wait) == -signal.SIGKILL
    there = "SELECT count(*) FROM contacts WHERE tenant_id = $1"
    halfway = await admin.fetchval(there, nova)
    assert 1_000 <= halfway < 6_000
    assert await admin.fetchval("SELECT count(*) FROM legacy_imports WHERE tenant_id = $1 AND kind = 'CONTACT'", nova) == halfway
    first = await admin.fetch("SELECT id, xmin FROM contacts WHERE tenant_id = $1 AND number <= 1000 ORDER BY number", nova)
    done = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.splitlines()[1:] == [
        "users              0       600         0         0",
        f"contacts  {6_000 - halfway:10}{halfway:10}         0         0",
        "logins          2000         0         0         0",
    ]
    assert await numbers(admin, nova, "contacts") == list(range(1, 6_001))
    assert await numbers(admin, nova, "users") == list(range(1, 601))
    same = await admin.fetch("SELECT id, xmin FROM contacts WHERE tenant_id = $1 AND number <= 1000 ORDER BY number", nova)
    assert same == first
    assert await told(admin, nova) == [
        ("import.started", {"by": "console"}),
        ("import.finished", {"by": "console", "users": 600, "contacts": 6_000, "logins": 2_000}),
    ]
    assert await admin.fetch("SELECT number FROM users WHERE tenant_id = $1 AND role = 'OWNER'", nova) == [(3,)]


async def test_what_cannot_be_put_on_record_is_not_moved(
    run: Command, old: Old, admin: asyncpg.Connection, nova: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unwritten(*_: object, **__: object) -> None:
        raise Unavailable("The log is full.")

    await old.many(5, 5, 5)
    before = await checksums(admin, nova)
    monkeypatch.setattr(AuditEntry, "append", unwritten)
    assert await run("import-legacy", old.url, "--tenant", "nova") == Said(1, "", "The log is full.\n")
    assert await checksums(admin, nova) == before


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--tenant nobody", "There is no tenant nobody."),
        ("--tenant nova --owner nobody", "The old database has not one active user nobody, who could become an owner."),
        ("--tenant nova --owner gone", "The old database has not one active user gone, who could become an owner."),
        ("--tenant nova --owner twin", "The old database has not one active user twin, who could become an owner."),
        ("--tenant nova --decisions missing", "missing cannot be read."),
        ("--tenant nova --report /nowhere/report", "/nowhere/report cannot be written."),
    ],
)
async def test_a_mistake_is_one_line_and_moves_nothing(
    run: Command, old: Old, admin: asyncpg.Connection, nova: UUID, options: str, told: str
) -> None:
    await old.user(1, "gone", active=False)
    await old.user(2, "twin")
    await old.user(3, "TWIN", "three@old.example")
    await old.contact(4)
    before = await checksums(admin, nova)
    assert await run("import-legacy", old.url, *options.split()) == Said(1, "", f"{told}\n")
    assert await checksums(admin, nova) == before


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://root:hush@db/old", "The old database's URL is not postgresql://user:password@host:port/database."),
        (
            "postgresql://root:hush@127.0.0.1:port/old",
            "The old database's URL is not postgresql://user:password@host:port/database.",
        ),
        ("postgresql://root:hush@127.0.0.1:1/old", "The old database cannot be read: "),
    ],
)
async def test_an_old_database_that_is_not_there_is_one_line_without_its_password(
    run: Command, nova: UUID, url: str, told: str
) -> None:
    said = await run("import-legacy", url, "--tenant", "nova")
    assert (said.code, said.out, said.err[: len(told)], said.err.count("\n")) == (1, "", told, 1)
    assert "hush" not in said.err


async def test_another_database_is_told_to_be_none_of_the_old_service(run: Command, database: Database, nova: UUID) -> None:
    said = await run("import-legacy", database.admin, "--tenant", "nova")
    assert said == Said(1, "", 'This is not the old service\'s database: relation "people" does not exist.\n')


async def test_the_url_may_come_by_the_environment(
    run: Command, old: Old, admin: asyncpg.Connection, nova: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    await old.contact(5)
    monkeypatch.setenv("OLD_DATABASE_URL", old.url)
    assert (await run("import-legacy", "--tenant", "nova")).code == 0
    assert await numbers(admin, nova, "contacts") == [5]


@pytest.mark.long
async def test_fifty_thousand_contacts_move_in_two_minutes(
    old: Old, database: Database, admin: asyncpg.Connection, nova: UUID
) -> None:
    """In a process of its own, whose time and greatest memory are printed."""
    await old.many(2_000, 50_000, 20_000)
    watched = (
        "import atexit, resource, sys, time; from server.__main__ import main; start = time.monotonic(); "
        "atexit.register(lambda: print(time.monotonic() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)); "
        "main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", watched, "import-legacy", old.url, "--tenant", "nova"]
    environ = os.environ | {"DATABASE_URL": database.app, "SECRET_KEYS": SECRET_KEYS}
    for expected in (("2000", "0"), ("0", "2000")):
        done = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
        lines = done.stdout.splitlines()
        seconds, megabytes = lines[-1].split()
        sys.stderr.write(f"{' '.join(lines[1].split())}: {float(seconds):.1f} s, {megabytes} MB\n")
        assert tuple(lines[1].split()[1:3]) == expected
        assert float(seconds) < 120
        assert int(megabytes) < 400
    assert await numbers(admin, nova, "contacts") == list(range(1, 50_001))


async def test_on_a_terminal_a_bar_shows_how_far_it_is(old: Old, database: Database, nova: UUID) -> None:
    await old.many(5, 700, 5)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "server", "import-legacy", old.url, "--tenant", "nova"]
    environ = os.environ | {"DATABASE_URL": database.app, "SECRET_KEYS": SECRET_KEYS, "TERM": "xterm"}
    done = await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=theirs, check=True
    )
    os.close(theirs)
    shown = os.read(ours, 65_536).decode()
    os.close(ours)
    assert "Moving" in shown
    assert "100%" in shown
    assert b"Moving" not in done.stdout
