"""A worker in the server: it takes what is queued, and lets go of what it is told to."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import Context
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from auth.desk import Desk
from models.job import Job
from models.tenancy import within
from models.values import JobKind, Origin, Role, Row
from resolvers import running
from resolvers.invitations import enclose
from resolvers.letters import LetterKind, post
from resolvers.running import Periodic
from server import worker
from server.app import DESK, create_app
from server.database import migrate, opened
from server.settings import Settings
from server.worker import Worker, working
from tests.conftest import VAULT, Database, Serve
from tests.gql.test_jobs import CANCEL
from tests.post_office import PostOffice, open_office, sending_to
from tests.world import World

NAME = "address-book worker"


@dataclass
class Mailing:
    """A server that sends letters, and its people."""

    world: World
    desk: Desk
    office: PostOffice

    async def ask(self) -> str:
        """Asks for a letter to ada; the job's id, as clients have it."""
        assert self.world.ada.user is not None
        async with within(self.world.acme):
            await post(self.desk, LetterKind.PASSWORD_CHANGED, user=self.world.ada.user)
        return await self._latest()

    async def invite(self) -> str:
        """Asks for a letter that may be cancelled: an invitation."""
        async with within(self.world.acme):
            await enclose(self.desk, Origin(), "nora@example.org", Role.VIEWER)
        return await self._latest()

    async def _latest(self) -> str:
        return f"job_{(await self.world.admin.fetchval('SELECT id FROM jobs ORDER BY id DESC LIMIT 1')).hex}"

    async def becomes(self, status: str) -> tuple[Any, ...]:
        """The attempts and the failure of the latest job, once it stands so."""

        async def look() -> Any:
            return await self.world.admin.fetchrow("SELECT status, attempts, failure FROM jobs ORDER BY id DESC LIMIT 1")

        return tuple(await until(look, lambda row: row["status"] == status))[1:]


async def until(look: Callable[[], Awaitable[Any]], true: Callable[[Any], object], seconds: float = 15) -> Any:
    """What is seen once it is so."""
    async with asyncio.timeout(seconds):
        while not true(seen := await look()):  # noqa: ASYNC110 - another process is awaited
            await asyncio.sleep(0.05)
    return seen


@pytest.fixture
async def mail(serve: Serve, admin: asyncpg.Connection) -> AsyncIterator[Mailing]:
    """A server with a worker, and a mail server."""
    async with open_office() as office:
        client = await serve(**sending_to(office, jobs_in_serve=True, smtp_seconds=30.0, jobs_attempts=3))
        yield Mailing(await World.made(client, admin), client.app[DESK], office)


async def test_a_letter_that_is_put_off_is_sent_later_and_is_the_same_letter(mail: Mailing) -> None:
    mail.office.answers = ["451 later", "250 taken"]
    await mail.ask()
    assert await mail.becomes("SUCCEEDED") == (2, None)
    assert (mail.office.tried, len(mail.office.letters)) == (2, 1)


async def test_a_letter_that_is_always_put_off_fails_in_words(mail: Mailing) -> None:
    mail.office.answers = ["451 ada@example.org later"]
    await mail.ask()
    assert await mail.becomes("FAILED") == (3, "The mail server puts off the letter (451).")


async def test_a_letter_to_nobody_fails_at_once(mail: Mailing) -> None:
    mail.office.rcpt = "550 no ada@example.org here"
    await mail.ask()
    assert await mail.becomes("FAILED") == (1, "The mail server refuses the recipient (550).")
    assert mail.office.tried == 1


async def test_what_is_cancelled_while_it_runs_is_stopped(mail: Mailing) -> None:
    mail.office.answers = ["hang", "250 taken"]
    job = await mail.invite()
    await mail.office.until(lambda: mail.office.tried == 1)
    answer = await mail.world.ada.gql(CANCEL, id=job)
    assert answer.data["cancelJob"]["job"]["status"] == "CANCELLED"
    done = {"kind": "MAIL", "outcome": "taken away"}

    async def count() -> float | None:
        return mail.desk.metrics.registry.get_sample_value("addressbook_jobs_done_total", done)

    assert await until(count, bool, seconds=3) == 1
    await mail.ask()
    assert await mail.becomes("SUCCEEDED") == (1, None)
    rows = await mail.world.admin.fetch("SELECT status FROM jobs ORDER BY id")
    assert [row["status"] for row in rows] == ["CANCELLED", "SUCCEEDED"]


async def test_what_is_cancelled_before_is_never_begun(serve: Serve, admin: asyncpg.Connection) -> None:
    async with open_office() as office:
        client = await serve(**sending_to(office))
        mail = Mailing(await World.made(client, admin), client.app[DESK], office)
        job = await mail.invite()
        assert (await mail.world.ada.gql(CANCEL, id=job)).data["cancelJob"]["userErrors"] == []
        client = await serve(**sending_to(office, jobs_in_serve=True))
        await mail.ask()
        assert await mail.becomes("SUCCEEDED") == (1, None)
        assert office.tried == 1


async def test_a_worker_comes_back_to_a_database_that_was_away(
    mail: Mailing, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    monkeypatch.setattr(worker, "_APART_SECONDS", 0.1)
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()"
    await until(lambda: mail.world.admin.fetch(cut, NAME), bool)
    await mail.ask()
    assert await mail.becomes("SUCCEEDED") == (1, None)
    assert '"the queue is away"' in logged.getvalue()


async def test_a_job_that_pgqueuer_gave_up_is_taken_up_again(mail: Mailing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_TEND_SECONDS", 0.1)
    mail.office.answers = ["451 later", "250 taken"]
    await mail.ask()
    held = "UPDATE queue.pgqueuer SET status = 'failed' WHERE entrypoint = 'MAIL' AND status = 'queued' RETURNING id"
    await until(lambda: mail.world.admin.fetch(held), bool)
    await mail.world.admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()", NAME
    )
    monkeypatch.setattr(worker, "_APART_SECONDS", 0.1)
    attempts, failure = await mail.becomes("SUCCEEDED")
    assert (attempts in {1, 2}, failure) == (True, None)


async def test_nothing_of_a_person_stands_in_the_queue_or_its_log(mail: Mailing, logged: io.StringIO) -> None:
    mail.office.answers = ["451 ada@example.org later", "250 taken"]
    await mail.ask()
    assert await mail.becomes("SUCCEEDED") == (2, None)
    rows = await mail.world.admin.fetch("SELECT q::text AS row FROM queue.pgqueuer_log q")
    assert len(rows) >= 4
    for text in (*(row["row"] for row in rows), logged.getvalue()):
        assert not re.search(r"\bada\b", text)  # within an id it may stand
        assert "example.org" not in text


async def test_what_waits_is_measured(mail: Mailing, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = mail.desk.metrics.registry
    assert registry.get_sample_value("addressbook_jobs_queued", {"kind": "MAIL"}) is None
    await mail.world.admin.execute(
        "INSERT INTO queue.pgqueuer (priority, status, entrypoint, execute_after) "
        "VALUES (0, 'queued', 'ANOTHER', now() - interval '1 hour')"
    )
    monkeypatch.setattr(worker, "_TEND_SECONDS", 0.1)
    monkeypatch.setattr(worker, "_APART_SECONDS", 0.1)
    await mail.world.admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()", NAME
    )

    async def queued() -> float | None:
        return registry.get_sample_value("addressbook_jobs_queued", {"kind": "ANOTHER"})

    assert await until(queued, bool) == 1
    oldest = registry.get_sample_value("addressbook_jobs_oldest_wait_seconds")
    assert oldest is not None
    assert 3600 <= oldest < 3700


async def test_periodic_work_is_done_by_one_worker_at_a_time(
    database: Database, settings: Settings, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    running_now, most, times = 0, 0, 0

    async def tick(_desk: Desk) -> None:
        nonlocal running_now, most, times
        running_now, times = running_now + 1, times + 1
        most = max(most, running_now)
        await asyncio.sleep(0.3)
        running_now -= 1

    monkeypatch.setitem(running.PERIODIC, "tick", Periodic(0.1, tick))
    monkeypatch.setattr(worker, "_LOOK", worker._LOOK / 20)
    async with opened(database.app, VAULT, pool=4):
        desks = [create_app(settings)[DESK] for _ in range(3)]
        async with working(Worker(settings, desks[0])), working(Worker(settings, desks[1])), working(Worker(settings, desks[2])):

            async def seen() -> int:
                return times

            await until(seen, lambda many: many >= 4)
    assert most == 1
    rows = await admin.fetch("SELECT entrypoint, status::text FROM queue.pgqueuer ORDER BY 1")
    assert [tuple(row) for row in rows] == [(f"every {name}", "queued") for name in sorted(running.PERIODIC)]


async def test_a_database_without_tables_is_waited_for(
    fresh: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    monkeypatch.setattr(worker, "_APART_SECONDS", 0.1)
    there = settings.model_copy(update={"database_url": SecretStr(fresh.app)})
    async with opened(fresh.app, VAULT, pool=2):
        desk = create_app(there)[DESK]
        async with working(Worker(there, desk)):

            async def told() -> str:
                return logged.getvalue()

            await until(told, lambda text: '"the worker failed"' in text)
            # In a context of its own: the database that is open here is the app's.
            await asyncio.create_task(migrate(fresh.owner, VAULT), context=Context())

            async def swept() -> float | None:
                return desk.metrics.registry.get_sample_value(
                    "addressbook_jobs_done_total", {"kind": "sweep", "outcome": "succeeded"}
                )

            assert await until(swept, bool) == 1


async def test_letters_go_out_while_all_that_takes_long_runs(
    serve: Serve, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports, ended = 0, asyncio.Event()

    async def export(_desk: Desk, _job: Row) -> None:
        nonlocal exports
        exports += 1
        await ended.wait()

    async def periodic(_desk: Desk) -> None:
        await ended.wait()

    monkeypatch.setitem(running.HANDLERS, JobKind.EXPORT, export)
    for name, work in running.PERIODIC.items():
        monkeypatch.setitem(running.PERIODIC, name, Periodic(work.seconds, periodic))
    async with open_office() as office:
        client = await serve(**sending_to(office, jobs_in_serve=True, jobs_at_once=4))
        mail = Mailing(await World.made(client, admin), client.app[DESK], office)
        async with within(mail.world.acme):
            for _ in range(5):
                await Job.add(JobKind.EXPORT)

        async def busy() -> int:
            taken = "SELECT count(*) FROM queue.pgqueuer WHERE status = 'picked'"
            return int(await admin.fetchval(taken))

        await until(busy, lambda many: many >= 3 + len(running.PERIODIC))
        await mail.ask()
        assert await mail.becomes("SUCCEEDED") == (1, None)
        assert exports == 3
        ended.set()

        async def through() -> int:
            return exports

        assert await until(through, lambda many: many == 5)
