"""A server in a process of its own, abused while a thread takes its pulse."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from bench import processes
from bench.processes import free_port, status
from server.database import ROOT
from tests.abuse.told import Told
from tests.conftest import JWT_KEYS, SECRET_KEYS
from tests.watched import INSIDES

ANSWERED_SECONDS: Final = 2.0
ALIVE_SECONDS: Final = 0.5
_POLL_SECONDS: Final = 0.05
_PATCHED: Final = (
    "import sys; sys.argv = ['server', 'serve']\n{patch}\nimport runpy; runpy.run_module('server', run_name='__main__')"
)


@dataclass(frozen=True)
class Server:
    """Where it listens, also for metrics, where its log is, and its process, for who sends it signals."""

    port: int
    inner: int
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """What its paths are appended to."""
        return f"http://127.0.0.1:{self.port}"

    def status(self, path: str) -> int:
        """What a GET is answered."""
        return status(self.port, path)

    def waited(self) -> float:
        """Seconds for which its threads could have run and had no core: what a busy machine adds to all that it does (Linux)."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[1]) for task in tasks) / 1e9

    def metric(self, name: str, **labels: str) -> float:
        """The sum of what it measures under this name, of all series that have these labels."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.inner}/metrics") as answer:
            families = text_string_to_metric_families(answer.read().decode())
        samples = (sample for family in families for sample in family.samples if sample.name == name)
        return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())

    def complaints(self) -> list[str]:
        """What it logged as an error."""
        return [line for line in self.log.read_text(encoding="utf-8").splitlines() if '"level":"error"' in line]


def production(dsn: str, keys: str, port: int, inner: int) -> dict[str, str]:
    """The environment of a server as in production, without letters, jobs and a drain; `inner` is the port of its metrics."""
    return {
        "PATH": os.environ["PATH"],
        "ENVIRONMENT": "production",
        "DATABASE_URL": dsn,
        "JWT_KEYS": keys,
        "SECRET_KEYS": SECRET_KEYS,
        "PORT": str(port),
        "METRICS_PORT": str(inner),
        "MAIL": "off",
        "JOBS_IN_SERVE": "false",
        "DRAIN_SECONDS": "0",
    }


@contextmanager
def running(
    dsn: str, keys: str, folder: Path, *, patch: str = "", port: int = 0, tree: Path = ROOT, **settings: str
) -> Iterator[Server]:
    """A server as in production, of these settings and this `tree`; `patch` is run in it first. Without `port` it has its own."""
    port, inner = port or free_port(), free_port()
    environ = production(dsn, keys, port, inner) | {"LOG_LEVEL": "ERROR"}
    path = folder / f"server-{port}.log"
    with path.open("ab") as log:
        command = ["-c", _PATCHED.format(patch=patch)] if patch else ["-m", "server", "serve"]
        process = subprocess.Popen(
            [sys.executable, *command], cwd=tree, env=environ | settings, stdout=log, stderr=subprocess.STDOUT
        )
        server = Server(port, inner, path, process)
        with processes.running(process, path, lambda: server.status("/healthz") == 200):
            yield server


@asynccontextmanager
async def serving(dsn: str, folder: Path, *, port: int = 0, tree: Path = ROOT, **settings: str) -> AsyncIterator[Server]:
    """`running`, started beside the event loop."""
    with ExitStack() as stack:
        server = running(dsn, JWT_KEYS, folder, port=port, tree=tree, **settings)
        yield await asyncio.to_thread(stack.enter_context, server)


@dataclass
class Pulse:
    """GET /healthz, or another path, every 50 ms. `late` is by how much the thread itself was woken too late: what a busy
    machine adds. A status of 0 is no answer."""

    port: int
    path: str = "/healthz"
    statuses: set[int] = field(default_factory=set)
    slowest: float = 0.0
    late: float = 0.0
    beats: int = 0

    @contextmanager
    def taken(self) -> Iterator[Pulse]:
        """While it is taken; at least twice."""
        stop = threading.Event()

        def take() -> None:
            while not stop.is_set() or self.beats < 2:
                began = time.perf_counter()
                self.statuses.add(status(self.port, self.path))
                answered = time.perf_counter()
                self.slowest, self.beats = max(self.slowest, answered - began), self.beats + 1
                time.sleep(_POLL_SECONDS)
                self.late = max(self.late, time.perf_counter() - answered - _POLL_SECONDS)

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield self
        finally:
            stop.set()
            thread.join()


Abuse = Callable[[], Awaitable[Iterable[Told]]]


async def endured(server: Server, abuse: Abuse, *, seconds: float = ANSWERED_SECONDS) -> list[Told]:
    """What the abuse was answered: each in time, never by 5xx but 503, with nothing of our insides, while the server lives.

    A busy machine gets a second try, and what it adds by itself.
    """
    for again in (True, False):
        with Pulse(server.port).taken() as pulse:
            answers = list(await abuse())
        slowest = max(answer.seconds for answer in answers)
        if again and (pulse.slowest > ALIVE_SECONDS or slowest > seconds):
            continue
        break
    assert pulse.statuses == {200}
    assert pulse.slowest <= ALIVE_SECONDS + pulse.late
    assert slowest <= seconds + pulse.late
    for answer in answers:
        assert all(status < 500 or status == 503 for status in answer.statuses), answer.raw[:500]
        assert not INSIDES.search(answer.body), answer.raw[:500]
    assert server.complaints() == []
    return answers
