"""All that is monitored, of its own and for real: Postgres, Redis, a mail server, a collector, our server, the exporter."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

import asyncpg
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from auth.vault import Vault
from bench.collector import collecting
from bench.monitoring import exporting
from bench.processes import Failed, free_port
from bench.seed import APP, JWT_KEYS, OWNER, PASSWORD, SECRET_KEYS
from server.database import ROOT, migrate, opened, prepare, with_database
from server.demo import plant
from server.embedded import Cluster, embedded
from server.settings import Settings, load

MONITOR: Final = "address_book_monitor"
_NAME: Final = "stage"
_START_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Stage:
    """Where everything listens."""

    base: str
    admin: str
    """The superuser's DSN of the database."""
    targets: Mapping[str, list[str]]
    """By job, as `monitoring.watching` wants them."""


@contextmanager
def staged(folder: Path, postgres: Path) -> Iterator[Stage]:
    """All of it, with the demo tenant, while the block lasts. `postgres` is a folder that its account reaches."""
    mail = Controller(Sink(), hostname="127.0.0.1", port=free_port())
    mail.start()
    try:
        with (
            collecting() as collector,
            embedded(postgres, durable=False, preload="pg_stat_statements") as cluster,
            redis_server(folder, free_port()) as redis_url,
        ):
            more = {
                "SMTP_URL": f"smtp://127.0.0.1:{mail.port}",
                "REDIS_URL": redis_url,
                "OTLP_ENDPOINT": f"{collector}/v1/traces",
            }
            settings = asyncio.run(planted(cluster, more))
            dsn = with_database(cluster.admin_dsn, _NAME, MONITOR, PASSWORD)
            with serving(folder, settings) as (base, metrics), exporting(folder, dsn) as exporter:
                yield Stage(base, with_database(cluster.admin_dsn, _NAME), {"addressbook": [metrics], "postgres": [exporter]})
    finally:
        mail.stop()


async def planted(cluster: Cluster, more: Mapping[str, str]) -> dict[str, str]:
    """Makes and migrates a database with the demo tenant and the exporter's role; the settings of a server for it."""
    await prepare(cluster.admin_dsn, _NAME, {OWNER: PASSWORD, APP: PASSWORD})
    await migrate(with_database(cluster.admin_dsn, _NAME, OWNER, PASSWORD), Vault.parse(SECRET_KEYS))
    inside = await asyncpg.connect(with_database(cluster.admin_dsn, _NAME))
    await inside.execute((ROOT / "deploy/postgres/monitor.sql").read_text())
    await inside.execute(f"ALTER ROLE {MONITOR} LOGIN PASSWORD '{PASSWORD}'")
    await inside.close()
    environ = {
        "BCRYPT_COST": "6",  # so that a busy machine still lets people in
        "DATABASE_URL": with_database(cluster.admin_dsn, _NAME, APP, PASSWORD),
        "JWT_KEYS": JWT_KEYS,
        "SECRET_KEYS": SECRET_KEYS,
        "METRICS_PORT": "1",  # each server gets its own
        "MAIL_FROM": "no-reply@book.test",
        "PUBLIC_URL": "https://book.test",
        "MAIL": "smtp" if "SMTP_URL" in more else "off",
        **more,
    }
    settings = load(environ, Settings)
    async with opened(settings.database_url.get_secret_value(), settings.vault(), pool=2):
        await plant(settings)
    return environ


@contextmanager
def serving(folder: Path, settings: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """`python -m server serve`; its base URL, and host:port of its metrics."""
    port, metrics = free_port(), free_port()
    environ = {"PATH": os.environ["PATH"], **settings, "PORT": str(port), "METRICS_PORT": str(metrics)}
    log = folder / "server.log"
    with log.open("ab") as out:
        process = subprocess.Popen([sys.executable, "-m", "server", "serve"], cwd=ROOT, env=environ, stdout=out, stderr=out)
    try:
        until = time.monotonic() + _START_SECONDS
        while _status(port) != 200:
            if process.poll() is not None or time.monotonic() > until:
                raise Failed(f"the server does not get ready:\n{log.read_text(errors='replace')[-2_000:]}")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", f"127.0.0.1:{metrics}"
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def redis_server(folder: Path, port: int) -> Iterator[str]:
    """A redis-server that keeps nothing; yields its URL."""
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.kill()
        process.wait(10)


def _status(port: int) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()
