"""A database of before, as a backup would bring it back beside the test's own."""

from __future__ import annotations

import io
from dataclasses import dataclass

import asyncpg

from tests.conftest import Database
from tests.house.walls import tenant_tables


@dataclass
class Then:
    """The database of then: a copy of the worker's own, as it was when `keep` was called."""

    database: Database
    now: asyncpg.Connection

    @property
    def url(self) -> str:
        """As the role that serves."""
        return self.database.app

    async def keep(self) -> None:
        """Everything as it is now."""
        then = await asyncpg.connect(self.database.admin)
        await then.execute("SET session_replication_role = replica")
        for table in ["tenants", *await tenant_tables(self.now)]:
            columns = await self.now.fetchval(
                "SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute "
                "WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
                table,
            )
            rows = io.BytesIO()
            await self.now.copy_from_query(f"SELECT {', '.join(columns)} FROM {table}", output=rows)
            rows.seek(0)
            await then.execute(f"DELETE FROM {table}")
            await then.copy_to_table(table, source=rows, columns=columns)
        await then.close()
