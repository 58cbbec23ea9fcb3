"""What the database says of itself."""

from __future__ import annotations

import asyncpg
import pytest

from models.catalogue import above_the_wall, applied_migrations, unguarded_tables
from server.database import known_migrations, opened
from tests.conftest import Database


async def test_a_migrated_database_stands_behind_its_wall(tortoise: None) -> None:
    assert await applied_migrations() == known_migrations()
    assert await unguarded_tables() == []
    assert await above_the_wall() is False


@pytest.mark.parametrize(
    ("breach", "mend"),
    [
        ("ALTER TABLE labels DISABLE ROW LEVEL SECURITY", "ALTER TABLE labels ENABLE ROW LEVEL SECURITY"),
        ("ALTER TABLE labels NO FORCE ROW LEVEL SECURITY", "ALTER TABLE labels FORCE ROW LEVEL SECURITY"),
        ("ALTER POLICY own_tenant ON labels RENAME TO other", "ALTER POLICY other ON labels RENAME TO own_tenant"),
    ],
)
async def test_a_breach_is_named(breach: str, mend: str, admin: asyncpg.Connection, tortoise: None) -> None:
    await admin.execute(breach)
    try:
        assert await unguarded_tables() == ([] if "RENAME" in breach else ["labels"])
    finally:
        await admin.execute(mend)


async def test_an_owner_or_a_superuser_stands_above_the_wall(database: Database, admin: asyncpg.Connection) -> None:
    for dsn in (database.owner, database.admin):
        async with opened(dsn, pool=1):
            assert await above_the_wall() is True
