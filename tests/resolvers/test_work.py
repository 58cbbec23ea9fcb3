"""What the handler of a job may use."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from models.errors import OutsideTenant
from models.job import Job
from models.label import Label
from models.tenancy import within
from models.values import JobKind, Row
from resolvers.work import TakenAway, inside, tell
from tests.world import tenant


@pytest.fixture
async def job(tortoise: None, admin: asyncpg.Connection) -> Row:
    """A job of acme that runs."""
    acme = await tenant(admin, "acme")
    async with within(acme):
        started = await Job.start((await Job.add(JobKind.MAIL))["id"])
    assert started is not None
    return started


async def test_a_job_works_inside_its_own_tenant(job: Row, admin: asyncpg.Connection) -> None:
    evil = await tenant(admin, "evil")
    async with within(evil):
        await Label.add("evil's", None)
    async with inside(job):
        await Label.add("acme's", None)
        assert [row["name"] for row in await Label.everyone()] == ["acme's"]
        with pytest.raises(OutsideTenant):
            async with within(evil):
                pytest.fail("two tenants in one transaction")


async def test_it_tells_how_far_it_is(job: Row, admin: asyncpg.Connection) -> None:
    await tell(job, 0.5)
    assert await admin.fetchval("SELECT progress FROM jobs") == 0.5


@pytest.mark.parametrize("change", ["attempts = 2", "status = 'CANCELLED', finished_at = now()", "status = 'QUEUED'"])
async def test_who_lost_the_job_writes_nothing(job: Row, change: str, admin: asyncpg.Connection) -> None:
    await admin.execute(f"UPDATE jobs SET {change}")
    with pytest.raises(TakenAway):
        async with inside(job):
            pytest.fail("it is another's")
    with pytest.raises(TakenAway):
        await tell(job, 0.5)
    assert await admin.fetchval("SELECT progress FROM jobs") == 0
    assert await admin.fetch("SELECT FROM labels") == []


async def test_a_job_under_another_tenants_name_is_not_there(job: Row, admin: asyncpg.Connection) -> None:
    evil: UUID = await tenant(admin, "evil")
    with pytest.raises(TakenAway):
        async with inside({**job, "tenant_id": evil}):
            pytest.fail("it is acme's")
