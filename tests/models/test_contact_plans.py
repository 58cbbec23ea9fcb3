"""How Postgres finds contacts, under row-level security and as the app's role: by an index, at any depth."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import asyncpg
import pytest

from models import contact_search, paging, tenancy
from models.contact_search import ContactOrder, ContactQuery
from models.paging import Window
from models.tenancy import within
from models.values import Row
from tests.world import tenant

Plan = list[str]


@pytest.fixture
async def plans(admin: asyncpg.Connection, tortoise: None, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """The plans of what is fetched, of a tenant with 4,000 contacts beside one with 4,000 others."""
    for slug in ("acme", "evil"):
        await admin.execute(
            "INSERT INTO contacts (tenant_id, id, name, family_name, email, phone, age) "
            "SELECT $1, gen_random_uuid(), 'Name ' || md5(n::text), CASE WHEN n % 3 = 0 THEN 'Family ' || n END, "
            "CASE WHEN n % 4 > 0 THEN 'mail' || n || '@example.org' END, '+49 30 ' || n, n % 90 FROM generate_series(1, 4000) n",
            await tenant(admin, slug),
        )
    await admin.execute("VACUUM ANALYZE contacts")
    told: Plan = []

    async def explained(sql: str, *values: Any) -> list[Row]:
        rows = await tenancy.ask(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {sql}", *values)
        told.append("\n".join(row["QUERY PLAN"] for row in rows))
        return await tenancy.ask(sql, *values)

    monkeypatch.setattr(paging, "ask", explained)
    monkeypatch.setattr(contact_search, "ask", explained)
    return told


async def test_each_order_walks_its_index_at_any_depth(plans: Plan, admin: asyncpg.Connection) -> None:
    acme = await admin.fetchval("SELECT id FROM tenants WHERE slug = 'acme'")
    for order, descending in product(set(ContactOrder) - {ContactOrder.NUMBER}, (False, True)):
        plans.clear()
        query = ContactQuery(order=[(order, descending)])
        async with within(acme):
            page = await query.page(Window(100))
            await query.page(Window(25, after=page.cursor(page.rows[-1])))
            await query.page(Window(25, before=page.cursor(page.rows[-1]), backward=True))
        for plan in plans:
            assert re.search(r"Index Scan (Backward )?using contacts_(\w+)", plan), plan
            assert "Sort Key" not in plan
            assert "Rows Removed" not in plan
        for plan in plans[1:]:
            assert re.search(r"Index Cond: .*tenant_id.*ROW\(", plan), plan


async def test_a_search_reads_what_the_trigrams_find(plans: Plan, admin: asyncpg.Connection) -> None:
    async with within(await admin.fetchval("SELECT id FROM tenants WHERE slug = 'acme'")):
        page = await ContactQuery(search="mail3999@example").page(Window(25))
    assert [row["email"] for row in page.rows] == ["mail3999@example.org"]
    assert "Bitmap Index Scan on contacts_search" in plans[0], plans[0]
    assert re.search(r"Index Cond: .*tenant_id.*search_text ~~ (\(InitPlan|\$)", plans[0]), plans[0]  # the word, folded once
