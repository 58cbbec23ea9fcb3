"""A Postgres of the drill's own, that keeps what it acknowledges, and can be made to fail."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bench.processes import family
from server.binaries import account_of_postgres, find_binaries, run, runnable
from server.database import migrate, prepare, with_database
from server.embedded import Cluster, embedded
from tests.conftest import APP, OWNER, PASSWORDS, VAULT, Database

NAME: Final = "address_book"


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
    def port(self) -> int:
        """Where it listens."""
        return int(urlsplit(self.database.app).port or 0)

    def through(self, port: int) -> str:
        """The DSN of the role that serves, by way of another port."""
        return self.database.app.replace(f":{self.port}/", f":{port}/")

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

    @contextmanager
    def hung(self) -> Iterator[None]:
        """While the block lasts it keeps its connections and takes new ones, and answers nobody (SIGSTOP)."""
        postmaster = int((self.data / "postmaster.pid").read_text().partition("\n")[0])
        stopped = family(postmaster)
        try:
            for pid in stopped:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in stopped:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    async def _control(self, verb: str, *options: str) -> None:
        account = account_of_postgres()
        tool, log = runnable(find_binaries(), account) / "pg_ctl", self.cluster.data / "postgres.log"
        # Without a log what Postgres says would keep us waiting.
        done = await asyncio.to_thread(run, account, tool, verb, "-w", "-t", "30", "-D", self.data, "-l", log, *options)
        assert done.returncode == 0, done.stdout


@contextmanager
def durable(on: Path | None = None) -> Iterator[Postgres]:
    """Made in a folder of its own (`on` this disk, if one is given), migrated, and stopped at the end. Blocking."""
    with tempfile.TemporaryDirectory(prefix="address-book-drill-", dir=on) as name:
        folder = Path(name)
        folder.chmod(0o711)  # the account that runs Postgres passes through
        with embedded(folder / "postgres", durable=True) as cluster:
            admin = cluster.admin_dsn
            asyncio.run(prepare(admin, NAME, PASSWORDS))
            owner, app = (with_database(admin, NAME, role, PASSWORDS[role]) for role in (OWNER, APP))
            asyncio.run(migrate(owner, VAULT))
            yield Postgres(cluster, Database(with_database(admin, NAME), owner, app))
