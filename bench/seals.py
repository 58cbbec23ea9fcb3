"""How fast an audit log is sealed and verified, and in how much memory: `python -m bench.seals [--entries 100000]`."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Awaitable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final, TypeVar

import asyncpg
import typer

from auth.desk import Desk
from auth.passwords import Hasher
from auth.throttle import Throttle
from auth.tokens import Keyring
from auth.vault import Vault
from bench.seed import APP, JWT_KEYS, OWNER, PASSWORD, SECRET_KEYS
from observability import logging
from observability.metrics import Metrics
from resolvers import seals
from server.database import migrate, opened, prepare, with_database
from server.embedded import embedded

T = TypeVar("T")

NAME: Final = "bench_seals"


def main(entries: Annotated[int, typer.Option(help="How many entries the log of one tenant has.")] = 100_000) -> None:
    """Fills a database of its own, seals the log, verifies it, and prints both rates."""
    logging.configure("ERROR")
    with TemporaryDirectory(prefix="address-book-bench-") as folder, embedded(Path(folder) / "postgres", durable=False) as cluster:
        asyncio.run(_measured(cluster.admin_dsn, entries))


async def _measured(cluster: str, entries: int) -> None:
    vault = Vault.parse(SECRET_KEYS)
    await prepare(cluster, NAME, {OWNER: PASSWORD, APP: PASSWORD})
    await migrate(with_database(cluster, NAME, OWNER, PASSWORD), vault)
    connection = await asyncpg.connect(with_database(cluster, NAME))
    await connection.execute("INSERT INTO tenants (id, slug, name) VALUES (gen_random_uuid(), 'acme', 'Acme')")
    await connection.execute(
        "INSERT INTO audit_entries (tenant_id, id, at, action, actor_id, target_id, request_id, ip_prefix, details) "
        "SELECT t.id, gen_random_uuid(), now() - interval '2 minutes' - n * interval '1 second', 'refresh.succeeded', "
        "gen_random_uuid(), md5(n::text), md5(n::text), '192.0.2.0/24', '{\"count\": 1}' "
        "FROM tenants t, generate_series(1, $1) n",
        entries,
    )
    await connection.execute("VACUUM ANALYZE audit_entries")
    await connection.close()
    desk = Desk(Keyring.parse(JWT_KEYS), vault, Hasher(4, 1), Throttle(), Metrics())
    async with opened(with_database(cluster, NAME, APP, PASSWORD), vault, pool=1):
        await _timed("sealed", entries, seals.seal(desk))
        (verdict,) = await _timed("verified", entries, seals.verify("acme", {}, lambda *_: None))
    print(verdict)
    desk.hasher.close()


async def _timed(what: str, entries: int, work: Awaitable[T]) -> T:
    before, began = _peak(), time.perf_counter()
    found = await work
    seconds = time.perf_counter() - began
    print(f"{what}: {entries} in {seconds:.1f} s, {entries / seconds:,.0f}/s; peak memory grew by {_peak() - before:.0f} MB")
    return found


def _peak() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    typer.run(main)
