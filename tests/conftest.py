"""What the suite stands on: one real Postgres a run, one database a worker, the real server on loopback, and people with names."""

from __future__ import annotations

import asyncio
import io
import logging as stdlib
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import time_machine
from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.test_utils import TestClient

from auth.vault import Vault
from bench.redis_server import BINARY, RedisServer
from gql.answer import Answer
from models import dial, pool, transaction
from observability import logging
from server.app import create_app
from server.database import ROOT, migrate, opened, prepare, with_database
from server.embedded import embedded
from server.settings import Settings, load
from tests.commands import Command, command
from tests.proxy import Proxy
from tests.watched import Watched
from tests.world import World

# Where a machine keeps Python from this, each of the suite's processes compiles all of the server anew, for a second or two.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

OWNER, APP = "address_book_owner", "address_book_app"
PASSWORDS = {OWNER: "test-owner", APP: "test-app"}
OURS = "address book tests"
"""The comment that marks a role as one of tests, whose password a run may set."""
JWT_KEYS = '[{"kid": "test", "key": "9u6pG2Yx0Vh1mQ7sZ4kR8tW3aB5nC6dE-test-only", "active": true}]'
SECRET_KEYS = "r7Kq2mXv9Lw4Tz8Bn3Hc6Jd1Fg5Ps0Ya-test-only"
VAULT = Vault.parse(SECRET_KEYS)

EMPTY = """
DO $$
DECLARE
    one regclass;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN
        SELECT oid FROM pg_class
        WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'queue'::regnamespace)
            AND relname NOT IN ('aerich', 'door_keys') AND pg_relation_size(oid) > 0
    LOOP
        IF pg_relation_size(one) > 131072 THEN
            EXECUTE format('TRUNCATE %s CASCADE', one);
        ELSE
            EXECUTE format('DELETE FROM %s', one);
        END IF;
    END LOOP;
END
$$
"""
"""Empties every table. To truncate them takes ten times as long as to delete the few rows of most tests."""

_stack = pytest.StashKey[ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    """Starts the run's Postgres, unless ADMIN_DATABASE_URL names one, and makes the template that each worker copies."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    stack = config.stash[_stack] = ExitStack()
    admin = os.environ.get("ADMIN_DATABASE_URL") or os.environ.get("DATABASE_URL")
    if not admin:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="address-book-tests-")))
        folder.chmod(0o711)
        binaries = os.environ.get("POSTGRES_BIN")
        cluster = embedded(folder / "postgres", binaries=Path(binaries) if binaries else None, durable=False)
        admin = stack.enter_context(cluster).admin_dsn
    foreign = asyncio.run(not_ours(admin, PASSWORDS))
    if foreign:
        pytest.exit(
            f"Somebody signs in to this Postgres as {' and '.join(foreign)}, and the suite would change the password. "
            f"Take another Postgres, or allow it for each role: COMMENT ON ROLE {foreign[0]} IS '{OURS}'",
            returncode=pytest.ExitCode.USAGE_ERROR,
        )
    os.environ["TEST_ADMIN_DATABASE_URL"], os.environ["TEST_RUN"] = admin, uuid.uuid4().hex[:8]
    stack.callback(lambda: asyncio.run(_sweep(admin)))
    asyncio.run(_template(admin))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops what `pytest_configure` started."""
    stack = config.stash.get(_stack, None)
    if stack is not None:
        stack.close()


def named(what: str) -> str:
    """A database of this run alone; it is dropped at the run's end."""
    return f"address_book_test_{os.environ['TEST_RUN']}_{what}"


async def not_ours(admin: str, roles: Iterable[str]) -> list[str]:
    """Those of the roles that somebody signs in with, and that no comment marks as ours: roles are the whole cluster's."""
    connection = await asyncpg.connect(admin)
    rows = await connection.fetch(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY($1) AND rolcanlogin "
        "AND shobj_description(oid, 'pg_authid') IS DISTINCT FROM $2 ORDER BY 1",
        list(roles),
        OURS,
    )
    await connection.close()
    return [row["rolname"] for row in rows]


async def _template(admin: str) -> None:
    await prepare(admin, named("template"), PASSWORDS)
    connection = await asyncpg.connect(admin)
    for role in PASSWORDS:
        await connection.execute(f"COMMENT ON ROLE {role} IS '{OURS}'")
    await connection.close()
    await migrate(with_database(admin, named("template"), OWNER, PASSWORDS[OWNER]), VAULT)


async def _sweep(admin: str) -> None:
    connection = await asyncpg.connect(admin)
    for row in await connection.fetch("SELECT datname FROM pg_database WHERE starts_with(datname, $1)", named("")):
        await connection.execute(f'DROP DATABASE "{row["datname"]}" WITH (FORCE)')
    await connection.close()


@dataclass(frozen=True)
class Database:
    """One worker's database, as each role sees it. `admin` is a superuser, for arranging and for looking."""

    admin: str
    owner: str
    app: str

    @property
    def port(self) -> int:
        """Where its Postgres listens."""
        return urlsplit(self.app).port or 5432

    def through(self, line: Proxy) -> str:
        """The DSN of the role that serves, by way of a proxy."""
        return self.app.replace(f":{self.port}/", f":{line.port}/")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that stands still until it is shifted: no step of 30 seconds ends in the middle of a test."""
    with time_machine.travel(datetime.now(UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def level() -> Iterator[None]:
    """What a test has configured of the standard library's loggers is undone after it."""
    root = stdlib.getLogger()
    handlers, level = [*root.handlers], root.level
    yield
    for handler in root.handlers[:]:
        if type(handler) is logging._Routed and handler not in handlers:
            root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged, from DEBUG up."""
    stream, level, before = io.StringIO(), logging.output.level, logging.output._stream
    logging.output.to(stream)
    logging.output.level = 0
    yield stream
    logging.output.level, logging.output._stream = level, before


async def copied(name: str) -> Database:
    """A new database of this name: a copy of the migrated template."""
    admin = os.environ["TEST_ADMIN_DATABASE_URL"]
    connection = await asyncpg.connect(admin)
    await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{named("template")}" OWNER {OWNER}')
    await connection.close()
    inside = await asyncpg.connect(with_database(admin, name))
    await inside.execute((ROOT / "deploy/postgres/database.sql").read_text())  # what is granted on a database is not copied
    await inside.close()
    return _as_each(admin, name)


@pytest.fixture(scope="session")
def database(worker_id: str) -> Database:
    """A copy of the migrated template."""
    return asyncio.run(copied(named(worker_id)))


@pytest.fixture
async def line(database: Database) -> AsyncIterator[Proxy]:
    """A way to the worker's Postgres that can be broken."""
    async with Proxy("127.0.0.1", database.port).listening() as proxy:
        yield proxy


@pytest.fixture
async def fresh(worker_id: str) -> AsyncIterator[Database]:
    """A database of its own with the roles and no table."""
    admin, name = os.environ["TEST_ADMIN_DATABASE_URL"], named(f"fresh_{worker_id}")
    await prepare(admin, name, PASSWORDS)
    yield _as_each(admin, name)
    connection = await asyncpg.connect(admin)
    await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await connection.close()


def _as_each(admin: str, name: str) -> Database:
    return Database(
        with_database(admin, name),
        with_database(admin, name, OWNER, PASSWORDS[OWNER]),
        with_database(admin, name, APP, PASSWORDS[APP]),
    )


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A redis-server of the test's own."""
    if shutil.which(BINARY) is None:
        pytest.skip("there is no redis-server here")
    with RedisServer(tmp_path).running() as server:
        yield server


@pytest.fixture
async def admin(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection to an empty database: what the test leaves is gone before the next one."""
    connection = await asyncpg.connect(database.admin)
    await connection.execute(EMPTY)
    yield connection
    await connection.close()


@pytest.fixture
async def app(database: Database, admin: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the role that serves."""
    connection = await asyncpg.connect(database.app)
    yield connection
    await connection.close()


@pytest.fixture
def settings(database: Database, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a server for tests: as in development, with cheap password hashes, without mail and jobs, and with patience:
    a test that is not about a time must not fail where the machine stood still for a while.
    """
    monkeypatch.setattr(pool, "WAIT_SECONDS", 8.0)
    monkeypatch.setattr(dial, "CONNECT_SECONDS", 8.0)
    monkeypatch.setattr(transaction, "BEGIN_SECONDS", 16.0)
    return load(
        {
            "DATABASE_URL": database.app,
            "JWT_KEYS": JWT_KEYS,
            "SECRET_KEYS": SECRET_KEYS,
            "BCRYPT_COST": "4",
            "DATABASE_POOL": "5",
            "LOG_LEVEL": "ERROR",
            "OPERATION_SECONDS": "10",
            "STATEMENT_TIMEOUT_MS": "9000",
            "MAIL": "off",
            "JOBS_IN_SERVE": "false",
        }
        | {"FAST_ROAD": os.environ.get("FAST_ROAD", "true")},
        Settings,
    )


@pytest.fixture(autouse=True)
def watched(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """Looks at all that servers answer and log. A test that must not be looked at says `pytest.mark.unwatched`."""
    watch, write, start = Watched(), logging.Output.write, Answer._start

    def tapped(output: logging.Output, lines: bytes) -> None:
        if output.json:
            for line in lines.splitlines(keepends=True):
                watch.logged(line)
        write(output, lines)

    async def started(answer: Answer, request: web.BaseRequest) -> AbstractStreamWriter:
        if answer._head:  # which aiohttp does not prepare
            await watch.answered(request, answer)
        return await start(answer, request)

    monkeypatch.setattr(logging.Output, "write", tapped)
    monkeypatch.setattr(Answer, "_start", started)
    yield watch
    if request.node.get_closest_marker("unwatched") is None:
        assert watch.faults == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Says with a failure what servers had refused."""
    report = yield
    watch = getattr(item, "funcargs", {}).get("watched")
    if report.failed and watch is not None and watch.refusals:
        report.sections.append(("refused by servers, the last ones", "\n".join(watch.refusals)))
    return report


Serve = Callable[..., Awaitable[TestClient[web.Request, web.Application]]]


@pytest.fixture
async def serve(
    settings: Settings, admin: asyncpg.Connection, watched: Watched, aiohttp_client: Callable[..., Awaitable[TestClient]]
) -> Serve:
    """Starts a server with some settings changed: `await serve(access_token_seconds=60)`."""

    async def start(**changed: object) -> TestClient[web.Request, web.Application]:
        options = {"auto_decompress": False, "handler_cancellation": True}  # as `server.serve` has them
        app = create_app(settings.model_copy(update=changed))
        app.on_response_prepare.append(watched.answered)
        return await aiohttp_client(app, server_kwargs=options)

    return start


@pytest.fixture
async def world(serve: Serve, admin: asyncpg.Connection) -> World:
    """A running server with its people.

    In tenant acme ada (OWNER), adam (ADMIN), grace (EDITOR) and linus (VIEWER); mallory owns the other tenant; oskar operates
    the whole service from a third.
    """
    return await World.made(await serve(), admin)


@pytest.fixture
async def tortoise(database: Database, admin: asyncpg.Connection) -> AsyncIterator[None]:
    """The models over the app's role, without a server."""
    async with opened(database.app, VAULT, pool=5):
        yield


@pytest.fixture
def run(database: Database, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command as `python -m server` would, over this test's database; `typed` is what somebody types."""
    for name in ("JWT_KEYS", "JWT_KEYS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", database.app)
    monkeypatch.setenv("SECRET_KEYS", SECRET_KEYS)
    monkeypatch.setenv("BCRYPT_COST", "4")
    return lambda *arguments, typed="": asyncio.to_thread(command, *arguments, typed=typed)
