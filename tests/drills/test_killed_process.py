"""One of two processes is killed under load: the other one serves, and what the dead one had begun is done (RE-08)."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path
from statistics import median

import aiohttp
import asyncpg
import pytest

from bench.processes import START_SECONDS
from tests.abuse.server import serving
from tests.drills.report import AWAY, CONNECTION, Note, judged
from tests.drills.supervisor import supervised
from tests.drills.writers import Writers, editor
from tests.post_office import open_office
from tests.postgres import Postgres
from tests.world import add_user

pytestmark = [pytest.mark.drill, pytest.mark.usefixtures("each_round")]

KILLS, BACK_SECONDS = 3, 2.0
"""The first one while letters are under way."""

LETTERS = 40
LETTER_SECONDS = 1.0
_RESET = "mutation($i: MailRequestInput!) { requestPasswordReset(input: $i) { ok } }"
_HELD = (
    "SELECT count(*) FROM pg_stat_activity WHERE usename = 'address_book_app' AND xact_start < clock_timestamp() - interval '2 s'"
)


async def test_a_process_that_is_killed_takes_nothing_with_it(postgres: Postgres, tmp_path: Path, note: Note) -> None:
    dsn = postgres.database.app
    admin = await asyncpg.connect(postgres.database.admin)
    async with open_office() as office:
        office.pause = LETTER_SECONDS
        mail = {"MAIL": "smtp", "SMTP_URL": office.url, "MAIL_FROM": "book@book.test", "PUBLIC_URL": "https://book.test"}
        jobs = {"JOBS_IN_SERVE": "true", "JOBS_STALE_SECONDS": "3", **mail}
        began = time.monotonic()
        async with serving(dsn, tmp_path, **jobs) as first, supervised(dsn, tmp_path, **jobs) as other:
            quiet = (time.monotonic() - began) / 2
            urls = [other.server.url, first.url]
            token = await editor(postgres.database.admin, first.url)
            acme = await admin.fetchval("SELECT id FROM tenants WHERE slug = 'acme'")
            for number in range(LETTERS):
                await add_user(admin, acme, f"user{number}", "VIEWER")
            writers = Writers(urls, token, readers=2)
            async with writers.at_work():
                await writers.until(300)
                await _ask_for_letters(urls)
                await _queued(admin)
                running = await admin.fetchval("SELECT count(*) FROM jobs WHERE status = 'RUNNING'")
                for _ in range(KILLS):
                    other.up.clear()
                    with writers.fault():
                        other.server.process.kill()
                    await writers.until(300)
                    async with asyncio.timeout(START_SECONDS):
                        await other.up.wait()
                held = await _until_nothing_is_held(admin)
                await writers.enough()
                ended = await _ended(admin)
            report = await writers.report(postgres.database.admin)
    await admin.close()
    told, backs = set(office.recipients), [back - waited for back, waited in other.back]
    twice = len(office.recipients) - len(told)
    note(
        "killed process: back after, with a core", ", ".join(f"{back:.2f} s" for back in backs), f"{BACK_SECONDS:g} s in the median"
    )
    note("killed process: a start without load", f"{quiet:.2f} s", "none")
    note("killed process: letters", f"to {len(told)} of {LETTERS}, {running} under way, {twice} twice", "each at least once")
    note("killed process: transactions left", str(held), "0")
    judged(report, note, "killed process", recovery=1.0, told=AWAY | {CONNECTION})
    died = sum(times for outcome, times in report.errors.items() if outcome.startswith(CONNECTION))
    assert died <= 6 * KILLS  # what was under way, of four writers and two readers
    assert running > 0
    assert len(told) == LETTERS
    assert twice <= running
    assert ended == Counter({"SUCCEEDED": LETTERS})
    assert held == 0
    assert len(backs) == KILLS
    assert median(backs) <= BACK_SECONDS


async def _ask_for_letters(urls: list[str]) -> None:
    async with aiohttp.ClientSession() as http:
        for number in range(LETTERS):
            given = {"i": {"tenant": "acme", "email": f"user{number}@example.org"}}
            async with http.post(f"{urls[number % 2]}/graphql", json={"query": _RESET, "variables": given}) as answer:
                assert (await answer.json())["data"] == {"requestPasswordReset": {"ok": True}}


async def _queued(admin: asyncpg.Connection) -> None:
    """Waits until every letter is a job: that is after the answer, and what is not one yet dies with its process."""
    async with asyncio.timeout(30):
        while await admin.fetchval("SELECT count(*) FROM jobs") < LETTERS:  # noqa: ASYNC110 - another process is awaited
            await asyncio.sleep(0.02)


async def _until_nothing_is_held(admin: asyncpg.Connection) -> int:
    """How many transactions of ours are older than any may be, once there are none, or five seconds later."""
    for _ in range(50):
        if not (held := await admin.fetchval(_HELD)):
            return 0
        await asyncio.sleep(0.1)
    return int(held)


async def _ended(admin: asyncpg.Connection) -> Counter[str]:
    """The jobs by status, once none is under way, or half a minute later."""
    for _ in range(300):
        rows = await admin.fetch("SELECT status FROM jobs WHERE kind = 'MAIL'")
        found = Counter(row["status"] for row in rows)
        if not found.keys() & {"QUEUED", "RUNNING"}:
            break
        await asyncio.sleep(0.1)
    return found
