"""The shared throttle over a real Redis: exact counts for all, names that name nobody, and what happens when Redis fails."""

from __future__ import annotations

import asyncio
import io
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from auth.throttle import Throttle
from auth.vault import Vault
from bench.redis_server import PASSWORD, RedisServer
from models.errors import TooManyAttempts
from observability.metrics import Metrics
from server import shared_throttle
from server.shared_throttle import FAILURES, PATIENCE_SECONDS, SharedThrottle
from tests.conftest import SECRET_KEYS

Replica = Callable[[], Awaitable[SharedThrottle]]


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def replica(redis: RedisServer, metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Replica]:
    """One more process, as far as Redis can tell: with a local throttle and a breaker of its own, and short pauses."""
    monkeypatch.setattr(shared_throttle, "PAUSE_SECONDS", 0.5)
    async with AsyncExitStack() as stack:

        async def one() -> SharedThrottle:
            return await stack.enter_async_context(SharedThrottle(redis.url, Vault.parse(SECRET_KEYS), metrics, Throttle()))

        yield one


async def passed(throttle: SharedThrottle, key: str, per_minute: float, tries: int = 60, place: str = "acme") -> int:
    through = 0
    for _ in range(tries):
        try:
            await throttle.check("login", place, key, per_minute)
            through += 1
        except TooManyAttempts:
            pass
    return through


async def _wait(throttle: SharedThrottle, key: str, per_minute: float) -> tuple[int, bool]:
    """What whoever is refused is told."""
    for _ in range(100):
        try:
            await throttle.check("login", "acme", key, per_minute)
        except TooManyAttempts as closed:
            return closed.retry_after, closed.news
    raise AssertionError("it never closed")


def _counted(metrics: Metrics, where: str) -> float | None:
    return metrics.registry.get_sample_value("addressbook_attempts_counted_total", {"where": where})


async def test_all_replicas_together_let_through_what_the_threshold_says(replica: Replica, metrics: Metrics) -> None:
    one, other = await replica(), await replica()
    counts = await asyncio.gather(*(passed(throttle, "ada", 50) for throttle in (one, other)))
    assert sum(counts) == 50
    assert (await passed(one, "grace", 5), await passed(other, "grace", 5)) == (5, 0)
    assert (one.where, other.where) == ("Redis", "Redis")
    assert (_counted(metrics, "redis"), _counted(metrics, "process")) == (240.0, 0.0)


async def test_kinds_places_keys_and_thresholds_are_counted_apart(replica: Replica) -> None:
    throttle = await replica()
    for place, key, per_minute in (("acme", "ada", 3), ("evil", "ada", 3), ("acme", "grace", 3), ("acme", "ada", 4)):
        assert await passed(throttle, key, per_minute, 5, place) == per_minute
    await throttle.check("refresh", "acme", "ada", 3)


async def test_it_closes_once_for_all_who_find_it_full_and_for_longer_each_time(replica: Replica, redis: RedisServer) -> None:
    one, other = await replica(), await replica()
    told = []
    for _ in range(6):
        results = await asyncio.gather(
            *(throttle.check("login", "acme", "ada", 1) for throttle in (one, other) * 5), return_exceptions=True
        )
        closed = [result for result in results if isinstance(result, TooManyAttempts)]
        assert (len(closed), sum(one.news for one in closed)) == (9, 1)
        told.append(next(one.retry_after for one in closed if one.news))
        assert (await _wait(other, "ada", 1)) == (told[-1], False)
        for key in redis.names():  # as if the time had passed
            if not key.endswith(":closings"):
                redis.cli("DEL", key)
    assert told == [60, 120, 240, 480, 900, 900]


async def test_a_refusal_says_when_one_more_passes(replica: Replica) -> None:
    throttle = await replica()
    assert await passed(throttle, "ada", 100, 100) == 100
    seconds, news = await _wait(throttle, "ada", 100)
    assert news
    assert 55 <= seconds <= 60  # the first of the hundred is a minute old then
    assert await _wait(throttle, "slow", 0.5) == (120, True)


async def test_hammering_at_a_closed_one_makes_nothing_worse(replica: Replica, redis: RedisServer) -> None:
    throttle = await replica()
    await passed(throttle, "ada", 1, 50)
    assert [redis.cli("GET", key) for key in redis.names() if key.endswith(":closings")] == ["1"]


async def test_what_redis_holds_names_nobody_lies_together_and_ends(replica: Replica, redis: RedisServer) -> None:
    throttle = await replica()
    for place in ("acme", "evil"):
        for key in ("ada@example.org", "from 192.0.2.0/24", "\ud800" * 5_000):
            await passed(throttle, key, 2, 3, place)
    keys = redis.names()
    assert len(keys) == 18
    assert all(
        re.fullmatch(r"throttle:(LIMITER/)?\{tenant:[0-9a-f]{32}\}:[0-9a-f]{32}(/2/60/second|:closed|:closings)", key)
        for key in keys
    )
    assert len({re.search(r"\{.*\}", key)[0] for key in keys}) == 2  # type: ignore[index]  # each has one
    assert all(0 < int(redis.cli("PTTL", key)) <= 3_700_000 for key in keys)


async def test_names_follow_from_the_servers_own_secret(redis: RedisServer, metrics: Metrics) -> None:
    for secret in (SECRET_KEYS, f"{SECRET_KEYS}-another"):
        async with SharedThrottle(redis.url, Vault.parse(secret), metrics, Throttle()) as throttle:
            await throttle.check("login", "acme", "ada", 5)
    assert len(redis.names()) == 2


async def test_a_redis_that_hangs_is_waited_for_a_quarter_of_a_second_and_five_times(
    replica: Replica, redis: RedisServer, metrics: Metrics, logged: io.StringIO
) -> None:
    throttle = await replica()
    assert await passed(throttle, "ada", 20, 15) == 15
    redis.hang()
    took = []
    for _ in range(20):
        began = time.perf_counter()
        await passed(throttle, "ada", 20, 1)
        took.append(time.perf_counter() - began)
    assert max(took) < PATIENCE_SECONDS + 0.15
    slow = [seconds for seconds in took if seconds > PATIENCE_SECONDS / 2]
    assert len(slow) == FAILURES
    assert sum(took) < FAILURES * PATIENCE_SECONDS + 1
    assert throttle.where == "this process, since Redis does not answer"
    assert metrics.registry.get_sample_value("addressbook_throttle_store_failures_total") == FAILURES
    assert metrics.registry.get_sample_value("addressbook_breaker_state", {"breaker": "redis"}) == 2.0
    assert _counted(metrics, "process") == 20.0
    redis.wake()
    await asyncio.sleep(0.6)
    await passed(throttle, "ada", 20, 1)
    assert throttle.where == "Redis"
    assert [line.split('"state":"')[1].split('"')[0] for line in logged.getvalue().splitlines() if '"breaker"' in line] == [
        "open",
        "half-open",
        "closed",
    ]


async def test_an_outage_gives_nobody_a_fresh_measure(replica: Replica, redis: RedisServer) -> None:
    throttle = await replica()
    assert await passed(throttle, "ada", 20, 20) == 20
    redis.kill()
    assert await passed(throttle, "ada", 20) <= 2  # what a leaky bucket has let go meanwhile
    assert await passed(throttle, "ghost", 20) <= 22  # and a name that was not counted here has one


async def test_a_redis_that_was_killed_and_comes_back_empty_counts_anew(replica: Replica, redis: RedisServer) -> None:
    throttle = await replica()
    assert await passed(throttle, "ada", 10) == 10
    redis.kill()
    for _ in range(FAILURES):
        await _wait(throttle, "ada", 10)
    assert throttle.where != "Redis"
    redis.start()
    await asyncio.sleep(0.6)
    assert await passed(throttle, "ada", 10) == 10  # its scripts are loaded again, and one more measure is the price
    assert throttle.where == "Redis"


async def test_one_probe_asks_while_the_others_go_on(replica: Replica, redis: RedisServer, metrics: Metrics) -> None:
    throttle = await replica()
    redis.hang()
    await passed(throttle, "ada", 1_000, FAILURES)
    await asyncio.sleep(0.6)
    began = time.perf_counter()
    took: list[float] = []

    async def attempt() -> None:
        await throttle.check("login", "acme", "grace", 1_000)
        took.append(time.perf_counter() - began)

    await asyncio.gather(*(attempt() for _ in range(50)))
    assert sum(seconds > PATIENCE_SECONDS / 2 for seconds in took) == 1
    assert metrics.registry.get_sample_value("addressbook_throttle_store_failures_total") == FAILURES + 1
    redis.wake()


async def test_a_server_starts_without_its_redis_and_finds_it_later(
    redis: RedisServer, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_throttle, "PAUSE_SECONDS", 0.2)
    redis.kill()
    async with SharedThrottle(redis.url, Vault.parse(SECRET_KEYS), metrics, Throttle()) as throttle:
        assert await passed(throttle, "ada", 5) == 5
        redis.start()
        await asyncio.sleep(0.3)
        await passed(throttle, "ada", 5, 1)
        assert throttle.where == "Redis"


async def test_a_wrong_password_is_an_outage_and_stands_in_no_line(
    redis: RedisServer, metrics: Metrics, logged: io.StringIO
) -> None:
    url = redis.url.replace(PASSWORD, "wrong-secret")
    async with SharedThrottle(url, Vault.parse(SECRET_KEYS), metrics, Throttle()) as throttle:
        assert await passed(throttle, "ada", 5) == 5
        assert throttle.where == "this process, since Redis does not answer"
    assert '"state":"open"' in logged.getvalue()
    assert "wrong-secret" not in logged.getvalue()


async def test_a_cluster_counts_too(tmp_path: Path, metrics: Metrics) -> None:
    server = RedisServer(tmp_path, "--cluster-enabled", "yes")
    server.start()
    try:
        assert server.cli("CLUSTER", "ADDSLOTSRANGE", "0", "16383") == "OK"
        while "cluster_state:ok" not in server.cli("CLUSTER", "INFO"):  # noqa: ASYNC110 - what is awaited is Redis
            await asyncio.sleep(0.05)
        url = server.url.replace("redis://", "redis+cluster://").removesuffix("/0")
        async with SharedThrottle(url, Vault.parse(SECRET_KEYS), metrics, Throttle()) as throttle:
            assert await passed(throttle, "ada", 5) == 5
            assert throttle.where == "Redis"
            assert _counted(metrics, "process") == 0.0
        slots = {server.cli("CLUSTER", "KEYSLOT", key) for key in server.names()}
        assert (len(server.names()), len(slots)) == (3, 1)
    finally:
        server.kill()
