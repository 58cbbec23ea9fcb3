"""Every secret of a server is rotated, one after another, under writers and people who sign in: nobody notices (OB-07)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.redis_server import RedisServer
from tests import rotation
from tests.abuse.server import Pulse
from tests.collector import receiving
from tests.drills.report import Note, judged
from tests.drills.writers import Writers
from tests.post_office import open_office
from tests.postgres import Postgres

pytestmark = [pytest.mark.drill, pytest.mark.usefixtures("each_round")]

TAKEN_SECONDS = 60.0
SLOWEST_SECONDS = 2.0


async def test_every_secret_rotates_and_nobody_notices(postgres: Postgres, redis: RedisServer, tmp_path: Path, note: Note) -> None:
    with ExitStack() as stack:
        collector = stack.enter_context(receiving())
        one = await asyncio.to_thread(lambda: stack.enter_context(rotation.keeping(postgres, redis, collector, tmp_path)))
        writers = Writers([one.server.url], await one.login(), readers=2)
        with Pulse(one.server.port).taken() as alive, Pulse(one.server.port, "/readyz").taken() as ready:
            async with open_office(password="hush-1") as office, writers.at_work():
                signing = asyncio.create_task(one.sign_in_on())
                await writers.until(200)
                slowest = await _timed(
                    note,
                    {
                        "DATABASE_URL": rotation.rotate_database(one),
                        "JWT_KEYS": rotation.rotate_signing_keys(one),
                        "SECRET_KEYS": rotation.rotate_server_secrets(one),
                        "REDIS_URL": rotation.rotate_redis(one, redis),
                        "SMTP_URL": rotation.rotate_mail(one, office),
                        "OTLP_HEADERS": rotation.rotate_collector(one, collector),
                    },
                )
                await writers.enough()
                signing.cancel()
        report = await writers.report(postgres.database.admin)
        lost = one.server.metric("addressbook_spans_total", outcome="failed")
        failures = one.server.metric("addressbook_throttle_store_failures_total")
    note("secrets rotate: sign-ins", f"{one.signed_in.total()}", "all let in")
    judged(report, note, "secrets rotate", slowest=SLOWEST_SECONDS, told=(), late=alive.late)
    assert (alive.statuses, ready.statuses) == ({200}, {200})
    assert one.signed_in.keys() == {"signed in"}
    assert (lost, failures) == (0, 0)
    assert slowest <= TAKEN_SECONDS


async def _timed(note: Note, rotations: dict[str, Awaitable[None]]) -> float:
    """Does them in turn; the seconds of the longest, all its steps together."""
    longest = 0.0
    for name, rotation_ in rotations.items():
        began = time.monotonic()
        await rotation_
        took = time.monotonic() - began
        note(f"secrets rotate: {name}, all steps", f"{took:.1f} s", f"{TAKEN_SECONDS:g} s")
        longest = max(longest, took)
    return longest
