"""`scripts/audit` fails when something is known, when an exception does not hold, and when it could not ask (SC-02)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from server.database import ROOT

pytestmark = pytest.mark.tools

LOCKS = {
    "requirements.txt": "aiohttp==3.14.5 \\\n    --hash=sha256:00\nidna==3.20 ; sys_platform == 'win32'\nidna==3.19\n",
    "bench/package-lock.json": json.dumps(
        {
            "name": "bench",
            "lockfileVersion": 3,
            "packages": {"": {"dependencies": {"pg": "8.23.1"}}, "node_modules/pg": {"version": "8.23.1"}},
        }
    ),
}
HOLE = {
    "id": "PYSEC-2026-1",
    "aliases": ["GHSA-aaaa-bbbb-cccc"],
    "summary": "a hole",
    "affected": [{"package": {"name": "aiohttp", "ecosystem": "PyPI"}}],
}
NPM_HOLE = {
    "id": 1,
    "url": "https://github.com/advisories/GHSA-dddd-eeee-ffff",
    "title": "a hole",
    "severity": "high",
    "vulnerable_versions": "<9.0.0",
}


class Advisories(ThreadingHTTPServer):
    """OSV's API and that of npm's registry, on loopback, with the little that is known there."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.python: dict[str, list[dict[str, Any]]] = {}
        self.npm: dict[str, list[dict[str, Any]]] = {}
        self.asked: list[tuple[str, str]] = []
        self.broken_for = ""


class Asked(BaseHTTPRequestHandler):
    """One question."""

    server: Advisories

    def do_POST(self) -> None:
        """Answer about a package of OSV's, or about all of npm's at once."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/query":
            question = json.loads(body)
            name = question["package"]["name"]
            self.server.asked.append((name, question["version"]))
            known = self.server.python.get(name)
            return self._say({"vulns": known} if known else {}, 503 if name == self.server.broken_for else 200)
        return self._say(self.server.npm, 405 if self.server.broken_for == "npm" else 200)

    def _say(self, told: object, status: int) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def advisories() -> Iterator[Advisories]:
    """Nothing is known there yet."""
    with Advisories() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


Audit = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def audit(tmp_path: Path, advisories: Advisories, tools: Path) -> Audit:
    """Runs the script in a repository of two small locks, with the exceptions given."""
    for name in ("scripts/audit", "scripts/tools", "requirements-audit.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to((ROOT / ".venv").resolve())
    (tmp_path / "bench").mkdir()
    for name, text in LOCKS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "add", *LOCKS], check=True)
    address = f"http://127.0.0.1:{advisories.server_port}"
    environment = os.environ | {"OSV_URL": f"{address}/v1/query", "npm_config_registry": address, "npm_config_fetch_retries": "0"}

    def run(*exceptions: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "scripts" / "audit.allowed").write_text("\n".join(exceptions), encoding="utf-8")
        return subprocess.run([tmp_path / "scripts/audit"], env=environment, capture_output=True, text=True, check=False)

    return run


def day(days: int) -> str:
    """So many days from now."""
    return str(datetime.now(UTC).date() + timedelta(days=days))


def test_every_version_that_a_lock_names_is_asked_about_whatever_its_platform(audit: Audit, advisories: Advisories) -> None:
    ended = audit()
    assert (ended.returncode, ended.stderr.strip()) == (0, "")
    assert sorted(advisories.asked) == [("aiohttp", "3.14.5"), ("idna", "3.19"), ("idna", "3.20")]
    assert ended.stdout == (
        "bench/package-lock.json: 1 packages audited, 0 known vulnerabilities, 0 excepted\n"
        "requirements.txt: 3 packages audited, 0 known vulnerabilities, 0 excepted\n"
    )


def test_what_is_known_fails_with_its_ids_until_it_is_excepted(audit: Audit, advisories: Advisories) -> None:
    advisories.python["aiohttp"], advisories.npm["pg"] = [HOLE], [NPM_HOLE]
    ended = audit()
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        "bench/package-lock.json: pg <9.0.0 has GHSA-dddd-eeee-ffff",
        "requirements.txt: aiohttp 3.14.5 has GHSA-aaaa-bbbb-cccc PYSEC-2026-1",
    ]
    excepted = audit(
        f"GHSA-aaaa-bbbb-cccc aiohttp {day(30)} the parser concerned is not used",
        f"GHSA-dddd-eeee-ffff pg {day(30)} for measurements alone",
    )
    assert (excepted.returncode, excepted.stderr.strip()) == (0, "")
    assert "requirements.txt: 3 packages audited, 1 known vulnerabilities, 1 excepted" in excepted.stdout


def test_an_exception_ends_on_its_day_is_dated_soon_and_excepts_something(audit: Audit, advisories: Advisories) -> None:
    advisories.python["aiohttp"] = [HOLE]
    ended = audit(
        f"GHSA-aaaa-bbbb-cccc aiohttp {day(-1)} late",
        f"PYSEC-2026-1 aiohttp {day(91)} far",
        f"PYSEC-2026-2 idna {day(1)} for nothing",
        "PYSEC-2026-3 idna soon",
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        f"the exception for GHSA-aaaa-bbbb-cccc in aiohttp ran out on {day(-1)}: update the package, or judge it anew",
        "the exception for PYSEC-2026-1 in aiohttp is dated more than 90 days ahead",
        "scripts/audit.allowed wants `id package YYYY-MM-DD reason`: PYSEC-2026-3 idna soon",
        "the exception for PYSEC-2026-2 in idna excepts nothing: remove it",
    ]


@pytest.mark.parametrize(("broken", "lock"), [("idna", "requirements.txt"), ("npm", "bench/package-lock.json")])
def test_what_could_not_be_asked_about_fails_by_its_name(audit: Audit, advisories: Advisories, broken: str, lock: str) -> None:
    advisories.broken_for = broken
    ended = audit()
    assert ended.returncode == 2
    assert f"{lock} was not audited: " in ended.stderr
    assert f"{lock}: " not in ended.stdout


def test_an_empty_lock_and_a_service_that_is_not_there_prove_nothing(audit: Audit, advisories: Advisories, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# nothing\n", encoding="utf-8")
    assert "requirements.txt was not audited: it names no package" in audit().stderr
    (tmp_path / "requirements.txt").write_text("idna==3.19\n", encoding="utf-8")
    advisories.shutdown()
    advisories.server_close()
    ended = audit()
    assert ended.returncode == 2
    assert [line.partition(":")[0] for line in ended.stderr.splitlines()] == [f"{lock} was not audited" for lock in sorted(LOCKS)]
