"""A real redis-server on loopback, that can be stopped, killed and started empty."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from bench.processes import free_port

BINARY = "redis-server"
PASSWORD = "hush-hush-redis"


class RedisServer:
    """Nothing of it is kept on a disk. `url` is that of a user with the password."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._folder, self._options = folder, options
        self.port = _free()
        self.url = f"redis://default:{PASSWORD}@127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    @contextmanager
    def running(self) -> Iterator[Self]:
        """It runs while the block lasts."""
        try:
            self.start()
            yield self
        finally:
            self.kill()

    def start(self) -> None:
        """Starts it, empty, and waits until it answers."""
        command = [BINARY, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        command += ["--requirepass", PASSWORD, "--dir", str(self._folder), *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while self.cli("PING") != "PONG":
            assert self._process.poll() is None, "redis-server ended"
            assert time.monotonic() < until, "redis-server does not answer"
            time.sleep(0.02)

    def hang(self) -> None:
        """It keeps its connections, and answers nobody (SIGSTOP)."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        """It goes on (SIGCONT)."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """It is gone at once, and so is what it knew."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def cli(self, *command: str) -> str:
        """What it answers to one command; empty where it does not."""
        done = subprocess.run(
            ["redis-cli", "-p", str(self.port), "-a", PASSWORD, "--no-auth-warning", *command],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
        return done.stdout.strip()

    def names(self) -> list[str]:
        """The names of all keys."""
        return sorted(self.cli("KEYS", "*").splitlines())

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


def _free() -> int:
    """A port that nobody has, as the one 10,000 above it is: there the nodes of a cluster talk."""
    while (port := free_port()) >= 55_000:
        pass
    return port
