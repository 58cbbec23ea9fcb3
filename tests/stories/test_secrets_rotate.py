"""Each secret is rotated while people write and sign in, and no request fails (OB-07)."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from bench.redis_server import BINARY, RedisServer
from tests.collector import Received, receiving
from tests.drills.writers import Writers
from tests.post_office import open_office
from tests.postgres import durable
from tests.rotation import (
    Kept,
    keeping,
    rotate_collector,
    rotate_database,
    rotate_mail,
    rotate_redis,
    rotate_server_secrets,
    rotate_signing_keys,
    until,
)

VIEWER = "{ viewer { user { username } } }"


@dataclass(frozen=True)
class Around:
    """A server, and what it has credentials for."""

    kept: Kept
    redis: RedisServer
    collector: Received

    @asynccontextmanager
    async def used(self) -> AsyncIterator[Writers]:
        """While the block lasts people write and sign in; none of that may fail."""
        writers = Writers([self.kept.server.url], await self.kept.login(), writers=2, readers=1, per_second=30)
        self.kept.signed_in.clear()
        async with writers.at_work():
            signing = asyncio.create_task(self.kept.sign_in_on())
            await writers.until(10)
            yield writers
            await writers.until(10)
            signing.cancel()
        report = await writers.report(self.kept.postgres.database.admin)
        assert report.errors == Counter()
        assert report.lost == []
        assert self.kept.signed_in.keys() == {"signed in"}


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Around]:
    """With a Postgres, a Redis and a collector of its own."""
    if shutil.which(BINARY) is None:
        pytest.skip("there is no redis-server here")
    folder = tmp_path_factory.mktemp("rotated")
    with (
        durable() as postgres,
        RedisServer(folder).running() as redis,
        receiving() as collector,
        keeping(postgres, redis, collector, folder) as kept,
    ):
        yield Around(kept, redis, collector)


async def test_the_database_s_password_is_taken_by_the_other_role(around: Around) -> None:
    async with around.used():
        await rotate_database(around.kept)
    async with around.used():
        await rotate_database(around.kept)


async def test_signing_keys_rotate(around: Around) -> None:
    before = await around.kept.login()
    async with around.used():
        await rotate_signing_keys(around.kept)
    assert (await around.kept.ask(VIEWER, before))["viewer"]["user"] == {"username": "grace"}


async def test_the_server_s_own_secrets_rotate(around: Around) -> None:
    async with around.used():
        await rotate_server_secrets(around.kept)
    assert [row["many"] for row in await around.kept.sql("SELECT count(*) AS many FROM door_keys")] == [1]


async def test_the_password_for_redis_rotates_and_attempts_go_on_being_counted_there(around: Around) -> None:
    async with around.used():
        await rotate_redis(around.kept, around.redis)
    counted = around.kept.server.metric("addressbook_attempts_counted_total", where="redis")
    await around.kept.login()
    assert around.kept.server.metric("addressbook_attempts_counted_total", where="redis") > counted


async def test_the_key_for_the_collector_rotates_and_no_span_is_lost(around: Around) -> None:
    async with around.used():
        await rotate_collector(around.kept, around.collector)
    assert around.kept.server.metric("addressbook_spans_total", outcome="failed") == 0


async def test_the_password_for_the_mail_server_rotates_and_every_letter_arrives(around: Around) -> None:
    async with open_office(password="hush-1") as office, around.used():
        await rotate_mail(around.kept, office)
    assert around.kept.server.metric("addressbook_letters_total", outcome="away") == 0


async def test_what_does_not_work_is_told_once_and_what_was_before_stays(around: Around) -> None:
    before = len(around.kept.told("the one before stays in use"))
    good = (around.kept.folder / "REDIS_URL").read_text()
    async with around.used():
        around.kept.put("REDIS_URL", good.replace("hush", "wrong"))
        await until(lambda: around.kept.told("the one before stays in use")[before:])
        await asyncio.sleep(5)
        around.kept.put("REDIS_URL", good)
    told = around.kept.told("the one before stays in use")[before:]
    assert [(line["setting"], line["cause"]) for line in told] == [("REDIS_URL", "AuthenticationError")]
