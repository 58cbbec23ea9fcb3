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
import asyncpg
import pytest

from server.database import ROOT
from server.serve import _RUNNING_SECONDS, FORCED, serve
from server.settings import Settings
from tests.conftest import JWT_KEYS, SECRET_KEYS, Database

Start = Callable[..., Awaitable[Process]]


@pytest.fixture
async def start(database: Database, admin: object) -> AsyncIterator[Start]:
    """Starts `python -m server …` with these settings and nothing else of the environment; what still runs is killed."""
    started: list[Process] = []

    async def process(command: str = "serve", *, script: str = "", **settings: str) -> Process:
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
                sys.executable,
                *(["-c", script] if script else ["-m", "server", *command.split()]),
                cwd=ROOT,
                env=given,
                stdout=PIPE,
                stderr=PIPE,
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
    async with asyncio.timeout(60):
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
    async with asyncio.timeout(30):
        out, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")
    assert re.findall(rb'"event":"(draining|stopped)"', out) == [b"draining", b"stopped"]


async def test_nothing_that_it_asks_of_its_libraries_is_deprecated(settings: Settings, admin: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        async with asyncio.timeout(30):
            await serve(settings.model_copy(update={"port": 0}), lambda _: signal.raise_signal(signal.SIGTERM))


async def test_it_tells_before_it_stops_and_ends_what_runs(start: Start) -> None:
    process = await start(DRAIN_SECONDS="1")
    base = await address(process)
    login = {"query": 'mutation { login(input: {tenant: "none", usernameOrEmail: "x", password: "y"}) { userErrors { code } } }'}
    async with aiohttp.ClientSession() as client:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            while (await client.get(f"{base}/readyz")).status != 503:  # noqa: ASYNC110 - another process is awaited
                await asyncio.sleep(0.02)
        answer = await client.post(f"{base}/graphql", json=login)
        assert (await answer.json())["data"]["login"]["userErrors"] == [{"code": "INVALID_CREDENTIALS"}]
    async with asyncio.timeout(30):
        await process.communicate()
    assert process.returncode == 0


async def test_a_second_signal_cuts_the_drain_short(start: Start) -> None:
    process = await start(DRAIN_SECONDS="60")
    base = await address(process)
    async with aiohttp.ClientSession() as client:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            while (await client.get(f"{base}/readyz")).status != 503:  # noqa: ASYNC110 - another process is awaited
                await asyncio.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(30):
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
        "SECRET_KEYS: secret 1 is shorter than 32 bytes; secret 1 has too few different characters",
        "DATABASE_URL: Field required",
        "BCRYPT_COST: must be at least 12 in production",
        "MAIL: give SMTP_URL, or say MAIL=off",
        "PORT: Input should be a valid integer, unable to parse string as an integer",
        "METRICS_PORT: required in production, so that /metrics is not public",
        "JWT_KEYS: must be JSON",
    ]


async def test_a_port_that_is_taken_is_told_in_a_line(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for name in ("PORT", "METRICS_PORT"):
            process = await start(**{name: str(port)})
            async with asyncio.timeout(60):
                _, err = await process.communicate()
            assert process.returncode == 1
            which = "HOST, PORT" if name == "PORT" else name
            assert err.decode() == f"BadSettings:\n{which}: cannot listen on 127.0.0.1:{port}: Address already in use\n"


async def test_migrate_needs_the_owner_and_says_what_it_did(start: Start, database: Database) -> None:
    refused = await start("migrate")
    assert await refused.communicate() == (b"", b"BadSettings:\nMIGRATION_DATABASE_URL: Field required\n")
    assert refused.returncode == 1
    alone = dict.fromkeys(("DATABASE_URL", "JWT_KEYS", "PORT", "BCRYPT_COST"), "")
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


async def test_from_the_signal_on_each_answer_is_the_last_of_its_connection(start: Start) -> None:
    """Sixteen clients go on asking until an answer says that their connection ends: nobody's request fails."""
    process = await start(DRAIN_SECONDS="2")
    base = await address(process)
    asked, failed, parted = 0, [], 0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:

        async def loop() -> None:
            nonlocal asked, parted
            while True:
                async with client.post(f"{base}/graphql", json={"query": "{ viewer { user { id } } }"}) as answer:
                    asked += 1
                    if answer.status != 200 or (await answer.json())["data"] != {"viewer": None}:
                        failed.append(answer.status)
                    if answer.headers.get("Connection") == "close":
                        parted += 1
                        return

        loops = [asyncio.create_task(loop()) for _ in range(16)]
        await asyncio.sleep(1)
        assert parted == 0
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            await asyncio.gather(*loops)
        # who connects anew during the drain is answered, too
        fresh = await client.get(f"{base}/readyz")
        assert (fresh.status, fresh.headers["Connection"], (await fresh.json())["faults"]) == (503, "close", ["draining"])
    assert (failed, parted, asked > 32) == ([], 16, True)
    async with asyncio.timeout(30):
        await process.communicate()
    assert process.returncode == 0


async def _locked(admin: asyncpg.Connection, base: str) -> asyncio.Task[tuple[int, list[str]]]:
    """Somebody who signs in, and waits for a table that somebody else has locked; answers its status and codes."""
    login = {"query": 'mutation { login(input: {tenant: "none", usernameOrEmail: "x", password: "y"}) { userErrors { code } } }'}
    await admin.execute("LOCK TABLE tenants IN ACCESS EXCLUSIVE MODE")

    async def ask() -> tuple[int, list[str]]:
        async with aiohttp.ClientSession() as client, client.post(f"{base}/graphql", json=login) as answer:
            told = await answer.json()
            return answer.status, [one["code"] for one in (told["data"] or {"login": {"userErrors": []}})["login"]["userErrors"]]

    asking = asyncio.create_task(ask())
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'tenants'::regclass"
    async with asyncio.timeout(30):
        while not await admin.fetchval(waiting):  # noqa: ASYNC110 - another process is awaited
            await asyncio.sleep(0.01)
    return asking


async def test_who_is_being_answered_at_the_signal_is_answered(start: Start, admin: asyncpg.Connection) -> None:
    process = await start(STATEMENT_TIMEOUT_MS="20000", OPERATION_SECONDS="30")
    base = await address(process)
    async with admin.transaction():
        asking = await _locked(admin, base)
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.5)
        with pytest.raises(aiohttp.ClientConnectionError):
            async with aiohttp.ClientSession() as client:
                await client.get(f"{base}/readyz")
    assert await asyncio.wait_for(asking, 30) == (200, ["INVALID_CREDENTIALS"])
    await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0


async def test_a_second_signal_waits_for_nobody(start: Start) -> None:
    process = await start()
    port = int((await address(process)).rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n")  # the rest of it never comes
    await asyncio.sleep(0.5)
    for _ in range(2):
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.2)
    async with asyncio.timeout(_RUNNING_SECONDS - 1):
        out, _ = await process.communicate()
    assert process.returncode == 0
    assert b'"event":"stopped"' in out
    assert await reader.read() == b""
    writer.close()


async def test_an_end_that_hangs_is_forced(start: Start) -> None:
    script = (
        "import asyncio, sys; from server import __main__ as cli, serve, wire; serve._END_SECONDS = 1.0\n"
        "async def hang(self): await asyncio.sleep(3600)\n"
        "wire.Runner._cleanup_server = hang; cli.main(['serve'])"
    )
    process = await start(script=script)
    await address(process)
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(30):
        out, _ = await process.communicate()
    assert process.returncode == FORCED == 70
    assert b"cut off, since the end took too long" in out


async def test_kill_leaves_no_lock_and_no_transaction_behind(start: Start, admin: asyncpg.Connection) -> None:
    began = await admin.fetchval("SELECT clock_timestamp()")
    process = await start(STATEMENT_TIMEOUT_MS="50000", OPERATION_SECONDS="60")
    ours = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE usename = 'address_book_app' AND datname = current_database() AND backend_start > $1"
    )
    async with admin.transaction():
        asking = await _locked(admin, await address(process))
        process.kill()
        with pytest.raises(aiohttp.ClientConnectionError):
            await asking
    async with asyncio.timeout(10):
        while await admin.fetchval(ours, began):  # noqa: ASYNC110 - what is awaited is Postgres
            await asyncio.sleep(0.05)
    locks = (
        "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database "
        "WHERE locktype = 'advisory' AND datname = current_database()"  # others test beside us
    )
    assert await admin.fetchval(locks) == 0
