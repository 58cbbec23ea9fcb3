"""Jobs as their tenant sees them: asked for, begun, ended; and who may still write for one."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from models.errors import NotFound
from models.job import Job
from models.paging import Window
from models.tenancy import within
from models.values import JobKind, JobStatus, Row, new_id
from observability.logging import bound
from tests.world import tenant


@pytest.fixture
async def acme(tortoise: None, admin: asyncpg.Connection) -> UUID:
    """A tenant."""
    return await tenant(admin, "acme")


async def started(acme: UUID) -> Row:
    """A job that runs."""
    async with within(acme):
        job = await Job.start((await Job.add(JobKind.MAIL))["id"])
    assert job is not None
    return job


async def kept(admin: asyncpg.Connection, job: Row) -> tuple[object, ...]:
    """Where the job stands."""
    return tuple(await admin.fetchrow("SELECT status, attempts, progress, failure FROM jobs WHERE id = $1", job["id"]))


async def test_a_job_is_queued_by_the_transaction_that_asks_for_it(acme: UUID, admin: asyncpg.Connection) -> None:
    user = new_id()
    with bound(request_id="r-1"):
        async with within(acme):
            job = await Job.add(JobKind.MAIL, actor=user, letter="X")
            assert await admin.fetch("SELECT FROM jobs") == await admin.fetch("SELECT FROM queue.pgqueuer") == []
    assert (job["status"], job["actor_id"], job["payload"]) == ("QUEUED", user, {"letter": "X", "request_id": "r-1"})
    rows = await admin.fetch("SELECT entrypoint, payload, headers, dedupe_key, status::text FROM queue.pgqueuer")
    assert [tuple(row) for row in rows] == [("MAIL", acme.bytes + job["id"].bytes, "null", job["id"].hex, "queued")]


async def test_a_job_is_begun_by_whoever_comes_and_lost_by_whoever_had_it(acme: UUID, admin: asyncpg.Connection) -> None:
    first = await started(acme)
    async with within(acme):
        assert await Job.mine(first)
        second = await Job.start(first["id"])
        assert second is not None
        assert (first["attempts"], second["attempts"], second["started_at"]) == (1, 2, first["started_at"])
        assert not await Job.mine(first)
        await Job.tell(first, 0.9)
        await Job.finish(first, "too late")
        await Job.wait(first, "too late")
        assert await kept(admin, first) == ("RUNNING", 1, 0.0, None)  # as committed before
        await Job.tell(second, 0.5)
    assert await kept(admin, first) == ("RUNNING", 2, 0.5, None)


async def test_an_attempt_ends_well_or_with_words_or_is_made_again(acme: UUID, admin: asyncpg.Connection) -> None:
    well, badly, again, back = [await started(acme) for _ in range(4)]
    async with within(acme):
        await Job.finish(well)
        await Job.finish(badly, "No." + "x" * 600)
        await Job.wait(again, "Not now.")
        await Job.wait(back, None, counts=False)
        assert [await Job.start(job["id"]) for job in (well, badly)] == [None, None]
    assert await kept(admin, well) == ("SUCCEEDED", 1, 1.0, None)
    assert await kept(admin, badly) == ("FAILED", 1, 0.0, ("No." + "x" * 600)[:500])
    assert await kept(admin, again) == ("QUEUED", 1, 0.0, "Not now.")
    assert await kept(admin, back) == ("QUEUED", 0, 0.0, None)


async def test_a_cancelled_job_leaves_the_queue_and_is_nobodys(acme: UUID, admin: asyncpg.Connection) -> None:
    job = await started(acme)
    async with within(acme):
        cancelled = await Job.cancel(job["id"])
        assert cancelled is not None
        assert (cancelled["status"], cancelled["finished_at"] is not None) == ("CANCELLED", True)
        assert not await Job.mine(job)
        assert await Job.cancel(job["id"]) is None
        assert await Job.start(job["id"]) is None
        with pytest.raises(NotFound):
            await Job.cancel(new_id())
    assert await admin.fetch("SELECT FROM queue.pgqueuer") == []


async def test_jobs_are_listed_latest_first_by_page_and_status(acme: UUID) -> None:
    async with within(acme):
        jobs = [await Job.add(JobKind.MAIL) for _ in range(3)]
        await Job.cancel(jobs[1]["id"])
        first = await Job.page(Window(size=2), None)
        rest = await Job.page(Window(size=2, after=first.cursor(first.rows[-1])), None)
        queued = await Job.page(Window(), JobStatus.QUEUED)
        assert [row["id"] for row in (*first.rows, *rest.rows)] == [job["id"] for job in reversed(jobs)]
        assert [row["id"] for row in queued.rows] == [jobs[2]["id"], jobs[0]["id"]]
        assert (await Job.count(None), await Job.count(JobStatus.CANCELLED)) == (3, 1)
        assert set(await Job.many([jobs[0]["id"], new_id()])) == {jobs[0]["id"]}
