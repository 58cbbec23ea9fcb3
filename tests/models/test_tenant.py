"""Tenants, the one table without a tenant."""

from __future__ import annotations

from uuid import uuid4

import asyncpg
import pytest

from models.errors import InvalidInput, NotFound, SlugTaken
from models.paging import Window
from models.tenancy import lobby, within
from models.tenant import Tenant
from models.values import SignupPolicy, TenantStatus, new_id

pytestmark = pytest.mark.usefixtures("tortoise")


async def test_a_tenant_is_made_found_and_changed(admin: asyncpg.Connection) -> None:
    async with within(new_id()) as acme:
        row = await Tenant.add("Acme-1", "Acme", SignupPolicy.OPEN, id=acme)
        assert (row["status"], row["login_attempts_per_minute"]) == (TenantStatus.ACTIVE, 10)
        assert (await Tenant.find(row["id"]))["slug"] == "Acme-1"
        assert (await Tenant.maybe_by_slug("Acme-1") or {})["id"] == row["id"]
        assert await Tenant.maybe_by_slug("acme-1") is None
        assert list(await Tenant.many([row["id"], uuid4()])) == [row["id"]]
        assert (await Tenant.change(row["id"], name="Acme & Co"))["name"] == "Acme & Co"
        for work in (Tenant.find(uuid4()), Tenant.change(uuid4(), name="x")):
            with pytest.raises(NotFound):
                await work
        with pytest.raises(InvalidInput):
            await Tenant.add("a b", "x", SignupPolicy.OPEN)


async def test_a_slug_is_taken_once(admin: asyncpg.Connection) -> None:
    async def add() -> None:
        async with within(new_id()) as tenant:
            await Tenant.add("acme", "Acme", SignupPolicy.OPEN, id=tenant)

    await add()
    with pytest.raises(SlugTaken):
        await add()


async def test_tenants_are_listed_and_searched_by_slug(admin: asyncpg.Connection) -> None:
    for slug, name in (("b", "Zoë & Co"), ("a", "100% sure"), ("c", "Gone")):
        async with within(new_id()) as house:
            await Tenant.add(slug, name, SignupPolicy.INVITATION, id=house)
    async with within(house):
        await Tenant.change(house, status=TenantStatus.DELETING)
    async with lobby():
        assert [row["slug"] for row in await Tenant.listed()] == ["a", "b"]
        assert [row["slug"] for row in await Tenant.every()] == ["a", "b", "c"]
    for search, slugs in ((None, ["a", "b", "c"]), ("ZOE co", ["b"]), ("%", ["a"]), ("_", [])):
        async with within(house):
            assert [row["slug"] for row in (await Tenant.page(Window(), search)).rows] == slugs
            assert await Tenant.matching(search) == len(slugs)
