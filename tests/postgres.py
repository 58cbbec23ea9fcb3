"""A Postgres of a test's own, which may be restarted, made read-only, and followed by a standby."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from server.binaries import account_of_postgres, find_binaries, run, runnable
from server.database import migrate, prepare, with_database
from server.embedded import embedded
from tests.conftest import APP, OWNER, PASSWORDS, VAULT

NAME = "book"


@dataclass(frozen=True)
class Own:
    """The server: where it lies, and its DSN for a superuser and for the role that serves."""

    home: Path
    admin: str
    app: str

    def restart(self) -> None:
        """As after a crash: nobody is told, and the log is replayed."""
        _control("restart", "-m", "immediate", "-l", self.home / "postgres.log", folder=self.home / "cluster")

    async def writable(self, *, yes: bool) -> None:
        """Lets it take writes, or none, from the next transaction on."""
        connection = await asyncpg.connect(self.admin)
        await connection.execute("SET default_transaction_read_only = off")
        await connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {'off' if yes else 'on'}")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.close()

    @contextmanager
    def standby(self) -> Iterator[int]:
        """The port of a hot standby that follows it."""
        folder = self.home / "cluster" / "standby"  # where the account of Postgres may write
        account = account_of_postgres()
        made = run(account, _binary("pg_basebackup"), "-D", folder, "-R", "-c", "fast", "-d", self.admin)
        assert made.returncode == 0, made.stdout
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        options = f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        _control("start", "-l", folder / "log", "-o", options, folder=folder)
        try:
            yield port
        finally:
            _control("stop", "-m", "immediate", folder=folder)


@contextmanager
def own(folder: Path) -> Iterator[Own]:
    """The server, migrated, while the block lasts; what it acknowledges is on disk."""
    with embedded(folder) as cluster:
        admin = with_database(cluster.admin_dsn, NAME)
        asyncio.run(prepare(cluster.admin_dsn, NAME, PASSWORDS))
        asyncio.run(migrate(with_database(cluster.admin_dsn, NAME, OWNER, PASSWORDS[OWNER]), VAULT))
        yield Own(cluster.data, admin, with_database(cluster.admin_dsn, NAME, APP, PASSWORDS[APP]))


def _binary(name: str) -> Path:
    return runnable(find_binaries(None), account_of_postgres()) / name


def _control(verb: str, *options: str | Path, folder: Path) -> None:
    done = run(account_of_postgres(), _binary("pg_ctl"), verb, "-w", "-t", "30", "-D", folder, *options)
    assert done.returncode == 0, done.stdout
