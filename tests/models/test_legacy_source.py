"""The old database is read as of one moment, bounded, and never written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from models import legacy_source
from models.errors import InvalidInput, Unavailable
from models.values import ImportKind
from tests.old import Old, old_database


@pytest.fixture
async def old(worker_id: str) -> AsyncIterator[Old]:
    """An empty old database."""
    async with old_database(f"old_{worker_id}") as old:
        yield old


async def _rows(database: legacy_source.OldDatabase, kind: ImportKind) -> list[dict[str, Any]]:
    return [row async for rows in database.batches(kind) for row in rows]


async def test_what_is_written_meanwhile_is_not_seen(old: Old) -> None:
    await old.user(1, "ann")
    async with legacy_source.opened(old.url) as database:
        assert await database.count(ImportKind.USER) == 1
        await old.user(2, "ben")
        assert [row["username"] for row in await _rows(database, ImportKind.USER)] == ["ann"]
        assert (await database.count(ImportKind.USER), await database.highest(ImportKind.USER, 9)) == (1, 1)


async def test_nothing_can_be_written_there(old: Old) -> None:
    async with legacy_source.opened(old.url) as database:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await database._connection.execute("DELETE FROM users")


async def test_batches_are_bounded_and_so_are_texts(old: Old) -> None:
    await old.many(0, 1_200, 0)
    await old.contact(5_000, "x" * 50_000)
    async with legacy_source.opened(old.url) as database:
        batches = [rows async for rows in database.batches(ImportKind.CONTACT)]
    assert [len(rows) for rows in batches] == [500, 500, 201]
    assert len(batches[-1][-1]["name"]) == 10_001
    assert [row["id"] for rows in batches for row in rows] == [*range(1, 1_201), 5_000]


async def test_contacts_that_look_the_same_name_the_first(old: Old) -> None:
    await old.contact(1, "Zoë", email="Z@x.example", phone="0100 000000")
    await old.contact(2, " zoë", email="z@X.example ", phone="0100-000000", age=99)
    await old.contact(3, "Zoë", email="z@x.example", phone="0100-000001")
    async with legacy_source.opened(old.url) as database:
        assert [row["alike"] for row in await _rows(database, ImportKind.CONTACT)] == [1, 1, 3]


async def test_the_highest_id_is_that_up_to_a_limit(old: Old) -> None:
    for number in (4, 9, 2_000):
        await old.contact(number)
    async with legacy_source.opened(old.url) as database:
        assert [await database.highest(ImportKind.CONTACT, limit) for limit in (3, 100, 2_000)] == [0, 9, 2_000]


async def test_a_schema_that_is_another_is_told(old: Old) -> None:
    await old.db.execute("ALTER TABLE people DROP COLUMN phone")
    async with legacy_source.opened(old.url) as database:
        with pytest.raises(InvalidInput, match='not the old service\'s database: column "phone" does not exist'):
            await _rows(database, ImportKind.CONTACT)


async def test_an_id_that_the_old_service_could_not_make_is_told(old: Old) -> None:
    await old.db.execute("ALTER TABLE people ALTER COLUMN id TYPE bigint")
    await old.db.execute("INSERT INTO people VALUES (4000000000, 'x', true, 1, '', '', '')")
    async with legacy_source.opened(old.url) as database:
        with pytest.raises(Unavailable, match="The old database cannot be read: integer out of range"):
            await _rows(database, ImportKind.CONTACT)


async def test_a_database_that_goes_away_is_told(old: Old) -> None:
    async with legacy_source.opened(old.url) as database:
        await old.db.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'address-book import-legacy'"
        )
        with pytest.raises(Unavailable, match="The old database cannot be read: "):
            await database.count(ImportKind.USER)
