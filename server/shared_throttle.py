"""The throttle that all replicas share: counted in Redis by `limits`; in this process while Redis does not answer."""

from __future__ import annotations

import asyncio
import hashlib
import time
from contextlib import suppress
from typing import Any, Final, NamedTuple

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import RedisClusterStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from auth.throttle import FORGOTTEN, Throttle, closed_for, refusal
from auth.vault import Vault
from models.breaker import Breaker, BreakerOpen, State
from models.errors import TooManyAttempts
from observability.metrics import Metrics
from observability.spans import step

PATIENCE_SECONDS: Final = 0.25
"""How long an attempt waits for Redis before it is counted in this process."""

FAILURES: Final = 5
"""After so many in a row Redis is left alone."""

PAUSE_SECONDS: Final = 5.0
"""For so long, then one attempt asks it again."""

START_SECONDS: Final = 1.0
CONNECTIONS: Final = 32
_FAILED: Final = (RedisError, OSError, TimeoutError)
_PREFIX: Final = "throttle"


class Closed(NamedTuple):
    """For how many seconds a throttle is closed, and whether it closed with this attempt."""

    seconds: float
    news: bool


class SharedThrottle:
    """Counts as `auth.throttle.Throttle` does, but `per_minute` attempts within any minute, together with all other replicas.

    Names of keys are digests made with a server secret: what Redis holds names nobody. The keys of one tenant have a hash tag of
    their own, so that they lie together in a cluster, and each key ends by itself.
    """

    def __init__(self, url: str, vault: Vault, metrics: Metrics, local: Throttle) -> None:
        self._vault, self._metrics, self._local = vault, metrics, local
        self._breaker = Breaker("redis", metrics, failures=FAILURES, seconds=PAUSE_SECONDS)
        self._storage = _storage(url)
        self._window = MovingWindowRateLimiter(self._storage)

    @property
    def where(self) -> str:
        """Where the next attempt is counted."""
        return "Redis" if self._breaker.state is State.CLOSED else "this process, since Redis does not answer"

    async def check(self, kind: str, place: str, key: str, per_minute: float) -> None:
        """As `auth.desk.Throttle` says. It waits for Redis a quarter of a second at the most, and then asks the local throttle."""
        try:
            async with self._breaker.guard(*_FAILED), asyncio.timeout(PATIENCE_SECONDS):
                with step("throttle", {"db.system.name": "redis"}, client=True):
                    closed = await self._asked(kind, place, key, per_minute)
        except BreakerOpen:
            pass
        except _FAILED:
            self._metrics.store_failed()
        else:
            self._metrics.attempted("redis")
            if closed is not None:
                raise refusal(closed.seconds, news=closed.news)
            with suppress(TooManyAttempts):  # so that an outage gives nobody a fresh measure here
                await self._local.check(kind, place, key, per_minute)
            return
        self._metrics.attempted("process")
        await self._local.check(kind, place, key, per_minute)

    async def take(self, url: str) -> None:
        """From now on it asks by this URL, once that has been answered. Raises RedisError, OSError, TimeoutError."""
        storage, before = _storage(url), self._storage
        try:
            async with asyncio.timeout(START_SECONDS):
                await _client(storage).ping()
        except BaseException:
            await _client(storage).aclose()
            raise
        self._storage, self._window = storage, MovingWindowRateLimiter(storage)
        await asyncio.sleep(PATIENCE_SECONDS)  # whoever still asks through the other is answered, or has given up
        await _client(before).aclose()

    async def __aenter__(self) -> SharedThrottle:
        """Looks whether Redis is there: a cluster's map takes longer than an attempt waits. The server starts without it too."""
        with suppress(BreakerOpen, *_FAILED):
            async with self._breaker.guard(*_FAILED), asyncio.timeout(START_SECONDS):
                await self._redis.ping()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Lets its connections go."""
        await self._redis.aclose()

    async def _asked(self, kind: str, place: str, key: str, per_minute: float) -> Closed | None:
        name = self._name(kind, place, key, per_minute)
        left = await self._redis.pttl(f"{_PREFIX}:{name}:closed")
        if left > 0:
            return Closed(left / 1000, news=False)
        item = RateLimitItemPerSecond(max(int(per_minute), 1), max(round(60 / per_minute), 60))
        if await self._window.hit(item, name):
            return None
        return await self._closed(name, item, per_minute)

    async def _closed(self, name: str, item: RateLimitItem, per_minute: float) -> Closed:
        """Closes it, once for all that find it full at the same time."""
        closed, closings = f"{_PREFIX}:{name}:closed", f"{name}:closings"
        first = closed_for(1, per_minute)
        if not await self._redis.set(closed, 1, px=int(first * 1000), nx=True):
            return Closed(first, news=False)
        times = await self._storage.incr(closings, int(FORGOTTEN))
        full_until, _ = await self._window.get_window_stats(item, name)
        seconds = max(closed_for(times, per_minute), min(full_until - time.time(), item.get_expiry()))  # whatever the clock did
        await self._redis.pexpire(closed, int(seconds * 1000))
        await self._redis.expire(f"{_PREFIX}:{closings}", int(seconds + FORGOTTEN))
        return Closed(seconds, news=True)

    def _name(self, kind: str, place: str, key: str, per_minute: float) -> str:
        secret = self._vault.keys("throttle")[0]
        tenant, rest = (_digest(secret, text) for text in (place, f"{kind}\n{key}\n{per_minute:g}"))
        return f"{{tenant:{tenant}}}:{rest}"

    @property
    def _redis(self) -> Any:
        return _client(self._storage)


def _storage(url: str) -> RedisStorage:
    kind = RedisClusterStorage if url.startswith("redis+cluster") else RedisStorage
    return kind(
        f"async+{url}",
        implementation="redispy",
        key_prefix=_PREFIX,
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]  # `limits` passes on what it does not know
        max_connections=CONNECTIONS,
    )


def _client(storage: RedisStorage) -> Any:
    """The client that `limits` uses, for what it has no word for: a throttle that is closed."""
    bridge: Any = storage.bridge
    return bridge.get_connection()


def _digest(secret: bytes, text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=secret).hexdigest()
