"""Letters from their transaction to a real mail server, by real workers: once, at least once, or not at all."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from auth.desk import Desk
from models.tenancy import within
from models.values import new_id
from resolvers.letters import LetterKind, post
from server.app import create_app
from server.database import ROOT, opened
from server.settings import Settings
from tests.conftest import JWT_KEYS, SECRET_KEYS, VAULT, Database
from tests.post_office import PostOffice, open_office, sending_to
from tests.world import add_user, tenant

Work = Callable[..., Awaitable[Process]]


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    """A mail server that takes everything, until a test says otherwise."""
    async with open_office() as one:
        yield one


@pytest.fixture
async def work(database: Database, office: PostOffice) -> AsyncIterator[Work]:
    """Starts a `python -m server work`, and returns once it works; what still runs is killed."""
    started: list[Process] = []

    async def process(**settings: str) -> Process:
        environ = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": database.app,
            "JWT_KEYS": JWT_KEYS,
            "SECRET_KEYS": SECRET_KEYS,
            "SMTP_URL": office.url,
            "MAIL_FROM": "no-reply@book.test",
            "JOBS_RETRY_SECONDS": "0.1",
        }
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server", "work", cwd=ROOT, env=environ | settings, stdout=PIPE, stderr=PIPE
        )
        started.append(worker)
        assert worker.stdout is not None
        async with asyncio.timeout(30):
            while b'"working"' not in (line := await worker.stdout.readline()):
                assert line, (await worker.communicate())[1].decode()
        return worker

    yield process
    for left in started:
        with suppress(ProcessLookupError):
            left.kill()
        await left.wait()


@pytest.fixture
async def ada(admin: asyncpg.Connection) -> tuple[UUID, UUID]:
    """Acme's id and ada's."""
    acme = await tenant(admin, "acme")
    return acme, await add_user(admin, acme, "ada", "OWNER")


@pytest.fixture
async def desk(database: Database, settings: Settings, office: PostOffice) -> AsyncIterator[Desk]:
    """What asks for letters, without anybody who delivers them."""
    from server.app import DESK

    async with opened(database.app, VAULT, pool=3):
        yield create_app(settings.model_copy(update=sending_to(office)))[DESK]


async def ask(desk: Desk, home: UUID, user: UUID, times: int = 1) -> None:
    """Asks for letters, in one transaction each."""
    for _ in range(times):
        async with within(home):
            await post(desk, LetterKind.PASSWORD_CHANGED, user=user)


async def ended(admin: asyncpg.Connection, jobs: int = 1) -> list[dict[str, Any]]:
    """The jobs, once so many have ended."""
    async with asyncio.timeout(20):
        while True:
            rows = await admin.fetch("SELECT status, attempts, failure FROM jobs WHERE finished_at IS NOT NULL")
            if len(rows) >= jobs:
                return [dict(row) for row in rows]
            await asyncio.sleep(0.05)


async def test_what_a_killed_worker_began_another_one_finishes(
    work: Work, desk: Desk, office: PostOffice, ada: tuple[UUID, UUID], admin: asyncpg.Connection
) -> None:
    office.answers = ["hang", "250 taken"]
    first = await work(JOBS_STALE_SECONDS="1", SMTP_SECONDS="60")
    await ask(desk, *ada)
    await office.until(lambda: office.tried == 1)
    first.kill()
    await first.wait()
    await work(JOBS_STALE_SECONDS="1")
    letter = await office.letter()
    assert letter["Subject"] == "Your password was changed"
    assert await ended(admin) == [{"status": "SUCCEEDED", "attempts": 2, "failure": None}]
    assert (office.tried, len(office.letters)) == (2, 1)
    async with asyncio.timeout(5):  # the queue is told a little later
        while await admin.fetchval("SELECT count(*) FROM queue.pgqueuer WHERE entrypoint = 'MAIL'"):  # noqa: ASYNC110 - another process is awaited
            await asyncio.sleep(0.05)


async def test_a_worker_that_is_told_to_stop_hands_back_what_it_has(
    work: Work, desk: Desk, office: PostOffice, ada: tuple[UUID, UUID], admin: asyncpg.Connection
) -> None:
    office.answers = ["hang", "hang", "250 taken"]
    first = await work(JOBS_STALE_SECONDS="600", SMTP_SECONDS="60", JOBS_END_SECONDS="0.5", JOBS_AT_ONCE="2")
    await ask(desk, *ada, times=3)
    await office.until(lambda: office.tried == 2)
    first.send_signal(signal.SIGTERM)
    async with asyncio.timeout(15):
        _, err = await first.communicate()
    assert (first.returncode, err) == (0, b"")
    rows = await admin.fetch("SELECT status, attempts, failure FROM jobs")
    assert [tuple(row) for row in rows] == [("QUEUED", 0, None)] * 3
    assert await admin.fetchval("SELECT count(*) FROM queue.pgqueuer WHERE entrypoint = 'MAIL' AND status = 'queued'") == 3
    await work(JOBS_STALE_SECONDS="600")
    assert await ended(admin, 3) == [{"status": "SUCCEEDED", "attempts": 1, "failure": None}] * 3
    assert len({letter["Message-ID"] for letter in office.letters}) == 3


async def test_a_worker_that_drains_begins_nothing(
    work: Work, desk: Desk, office: PostOffice, ada: tuple[UUID, UUID], admin: asyncpg.Connection
) -> None:
    only = await work(DRAIN_SECONDS="3")
    only.send_signal(signal.SIGTERM)
    assert only.stdout is not None
    async with asyncio.timeout(10):
        while b'"draining"' not in await only.stdout.readline():
            pass
    await ask(desk, *ada)
    await only.wait()
    assert [tuple(row) for row in await admin.fetch("SELECT status, attempts FROM jobs")] == [("QUEUED", 0)]
    assert office.tried == 0


async def test_what_runs_may_end_while_a_worker_stops(
    work: Work, desk: Desk, office: PostOffice, ada: tuple[UUID, UUID], admin: asyncpg.Connection
) -> None:
    office.answers, office.pause = ["250 taken"], 1.0
    only = await work()
    await ask(desk, *ada)
    await office.until(lambda: office.tried == 1)
    only.send_signal(signal.SIGTERM)
    await only.wait()
    assert await ended(admin) == [{"status": "SUCCEEDED", "attempts": 1, "failure": None}]


async def test_two_workers_share_the_letters_and_none_is_sent_twice(
    work: Work, desk: Desk, office: PostOffice, ada: tuple[UUID, UUID], admin: asyncpg.Connection
) -> None:
    office.pause = 0.05
    both = [await work(JOBS_AT_ONCE="2") for _ in range(2)]
    await ask(desk, *ada, times=40)
    assert await ended(admin, 40) == [{"status": "SUCCEEDED", "attempts": 1, "failure": None}] * 40
    sent = Counter(letter["Message-ID"] for letter in office.letters)
    assert (len(sent), set(sent.values())) == (40, {1})
    shares = []
    for worker in both:
        worker.send_signal(signal.SIGTERM)
        out, _ = await worker.communicate()
        shares.append(out.count(b'"outcome":"succeeded"'))
    assert sum(shares) == 40
    assert min(shares) > 0


async def test_what_is_rolled_back_is_never_sent(
    work: Work, desk: Desk, office: PostOffice, ada: tuple[UUID, UUID], admin: asyncpg.Connection
) -> None:
    await work()
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the door closes while the error passes
        async with within(ada[0]):
            await post(desk, LetterKind.PASSWORD_CHANGED, user=ada[1])
            raise ZeroDivisionError
    assert await admin.fetchval("SELECT count(*) FROM queue.pgqueuer WHERE entrypoint = 'MAIL'") == 0
    await ask(desk, *ada)
    assert await ended(admin) == [{"status": "SUCCEEDED", "attempts": 1, "failure": None}]
    assert office.tried == 1


async def test_a_job_that_names_another_tenants_rows_finds_nothing(
    work: Work, desk: Desk, office: PostOffice, ada: tuple[UUID, UUID], admin: asyncpg.Connection
) -> None:
    """TI-16: whatever a job names, it is read inside the job's own tenant."""
    acme, user = ada
    evil = await tenant(admin, "evil")
    invitation, token, digest = new_id(), new_id(), bytes(32)
    await admin.execute(
        "INSERT INTO invitations (tenant_id, id, digest, email, email_key, role, expires_at) "
        "VALUES ($1, $2, $3, 'linus@example.org', 'linus@example.org', 'VIEWER', now() + interval '1 day')",
        *(acme, invitation, digest),
    )
    await admin.execute(
        "INSERT INTO mail_tokens (tenant_id, id, digest, purpose, user_id, email_key, expires_at) "
        "VALUES ($1, $2, $3, 'VERIFY_EMAIL', $4, 'ada@example.org', now() + interval '1 day')",
        *(acme, token, digest, user),
    )
    await work()
    mallory = await add_user(admin, evil, "mallory", "OWNER")
    async with within(evil):
        await post(desk, LetterKind.PASSWORD_CHANGED, user=user)
        await post(desk, LetterKind.INVITATION, invitation=invitation)
        await post(desk, LetterKind.VERIFY_EMAIL, user=mallory, token=token)
    assert await ended(admin, 3) == [{"status": "SUCCEEDED", "attempts": 1, "failure": None}] * 3
    assert office.tried == 0
