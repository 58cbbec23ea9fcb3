"""No secret of a running server stands anywhere but in its own memory, whatever befalls it (OB-07)."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from bench.processes import free_port
from tests.abuse.server import serving
from tests.collector import receiving
from tests.conftest import APP, JWT_KEYS, PASSWORDS, SECRET_KEYS, Database
from tests.world import add_user, tenant

CANARIES = {
    "DATABASE_URL": PASSWORDS[APP],
    "JWT_KEYS": json.loads(JWT_KEYS)[0]["key"],
    "SECRET_KEYS": SECRET_KEYS,
    "REDIS_URL": "hush-canary-redis",
    "SMTP_URL": "hush-canary-smtp",
    "OTLP_HEADERS": "hush-canary-otlp",
}
WRONG = {
    "DATABASE_URL": "postgresql://address_book_app:hush-wrong@127.0.0.1:1/book",
    "JWT_KEYS": '[{"kid": "one", "key": "hush-wrong", "active": true}]',
    "SECRET_KEYS": "hush-wrong",
    "REDIS_URL": "http://throttle:hush-wrong@127.0.0.1:6379",
    "SMTP_URL": "smtp://book:hush-wrong@127.0.0.1:hush-wrong",
    "OTLP_HEADERS": "hush-wrong",
}
"""What a hand may put into the files; the first of them is well-formed, and leads nowhere."""


@pytest.fixture(autouse=True)
def cores() -> Iterator[None]:
    """What is started may leave core files, as far as the machine lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


async def test_a_process_shows_none_of_its_secrets(database: Database, admin: asyncpg.Connection, tmp_path: Path) -> None:
    await add_user(admin, await tenant(admin, "acme"), "ada", "OWNER")
    with receiving(lambda: 503) as collector:
        given = {
            "DATABASE_URL": database.app,
            "JWT_KEYS": JWT_KEYS,
            "SECRET_KEYS": SECRET_KEYS,
            "REDIS_URL": f"redis://throttle:{CANARIES['REDIS_URL']}@127.0.0.1:{free_port()}/0",
            "SMTP_URL": f"smtp://book:{CANARIES['SMTP_URL']}@127.0.0.1:{free_port()}",
            "OTLP_HEADERS": f"x-key={CANARIES['OTLP_HEADERS']}",
        }
        for name, value in given.items():
            (tmp_path / name).write_text(value)
        settings = {
            **{f"{name}_FILE": str(tmp_path / name) for name in given},
            "SECRET_KEYS": "",
            "ENVIRONMENT": "stage",
            "LOG_LEVEL": "DEBUG",
            "MAIL": "smtp",
            "MAIL_FROM": "no-reply@book.test",
            "PUBLIC_URL": "https://book.test",
            "JOBS_IN_SERVE": "true",
            "OTLP_ENDPOINT": collector.url,
            "TRACE_RATIO": "1",
            "PYTHONFAULTHANDLER": "1",
        }
        async with serving("", tmp_path, JWT_KEYS="", **settings) as server:
            proc = Path(f"/proc/{server.process.pid}")
            ask = {"query": 'mutation { requestPasswordReset(input: {tenant: "acme", email: "ada@example.org"}) { ok } }'}
            await asyncio.to_thread(_post, f"{server.url}/graphql", ask)
            for name, value in WRONG.items():
                (tmp_path / name).write_text(value)
                await _told(server.log, "the one before stays" if name == "DATABASE_URL" else f'"{name}: ')
            await _told(server.log, "the mail server does not take letters")
            await _told(server.log, "spans lost")
            shown = {
                "command line": (proc / "cmdline").read_bytes(),
                "environment": (proc / "environ").read_bytes(),
                "readiness": await asyncio.to_thread(_get, f"{server.url}/readyz"),
                "metrics": await asyncio.to_thread(_get, f"http://127.0.0.1:{server.inner}/metrics"),
            }
            limits = (proc / "limits").read_text()
            server.process.send_signal(signal.SIGABRT)  # faulthandler tells where each thread was
            await asyncio.to_thread(server.process.wait, 30)
        shown["log and crash"] = server.log.read_bytes()
    assert b"Fatal Python error: Aborted" in shown["log and crash"]
    found = {
        (place, name)
        for place, text in shown.items()
        for name, canary in [*CANARIES.items(), ("what was wrong", "hush-wrong")]
        if canary.encode() in text
    }
    assert found == set()
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4] == "0"


def _post(url: str, body: object) -> None:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        assert answer.status == 200


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:  # noqa: S310
        found: bytes = answer.read()
    return found


async def _told(log: Path, words: str) -> None:
    until = time.monotonic() + 60
    while words not in await asyncio.to_thread(log.read_text, encoding="utf-8"):
        if time.monotonic() > until:
            pytest.fail(f"the log never tells {words!r}")
        await asyncio.sleep(0.1)
