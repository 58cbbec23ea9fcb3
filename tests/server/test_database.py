"""Migrations: once, one at a time, in bounded time, and never into a database that could not tell É from é."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

import asyncpg
import pytest

from server import database as db
from server.database import BadDatabase, config, known_migrations, migrate, prepare, with_database
from tests.conftest import OWNER, PASSWORDS


@pytest.fixture
async def fresh(worker_id: str) -> AsyncIterator[str]:
    """A database of its own with the roles and no table: the owner's DSN."""
    admin, name = os.environ["TEST_ADMIN_DATABASE_URL"], f"address_book_fresh_{worker_id}"
    await _drop(admin, name)
    await prepare(admin, name, PASSWORDS)
    yield with_database(admin, name, OWNER, PASSWORDS[OWNER])
    await _drop(admin, name)


async def test_migrations_are_applied_once(fresh: str) -> None:
    assert await migrate(fresh) == known_migrations()
    before = await _catalogue(fresh)
    assert await migrate(fresh) == []
    assert await _catalogue(fresh) == before
    assert "contacts" in {row["tablename"] for row in before}


async def test_two_that_migrate_at_once_do_it_once(fresh: str) -> None:
    first, second = await asyncio.gather(migrate(fresh), migrate(fresh))
    assert sorted([first, second]) == [[], known_migrations()]


async def test_a_migration_gives_up_a_lock_that_it_does_not_get(fresh: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "_LOCK_TIMEOUT_MS", 200)
    await migrate(fresh)
    holder = await asyncpg.connect(fresh)
    async with holder.transaction():
        await holder.execute("DELETE FROM aerich")
        await holder.execute("LOCK TABLE aerich IN ACCESS EXCLUSIVE MODE")
        async with asyncio.timeout(10):
            with pytest.raises(Exception, match="lock timeout"):
                await migrate(fresh)
    await holder.close()


async def test_a_database_of_plain_c_is_refused() -> None:
    admin = os.environ["TEST_ADMIN_DATABASE_URL"]
    name = f"address_book_plain_{os.getpid()}"
    connection = await asyncpg.connect(admin)
    await connection.execute(f"CREATE DATABASE {name} OWNER {OWNER} ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    dsn = with_database(admin, name, OWNER, PASSWORDS[OWNER])
    with pytest.raises(BadDatabase) as refused:
        await migrate(dsn)
    assert str(refused.value) == "The database's LC_CTYPE maps ASCII alone. Create it with LC_CTYPE 'C.UTF-8'."
    assert await _catalogue(dsn) == []
    await connection.close()
    await _drop(admin, name)


async def test_preparing_twice_changes_nothing_but_the_passwords(fresh: str) -> None:
    admin, name = os.environ["TEST_ADMIN_DATABASE_URL"], fresh.rpartition("/")[2]
    await migrate(fresh)
    before = await _catalogue(fresh)
    await prepare(admin, name, PASSWORDS)
    assert await _catalogue(fresh) == before


@pytest.mark.parametrize(
    ("dsn", "kept"),
    [
        ("postgresql://app@db/book", {"host": "db", "port": 5432, "user": "app", "password": "", "database": "book"}),
        (
            "postgresql://a%40b:p%2Fw%3A@db:6000/bo%20ok?sslmode=require",
            {"host": "db", "port": 6000, "user": "a@b", "password": "p/w:", "database": "bo ok", "ssl": "require"},
        ),
        (
            "postgresql://app@/book?host=/run/pg",
            {"host": "/run/pg", "port": 5432, "user": "app", "password": "", "database": "book"},
        ),
    ],
)
def test_a_dsn_is_read_as_postgres_reads_it(dsn: str, kept: dict[str, object]) -> None:
    credentials = config(dsn)["connections"]["default"]["credentials"]
    assert {key: credentials[key] for key in credentials if key in ("host", "port", "user", "password", "database", "ssl")} == kept


@pytest.mark.parametrize(
    ("user", "password", "dsn"),
    [(None, None, "postgresql://me:pw@h:1/other?x=1"), ("you", "wp", "postgresql://you:wp@h:1/other?x=1")],
)
def test_a_dsn_takes_another_database_and_role(user: str | None, password: str | None, dsn: str) -> None:
    assert with_database("postgresql://me:pw@h:1/this?x=1", "other", user, password) == dsn


async def _catalogue(dsn: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn)
    rows: list[asyncpg.Record] = await connection.fetch(
        "SELECT tablename, tableowner, rowsecurity FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    )
    await connection.close()
    return rows


async def _drop(admin: str, name: str) -> None:
    connection = await asyncpg.connect(admin)
    await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await connection.close()
