"""What becomes of an attempt at a job, whatever its handler does."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from auth.desk import Desk
from models import retention
from models.errors import Unavailable
from models.job import Job
from models.tenancy import within
from models.values import JobKind, Row
from observability.logging import bound
from resolvers import running
from resolvers.running import Patience, Periodic
from resolvers.work import Again, GivenUp, TakenAway, inside, tell
from server.app import DESK, create_app
from server.settings import Settings
from tests.world import add_user, tenant

PATIENCE = Patience(attempts=3, first_seconds=4.0)
Handler = Callable[[Desk, Row], Awaitable[None]]


@pytest.fixture
def desk(settings: Settings) -> Desk:
    """The desk of a server."""
    return create_app(settings)[DESK]


@pytest.fixture
async def job(tortoise: None, admin: asyncpg.Connection) -> tuple[UUID, UUID]:
    """A tenant and a job of its."""
    acme = await tenant(admin, "acme")
    with bound(request_id="r-1"):
        async with within(acme):
            return acme, (await Job.add(JobKind.MAIL))["id"]


async def attempt(desk: Desk, job: tuple[UUID, UUID], handler: Handler, monkeypatch: pytest.MonkeyPatch) -> timedelta | None:
    """One run of the job by this handler."""
    monkeypatch.setitem(running.HANDLERS, JobKind.MAIL, handler)
    return await running.run(desk, PATIENCE, *job)


async def kept(admin: asyncpg.Connection) -> tuple[object, ...]:
    """Where the job stands."""
    return tuple(await admin.fetchrow("SELECT status, attempts, progress, failure FROM jobs"))


def done(desk: Desk, outcome: str, kind: str = "MAIL") -> float | None:
    """How often an attempt ended so."""
    return desk.metrics.registry.get_sample_value("addressbook_jobs_done_total", {"kind": kind, "outcome": outcome})


async def test_a_job_that_is_done_is_done_once(
    desk: Desk, job: tuple[UUID, UUID], admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    seen: list[tuple[object, ...]] = []

    async def handler(_desk: Desk, row: Row) -> None:
        await tell(row, 0.25)
        seen.append(await kept(admin))
        assert desk.metrics.registry.get_sample_value("addressbook_jobs_running", {"kind": "MAIL"}) == 1

    assert await attempt(desk, job, handler, monkeypatch) is None
    assert await attempt(desk, job, handler, monkeypatch) is None
    assert seen == [("RUNNING", 1, 0.25, None)]
    assert await kept(admin) == ("SUCCEEDED", 1, 1.0, None)
    assert done(desk, "succeeded") == 1
    assert desk.metrics.registry.get_sample_value("addressbook_jobs_running", {"kind": "MAIL"}) == 0
    [line] = [line for line in logged.getvalue().splitlines() if '"event":"job"' in line]
    for part in (f'"job":"{job[1].hex}"', f'"tenant":"{job[0].hex}"', '"request_id":"r-1"', '"outcome":"succeeded"', '"attempt":1'):
        assert part in line


async def test_what_cannot_be_done_now_waits_longer_each_time_and_fails_in_the_end(
    desk: Desk, job: tuple[UUID, UUID], admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def handler(_desk: Desk, _row: Row) -> None:
        raise Again("Nobody answers.")

    waits = [await attempt(desk, job, handler, monkeypatch) for _ in range(2)]
    assert await kept(admin) == ("QUEUED", 2, 0.0, "Nobody answers.")
    for wait, most in zip(waits, (4, 12), strict=True):
        assert wait is not None
        assert timedelta(seconds=most / 2) <= wait <= timedelta(seconds=most)
    assert await attempt(desk, job, handler, monkeypatch) is None
    assert await kept(admin) == ("FAILED", 3, 0.0, "Nobody answers.")
    assert (done(desk, "again"), done(desk, "failed")) == (2, 1)


async def test_what_will_never_be_done_fails_at_once(
    desk: Desk, job: tuple[UUID, UUID], admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def handler(_desk: Desk, _row: Row) -> None:
        raise GivenUp("There is no such address.")

    assert await attempt(desk, job, handler, monkeypatch) is None
    assert await kept(admin) == ("FAILED", 1, 0.0, "There is no such address.")


async def test_a_bug_is_told_in_the_log_and_to_nobody_else(
    desk: Desk, job: tuple[UUID, UUID], admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    async def handler(_desk: Desk, _row: Row) -> None:
        raise RuntimeError("it happened to 'ada@example.org'")

    assert await attempt(desk, job, handler, monkeypatch) is not None
    assert await kept(admin) == ("QUEUED", 1, 0.0, "It could not be done, for a reason on our side.")
    assert '"type":"RuntimeError"' in logged.getvalue()
    assert "ada@" not in logged.getvalue()


async def test_a_job_that_kills_its_worker_each_time_fails_in_the_end(
    desk: Desk, job: tuple[UUID, UUID], admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await admin.execute("UPDATE jobs SET status = 'RUNNING', attempts = 3")

    async def handler(_desk: Desk, _row: Row) -> None:
        pytest.fail("it had its three attempts")

    assert await attempt(desk, job, handler, monkeypatch) is None
    assert await kept(admin) == ("FAILED", 4, 0.0, "It could not be done, for a reason on our side.")


async def test_a_database_that_is_away_is_no_fault_of_the_job(
    desk: Desk, job: tuple[UUID, UUID], admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def handler(_desk: Desk, _row: Row) -> None:
        raise Unavailable("Away.")

    with pytest.raises(Unavailable):
        await attempt(desk, job, handler, monkeypatch)
    assert await kept(admin) == ("RUNNING", 1, 0.0, None)
    assert done(desk, "cut off") == 1


async def test_what_is_cut_off_is_handed_back_and_costs_no_attempt(
    desk: Desk, job: tuple[UUID, UUID], admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def handler(_desk: Desk, _row: Row) -> None:
        begun.set()
        await asyncio.sleep(60)

    task = asyncio.create_task(attempt(desk, job, handler, monkeypatch))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await kept(admin) == ("QUEUED", 0, 0.0, None)
    assert done(desk, "handed back") == 1


async def test_a_job_that_was_taken_away_writes_nothing_more(
    desk: Desk, job: tuple[UUID, UUID], admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def handler(_desk: Desk, row: Row) -> None:
        async with within(job[0]):
            await Job.cancel(job[1])
        with pytest.raises(TakenAway):
            async with inside(row):
                pytest.fail("it is nobody's")

    assert await attempt(desk, job, handler, monkeypatch) is None
    assert await kept(admin) == ("CANCELLED", 1, 0.0, None)
    assert done(desk, "taken away") == 1


def test_no_wait_is_longer_than_an_hour() -> None:
    for attempts in range(1, 21):
        wait = Patience().after(attempts)
        most = min(timedelta(seconds=5 * 3 ** (attempts - 1)), timedelta(hours=1))
        assert most / 2 <= wait <= most


async def test_periodic_work_that_fails_is_told_and_done_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    async def broken(_desk: Desk) -> None:
        raise RuntimeError("no")

    monkeypatch.setitem(running.PERIODIC, "broken", Periodic(7, broken))
    assert await running.run_periodic(desk, "broken") == timedelta(seconds=7)
    assert done(desk, "failed", "broken") == 1
    assert '"periodic":"broken"' in logged.getvalue()


async def test_the_sweep_goes_through_every_tenant(desk: Desk, tortoise: None, admin: asyncpg.Connection) -> None:
    for slug in ("acme", "evil"):
        await admin.execute(
            "INSERT INTO jobs (tenant_id, id, kind, status, finished_at) "
            "VALUES ($1, gen_random_uuid(), 'MAIL', 'FAILED', now() - interval '31 days')",
            await tenant(admin, slug),
        )
    assert await running.run_periodic(desk, "sweep") == timedelta(hours=1)
    assert await admin.fetch("SELECT FROM jobs") == []
    assert done(desk, "succeeded", "sweep") == 1


async def test_a_tenant_that_cannot_be_swept_keeps_no_other_from_it(
    desk: Desk, tortoise: None, admin: asyncpg.Connection, logged: io.StringIO
) -> None:
    homes = [await tenant(admin, slug) for slug in ("acme", "evil", "house")]
    for home in homes:
        user = await add_user(admin, home, "ada", "OWNER")
        await admin.executemany(
            "INSERT INTO idempotency_keys (tenant_id, id, user_id, key, request, created_at) "
            "VALUES ($1, gen_random_uuid(), $2, sha256($3::text::bytea), sha256(''), now() - $4::interval)",
            [(home, user, "old", timedelta(hours=24)), (home, user, "new", timedelta(hours=23))],
        )
    async with admin.transaction():
        await admin.execute("SELECT FROM idempotency_keys WHERE tenant_id = $1 FOR UPDATE", homes[1])
        await running.run_periodic(desk, "sweep")
    assert done(desk, "failed", "sweep") == 1
    assert "tenants that could not be swept" in logged.getvalue()
    left = await admin.fetch("SELECT tenant_id, count(*) AS keys FROM idempotency_keys GROUP BY 1")
    assert {row["tenant_id"]: row["keys"] for row in left} == {homes[0]: 1, homes[1]: 2, homes[2]: 1}


@pytest.mark.parametrize(
    ("work", "table", "failure"),
    [
        ("sweep", "jobs", "tenants that could not be swept"),
        ("erase", "tenants", "tenants that could not be erased"),
        ("seal", "audit_seals", "audit logs that could not be sealed"),
    ],
)
async def test_a_fault_in_one_tenant_is_told_and_keeps_no_other_from_it(
    work: str, table: str, failure: str, desk: Desk, tortoise: None, admin: asyncpg.Connection, logged: io.StringIO
) -> None:
    homes = sorted([await tenant(admin, slug) for slug in ("acme", "evil", "house")])
    old = "now() - interval '31 days'"
    if work == "erase":
        await admin.execute(f"UPDATE tenants SET status = 'DELETING', deletion_at = {old}")
    for home in homes:
        await admin.execute(
            f"INSERT INTO jobs (tenant_id, id, kind, status, finished_at) VALUES ($1, gen_random_uuid(), 'MAIL', 'FAILED', {old})",
            home,
        )
        await admin.execute(
            f"INSERT INTO audit_entries (tenant_id, id, action, at) VALUES ($1, gen_random_uuid(), 'thing.done', {old})", home
        )
    # A bug as a migration may bring it: nothing that passes by itself.
    await admin.execute(
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE division_by_zero; END $$; "
        f"CREATE TRIGGER broken BEFORE {'INSERT' if work == 'seal' else 'DELETE'} ON {table} FOR EACH ROW "
        f"WHEN ({'NEW' if work == 'seal' else 'OLD'}.{'id' if table == 'tenants' else 'tenant_id'} = '{homes[0]}') "
        "EXECUTE FUNCTION broken()"
    )
    try:
        await running.run_periodic(desk, work)
        rows = await admin.fetch(f"SELECT {'id' if table == 'tenants' else 'tenant_id'} AS home FROM {table}")
    finally:
        await admin.execute("DROP FUNCTION broken() CASCADE")
    assert {row["home"] for row in rows} == set(homes[1:] if work == "seal" else homes[:1])
    assert done(desk, "failed", work) == 1
    [line] = [line for line in logged.getvalue().splitlines() if f'"event":"{failure}"' in line]
    assert f'"tenant":"{homes[0].hex}"' in line


async def test_keys_are_forgotten_batch_by_batch(
    desk: Desk, tortoise: None, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    home = await tenant(admin, "acme")
    user = await add_user(admin, home, "ada", "OWNER")
    await admin.execute(
        "INSERT INTO idempotency_keys (tenant_id, id, user_id, key, request, created_at) "
        "SELECT $1, gen_random_uuid(), $2, sha256(n::text::bytea), sha256(''), now() - interval '2 days' "
        "FROM generate_series(1, 5) n",
        home,
        user,
    )
    await running.run_periodic(desk, "sweep")
    assert await admin.fetchval("SELECT count(*) FROM idempotency_keys") == 0
