"""The runbook's commands run as they stand, over a fresh Postgres with the real server, or it names what runs them."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from bench.processes import free_port
from server.binaries import find_binaries
from server.database import ROOT
from server.embedded import embedded
from tests.postgres import superuser

RUNBOOK = ROOT / "docs" / "runbook.md"


@pytest.mark.skipif(os.geteuid() != 0, reason="the runbook is for root: it gives its files to the container's user")
def test_it_runs_as_it_stands_from_nothing(tmp_path: Path) -> None:
    public, probes = free_port(), free_port()
    environ = {
        "PATH": f"{find_binaries()}:{os.environ['PATH']}",
        "CONFIG": str(tmp_path / "etc"),
        "IMAGE": "this checkout",
        "RUN": str(ROOT / "tests" / "process"),
        "PYTHON": sys.executable,
        "PORT": str(public),
        "METRICS_PORT": str(probes),
        "BASE": f"http://127.0.0.1:{public}",
        "PROBES": f"http://127.0.0.1:{probes}",
    }
    with embedded(tmp_path / "postgres", durable=False) as cluster:
        asyncio.run(_logging(cluster.admin_dsn))
        try:
            walked = subprocess.run(
                [ROOT / "scripts" / "walk", RUNBOOK],
                cwd=ROOT,
                env=environ | superuser(cluster.admin_dsn, tmp_path),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=300,
            )
        finally:
            with suppress(FileNotFoundError, ProcessLookupError):
                os.kill(int((tmp_path / "etc" / "serving").read_text()), signal.SIGKILL)
        log = (cluster.data / "postgres.log").read_text(encoding="utf-8")
    assert walked.returncode == 0, walked.stdout[-6_000:]
    assert walked.stdout.count("smoke: signing out, which bites at once") >= 2
    kept = (tmp_path / "etc/prod/serve/DATABASE_URL", tmp_path / "etc/prod/migrate/MIGRATION_DATABASE_URL")
    logged = [urlsplit(file.read_text(encoding="utf-8")).password in log for file in kept]
    assert ("ALTER ROLE address_book_app_a LOGIN" in log, logged) == (True, [False, False])


async def _logging(admin: str) -> None:
    """Postgres writes down what changes roles and tables."""
    connection = await asyncpg.connect(admin)
    await connection.execute("ALTER SYSTEM SET log_statement = 'ddl'")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


def test_what_it_cannot_run_is_named_with_what_runs_it() -> None:
    *pieces, _ = re.split(r"^```console\n.*?^```$", RUNBOOK.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert len(pieces) >= 4
    for piece in pieces:
        _, _, before = piece.rstrip().rpartition("\n\n")
        named = re.findall(r"`((?:deploy/scripts|tests)/[^`]+)`", before)
        assert named, before
        assert [one for one in named if not (ROOT / one).exists()] == [], before
