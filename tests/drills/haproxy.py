"""A real HAProxy with the configuration that is deployed, its addresses filled in."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.database import ROOT

_PATIENCE_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Balancer:
    """Where it listens, and what it logged: a line for each request, and for each server that came or went."""

    port: int
    log: Path
    _admin: int

    def say(self, command: str) -> str:
        """What its administrator is answered (HAProxy's management guide, 9.3)."""
        with socket.create_connection(("127.0.0.1", self._admin)) as line:
            line.sendall(f"{command}\n".encode())
            with line.makefile() as answer:
                return answer.read().strip()

    async def up(self, backend: str, *servers: str) -> None:
        """Until these servers of a backend are given requests, and no others."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while self._up(backend) != set(servers):  # noqa: ASYNC110 - HAProxy tells nobody
                await asyncio.sleep(0.05)

    def _up(self, backend: str) -> set[str]:
        head, *rows = self.say("show stat -1 4 -1").lstrip("# ").splitlines()
        servers = [dict(zip(head.split(","), row.split(","), strict=True)) for row in rows]
        return {server["svname"] for server in servers if server["pxname"] == backend and server["status"].startswith("UP")}


@contextmanager
def haproxy(name: str, folder: Path, bind: str, **addresses: str) -> Iterator[Balancer]:
    """HAProxy over deploy/haproxy/`name`.cfg; `bind` is the variable of its own address."""
    balancer = Balancer(free_port(), folder / f"{name}.log", free_port())
    # Not a socket in the folder: the path of one is 97 bytes at the most.
    environ = {
        "PATH": os.environ["PATH"],
        bind: f"127.0.0.1:{balancer.port}",
        "HAPROXY_SOCKET": f"ipv4@127.0.0.1:{balancer._admin}",
    }
    with balancer.log.open("wb") as log:
        command = ["haproxy", "-db", "-f", str(ROOT / f"deploy/haproxy/{name}.cfg")]
        process = subprocess.Popen(command, env=environ | addresses, stdout=log, stderr=subprocess.STDOUT)
        try:
            until = time.monotonic() + 10
            while not _listens(balancer.port):
                assert process.poll() is None, balancer.log.read_text(encoding="utf-8")
                assert time.monotonic() < until, balancer.log.read_text(encoding="utf-8")
                time.sleep(0.05)
            yield balancer
        finally:
            process.terminate()
            process.wait(10)


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
