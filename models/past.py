"""One tenant as it was, in a database that was restored beside this one: opened to read alone, behind the door of that database.

Rows come as texts of JSON, which the database that they go to understands by its own types. Nothing that lets anybody in is read:
no hash of a password, no session, no second factor, no link.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg

from models.errors import InvalidInput, NotFound, Unavailable
from models.values import PastKind

_AT_ONCE: Final = 500
"""Rows that are read, and then compared and written, in one go."""

_SETTINGS: Final = {
    "application_name": "address-book tenant restore",
    "default_transaction_read_only": "on",
    "statement_timeout": "600000",  # the first rows of a cursor may have to be sorted
    "lock_timeout": "10000",
    "idle_in_transaction_session_timeout": "0",  # it waits while we write
}

_ROWS: Final = {
    PastKind.USERS: "SELECT u.id, to_jsonb(u) - 'password_hash' AS row, NULL::uuid[] AS labels FROM users u WHERE u.tenant_id = $1",
    PastKind.LABELS: "SELECT l.id, to_jsonb(l) AS row, NULL::uuid[] AS labels FROM labels l WHERE l.tenant_id = $1",
    PastKind.CONTACTS: (
        "SELECT c.id, to_jsonb(c) AS row, ARRAY(SELECT x.label_id FROM contact_labels x WHERE x.tenant_id = c.tenant_id "
        "AND x.contact_id = c.id) AS labels FROM contacts c WHERE c.tenant_id = $1"
    ),
}


class Batch(NamedTuple):
    """Rows by id: their ids, the rows as one JSON array, and of contacts the labels that each carries."""

    ids: list[UUID]
    rows: str
    labels: dict[UUID, set[UUID]]


class Past:
    """One snapshot of it. Every method raises InvalidInput where it is not a database of ours, Unavailable where it is gone."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._tenant: UUID | None = None

    async def migrations(self) -> list[str]:
        """Which migrations it has, oldest first."""
        rows = await self._fetch("SELECT version FROM aerich WHERE app = 'models' ORDER BY id")
        return [row["version"] for row in rows]

    async def belong(self, tenant: UUID, keys: Sequence[bytes]) -> None:
        """Opens the door of that database to this tenant, with the first of the keys that it knows.

        Refuses with NotFound where there was no such tenant, InvalidInput where none of the keys is known.
        """
        if not await self._fetch("SELECT FROM tenants t WHERE t.id = $1", tenant):
            raise NotFound("There was no such tenant at that moment.", ("tenant",))
        known = [key for key in keys if (await self._fetch("SELECT knows_door_key($1) AS known", key))[0]["known"]]
        if not known:
            raise InvalidInput("The restored database knows none of SECRET_KEYS: `migrate` it with those in use now.")
        await self._fetch("SELECT hold($1, $2)", tenant, known[0])
        self._tenant = tenant

    async def known(self, kind: PastKind, ids: Collection[UUID]) -> set[UUID]:
        """Which of these rows the tenant had."""
        rows = f"SELECT t.id FROM {kind} t WHERE t.tenant_id = $1 AND t.id = ANY ($2::uuid[])"
        return {row["id"] for row in await self._fetch(rows, self._tenant, list(ids))}

    async def batches(self, kind: PastKind) -> AsyncIterator[Batch]:
        """All of them by id, some hundreds at a time."""
        with _told():
            cursor = await self._connection.cursor(f"{_ROWS[kind]} ORDER BY id", self._tenant)
            while rows := await cursor.fetch(_AT_ONCE):
                labels = {row["id"]: set(row["labels"]) for row in rows if row["labels"] is not None}
                yield Batch([row["id"] for row in rows], f"[{','.join(row['row'] for row in rows)}]", labels)

    async def _fetch(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        with _told():
            found: list[asyncpg.Record] = await self._connection.fetch(sql, *values)
            return found


@asynccontextmanager
async def opened(dsn: str) -> AsyncIterator[Past]:
    """The restored database while the block lasts, as the role that serves. Raises InvalidInput for a URL that is none,
    Unavailable where nobody answers."""
    with _told():
        try:
            connection = await asyncpg.connect(dsn, timeout=10, server_settings=_SETTINGS)
        except ValueError:  # it would quote the URL, and the password in it
            raise InvalidInput("The restored database's URL is not postgresql://user:password@host:port/database.") from None
    try:
        with _told():
            await connection.transaction(isolation="repeatable_read", readonly=True).start()
        yield Past(connection)
    finally:
        connection.terminate()  # there is nothing to commit


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedFunctionError, asyncpg.InsufficientPrivilegeError) as error:
        raise InvalidInput(f"This is no restored database of the service, seen by address_book_app: {_line(error)}.") from None
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise Unavailable(f"The restored database cannot be read: {_line(error) or 'it does not answer'}.") from None


def _line(error: BaseException) -> str:
    line = str(error).partition("\n")[0]  # the detail that may follow quotes values
    return "".join(letter for letter in line if letter.isprintable())
