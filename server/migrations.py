"""Migrations: read as aerich writes them, and applied one by one without keeping the service waiting (docs/migrations.md)."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import uniform
from types import ModuleType
from typing import Final, cast

import asyncpg
from aerich.coder import encoder
from aerich.utils import decompress_dict, import_py_file

FOLDER: Final = Path(__file__).resolve().parent.parent / "migrations" / "models"
LOCK_TIMEOUT_MS: Final = 150
"""How long a statement waits for a lock. Whoever comes later waits behind it, so it is short, and often."""
PATIENCE_SECONDS: Final = 60.0
"""For so long a migration is tried again whose locks others hold."""
STATEMENT_TIMEOUT_MS: Final = 600_000
BUILD_TIMEOUT_MS: Final = 6 * 3_600_000
"""What an index may take that is built beside the service. It holds nobody up, so it may wait for others as long, too."""
_PAUSE_SECONDS: Final = 0.5

_BESIDE = re.compile(r"(?:CREATE (?:UNIQUE )?INDEX CONCURRENTLY IF NOT EXISTS|DROP INDEX CONCURRENTLY IF EXISTS) (\w+)\b[^;]*;?")
_CONTENDED = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)

Tell = Callable[[str], None]
"""Is told, in a line each, what was done and what is waited for."""


class LocksHeld(Exception):
    """A migration did not get its locks in all its PATIENCE_SECONDS. Nothing of it is there."""


@dataclass(frozen=True)
class Migration:
    """One migration. `contract_after` is the release whose code was the first not to need what this one takes away; None for one
    that only adds. `beside` is the index that it builds or drops CONCURRENTLY, outside a transaction; None for any other.
    """

    name: str
    sql: str
    models: str
    contract_after: str | None
    beside: str | None

    @property
    def kind(self) -> str:
        """What it is, for a person."""
        if self.contract_after is not None:
            return f"contract, after {self.contract_after}"
        return "expand" if self.beside is None else "expand, beside the service"


def known() -> list[str]:
    """The migrations of this release, oldest first, as aerich records them."""
    return sorted((path.name for path in FOLDER.glob("[0-9]*.py")), key=number)


def number(name: str) -> int:
    """What a migration's name begins with."""
    return int(name.partition("_")[0])


async def read(path: Path) -> Migration:
    """The migration of this file. Raises ValueError where it says RUN_IN_TRANSACTION = False and does more than one index."""
    module = import_py_file(path)
    sql: str = await module.upgrade(None)
    return Migration(
        path.name,
        sql,
        encoder(decompress_dict(module.MODELS_STATE)),
        getattr(module, "CONTRACT_AFTER", None),
        None if getattr(module, "RUN_IN_TRANSACTION", True) else _index(module, sql),
    )


def _index(module: ModuleType, sql: str) -> str:
    found = _BESIDE.fullmatch(sql.strip())
    if found is None:
        raise ValueError(
            f"{module.__name__}: outside a transaction stands one statement alone, CREATE INDEX CONCURRENTLY IF NOT EXISTS name or "
            "DROP INDEX CONCURRENTLY IF EXISTS name"
        )
    return found[1]


async def pending(connection: asyncpg.Connection) -> list[Migration]:
    """What this database has not seen, oldest first."""
    seen: set[str] = set()
    if await connection.fetchval("SELECT to_regclass('public.aerich') IS NOT NULL"):
        seen = {row["version"] for row in await connection.fetch("SELECT version FROM aerich WHERE app = 'models'")}
    return [await read(FOLDER / name) for name in known() if name not in seen]


async def apply(connection: asyncpg.Connection, migration: Migration, tell: Tell) -> None:
    """Applies one and records it: whole, or not at all; an index that is built beside the service may be left to be built anew.

    Where others hold its locks it lets them pass and tries again. Raises LocksHeld, or what Postgres says.
    """
    began = time.monotonic()
    while True:
        try:
            await (_beside if migration.beside else _within)(connection, migration)
        except _CONTENDED as error:
            waited = time.monotonic() - began
            if waited > PATIENCE_SECONDS:
                raise LocksHeld(
                    f"{migration.name} did not get its locks in {waited:.0f} s, since others hold them. Nothing of it is there. "
                    "See who it is (docs/migrations.md), and migrate again."
                ) from error
            pause = _PAUSE_SECONDS * uniform(0.5, 1.5)  # noqa: S311 - spreads load, guards nothing
            tell(f"{migration.name}: somebody holds a lock that it needs; again in {pause:.1f} s")
            await asyncio.sleep(pause)
        else:
            tell(f"{migration.name}: {migration.kind}, {time.monotonic() - began:.2f} s")
            return


async def _within(connection: asyncpg.Connection, migration: Migration) -> None:
    await _bound(connection, LOCK_TIMEOUT_MS, STATEMENT_TIMEOUT_MS)
    async with connection.transaction():
        await connection.execute(migration.sql)
        await _record(connection, migration)


async def _beside(connection: asyncpg.Connection, migration: Migration) -> None:
    # It waits for every transaction that is open, and nobody waits for it: a lock_timeout would only leave half an index.
    await _bound(connection, 0, BUILD_TIMEOUT_MS)
    left = await connection.fetchval(
        "SELECT NOT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)", f"public.{cast('str', migration.beside)}"
    )
    if left:
        await connection.execute(f"DROP INDEX CONCURRENTLY public.{migration.beside}")
    await connection.execute(migration.sql)
    await _record(connection, migration)


async def _bound(connection: asyncpg.Connection, lock_ms: int, statement_ms: int) -> None:
    await connection.execute(f"SET lock_timeout = {lock_ms}; SET statement_timeout = {statement_ms}")


async def _record(connection: asyncpg.Connection, migration: Migration) -> None:
    await connection.execute(
        "INSERT INTO aerich (version, app, content) VALUES ($1, 'models', $2::jsonb)", migration.name, migration.models
    )
