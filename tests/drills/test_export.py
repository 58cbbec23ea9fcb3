"""A large tenant goes out and comes back in bounded memory, and nothing of it is lost (RE-17)."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

import asyncpg
import pytest

from auth import signing
from models.job import Job
from models.values import JobKind
from resolvers import bundles
from resolvers.work import door
from server.database import ROOT, opened
from tests.conftest import SECRET_KEYS, VAULT
from tests.drills.report import Note
from tests.drills.seeds import seeded
from tests.drills.workers import running, until

pytestmark = pytest.mark.drill

SMALL, BIG = 1_000, int(os.environ.get("EXPORT_CONTACTS", "100000"))
MORE_MB = 64.0
"""So much more memory a hundred times as many contacts may take."""

_CHILD = """
import resource, runpy, sys
try:
    runpy.run_module("server", run_name="__main__")
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""
"""Runs a command and tells the most memory that it held, in KiB."""


class Ran(NamedTuple):
    """How a command went: seconds, and the most memory that it held, in megabytes."""

    seconds: float
    megabytes: float


async def ran(dsn: str, *arguments: str) -> Ran:
    """A command of the command line, in a process of its own."""
    environment = os.environ | {"DATABASE_URL": dsn, "SECRET_KEYS": SECRET_KEYS, "PYTHONPATH": str(ROOT)}
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CHILD, *arguments, env=environment, cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()
    return Ran(time.monotonic() - began, int(said.split()[-1]) / 1024)


async def test_a_hundred_thousand_contacts_go_out_and_come_back_in_bounded_memory(tmp_path: Path, note: Note) -> None:
    async with seeded(1, SMALL, big=BIG) as world:
        assert world.big is not None
        dsn, file = world.database.app, tmp_path / "big.zip"
        small = await ran(dsn, "tenant", "export", world.tenants[0].slug, str(tmp_path / "small.zip"))
        big = await ran(dsn, "tenant", "export", world.big.slug, str(file))
        back = await ran(dsn, "tenant", "import", str(file), "--as", "twin")
        admin = await asyncpg.connect(world.database.admin)
        counts = [
            await admin.fetchval(
                "SELECT md5(string_agg(to_jsonb(c)::text, '' ORDER BY c.id)) || count(*) "
                "FROM (SELECT id, number, version, name, notes, email, updated_at FROM contacts c "
                "WHERE c.tenant_id = (SELECT t.id FROM tenants t WHERE t.slug = $1)) c",
                slug,
            )
            for slug in (world.big.slug, "twin")
        ]
        await admin.close()
    size = file.stat().st_size / 1e6
    note(f"export of {BIG:,} contacts", f"{big.seconds:.1f} s, {size:.1f} MB of file, {big.megabytes:.0f} MB of memory", "–")
    note("memory, beyond that of a hundredth", f"{big.megabytes - small.megabytes:.0f} MB", f"{MORE_MB:.0f} MB")
    note("import of them", f"{back.seconds:.1f} s, {back.megabytes:.0f} MB of memory", f"{MORE_MB:.0f} MB more")
    assert counts[0] == counts[1]
    assert counts[0].endswith(str(BIG))
    assert big.megabytes - small.megabytes < MORE_MB
    assert back.megabytes - small.megabytes < MORE_MB


async def test_a_bundle_is_made_once_and_whole_though_its_worker_is_killed_half_way(tmp_path: Path, note: Note) -> None:
    async with seeded(1, SMALL, big=BIG) as world:
        assert world.big is not None
        database, admin = world.database, await asyncpg.connect(world.database.admin)
        home = await admin.fetchval("SELECT id FROM tenants WHERE slug = $1", world.big.slug)
        async with opened(database.app, VAULT, pool=1), door(home):
            job = await Job.add(JobKind.EXPORT, format="TENANT_BUNDLE")

        async def stands(what: str) -> bool:
            return bool(await admin.fetchval(f"SELECT {what} FROM jobs WHERE id = $1", job["id"]))

        async with running(database, "work") as worker:
            await until(lambda: stands("progress > 0.4"))
            worker.kill()
            await worker.wait()
        killed, began = await admin.fetchval("SELECT progress FROM jobs WHERE id = $1", job["id"]), time.monotonic()
        assert killed < 1
        await admin.execute(
            "INSERT INTO labels (tenant_id, id, name) VALUES ($1, gen_random_uuid(), 'of the second attempt')", home
        )
        async with running(database, "work"), running(database, "work"):
            await until(lambda: stands("status = 'SUCCEEDED'"))
        seconds = time.monotonic() - began
        attempts = await admin.fetchval("SELECT attempts FROM jobs WHERE id = $1", job["id"])
        [kept] = await admin.fetch("SELECT * FROM exports")
        pieces = await admin.fetch("SELECT content FROM export_chunks ORDER BY number")
        labels = await admin.fetchval("SELECT count(*) FROM labels WHERE tenant_id = $1", home)
        await admin.close()
    content, file = b"".join(piece["content"] for piece in pieces), tmp_path / "big.zip"
    file.write_bytes(content)
    note("export whose worker is killed", f"killed at {killed:.0%}, made {seconds:.1f} s later, attempt {attempts}", "attempt 2")
    assert (attempts, kept["id"], kept["size"]) == (2, job["id"], len(content))
    assert kept["sha256"] == hashlib.sha256(content).digest()
    with bundles.opened(file, signing.public_keys(VAULT)) as given:
        assert (given.counts["contacts"], given.counts["labels"]) == (BIG, labels)
