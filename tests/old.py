"""An old service's database, as its migrations made it: for moving in."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import bcrypt
from argon2 import PasswordHasher

from server.database import with_database
from tests.conftest import named

SCHEMA = """
CREATE TABLE people (id SERIAL PRIMARY KEY, name VARCHAR NOT NULL, gender BOOLEAN NOT NULL, age INTEGER NOT NULL,
                     address VARCHAR NOT NULL, phone VARCHAR(11) NOT NULL, email VARCHAR NOT NULL);
CREATE TABLE users (id SERIAL PRIMARY KEY, username VARCHAR NOT NULL, email VARCHAR NOT NULL, password VARCHAR NOT NULL,
                    login_session VARCHAR NOT NULL DEFAULT '', active BOOLEAN NOT NULL DEFAULT TRUE,
                    CONSTRAINT users_email_unique UNIQUE (email));
CREATE TABLE login_history (id SERIAL PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id),
                            login_timestamp TIMESTAMP WITH TIME ZONE NOT NULL);
CREATE TABLE refresh_tokens (id SERIAL PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
                             token VARCHAR NOT NULL UNIQUE, expires_at TIMESTAMPTZ NOT NULL,
                             created_at TIMESTAMPTZ DEFAULT now(), revoked BOOLEAN DEFAULT false);
CREATE TABLE tenants (id VARCHAR(36) PRIMARY KEY, name VARCHAR NOT NULL, db_url TEXT NOT NULL UNIQUE,
                      created_at TIMESTAMPTZ NOT NULL DEFAULT now(), updated_at TIMESTAMPTZ NOT NULL DEFAULT now());
"""

ARGON2 = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # what the old service's crate takes
OLD_PASSWORD = "Summer2019"


def argon2(password: str = OLD_PASSWORD) -> str:
    """A hash as the old sign-up made it."""
    return ARGON2.hash(password)


def plain_bcrypt(password: str = OLD_PASSWORD, cost: int = 4) -> str:
    """A hash as the old service had made it before."""
    return bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(cost)).decode()


@dataclass
class Old:
    """The old database, for arranging."""

    url: str
    db: asyncpg.Connection

    async def user(self, id: int, username: str, email: str = "", password: str = "", active: bool = True) -> int:  # noqa: A002
        """A user; by default with an address of their own and the old password."""
        await self.db.execute(
            "INSERT INTO users VALUES ($1, $2, $3, $4, 'b7c3-live', $5)",
            id,
            username,
            email or f"{username.strip().lower()}@old.example",
            password or _HASH,
            active,
        )
        return id

    async def contact(self, id: int, name: str = "Zoë", **changed: Any) -> int:  # noqa: A002
        """A contact."""
        row = {
            "gender": False,
            "age": 34,
            "address": "1 Oak Street",
            "phone": "0100-000000",
            "email": f"c{id}@old.example",
        } | changed
        await self.db.execute("INSERT INTO people VALUES ($1, $2, $3, $4, $5, $6, $7)", id, name, *row.values())
        return id

    async def login(self, id: int, user: int, at: str = "2024-05-01T10:00:00Z") -> None:  # noqa: A002
        """A sign-in."""
        await self.db.execute("INSERT INTO login_history VALUES ($1, $2, $3::text::timestamptz)", id, user, at)

    async def many(self, users: int, contacts: int, logins: int) -> None:
        """As many believable rows."""
        await self.db.execute(
            "INSERT INTO users SELECT n, 'user' || n, 'user' || n || '@old.example', $2, '', true "
            "FROM generate_series(1, $1::int) n",
            users,
            _HASH,
        )
        await self.db.execute(
            "INSERT INTO people SELECT n, 'Person ' || n, n % 2 = 0, 18 + n % 70, n || ' Oak Street, Lisbon', "
            "lpad(n::text, 11, '0'), 'person' || n || '@old.example' FROM generate_series(1, $1::int) n",
            contacts,
        )
        await self.db.execute(
            "INSERT INTO login_history SELECT n, 1 + n % $2::int, '2024-01-01'::timestamptz + n * interval '1 minute' "
            "FROM generate_series(1, $1::int) n",
            logins,
            users,
        )

    async def rows(self) -> Sequence[Any]:
        """All that it holds."""
        return [await self.db.fetch(f"SELECT * FROM {table} ORDER BY id") for table in ("people", "users", "login_history")]


_HASH = argon2()


@asynccontextmanager
async def old_database(name: str) -> AsyncIterator[Old]:
    """An empty one on the suite's Postgres, dropped at the end."""
    admin = os.environ["TEST_ADMIN_DATABASE_URL"]
    whole = await asyncpg.connect(admin)
    await whole.execute(f'DROP DATABASE IF EXISTS "{named(name)}" WITH (FORCE)')
    await whole.execute(f'CREATE DATABASE "{named(name)}"')
    db = await asyncpg.connect(with_database(admin, named(name)))
    try:
        await db.execute(SCHEMA)
        yield Old(with_database(admin, named(name)), db)
    finally:
        await db.close()
        await whole.execute(f'DROP DATABASE "{named(name)}" WITH (FORCE)')
        await whole.close()
