"""What the role of the exporter of Postgres may read: statistics, and nothing of people, of secrets, or of other roles."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from server.database import ROOT, migrate, prepare, with_database
from server.embedded import embedded
from tests.conftest import OWNER, PASSWORDS, VAULT

NAME, ROLE = "book", "address_book_monitor"


@pytest.fixture(scope="module")
def admin() -> Iterator[str]:
    """A superuser's DSN of a database with that role, as `monitor.sql` makes it, in a Postgres of its own."""
    with tempfile.TemporaryDirectory(prefix="address-book-tests-") as folder:
        Path(folder).chmod(0o711)
        with embedded(Path(folder) / "postgres", durable=False, preload="pg_stat_statements") as cluster:
            asyncio.run(_made(cluster.admin_dsn))
            yield with_database(cluster.admin_dsn, NAME)


async def _made(dsn: str) -> None:
    await prepare(dsn, NAME, PASSWORDS)
    await migrate(with_database(dsn, NAME, OWNER, PASSWORDS[OWNER]), VAULT)
    connection = await asyncpg.connect(with_database(dsn, NAME))
    await connection.execute((ROOT / "deploy/postgres/monitor.sql").read_text())
    await connection.execute(f"ALTER ROLE {ROLE} LOGIN PASSWORD 'test-monitor'")
    await connection.close()


async def _read(admin: str, sql: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(with_database(admin, NAME, ROLE, "test-monitor"))
    try:
        return await connection.fetch(sql)
    finally:
        await connection.close()


async def test_a_password_that_a_role_is_given_is_not_among_the_statements(admin: str) -> None:
    for dsn in (admin, with_database(admin, "postgres")):  # they are counted for all databases together
        connection = await asyncpg.connect(dsn)
        await connection.execute("ALTER ROLE address_book_backup PASSWORD 'canary-of-a-role'")
        await connection.fetchval("SELECT 7 AS counted")
        await connection.close()
    told = [row["query"] for row in await _read(admin, "SELECT query FROM pg_stat_statements")]
    assert "SELECT $1 AS counted" in told
    assert [text for text in told if "canary" in text] == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM contacts",
        "SELECT slug FROM tenants",
        "SELECT digest FROM door_keys",
        "SELECT payload FROM queue.pgqueuer",
        "SELECT hold(gen_random_uuid(), '')",
        "SELECT enter(gen_random_uuid(), gen_random_uuid(), ARRAY['OWNER'])",
        "SELECT rolpassword FROM pg_authid",
        "SELECT pg_read_file('PG_VERSION')",
        "SET backtrace_functions = 'enter'",
    ],
)
async def test_it_reads_nothing_else(admin: str, sql: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _read(admin, sql)


async def test_what_the_page_of_the_database_shows_runs_as_it_stands(admin: str) -> None:
    page = (ROOT / "docs" / "database.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    statements = [one for block in blocks for one in block.split(";") if one.strip()]
    assert len(statements) == 7
    connection = await asyncpg.connect(admin)
    told = [await connection.fetch(one) for one in statements]
    await connection.close()
    assert [bool(rows) for rows in told[:4]] == [True] * 4
    assert set(told[0][0].keys()) == {"statement", "calls", "ms", "seconds", "hit %", "rows"}
