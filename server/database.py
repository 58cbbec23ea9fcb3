"""Opens and closes the database: Tortoise for the server, and its migrations under one lock."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg
from tortoise.context import TortoiseContext
from tortoise.exceptions import BaseORMException

from auth.vault import Vault
from models import tenancy
from models.dial import Dial, Place
from models.driver import FAILURES
from models.pool import Client, Pool
from observability.metrics import Metrics
from server import migrations
from server.migrations import Migration, Tell

ROOT: Final = Path(__file__).resolve().parent.parent
MODELS: Final = [
    f"models.{noun}"
    for noun in (
        "audit authenticator backfill contact export idempotency invitation job label legacy_import login_history mail_token "
        "retention seal session signup_claim tenant user"
    ).split()
]

_DOOR: Final = "door"
"""The purpose of the keys in the vault with which a tenant is held."""
_MIGRATION_LOCK: Final = 0x61646472_626F6F6B  # "addrbook": one migration of this database at a time
_TURN_SECONDS: Final = 60.0
"""How long a second migration waits for the first."""
_LOOK_SECONDS: Final = 0.2
_SLACK_SECONDS: Final = 0.25
"""So long after a statement's time-out Postgres will have told of it."""


class BadDatabase(Exception):
    """The database cannot serve as it is; the text says what to do."""


def address(dsn: str) -> dict[str, Any]:
    """What a DSN `postgresql://user:password@host:port,host:port/database?sslmode=…` of one host or several says, for a Dial.

    `target_session_attrs`: `any` lets a standby read where no server takes writes; `primary` or `read-write`, the default where
    there are several hosts, does not. Raises BadDatabase for another one.
    """
    parts = urlsplit(dsn)
    options = dict(parse_qsl(parts.query))
    places = [(options["host"], 5432)] if "host" in options else _places(parts.netloc)
    wanted = options.get("target_session_attrs", "any" if len(places) == 1 else "read-write")
    if wanted not in {"any", "primary", "read-write"}:
        raise BadDatabase("target_session_attrs in the URL of the database must be any, primary or read-write.")
    return {
        "places": places,
        "strict": wanted != "any",
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": unquote(parts.path.removeprefix("/")),
        "ssl": options.get("sslmode"),
    }


def config(
    dsn: str,
    *,
    pool: int = 1,
    single_statements: bool = True,
    slow_seconds: float = math.inf,
    server_settings: dict[str, str] | None = None,
    patience: float = math.inf,
) -> dict[str, Any]:
    """Tortoise's configuration for a DSN. `patience` is how many seconds a statement may go without any answer."""
    credentials = address(dsn) | {
        "patience": patience,
        "minsize": 1,
        "maxsize": pool,
        "single_statements": single_statements,
        "slow_seconds": slow_seconds,
        "application_name": "address-book",
        "server_settings": server_settings or {},
    }
    return {
        "connections": {"default": {"engine": "models.pool", "credentials": credentials}},
        "apps": {"models": {"models": MODELS, "default_connection": "default"}},
        "use_tz": True,
        "timezone": "UTC",
    }


@asynccontextmanager
async def opened(
    dsn: str,
    vault: Vault,
    *,
    pool: int = 10,
    statement_timeout_ms: int = 2_500,
    slow_statement_ms: int = 0,
    fast_road: bool = True,
    metrics: Metrics | None = None,
) -> AsyncIterator[Pool]:
    """Tortoise over a pool of connections whose statements are bounded, by Postgres and by us; the vault has the key of the door.

    Statements that take `slow_statement_ms` are told of; 0 for none.

    Opened in the task that starts the server.
    """
    # Not `async with`: the web server stops in another context than it started in, where the variable cannot be reset.
    context = TortoiseContext().__enter__()
    await context.init(
        config=config(
            dsn,
            pool=pool,
            single_statements=fast_road,
            slow_seconds=slow_statement_ms / 1000 or math.inf,
            server_settings={
                "statement_timeout": str(statement_timeout_ms),
                "lock_timeout": str(min(2_000, statement_timeout_ms)),
                "idle_in_transaction_session_timeout": "10000",
                "jit": "off",
            },
            patience=statement_timeout_ms / 1000 + _SLACK_SECONDS,
        )
    )
    client = cast("Client", context.connections.get("default"))
    client.metrics = metrics
    await client.create_connection(with_db=True)
    tenancy.client.set(client)
    tenancy.door_key.set(lambda: door_keys(vault)[0])
    try:
        yield client.pool
    finally:
        await context.close_connections()


async def redial(pool: Pool, dsn: str) -> None:
    """New connections go to this DSN once it has let us in; those of before end as they come back. Raises FAILURES, BadDatabase."""
    dial = cast("Dial", pool.connect).to(**address(dsn))
    (await dial()).terminate()
    pool.connect = dial
    pool.expire()


def door_keys(vault: Vault) -> list[bytes]:
    """The keys with which a tenant is held, the one in use first."""
    return vault.keys(_DOOR)


def known_migrations() -> list[str]:
    """The migrations of this release, oldest first, as aerich records them."""
    return migrations.known()


async def plan(dsn: str) -> list[Migration]:
    """What `migrate` would apply now, oldest first. Raises BadDatabase, in a line."""
    async with _connected(dsn, "migrate") as connection:
        return await migrations.pending(connection)


async def migrate(dsn: str, vault: Vault, tell: Tell = lambda _: None) -> list[str]:
    """Applies what is missing, as the owner, one at a time and under an advisory lock; the names of what was applied.

    Each is in a transaction of its own, or an index beside the service; one that fails leaves what was before it. Then the database
    knows the vault's keys of the door, by their digests, and no other.

    Raises BadDatabase, in a line.
    """
    async with _connected(dsn, "migrate") as connection:
        await _refuse_pooler(connection)
        await _turn(connection)
        # Case mapping comes from the database's character type: in plain C, É would not find é.
        if await connection.fetchval("SELECT lower('ÄЖ')") != "äж":
            raise BadDatabase("The database's LC_CTYPE maps ASCII alone. Create it with LC_CTYPE 'C.UTF-8'.")
        applied = []
        try:
            for migration in await migrations.pending(connection):
                await migrations.apply(connection, migration, tell)
                applied.append(migration.name)
        except migrations.LocksHeld as error:
            raise BadDatabase(f"Cannot migrate: {error}") from error
        digests = [hashlib.sha256(key).digest() for key in door_keys(vault)]
        async with connection.transaction():
            await connection.execute("DELETE FROM door_keys WHERE digest <> ALL ($1)", digests)
            await connection.execute("INSERT INTO door_keys SELECT unnest($1::bytea[]) ON CONFLICT DO NOTHING", digests)
        return applied


async def _refuse_pooler(connection: asyncpg.Connection) -> None:
    """A pooler makes up the process that it tells at the start, and may give each statement another: no lock would hold."""
    async with connection.transaction():
        process = await connection.fetchval("SELECT pg_backend_pid()")
    if process != connection.get_server_pid():
        raise BadDatabase("Cannot migrate through a pooler: MIGRATION_DATABASE_URL has to lead to Postgres itself.")


async def _turn(connection: asyncpg.Connection) -> None:
    """Waits for another migration to end. Looks again and again: who waited in a statement would keep an index waiting for it."""
    end = asyncio.get_running_loop().time() + _TURN_SECONDS
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _MIGRATION_LOCK):
        if asyncio.get_running_loop().time() > end:
            raise BadDatabase("Another migration of this database runs and does not end. Try again once it has.")
        await asyncio.sleep(_LOOK_SECONDS)


async def prepare(admin_dsn: str, name: str, passwords: dict[str, str]) -> None:
    """Makes the roles and a database of this name where they are missing, and sets the roles' passwords; as a superuser.

    Raises BadDatabase, in a line.
    For development and tests: in production `deploy/postgres/*.sql` are run once, and the deployment sets the passwords.
    """
    async with _connected(admin_dsn, "prepare") as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", _MIGRATION_LOCK)  # two at once would alter the same roles
        await connection.execute((ROOT / "deploy/postgres/roles.sql").read_text())
        for role, password in passwords.items():
            await connection.execute(
                await connection.fetchval("SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', $1::text, $2::text)", role, password)
            )
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name):
            await connection.execute(
                await connection.fetchval(
                    "SELECT format('CREATE DATABASE %I OWNER address_book_owner ENCODING ''UTF8'' LC_COLLATE ''C'' "
                    "LC_CTYPE ''C.UTF-8'' TEMPLATE template0', $1::text)",
                    name,
                )
            )
    async with _connected(with_database(admin_dsn, name), "prepare") as inside:
        await inside.execute((ROOT / "deploy/postgres/database.sql").read_text())


@asynccontextmanager
async def _connected(dsn: str, doing: str, **settings: str) -> AsyncIterator[asyncpg.Connection]:
    """One connection for a command; what fails there or inside is told as BadDatabase."""
    with _told(f"Cannot connect to {doing}"):
        try:
            connection = await asyncpg.connect(
                dsn, timeout=10, server_settings={"application_name": f"address-book {doing}", **settings}
            )
        except ValueError:  # it would quote the DSN, and the password in it
            raise BadDatabase(f"Cannot connect to {doing}: the URL is not postgresql://user:password@host:port/database.") from None
    try:
        with _told(f"Cannot {doing}"):
            yield connection
    finally:
        await connection.close()


@contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise BadDatabase(f"{what}: Postgres does not answer.") from error
    except (*FAILURES, BaseORMException) as error:
        line = str(error).partition("\n")[0]  # the detail that may follow quotes values
        raise BadDatabase(f"{what}: {line}") from error


def with_database(dsn: str, name: str, user: str | None = None, password: str | None = None) -> str:
    """The DSN of another database of the same server, and of another role where one is given."""
    parts = urlsplit(dsn)
    place = parts.netloc.rpartition("@")[2]
    who = parts.netloc.rpartition("@")[0] if user is None else f"{user}:{password}"
    return parts._replace(netloc=f"{who}@{place}", path=f"/{name}").geturl()


def _places(netloc: str) -> list[Place]:
    parts = [urlsplit(f"//{place}") for place in netloc.rpartition("@")[2].split(",")]
    return [(part.hostname, part.port or 5432) for part in parts]
