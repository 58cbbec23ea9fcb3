"""The old service's database, as it is moved in: opened to read alone, and all of it as of one moment.

Its tables are `users` (id, username, email, password, login_session, active), `people` (id, name, gender, age, address, phone,
email) and `login_history` (id, user_id, login_timestamp). They have no tenant: each tenant had a database of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import asyncpg

from models.errors import InvalidInput, Unavailable
from models.rules import NOTES_LENGTH
from models.values import ImportKind, Row

_LONGEST: Final = NOTES_LENGTH + 1
"""Characters that are read of a text: one more than any of ours may have, so that a longer one is found too long."""

_AT_ONCE: Final = 500
"""Rows that are read, and then written, in one go."""

_SETTINGS: Final = {
    "application_name": "address-book import-legacy",
    "default_transaction_read_only": "on",
    "statement_timeout": "600000",  # of a cursor's next rows; the first sorts all contacts
    "lock_timeout": "10000",
    "idle_in_transaction_session_timeout": "0",  # it waits while we write
}

_TABLES: Final = {ImportKind.USER: "users", ImportKind.CONTACT: "people", ImportKind.LOGIN: "login_history"}

_ROWS: Final = {
    ImportKind.USER: "SELECT id::int4, {username}, {email}, {password}, active::bool FROM users ORDER BY users.id",
    # alike: the first of those contacts that have the same name, e-mail address and phone, but for case and blanks around.
    ImportKind.CONTACT: (
        "SELECT id::int4, {name}, gender::bool, age::int4, {address}, {phone}, {email}, min(id) OVER (PARTITION BY "
        "lower(btrim({_name})), lower(btrim({_email})), regexp_replace({_phone}, '[^0-9]', '', 'g'))::int4 AS alike "
        "FROM people ORDER BY people.id"
    ),
    ImportKind.LOGIN: ("SELECT id::int4, user_id::int4, login_timestamp::timestamptz FROM login_history ORDER BY login_history.id"),
}
_TEXTS: Final = ("username", "email", "password", "name", "address", "phone")


class OldDatabase:
    """One snapshot of it. Every method raises InvalidInput where it is not the old service's, Unavailable where it is gone."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def count(self, kind: ImportKind) -> int:
        """How many rows there are."""
        with _told():
            return int(await self._connection.fetchval(f"SELECT count(*) FROM {_TABLES[kind]}"))

    async def highest(self, kind: ImportKind, limit: int) -> int:
        """The highest id up to the limit; 0 where there is none."""
        with _told():
            return int(await self._connection.fetchval(f"SELECT coalesce(max(id), 0) FROM {_TABLES[kind]} WHERE id <= $1", limit))

    async def batches(self, kind: ImportKind) -> AsyncIterator[list[Row]]:
        """All rows by id, some hundreds at a time; texts are cut where no rule of ours lets them pass."""
        with _told():
            cursor = await self._connection.cursor(_ROWS[kind].format_map(_cut()))
            while rows := await cursor.fetch(_AT_ONCE):
                yield [dict(row) for row in rows]


@asynccontextmanager
async def opened(dsn: str) -> AsyncIterator[OldDatabase]:
    """The old database while the block lasts. Raises InvalidInput for a URL that is none, Unavailable where nobody answers."""
    with _told():
        try:
            connection = await asyncpg.connect(dsn, timeout=10, server_settings=_SETTINGS)
        except ValueError:  # it would quote the URL, and the password in it
            raise InvalidInput("The old database's URL is not postgresql://user:password@host:port/database.") from None
    try:
        with _told():
            await connection.transaction(isolation="repeatable_read", readonly=True).start()
        yield OldDatabase(connection)
    finally:
        connection.terminate()  # there is nothing to commit


def _cut() -> dict[str, Any]:
    short = {name: f"left({name}, {_LONGEST})" for name in _TEXTS}
    return {name: f"{text} AS {name}" for name, text in short.items()} | {f"_{name}": text for name, text in short.items()}


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.UndefinedFunctionError) as error:
        raise InvalidInput(f"This is not the old service's database: {_line(error)}.") from None
    except UnicodeDecodeError:
        raise InvalidInput("The old database holds text that is no UTF-8, in a database of encoding SQL_ASCII.") from None
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise Unavailable(f"The old database cannot be read: {_line(error) or 'it does not answer'}.") from None


def _line(error: BaseException) -> str:
    line = str(error).partition("\n")[0]  # the detail that may follow quotes values
    return "".join(letter for letter in line if letter.isprintable())
