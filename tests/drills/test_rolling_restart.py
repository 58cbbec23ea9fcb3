"""Each server in turn is told to stop, ends, and is started again, behind the HAProxy that is deployed: nobody notices (RE-07)."""

from __future__ import annotations

import asyncio
import shutil
import time
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

import pytest

from tests.abuse.server import Server, running
from tests.conftest import JWT_KEYS
from tests.drills.haproxy import free_port, haproxy
from tests.drills.postgres import Postgres
from tests.drills.report import Note, judged
from tests.drills.writers import Writers, editor

pytestmark = [
    pytest.mark.drill,
    pytest.mark.usefixtures("each_round"),
    pytest.mark.skipif(shutil.which("haproxy") is None, reason="there is no haproxy here"),
]

ROUNDS = 2
DRAIN_SECONDS = 3
"""HAProxy looks every half second, and wants to see it twice."""


class _Replica:
    """A server that comes back to its port each time that it is started."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.port, self._dsn, self._folder = free_port(), dsn, folder
        self._stack = ExitStack()
        self._server: Server | None = None

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        given = {"DRAIN_SECONDS": str(DRAIN_SECONDS), "TRUSTED_PROXIES": "127.0.0.1/32"}
        self._server = self._stack.enter_context(running(self._dsn, JWT_KEYS, self._folder, port=self.port, **given))

    def drain(self) -> tuple[list[tuple[int, int]], float, int]:
        """Stops it in order: what /readyz and /healthz were answered meanwhile, in turn and each once; for how many seconds
        it drained; its exit code."""
        assert self._server is not None
        server, seen = self._server, []
        server.process.terminate()
        began = time.monotonic()
        drained = began
        while server.process.poll() is None:
            seen.append((server.status("/readyz"), server.status("/healthz")))
            if seen[-1] == (503, 200):
                drained = time.monotonic()
            time.sleep(0.05)
        self._stack.close()
        return [answers for answers, _ in groupby(seen)], drained - began, server.process.returncode

    def stop(self) -> None:
        """Stops it, if it runs."""
        self._stack.close()


async def test_a_rolling_restart_fails_nobody(postgres: Postgres, tmp_path: Path, note: Note) -> None:
    admin = postgres.database.admin
    replicas = {name: _Replica(postgres.database.app, tmp_path) for name in "ab"}
    addresses = {f"SERVER_{name.upper()}": f"127.0.0.1:{replica.port}" for name, replica in replicas.items()}
    with ExitStack() as stack:
        for replica in replicas.values():
            stack.callback(replica.stop)
            await asyncio.to_thread(replica.start)
        balancer = stack.enter_context(haproxy("haproxy", tmp_path, "API_BIND", **addresses))
        await balancer.up("ready", "a", "b")
        url = f"http://127.0.0.1:{balancer.port}"
        writers = Writers([url], await editor(admin, url), writers=4, readers=4, per_second=50)
        async with writers.at_work():
            await writers.until(200)
            for _ in range(ROUNDS):
                for replica in replicas.values():
                    with writers.fault():
                        seen, drained, code = await asyncio.to_thread(replica.drain)
                    told = [answers for answers in seen if answers != (0, 0)]
                    assert told in ([(503, 200)], [(200, 200), (503, 200)], [(503, 200), (503, 0)]), seen
                    assert (drained > DRAIN_SECONDS - 0.5, code) == (True, 0)
                    await asyncio.to_thread(replica.start)
                    await balancer.up("ready", "a", "b")
                    await writers.until(100)
            await writers.until(200)
        report = await writers.report(admin)
    judged(report, note, "rolling restart", told=())
