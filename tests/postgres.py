"""A Postgres of a test's own, that keeps what it acknowledges, and can be made to fail, to refuse writes, and to be followed."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import asyncpg

from bench.processes import free_port
from server.binaries import account_of_postgres, find_binaries, run, runnable
from server.database import migrate, prepare, with_database
from server.embedded import Cluster, embedded
from tests.conftest import APP, OWNER, PASSWORDS, VAULT, Database

NAME: Final = "address_book"


def superuser(dsn: str, folder: Path) -> dict[str, str]:
    """The environment by which psql signs in as a DSN does, with the password in a file of this folder."""
    of = urlsplit(dsn)
    given = {"PGHOST": of.hostname or "", "PGPORT": str(of.port), "PGUSER": of.username or ""}
    file = folder / "pgpass"
    file.touch(0o600)
    file.write_text(":".join((given["PGHOST"], given["PGPORT"], "*", given["PGUSER"], of.password or "")) + "\n", encoding="utf-8")
    return given | {"PGPASSFILE": str(file)}


@dataclass(frozen=True)
class Postgres:
    """A durable cluster, and the migrated database in it, as each role sees it."""

    cluster: Cluster
    database: Database

    @property
    def data(self) -> Path:
        """PGDATA."""
        return self.cluster.data / "cluster"

    @property
    def log(self) -> Path:
        """Where it says what it does."""
        return self.cluster.data / "postgres.log"

    async def restart(self) -> None:
        """As after a crash: nobody is waited for, nothing is flushed, and it recovers from its log. Returns when it accepts."""
        await self._control("restart", "-m", "immediate")

    @asynccontextmanager
    async def down(self) -> AsyncIterator[None]:
        """While the block lasts it is gone, as after a crash; then it recovers."""
        await self._control("stop", "-m", "immediate")
        try:
            yield
        finally:
            await self._control("restart")  # which takes the options of its last start; `start` would not

    async def writable(self, *, yes: bool) -> None:
        """Lets it take writes, or none, from the next transaction on."""
        connection = await asyncpg.connect(self.database.admin)
        await connection.execute("SET default_transaction_read_only = off")
        await connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {'off' if yes else 'on'}")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.close()

    @asynccontextmanager
    async def standby(self) -> AsyncIterator[int]:
        """The port of a hot standby that follows it, while the block lasts."""
        folder, port = self.data / "standby", free_port()  # there the account of Postgres may write
        await _run("pg_basebackup", "-D", folder, "-R", "-c", "fast", "-d", self.database.admin)
        options = f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        await _control(folder, "start", "-l", folder / "log", "-o", options)
        try:
            yield port
        finally:
            await _control(folder, "stop", "-m", "immediate")

    async def _control(self, verb: str, *options: str) -> None:
        await _control(self.data, verb, "-l", self.log, *options)  # without a log what Postgres says would keep us waiting


async def _control(data: Path, verb: str, *options: str | Path) -> None:
    await _run("pg_ctl", verb, "-w", "-t", "30", "-D", data, *options)


async def _run(tool: str, *options: str | Path) -> None:
    account = account_of_postgres()
    done = await asyncio.to_thread(run, account, runnable(find_binaries(), account) / tool, *options)
    assert done.returncode == 0, done.stdout


@contextmanager
def durable(on: Path | None = None, *, migrated: bool = True) -> Iterator[Postgres]:
    """Made in a folder of its own (`on` this disk, if one is given), migrated or not, and stopped at the end. Blocking."""
    with tempfile.TemporaryDirectory(prefix="address-book-tests-", dir=on) as name:
        folder = Path(name)
        folder.chmod(0o711)  # the account that runs Postgres passes through
        with embedded(folder / "postgres", durable=True) as cluster:
            admin = cluster.admin_dsn
            asyncio.run(prepare(admin, NAME, PASSWORDS))
            owner, app = (with_database(admin, NAME, role, PASSWORDS[role]) for role in (OWNER, APP))
            if migrated:
                asyncio.run(migrate(owner, VAULT))
            yield Postgres(cluster, Database(with_database(admin, NAME), owner, app))
