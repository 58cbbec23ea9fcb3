"""The bench's own database: 100 tenants of 1,000 contacts, and two big ones where asked; a live session and a token for each."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg

from auth.passwords import Hasher
from auth.tokens import Keyring
from auth.vault import Vault
from server.database import ROOT, migrate, prepare, with_database

OWNER, APP, BARE, OPEN, SETTING = "address_book_owner", "address_book_app", "bench_bare", "bench_open", "bench_setting"
"""The roles: the product's two; one that no row-level security binds, for the peers; and the same for our own server, to which
`enter` and `hold` are functions that check nothing: what the door costs is the difference; and one for PostGraphile that row-level
security binds and that says itself whose rows it wants."""

PASSWORD: Final = "bench-only"
JWT_SECRET: Final = "7Qm4xW9cT2vK8rB5nZ1jH6pL3sD0fG-bench-only"
SECRET_KEYS: Final = "v8Qm3Zt6Xk1Rb9Wc4Ny7Ld2Hg5Jf0Sp-bench-only"
JWT_KEYS: Final = f'[{{"kid": "bench", "key": "{JWT_SECRET}", "active": true}}]'
SMALL: Final = 1_000
TENANTS: Final = 100
BIG: Final = {100_000: 101, 1_000_000: 102}
"""The sizes of big tenants, each with the number by which its ids are made."""
TOKEN_SECONDS: Final = 86_400

SQL: Final = Path(__file__).parent / "sql"


@dataclass(frozen=True)
class Tenant:
    """One tenant with its one user, who owns it, and the token of their live session."""

    number: int
    id: UUID
    slug: str
    user: UUID
    session: UUID
    contacts: Sequence[UUID]
    """Ids of some of its contacts, in no order."""
    token: str


@dataclass(frozen=True)
class World:
    """What is in the database, and how to reach it."""

    admin: str
    """The superuser's DSN of the database."""
    tenants: Sequence[Tenant]
    big: dict[int, Tenant]

    def dsn(self, role: str) -> str:
        """The database as this role sees it."""
        return with_database(self.admin, self.admin.rpartition("/")[2], role, PASSWORD)


async def seeded(cluster: str, big: Sequence[int] = (), tenants: int = TENANTS) -> World:
    """The world in this cluster (a superuser's DSN), made at need: a database of other migrations or another seed is replaced.

    For 100 tenants that takes half a minute, for a tenant of a million contacts some minutes; each once.
    """
    database, mark = f"bench_{tenants}", _mark()
    admin = with_database(cluster, database)
    outside = await asyncpg.connect(cluster)
    said = await outside.fetchval("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1", database)
    if said != mark:
        await outside.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        await prepare(cluster, database, {OWNER: PASSWORD, APP: PASSWORD})
        await migrate(with_database(cluster, database, OWNER, PASSWORD), Vault.parse(SECRET_KEYS))
        await _fill(admin, tenants)
        await outside.execute(f"COMMENT ON DATABASE {database} IS '{mark}'")
    await outside.close()
    await sweep(admin)
    connection = await asyncpg.connect(admin)
    for size in big:
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM tenants WHERE slug = $1)", _slug(BIG[size])):
            await add_tenants(connection, BIG[size], BIG[size], size)
    ring = Keyring.parse(JWT_KEYS)
    small = [await signed_in(connection, ring, number) for number in range(1, tenants + 1)]
    giants = {size: await signed_in(connection, ring, BIG[size]) for size in big}
    await connection.close()
    return World(admin, small, giants)


async def sweep(admin: str) -> None:
    """Removes the contacts that a bench has created."""
    connection = await asyncpg.connect(admin)
    if await connection.execute("DELETE FROM contacts WHERE name LIKE 'Zz %'", timeout=600) != "DELETE 0":
        await connection.execute("VACUUM ANALYZE contacts", timeout=600)
    await connection.close()


def _mark() -> str:
    """What the contents of the database follow from."""
    sources = [*sorted((ROOT / "migrations" / "models").glob("[0-9]*.py")), *sorted(SQL.glob("*.sql"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources) + b"%d" % SMALL).hexdigest()


async def _fill(admin: str, tenants: int) -> None:
    connection = await asyncpg.connect(admin)
    await connection.execute((SQL / "roles.sql").read_text().replace("{password}", PASSWORD))
    await connection.execute((SQL / "seed.sql").read_text())
    await add_tenants(connection, 1, tenants, SMALL)
    await connection.close()


async def add_tenants(connection: asyncpg.Connection, first: int, last: int, contacts: int) -> None:
    """Tenants of these numbers, each with so many contacts, in a database that has `seed.sql`."""
    hasher = Hasher(12, 1)
    await connection.execute(
        "SELECT bench.tenants($1, $2, $3, $4)", first, last, contacts, await hasher.hash(PASSWORD), timeout=3_600
    )
    hasher.close()
    await connection.execute("VACUUM ANALYZE", timeout=3_600)


async def signed_in(connection: asyncpg.Connection, ring: Keyring, number: int) -> Tenant:
    """The tenant of this number, with a token that the keys of the ring sign."""
    row = await connection.fetchrow(
        "SELECT t.id::text, t.slug, u.id::text AS user, u.username, s.id::text AS session FROM tenants t "
        "JOIN users u ON u.tenant_id = t.id JOIN sessions s ON s.tenant_id = t.id "
        "WHERE t.slug = $1 AND s.id = bench.id('session', $2, 0)",
        _slug(number),
        number,
    )
    assert row is not None, "the seed has made it"
    tenant, user, session = (UUID(row[name]) for name in ("id", "user", "session"))
    contacts = await connection.fetch("SELECT id::text FROM contacts WHERE tenant_id = $1 ORDER BY id LIMIT 1000", tenant)
    token, _ = ring.sign(
        user=user,
        tenant=tenant,
        session=session,
        tenant_slug=row["slug"],
        username=row["username"],
        lifetime=TOKEN_SECONDS,
    )
    return Tenant(number, tenant, row["slug"], user, session, [UUID(contact["id"]) for contact in contacts], token)


def _slug(number: int) -> str:
    return f"tenant-{number}"
