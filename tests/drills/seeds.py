"""A database with many tenants and a token for each: what load is offered on."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import asyncpg

from auth.tokens import Keyring
from bench.documents import CONTACT, CREATE, FIELDS, LABELS, PAGE, VIEWER, Work
from bench.load import framed
from bench.seed import SQL, Tenant, add_tenants, signed_in
from tests.conftest import JWT_KEYS, Database, copied, named

BIG: Final = 10_001
"""The number of the big tenant, behind those of all others."""

PLENTY: Final = {"COST_PER_MINUTE_TENANT": "1000000000", "COST_PER_MINUTE_USER": "1000000000"}
"""Settings with which no tenant spends its budget: what is then refused is refused for overload."""

SEARCH: Final = Work(
    "S1",
    "search, the first 50",
    "Search",
    f"query Search($search: String!) {{ contacts(first: 50, search: $search) {{ nodes {{ {FIELDS} }} }} }}",
    lambda dice, _: {"search": dice.choice(("zoe muller", "emile", "sato", "bianchi", "ibra", "contoso", "priya.1", "3300"))},
)
HEAVY: Final = replace(LABELS, name="H1", title="page of 100 with labels", variables=lambda _, __: {"first": 100, "after": None})

MIX: Final = {VIEWER: 1, CONTACT: 3, PAGE: 4, LABELS: 1, SEARCH: 1, CREATE: 1}
"""What people of an address book ask for, and how often."""


@dataclass(frozen=True)
class Seeded:
    """The database, its tenants, and the process of one of its connections; `big` is of many contacts, if one was asked for."""

    database: Database
    tenants: Sequence[Tenant]
    backend: int
    big: Tenant | None = None


@asynccontextmanager
async def seeded(tenants: int, contacts: int = 1_000, *, big: int = 0) -> AsyncIterator[Seeded]:
    """A database of the run's own, with so many tenants of so many contacts; it is dropped in the end."""
    database = await copied(named("load"))
    admin = await asyncpg.connect(database.admin)
    try:
        await admin.execute((SQL / "seed.sql").read_text())
        await add_tenants(admin, 1, tenants, contacts)
        ring = Keyring.parse(JWT_KEYS)
        found = [await signed_in(admin, ring, number) for number in range(1, tenants + 1)]
        if big:
            await add_tenants(admin, BIG, BIG, big)
        backend = await admin.fetchval("SELECT pg_backend_pid()")
        yield Seeded(database, found, backend, await signed_in(admin, ring, BIG) if big else None)
    finally:
        await admin.close()
        outside = await asyncpg.connect(database.admin.rpartition("/")[0] + "/postgres")
        await outside.execute(f'DROP DATABASE "{named("load")}" WITH (FORCE)')
        await outside.close()


async def add_many(connection: asyncpg.Connection, number: int, contacts: int) -> None:
    """`add_tenants` of one tenant of very many contacts, several times as fast: their indexes are made in the end, and nothing is
    looked up of which the seed makes sure. `connection` is a superuser's."""
    indexes = await connection.fetch(
        "SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS made FROM pg_index i "
        "WHERE i.indrelid IN ('contacts'::regclass, 'contact_labels'::regclass) "
        "AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)"
    )
    await connection.execute(
        "SET session_replication_role = replica; SET maintenance_work_mem = '512MB'; SET synchronous_commit = off"
    )
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    await add_tenants(connection, number, number, contacts)
    for index in indexes:
        await connection.execute(index["made"], timeout=3_600)
    await connection.execute("ANALYZE", timeout=3_600)
    await connection.execute("RESET session_replication_role; RESET maintenance_work_mem; RESET synchronous_commit")


def dice(seed: int = 1) -> random.Random:
    """What chance there is in a load, the same each time."""
    return random.Random(seed)  # noqa: S311 - it guards nothing


def requests(path: Path, mix: dict[Work, int], tenants: Sequence[Tenant], count: int = 2_000) -> Path:
    """Writes so many requests of a mix, each of a random tenant, as the generator reads them."""
    chance = dice()
    return written(path, [framed(work, chance, chance.choice(tenants)) for work in works(mix, count)])


def works(mix: dict[Work, int], count: int = 2_000) -> list[Work]:
    """What each of those requests asks for, in their order."""
    return dice(2).choices(list(mix), list(mix.values()), k=count)


def written(path: Path, all_: Sequence[bytes]) -> Path:
    """Writes whole requests, each with its length in a line before it."""
    path.write_bytes(b"".join(b"%d\n" % len(one) + one for one in all_))
    return path
