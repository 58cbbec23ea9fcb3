"""The log of a `serve` process, whose lines are gathered: none is lost but by force, and no failing log fails a request (RE-12)."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from bench.processes import free_port
from server.database import ROOT
from tests.abuse.server import production
from tests.conftest import JWT_KEYS, Database
from tests.world import add_user, tenant

Start = Callable[..., "Process"]


class Process:
    """A server whose standard output is the test's to choose."""

    def __init__(self, dsn: str, stdout: Any, **settings: str) -> None:
        self.port, self.inner = free_port(), free_port()
        environ = production(dsn, JWT_KEYS, self.port, self.inner)
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "server", "serve"], cwd=ROOT, env=environ | settings, stdout=stdout, stderr=subprocess.PIPE
        )
        until = time.monotonic() + 60
        while True:
            try:
                self.get("/healthz")
                return
            except OSError:
                assert self.popen.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)

    def get(self, path: str, request_id: str = "waiting") -> str:
        """The body of a 200."""
        port = self.inner if path == "/metrics" else self.port
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"X-Request-ID": request_id})
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            body: bytes = answer.read()
        return body.decode()

    def lost(self) -> float:
        """How many lines of the log it says that it lost."""
        found = re.search(r"^addressbook_log_lines_lost_total (\S+)$", self.get("/metrics"), re.MULTILINE)
        assert found is not None
        return float(found[1])

    def end(self) -> tuple[int, str]:
        """Ends it as a supervisor does: its exit code, and what it says to that."""
        self.popen.terminate()
        _, said = self.popen.communicate(timeout=30)
        return self.popen.returncode, said.decode()


def _lost(process: Process, least: int) -> bool:
    """Whether it says that it lost so many lines, at the latest after ten seconds."""
    until = time.monotonic() + 10
    while (lost := process.lost()) < least and time.monotonic() < until:
        time.sleep(0.05)
    return lost >= least


def _ids(text: str) -> list[str]:
    """The ids of the requests that are told of; every line is a whole one."""
    lines = [json.loads(line) for line in text.splitlines()]
    return [line["request_id"] for line in lines if line["event"] == "request" and line["request_id"] != "waiting"]


@pytest.fixture
async def start(database: Database, admin: asyncpg.Connection) -> Any:
    """Starts servers, and ends them whatever happens."""
    await add_user(admin, await tenant(admin, "acme"), "ada", "OWNER")
    started: list[Process] = []

    def begin(stdout: Any, **settings: str) -> Process:
        started.append(Process(database.app, stdout, **settings))
        return started[-1]

    yield begin
    for process in started:
        process.popen.kill()
        process.popen.communicate(timeout=30)


def test_a_process_that_is_told_to_stop_loses_no_line(start: Start, tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        process = start(log)
        ids = [f"id-{number}" for number in range(200)]
        for one in ids:
            process.get("/healthz", one)
        assert process.end() == (0, "")
    text = (tmp_path / "log").read_text()
    assert _ids(text) == ids
    assert json.loads(text.splitlines()[-1])["event"] == "stopped"


def test_one_that_is_killed_loses_what_the_last_moment_brought_at_the_most(start: Start, tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        process = start(log)
        for number in range(50):
            process.get("/healthz", f"early-{number}")
        time.sleep(1)
        process.get("/healthz", "late")
        process.popen.send_signal(signal.SIGKILL)
        process.popen.wait(10)
    assert _ids((tmp_path / "log").read_text())[:50] == [f"early-{number}" for number in range(50)]


def test_a_full_device_fails_no_request_and_is_counted(start: Start) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        process = start(full)
        for number in range(20):
            process.get("/healthz", f"id-{number}")
        assert _lost(process, 20)
        assert process.end() == (0, "")


def test_a_reader_that_has_gone_fails_no_request_and_is_counted(start: Start) -> None:
    reading, writing = os.pipe()
    process = start(writing)
    os.close(writing)
    os.close(reading)
    for number in range(20):
        process.get("/healthz", f"id-{number}")
    assert _lost(process, 20)
    assert process.end() == (0, "")


def test_a_reader_that_hangs_holds_up_no_request_and_not_the_end(start: Start) -> None:
    reading, writing = os.pipe()
    process = start(writing)
    os.close(writing)
    for number in range(600):  # lines of more than 64 KB, which is all that the pipe takes
        process.get("/healthz", f"id-{number}")
    assert process.end() == (0, "")
    os.close(reading)


def test_the_level_changes_by_its_file_while_it_serves(start: Start, tmp_path: Path) -> None:
    level = tmp_path / "level"
    level.write_text("WARNING")
    with (tmp_path / "log").open("wb") as log:
        process = start(log, LOG_LEVEL_FILE=str(level))
        process.get("/healthz", "before")
        level.write_text("DEBUG\n")
        until = time.monotonic() + 20
        while "setting taken" not in (tmp_path / "log").read_text():
            assert time.monotonic() < until
            time.sleep(0.1)
        process.get("/healthz", "after")
        assert process.end()[0] == 0
    assert _ids((tmp_path / "log").read_text()) == ["after"]
