"""Migrations: once, one at a time, in bounded time, and never into a database that could not tell É from é."""

from __future__ import annotations

import asyncio
import os
import re
from hashlib import sha256

import asyncpg
import pytest

from auth.vault import Vault
from server import database as db
from server.database import BadDatabase, config, known_migrations, migrate, prepare, with_database
from tests.conftest import OWNER, PASSWORDS, SECRET_KEYS, VAULT, Database, named, not_ours


async def test_migrations_are_applied_once(fresh: Database) -> None:
    assert await migrate(fresh.owner, VAULT) == known_migrations()
    before = await _catalogue(fresh.owner)
    assert await migrate(fresh.owner, VAULT) == []
    assert await _catalogue(fresh.owner) == before
    assert "contacts" in {row["tablename"] for row in before}


async def test_migrating_lets_the_database_know_the_keys_of_the_door_and_no_other(fresh: Database) -> None:
    """A secret is rotated by migrating with the new one beside the old, and once more when the old one is dropped."""
    old, new = SECRET_KEYS, SECRET_KEYS[::-1]
    for secrets in (old, f"{old}, {new}", f"{new}, {old}", new):
        vault = Vault.parse(secrets)
        await migrate(fresh.owner, vault)
        owner = await asyncpg.connect(fresh.owner)
        known = {row["digest"] for row in await owner.fetch("SELECT digest FROM door_keys")}
        await owner.close()
        assert known == {sha256(key).digest() for key in vault.keys("door")}


async def test_two_that_migrate_at_once_do_it_once(fresh: Database) -> None:
    first, second = await asyncio.gather(migrate(fresh.owner, VAULT), migrate(fresh.owner, VAULT))
    assert sorted([first, second]) == [[], known_migrations()]


async def test_a_second_migration_waits_a_bounded_time(fresh: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "_TURN_SECONDS", 0.2)
    holder = await asyncpg.connect(fresh.owner)
    await holder.execute("SELECT pg_advisory_lock($1)", db._MIGRATION_LOCK)
    async with asyncio.timeout(10):
        with pytest.raises(BadDatabase) as refused:
            await migrate(fresh.owner, VAULT)
    assert str(refused.value) == "Another migration of this database runs and does not end. Try again once it has."
    assert await _catalogue(fresh.owner) == []
    await holder.close()


@pytest.mark.parametrize(
    ("dsn", "told"),
    [
        ("postgresql://me:hush@127.0.0.1:1/x", r"Cannot connect to migrate: .*127\.0\.0\.1.*"),
        (
            "postgresql://me:hu/sh@127.0.0.1:1/x",
            r"Cannot connect to migrate: the URL is not postgresql://user:password@host:port/\w+\.",
        ),
        ("http://me:hush@127.0.0.1:1/x", r"Cannot connect to migrate: the URL is not postgresql://user:password@host:port/\w+\."),
        (None, r'Cannot connect to migrate: password authentication failed for user "address_book_owner"'),
    ],
)
async def test_what_cannot_be_reached_is_told_in_a_line_without_the_password(
    database: Database, dsn: str | None, told: str
) -> None:
    with pytest.raises(BadDatabase) as refused:
        await migrate(dsn or database.owner.replace(PASSWORDS[OWNER], "hush"), VAULT)
    assert re.fullmatch(told, str(refused.value))
    assert "hush" not in str(refused.value)
    with pytest.raises(BadDatabase, match=r"^Cannot connect to prepare: [^\n]+$"):
        await prepare("postgresql://me:hush@127.0.0.1:1/x", "x", {})


async def test_a_database_of_plain_c_is_refused() -> None:
    admin = os.environ["TEST_ADMIN_DATABASE_URL"]
    name = named("plain")
    connection = await asyncpg.connect(admin)
    await connection.execute(f"CREATE DATABASE {name} OWNER {OWNER} ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    dsn = with_database(admin, name, OWNER, PASSWORDS[OWNER])
    with pytest.raises(BadDatabase) as refused:
        await migrate(dsn, VAULT)
    assert str(refused.value) == "The database's LC_CTYPE maps ASCII alone. Create it with LC_CTYPE 'C.UTF-8'."
    assert await _catalogue(dsn) == []
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


async def test_preparing_twice_changes_nothing_but_the_passwords(fresh: Database) -> None:
    admin, name = os.environ["TEST_ADMIN_DATABASE_URL"], fresh.owner.rpartition("/")[2]
    await migrate(fresh.owner, VAULT)
    before = await _catalogue(fresh.owner)
    await prepare(admin, name, PASSWORDS)
    assert await _catalogue(fresh.owner) == before


async def test_the_suite_takes_no_role_that_somebody_signs_in_with(admin: asyncpg.Connection, database: Database) -> None:
    role = named("somebody")
    await admin.execute(f"CREATE ROLE {role}")
    try:
        assert await not_ours(database.admin, [OWNER, role]) == []
        await admin.execute(f"ALTER ROLE {role} LOGIN")
        assert await not_ours(database.admin, [OWNER, role]) == [role]
        await admin.execute(f"COMMENT ON ROLE {role} IS 'address book tests'")
        assert await not_ours(database.admin, [OWNER, role]) == []
    finally:
        await admin.execute(f"DROP ROLE {role}")


@pytest.mark.parametrize(
    ("dsn", "kept"),
    [
        (
            "postgresql://app@db/book",
            {"places": [("db", 5432)], "user": "app", "password": "", "database": "book", "strict": False},
        ),
        (
            "postgresql://a%40b:p%2Fw%3A@db:6000/bo%20ok?sslmode=require",
            {"places": [("db", 6000)], "user": "a@b", "password": "p/w:", "database": "bo ok", "ssl": "require"},
        ),
        ("postgresql://app@/book?host=/run/pg", {"places": [("/run/pg", 5432)], "user": "app", "password": "", "database": "book"}),
        (
            "postgresql://app@one:6001,two,[::1]:6003/book",
            {"places": [("one", 6001), ("two", 5432), ("::1", 6003)], "strict": True},
        ),
        ("postgresql://app@one,two/book?target_session_attrs=any", {"places": [("one", 5432), ("two", 5432)], "strict": False}),
        ("postgresql://app@one/book?target_session_attrs=primary", {"places": [("one", 5432)], "strict": True}),
    ],
)
def test_a_dsn_is_read_as_postgres_reads_it(dsn: str, kept: dict[str, object]) -> None:
    credentials = config(dsn)["connections"]["default"]["credentials"]
    assert {key: credentials.get(key) for key in kept} == kept


def test_a_dsn_that_wants_a_server_to_read_from_is_refused() -> None:
    with pytest.raises(
        BadDatabase, match=r"^target_session_attrs in the URL of the database must be any, primary or read-write\.$"
    ):
        config("postgresql://app:hush@one,two/book?target_session_attrs=standby")


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
