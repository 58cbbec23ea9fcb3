"""How Postgres finds what the main requests ask for, in a tenant of a million contacts: `python -m bench.plans`, written into
docs/database.md by `--write`. The server itself asks, and auto_explain tells of each statement's plan as it was run."""

from __future__ import annotations

import asyncio
import json
import random
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Final

import asyncpg
import orjson
import typer

from bench.__main__ import DATA
from bench.deep import moved, place
from bench.documents import CONTACT, CREATE, FIELDS, LABELS, PAGE, VIEWER, Work, first
from bench.processes import Failed, Process, free_port, ready, start
from bench.seed import APP, JWT_KEYS, SECRET_KEYS, Tenant, World, seeded
from observability.statements import digest
from server.database import ROOT
from server.embedded import embedded

MILLION: Final = 1_000_000
TIMES: Final = 7
"""So often each request is made, on one connection: after the fifth time Postgres may plan without looking at the values."""

PAGE_FILE: Final = ROOT / "docs" / "database.md"
BEGIN, END = "<!-- python -m bench.plans -->\n", "<!-- end of bench.plans -->\n"
_LOGGED: Final = re.compile(r"LOG:  duration: ([\d.]+) ms  plan:\n((?:\t.*\n)+)")
_FOUND: Final = "contacts(first: 50%s) { nodes { " + FIELDS + " } }"

Plan = dict[str, Any]


def _list(name: str, title: str, arguments: str) -> Work:
    return Work(name, title, "P", f"query P {{ {_FOUND % arguments} }}", lambda _dice, _tenant: {})


WORKS: Final = (
    VIEWER,
    CONTACT,
    PAGE,
    replace(PAGE, name="deep", title="the same behind nine tenths"),
    LABELS,
    _list("updated", "50, those changed last", ", orderBy: [{field: UPDATED_AT, direction: DESC}]"),
    _list("search", "50 of a search for a rare word", ', search: "priya.77777"'),
    _list("common", "50 of a search for common words", ', search: "zoe muller"'),
    _list("favorite", "50 of the marked", ", filter: {favorite: true}"),
    _list("older", "50 of a filter that no index serves", ", filter: {age: {gte: 86}}"),
    Work("count", "how many there are", "C", "query C { contacts(first: 1) { totalCount } }", lambda _dice, _tenant: {}),
    CREATE,
)


@dataclass
class Found:
    """A statement as it was run the last time: its digest, as the log has it, milliseconds, and the plan."""

    digest: str
    milliseconds: float
    plan: Plan
    buffers: int = field(init=False)

    def __post_init__(self) -> None:
        self.buffers = self.plan.get("Shared Hit Blocks", 0) + self.plan.get("Shared Read Blocks", 0)

    def __str__(self) -> str:
        return f"{self.milliseconds:.1f} | {self.buffers:,} | `{self.digest}` | {self.essence()} |"

    def essence(self) -> str:
        """The tables and indexes that it reads, by what, and what it read in vain."""
        told = dict.fromkeys(_step(node) for node in _nodes(self.plan) if "Index Name" in node or "Relation Name" in node)
        sorts = [f"sorts {node['Actual Rows']:,.0f}" for node in _nodes(self.plan) if node["Node Type"] == "Sort"]
        return ", ".join([*filter(None, told), *dict.fromkeys(sorts)]) or "no table"


def _nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _step(node: Plan) -> str:
    kind, rows = node["Node Type"], node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    if kind == "Bitmap Heap Scan" and not rows:
        return ""
    where = node.get("Index Name") or node["Relation Name"]
    vain = f", {rows * node['Actual Loops']:,.0f} rows in vain" if rows else ""
    return f"{kind} `{where}`{vain}"


def statements(log: str) -> list[Found]:
    """What auto_explain told of, in the order in which it was run."""
    told = [(float(took), json.loads(plan.replace("\t", ""))) for took, plan in _LOGGED.findall(log)]
    return [Found(digest(plan["Query Text"]), took, plan["Plan"]) for took, plan in told]


@contextmanager
def _server(world: World, folder: Path) -> Iterator[Process]:
    port, settings = free_port(), {"DATABASE_POOL": "1", "STATEMENT_TIMEOUT_MS": "30000", "OPERATION_SECONDS": "60"}
    keys = {"DATABASE_URL": world.dsn(APP), "JWT_KEYS": JWT_KEYS, "SECRET_KEYS": SECRET_KEYS}
    more = {"PORT": str(port), "MAIL": "off", "JOBS_IN_SERVE": "false", "LOG_LEVEL": "ERROR", "BCRYPT_COST": "4"}
    process = start("plans", [".venv/bin/python", "-m", "server", "serve"], keys | settings | more, port, folder / "log")
    try:
        yield process
    finally:
        process.stop()


def _asked(process: Process, work: Work, tenant: Tenant, log: Path) -> list[Found]:
    """The statements of one request: of the last of TIMES."""
    for _ in range(TIMES):
        before = log.stat().st_size
        status, said = process.ask(work.body(random.Random(1), tenant), tenant)
        if status != 200 or b'"errors"' in said:
            raise Failed(f"{work.title}: {said[:500]!r}")
    with log.open("rb") as lines:
        lines.seek(before)
        return statements(lines.read().decode())


async def _connected(world: World, *statements: str) -> list[list[asyncpg.Record]]:
    connection = await asyncpg.connect(world.admin)
    try:
        return [await connection.fetch(statement) for statement in statements]
    finally:
        await connection.close()


def _deep(process: Process, world: World, tenant: Tenant) -> Work:
    rows = [asyncio.run(place(world.admin, tenant, row)) for row in (0, MILLION * 9 // 10)]
    _, said = process.ask(replace(PAGE, variables=first(1)).body(random.Random(0), tenant), tenant)
    cursor = orjson.loads(said)["data"]["contacts"]["edges"][0]["cursor"]
    return replace(WORKS[3], variables=first(50, moved(cursor, *rows)))


_EXPLAINED: Final = [
    f"ALTER ROLE {APP} SET auto_explain.{name} = {value}"
    for name, value in {
        "log_min_duration": "0",
        "log_analyze": "on",
        "log_buffers": "on",
        "log_timing": "off",
        "log_format": "json",
        "log_parameter_max_length": "0",
    }.items()
]
_SIZES: Final = """
SELECT c.relname AS name, c.reltuples::bigint AS many, pg_relation_size(c.oid) AS heap, pg_indexes_size(c.oid) AS indexes
  FROM pg_class c
 WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND pg_relation_size(c.oid) > 1000000 ORDER BY heap DESC
"""
_INDEXES: Final = """
SELECT indexrelname AS name, pg_relation_size(indexrelid) AS size, idx_scan AS scans FROM pg_stat_user_indexes
 WHERE schemaname = 'public' AND relname = 'contacts' ORDER BY size DESC
"""
HOT: Final = {
    "a contact is changed": "UPDATE contacts SET phone = '+49 30 1', updated_at = now(), version = version + 1 WHERE {these}",
    "a session is refreshed": "UPDATE sessions SET last_used_at = now() WHERE id IN (SELECT id FROM sessions LIMIT 90)",
}


async def _hot(world: World, fill: int) -> dict[str, float]:
    """The share of updates that touch no index, on tables made anew with so full pages; it is all rolled back."""
    connection = await asyncpg.connect(world.admin)
    found = {}
    try:
        for what, statement in HOT.items():
            table = statement.split()[1]
            change = connection.transaction()
            await change.start()
            await connection.execute(f"CREATE TABLE tried (LIKE {table} INCLUDING ALL) WITH (fillfactor = {fill})")
            columns = (
                "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 "
            )
            names = await connection.fetchval(columns + "AND attgenerated = '' AND NOT attisdropped", table)
            await connection.execute(f"INSERT INTO tried ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM {table} LIMIT 20000")
            these = "id IN (SELECT id FROM tried TABLESAMPLE BERNOULLI (10))"
            await connection.execute(re.sub(rf"\b{table}\b", "tried", statement).format(these=these))
            row = await connection.fetchrow(
                "SELECT n_tup_upd AS all, n_tup_hot_upd AS hot FROM pg_stat_xact_user_tables WHERE relname = 'tried'"
            )
            assert row is not None, "it was updated"
            found[what] = row["hot"] / row["all"]
            await change.rollback()
    finally:
        await connection.close()
    return found


def written(world: World, log: Path) -> str:
    """The part of the page."""
    lines = ["| request | ms | buffers | statement | what Postgres reads |", "|---|---:|---:|---|---|"]
    tenant = world.big[MILLION]
    asyncio.run(_connected(world, *_EXPLAINED, "SELECT pg_stat_reset()"))
    with tempfile.TemporaryDirectory(prefix="address-book-bench-") as folder, _server(world, Path(folder)) as process:
        ready(process, VIEWER.body(random.Random(0), tenant), tenant)
        deep = _deep(process, world, tenant)
        for work in WORKS:
            found = _asked(process, deep if work.name == "deep" else work, tenant, log)
            lines += [f"| {work.title} | {one}" for one in found]
    sizes, indexes, version = asyncio.run(_connected(world, _SIZES, _INDEXES, "SHOW server_version"))
    lines += ["", "| table | rows | MB | MB of its indexes |", "|---|---:|---:|---:|"]
    lines += [f"| `{row['name']}` | {row['many']:,} | {_mb(row['heap'])} | {_mb(row['indexes'])} |" for row in sizes]
    lines += ["", "| index of `contacts` | MB | scans by the requests above |", "|---|---:|---:|"]
    lines += [f"| `{row['name']}` | {_mb(row['size'])} | {row['scans'] or '–'} |" for row in indexes]
    lines += ["", "| updates that touch no index (HOT) | fillfactor 100 | 90 | 70 |", "|---|---:|---:|---:|"]
    shares = [asyncio.run(_hot(world, fill)) for fill in (100, 90, 70)]
    lines += [f"| {what} | {' | '.join(f'{share[what]:.0%}' for share in shares)} |" for what in HOT]
    head = f"Measured on Postgres {version[0][0]}, one connection, all in memory; each row is the last of {TIMES} runs."
    return "\n".join([head, "", *lines]) + "\n"


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f}"


def main(
    write: Annotated[bool, typer.Option("--write", help="Write it into docs/database.md.")] = False,
    data: Annotated[Path, typer.Option(help="Where the bench's database is kept.")] = DATA,
) -> None:
    """Prints the plans. The first run makes a tenant of a million contacts, which takes some minutes."""
    with embedded(data, durable=False, preload="auto_explain") as cluster:
        world = asyncio.run(seeded(cluster.admin_dsn, [MILLION]))
        part = written(world, cluster.data / "postgres.log")
    if write:
        before, _, rest = PAGE_FILE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE_FILE.write_text(before + BEGIN + part + END + rest.partition(END)[2], encoding="utf-8")
    else:
        typer.echo(part, nl=False)


if __name__ == "__main__":
    typer.run(main)
