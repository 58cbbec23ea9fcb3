"""`python -m server serve` and its signals, as a process of its own."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
import warnings
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import aiohttp
import pytest

from server.database import ROOT
from server.serve import serve
from server.settings import Settings
from tests.conftest import JWT_KEYS, SECRET_KEYS, Database

Start = Callable[..., Awaitable[Process]]


@pytest.fixture
async def start(database: Database, admin: object) -> AsyncIterator[Start]:
    """Starts `python -m server …` with these settings and nothing else of the environment; what still runs is killed."""
    started: list[Process] = []

    async def process(command: str = "serve", **settings: str) -> Process:
        environ = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": database.app,
            "JWT_KEYS": JWT_KEYS,
            "SECRET_KEYS": SECRET_KEYS,
            "PORT": "0",
            "BCRYPT_COST": "4",
        }
        given = {name: value for name, value in (environ | settings).items() if value}
        started.append(
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", "server", *command.split(), cwd=ROOT, env=given, stdout=PIPE, stderr=PIPE
            )
        )
        return started[-1]

    yield process
    for left in started:
        with suppress(ProcessLookupError):
            left.kill()
        await left.wait()


async def address(process: Process) -> str:
    """Where the server listens, as its log says."""
    assert process.stdout is not None
    async with asyncio.timeout(20):
        while line := await process.stdout.readline():
            if found := re.search(rb'"serving".*"port":(\d+)|"port":(\d+).*"serving"', line):
                return f"http://127.0.0.1:{int(found[1] or found[2])}"
    raise AssertionError((await process.communicate())[1].decode())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_in_order(start: Start, number: signal.Signals) -> None:
    process = await start()
    base = await address(process)
    async with aiohttp.ClientSession() as client:
        assert (await client.get(f"{base}/readyz")).status == 200
    process.send_signal(number)
    async with asyncio.timeout(10):
        out, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")
    assert re.findall(rb'"event":"(draining|stopped)"', out) == [b"draining", b"stopped"]


async def test_nothing_that_it_asks_of_its_libraries_is_deprecated(settings: Settings, admin: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        async with asyncio.timeout(10):
            await serve(settings.model_copy(update={"port": 0}), lambda _: signal.raise_signal(signal.SIGTERM))


async def test_it_tells_before_it_stops_and_ends_what_runs(start: Start) -> None:
    process = await start(DRAIN_SECONDS="1")
    base = await address(process)
    login = {"query": 'mutation { login(input: {tenant: "none", usernameOrEmail: "x", password: "y"}) { userErrors { code } } }'}
    async with aiohttp.ClientSession() as client:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            while (await client.get(f"{base}/readyz")).status != 503:  # noqa: ASYNC110 - another process is awaited
                await asyncio.sleep(0.02)
        answer = await client.post(f"{base}/graphql", json=login)
        assert (await answer.json())["data"]["login"]["userErrors"] == [{"code": "INVALID_CREDENTIALS"}]
    async with asyncio.timeout(10):
        await process.communicate()
    assert process.returncode == 0


async def test_a_second_signal_cuts_the_drain_short(start: Start) -> None:
    process = await start(DRAIN_SECONDS="60")
    base = await address(process)
    async with aiohttp.ClientSession() as client:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            while (await client.get(f"{base}/readyz")).status != 503:  # noqa: ASYNC110 - another process is awaited
                await asyncio.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(10):
        out, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")
    assert re.findall(rb'"event":"(draining|stopped)"', out) == [b"draining", b"stopped"]


async def test_metrics_have_a_port_of_their_own(start: Start) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = await start(METRICS_PORT=str(port))
    base = await address(process)
    async with aiohttp.ClientSession() as client:
        assert (await client.get(f"{base}/metrics")).status == 404
        inner = await client.get(f"http://127.0.0.1:{port}/metrics")
        assert (inner.status, inner.content_type) == (200, "text/plain")
        assert (await client.get(f"http://127.0.0.1:{port}/graphql")).status == 404


async def test_wrong_settings_are_all_told_and_no_value(start: Start) -> None:
    process = await start(
        DATABASE_URL="", JWT_KEYS="hush-hush", SECRET_KEYS="hush-hush", PORT="hush-hush", ENVIRONMENT="production"
    )
    out, err = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert err.decode().splitlines() == [
        "BadSettings:",
        "DATABASE_URL: Field required",
        "BCRYPT_COST: must be at least 12 in production",
        "MAIL: give SMTP_URL, or say MAIL=off",
        "PORT: Input should be a valid integer, unable to parse string as an integer",
        "METRICS_PORT: required in production, so that /metrics is not public",
        "JWT_KEYS: must be JSON",
        "SECRET_KEYS: secret 1 is shorter than 32 bytes; secret 1 has too few different characters",
    ]


async def test_a_port_that_is_taken_is_told_in_a_line(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for name in ("PORT", "METRICS_PORT"):
            process = await start(**{name: str(port)})
            async with asyncio.timeout(20):
                _, err = await process.communicate()
            assert process.returncode == 1
            which = "HOST, PORT" if name == "PORT" else name
            assert err.decode() == f"BadSettings:\n{which}: cannot listen on 127.0.0.1:{port}: Address already in use\n"


async def test_migrate_needs_the_owner_and_says_what_it_did(start: Start, database: Database) -> None:
    refused = await start("migrate")
    assert await refused.communicate() == (b"", b"BadSettings:\nMIGRATION_DATABASE_URL: Field required\n")
    assert refused.returncode == 1
    alone = dict.fromkeys(("DATABASE_URL", "JWT_KEYS", "SECRET_KEYS", "PORT", "BCRYPT_COST"), "")
    nothing = await start("migrate", **alone, MIGRATION_DATABASE_URL=database.owner)
    assert await nothing.communicate() == (b"Nothing to do.\n", b"")
    assert nothing.returncode == 0


async def test_a_database_that_is_away_is_told_in_a_line(start: Start) -> None:
    away = await start("migrate", MIGRATION_DATABASE_URL="postgresql://owner:hush@127.0.0.1:1/x")
    out, err = await away.communicate()
    assert (away.returncode, out) == (1, b"")
    assert re.fullmatch(rb"BadDatabase:\nCannot connect to migrate: [^\n]+\n", err)
    assert b"hush" not in err


async def test_the_schema_is_the_one_that_is_committed(start: Start) -> None:
    process = await start("schema")
    out, err = await process.communicate()
    assert (out.decode(), err) == ((ROOT / "schema.graphql").read_text(encoding="utf-8"), b"")
