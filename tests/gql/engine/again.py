"""What lets two servers do the same over one database: the same ids and secrets, and the rows as they were."""

from __future__ import annotations

import secrets
from itertools import count
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg
import pytest


class Fresh:
    """Ids and secrets in an order that begins anew before each run, and attempts without a bound, which a clock would count."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begin(0)
        monkeypatch.setattr("models.values.compat", SimpleNamespace(uuid7=self.uuid))  # new_id is imported everywhere
        monkeypatch.setattr("auth.tokens.uuid4", self.uuid)
        for module in ("tokens", "totp"):
            monkeypatch.setattr(f"auth.{module}.secrets", SimpleNamespace(**vars(secrets) | {"token_bytes": self.token_bytes}))

        async def unbounded(*_: Any) -> None:
            """Lets every attempt through."""

        monkeypatch.setattr("auth.throttle.Throttle.check", unbounded)

    def begin(self, at: int = 1_000_000) -> None:
        """From here on."""
        self._counter = count(at)

    def uuid(self) -> UUID:
        """The next id."""
        return UUID(int=0x0199_0000_0000_7000_8000_0000_0000_0000 + next(self._counter))

    def token_bytes(self, size: int) -> bytes:
        """The next secret."""
        return next(self._counter).to_bytes(size, "big")


class Kept:
    """The rows of the whole database, to begin again from, with nothing in the queue."""

    def __init__(self, admin: asyncpg.Connection) -> None:
        self._admin, self._again = admin, ""

    async def keep(self) -> None:
        """Remembers every row."""
        tables = await self._admin.fetch(
            "SELECT table_name AS name, string_agg(quote_ident(column_name), ', ') AS columns FROM information_schema.columns "
            "WHERE table_schema = 'public' AND table_name <> 'aerich' AND is_generated = 'NEVER' GROUP BY 1"
        )
        await self._admin.execute("".join(f"CREATE TEMP TABLE kept_{t['name']} AS TABLE {t['name']};" for t in tables))
        again = "".join(
            f"DELETE FROM {t['name']}; INSERT INTO {t['name']} ({t['columns']}) SELECT {t['columns']} FROM kept_{t['name']};"
            for t in tables
        )
        self._again = f"BEGIN; SET LOCAL session_replication_role = replica; {again} DELETE FROM queue.pgqueuer; COMMIT;"

    async def restore(self) -> None:
        """Makes them all be as they were."""
        await self._admin.execute(self._again)
