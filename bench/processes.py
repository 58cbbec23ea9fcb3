"""Processes of servers: started, watched through /proc, and ended by their ids."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

from bench.dialects import PLAIN, Dialect
from bench.seed import Tenant
from server.database import ROOT

START_SECONDS: Final = 90.0
"""A start takes two; but a machine may have other things to do."""
STOP_SECONDS: Final = 10.0
_END_SECONDS: Final = 30.0
_TICK: Final = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A server did not start, or a tool is not there; the text says why."""


@dataclass
class Process:
    """One process of a server, on a port of its own."""

    name: str
    port: int
    popen: subprocess.Popen[bytes]
    log: Path
    dialect: Dialect
    startup: float = field(default=0.0)
    """Seconds from its start to its first answer."""

    def cpu(self) -> float:
        """Seconds of CPU that it and its children have used."""
        return sum(cpus(self.popen.pid).values())

    def memory(self) -> float:
        """MB that are resident."""
        return sum(_resident(pid) for pid in family(self.popen.pid)) / 1e6

    def ask(self, body: bytes, tenant: Tenant, path: str = "/graphql", method: str = "POST") -> tuple[int, bytes]:
        """The status and body of one answer to a request of ours, of the tenant's user."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            headers = {"Authorization": f"Bearer {tenant.token}", "Content-Type": "application/json", "Accept": "application/json"}
            connection.request(method, path, self.dialect.asked(body, tenant) if body else None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def stop(self) -> None:
        """Ends it, and what it started: they are a process group."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self.popen.pid, number)
            with suppress(subprocess.TimeoutExpired):
                self.popen.wait(STOP_SECONDS)


def start(name: str, command: Sequence[str], environ: Mapping[str, str], port: int, log: Path, dialect: Dialect = PLAIN) -> Process:
    """A new process; what goes wrong is in the file `log`, its other lines go nowhere. It does not hear Ctrl-C: `stop` ends it."""
    with log.open("ab") as out:
        popen = subprocess.Popen(
            command,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8", **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=out,
            start_new_session=True,
        )
    return Process(name, port, popen, log, dialect)


def ready(process: Process, body: bytes, tenant: Tenant) -> None:
    """Waits for its first good answer. Raises Failed with what it said."""
    began, said = time.monotonic(), b""
    while time.monotonic() < began + START_SECONDS and process.popen.poll() is None:
        try:
            status, said = process.ask(body, tenant)
            if status == 200:
                process.startup = time.monotonic() - began
                return
            said = b"%d " % status + said
        except (OSError, HTTPException):
            pass  # not yet
        time.sleep(0.02)
    log = process.log.read_text(errors="replace")[-3_000:]
    raise Failed(f"{process.name} does not answer:\n{log}\n{said[:500].decode(errors='replace')}")


@contextmanager
def running(popen: subprocess.Popen[bytes], log: Path, answers: Callable[[], bool]) -> Iterator[None]:
    """Waits until it answers, and ends it after the block. What it says goes to `log`.

    Raises Failed with the end of the log where it does not answer; and TimeoutExpired, once it is killed, where it does not end.
    """
    try:
        until = time.monotonic() + START_SECONDS
        while not answers():
            if popen.poll() is not None or time.monotonic() > until:
                raise Failed(f"{popen.args!r} does not answer:\n{log.read_text(errors='replace')[-3_000:]}")
            time.sleep(0.05)
        yield
    finally:
        popen.terminate()
        try:
            popen.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            popen.kill()
            popen.wait()
            raise


def status(port: int, path: str) -> int:
    """What a GET is answered, on a connection of its own; 0 where nothing is."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        left.extend(parents.get(found[-1], ()))
    return found


def cpu(pid: int) -> float:
    """Seconds of CPU, in user and in system mode (proc(5), fields 14 and 15); 0 where it is gone."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICK if fields else 0.0


def cpus(pid: int) -> dict[int, float]:
    """The same of a process and all that descend from it."""
    return {one: cpu(one) for one in family(pid)}


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (FileNotFoundError, ProcessLookupError):
        return 0
