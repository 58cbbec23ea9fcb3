"""The audit log is appended to, by a tenant for itself."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from models import paging, tenancy
from models.audit import AuditEntry, AuditQuery
from models.conditions import TextMatch, TimeMatch
from models.paging import Window
from models.tenancy import within
from models.values import Origin, Row, now
from tests.conftest import VAULT
from tests.world import tenant


async def test_an_entry_tells_who_did_what_from_where(admin: asyncpg.Connection, tortoise: None) -> None:
    acme, actor, target = await tenant(admin, "acme"), uuid4(), uuid4()
    async with within(acme):
        await AuditEntry.append("thing.done", Origin("request", "Lynx", "192.0.2.0/24"), actor=actor, target=target, count=2)
        await AuditEntry.append("thing.undone", Origin())
    first, second = await admin.fetch("SELECT * FROM audit_entries ORDER BY action")
    assert (first["tenant_id"], first["action"], first["actor_id"], first["target_id"]) == (acme, "thing.done", actor, target.hex)
    assert (first["request_id"], first["ip_prefix"], first["details"]) == ("request", "192.0.2.0/24", '{"count": 2}')
    assert (second["actor_id"], second["target_id"], second["details"]) == (None, None, "{}")


@pytest.mark.parametrize("deed", ["UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries", "TRUNCATE audit_entries"])
async def test_the_app_cannot_rewrite_it(deed: str, admin: asyncpg.Connection, tortoise: None, database: object) -> None:
    acme = await tenant(admin, "acme")
    async with within(acme):
        await AuditEntry.append("thing.done", Origin())
    app = await asyncpg.connect(database.app)  # type: ignore[attr-defined]  # conftest's Database
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for table"):  # noqa: PT012 - a door lasts for a transaction
            async with app.transaction():
                await app.execute("SELECT hold($1, $2)", acme, VAULT.keys("door")[0])
                await app.execute(deed)
    finally:
        await app.close()
    assert await admin.fetchval("SELECT action FROM audit_entries") == "thing.done"


_LAST = now()
_AT = _LAST - timedelta(hours=3)


@pytest.fixture
async def plans(admin: asyncpg.Connection, tortoise: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The plans of what is fetched, of a tenant with 20,000 entries beside one with as many others."""
    for slug in ("acme", "evil"):
        await admin.execute(
            "INSERT INTO audit_entries (tenant_id, id, at, action, actor_id) "
            "SELECT $1, gen_random_uuid(), $2::timestamptz - n * interval '1 second', "
            "CASE WHEN n % 1000 = 0 THEN 'password.changed' ELSE 'refresh.succeeded' END, md5((n % 500)::text)::uuid "
            "FROM generate_series(1, 20000) n",
            await tenant(admin, slug),
            _LAST,
        )
    await admin.execute("VACUUM ANALYZE audit_entries")
    told: list[str] = []

    async def explained(sql: str, *values: Any) -> list[Row]:
        rows = await tenancy.ask(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {sql}", *values)
        told.append("\n".join(row["QUERY PLAN"] for row in rows))
        return await tenancy.ask(sql, *values)

    monkeypatch.setattr(paging, "ask", explained)
    return told


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (AuditQuery(), "audit_entries_latest"),
        (AuditQuery(at=TimeMatch(lt=_AT)), "audit_entries_latest"),
        (AuditQuery(actor=UUID(hashlib.md5(b"7").hexdigest())), "audit_entries_of_actor"),  # noqa: S324 - as the rows were made
        (AuditQuery(action=TextMatch(eq="password.changed")), "audit_entries_of_action"),
        (AuditQuery(action=TextMatch(eq="password.changed"), at=TimeMatch(lt=_AT)), "audit_entries_of_action"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_each_filter_walks_its_index_at_any_depth(
    query: AuditQuery, index: str, plans: list[str], admin: asyncpg.Connection
) -> None:
    acme = await admin.fetchval("SELECT id FROM tenants WHERE slug = 'acme'")
    async with within(acme):
        page = await query.page(Window(5))
        assert len(page.rows) == 5
        assert len((await query.page(Window(5, after=page.cursor(page.rows[-1])))).rows) == 5
    for plan in plans:
        assert re.search(rf"Index Scan using {index}\b", plan), plan
        assert "Seq Scan" not in plan
        assert "Sort Key" not in plan
        assert "Rows Removed" not in plan
