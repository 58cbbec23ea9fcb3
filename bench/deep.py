"""Pages deep in big tenants: every server is asked by a cursor of its own for the page that begins behind nine tenths."""

from __future__ import annotations

import base64
import random
from dataclasses import replace
from typing import Final

import asyncpg
import orjson

from bench.documents import PAGE, Work, first
from bench.processes import Failed
from bench.rounds import Runner
from bench.seed import Tenant

DEPTH: Final = 0.9

Place = tuple[str, str]
"""What the list is sorted by, and the id."""


def named(size: int, depth: float) -> Work:
    """The work, as a row of the report."""
    where = "first page" if depth == 0 else f"page at {depth:.0%}"
    return replace(PAGE, name=f"{size:,}: {where}", title=f"{where} of {size:,} contacts")


async def place(admin: str, tenant: Tenant, row: int) -> Place:
    """Where this row of the tenant's contacts stands, counted from 0."""
    connection = await asyncpg.connect(admin)
    found = await connection.fetchrow(
        "SELECT name_key, id::text FROM contacts WHERE tenant_id = $1 AND deleted_at IS NULL "
        "ORDER BY name_key, id OFFSET $2 LIMIT 1",
        tenant.id,
        row,
    )
    await connection.close()
    assert found is not None, "the tenant is that big"
    return found["name_key"], found["id"]


def onward(work: Work, runner: Runner, tenant: Tenant, begin: Place, to: Place) -> Work:
    """The work as this server understands it: with the cursor of its first row, in which the other's place is put."""
    status, said = runner.processes[0].ask(replace(PAGE, variables=first(1)).body(random.Random(0), tenant), tenant)
    if status != 200:
        raise Failed(f"{runner.server.name} gives no first page: {said[:300]!r}")
    cursor = orjson.loads(said)["data"]["contacts"]["edges"][0]["cursor"]
    return replace(work, variables=first(50, moved(cursor, begin, to)))


def moved(cursor: str, begin: Place, to: Place) -> str:
    """A cursor of one place, made one of another: they are base64 of JSON that holds both. Raises Failed where it is none."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        text = ""
    (key, row), (other_key, other_row) = begin, to
    row = row if row in text else row.replace("-", "")
    quoted = orjson.dumps(key).decode()
    if text.count(quoted) != 1 or text.count(row) != 1:
        raise Failed(f"a cursor that cannot be moved: {cursor}")
    other_row = other_row if "-" in row else other_row.replace("-", "")
    text = text.replace(quoted, orjson.dumps(other_key).decode()).replace(row, other_row)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
