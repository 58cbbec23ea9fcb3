"""The throttle before sign-in, sign-up and refresh: so many attempts a minute, and a delay that grows; counted in this process."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections import OrderedDict
from typing import Final

from aiolimiter import AsyncLimiter

from models.errors import TooManyAttempts

LONGEST: Final = 900.0
"""Seconds that a throttle stays closed at the most, however often it closed before."""

FORGOTTEN: Final = 3_600.0
"""Seconds after which a throttle that opened again and was not closed since has forgotten how often it was."""

_LOOKS = 256  # names passed over at most to make room for one: a bound for the time it takes


def closed_for(closings: int, per_minute: float) -> float:
    """For how many seconds it closes when it does so for the nth time: as long as one attempt takes, then twice that, and so on."""
    one = 60 / per_minute
    return max(one, min(max(one, 1.0) * 2.0 ** min(closings - 1, 10), LONGEST))


def refusal(seconds: float = 60.0, *, news: bool = False) -> TooManyAttempts:
    """What whoever finds it closed is told; `news` where it has just closed."""
    refused = TooManyAttempts("Too many attempts. Please wait a little.", retry_after=max(math.ceil(seconds), 1))
    refused.news = news
    return refused


class Throttle:
    """Counts attempts by name and refuses those over a threshold; never waits, and remembers at most `most` names.

    A leaky bucket each: `per_minute` attempts at once, then one every 60 / `per_minute` seconds. A bucket that overflows is
    closed, each time for twice as long. Refused attempts do not count, so that hammering makes nothing worse.
    """

    where: Final = "this process"

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._buckets: OrderedDict[tuple[str, bytes], _Bucket] = OrderedDict()  # least recently asked first
        self._loop: asyncio.AbstractEventLoop | None = None

    async def check(self, kind: str, place: str, key: str, per_minute: float) -> None:
        """Counts one attempt of this kind (a word of ours, "login") at a tenant (`place`, its slug) by `key` (who, from where).

        Where it is closed, or closes now, it raises `TooManyAttempts` with the whole seconds after which one more is let through.
        A threshold that changed holds from the next attempt, with a full measure.
        """
        if per_minute <= 0:
            raise TooManyAttempts("This is closed for now. Please try again later.", retry_after=60)
        bucket = self._bucket((kind, _short(f"{place}\n{key}")), per_minute)
        now = asyncio.get_running_loop().time()
        if now < bucket.closed_until:
            raise refusal(bucket.closed_until - now)
        if not bucket.limiter.has_capacity():
            raise refusal(bucket.close(now, per_minute), news=True)
        await bucket.limiter.acquire()  # at once: nothing ran since it had room

    def _bucket(self, name: tuple[str, bytes], per_minute: float) -> _Bucket:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # a limiter counts by the clock of the loop it met first
            self._buckets.clear()
            self._loop = loop
        # Under one a minute, one in a longer time: a bucket smaller than one attempt would let none through.
        rate, period = max(per_minute, 1.0), 60 * max(1.0, 1 / per_minute)
        bucket = self._buckets.get(name)
        if bucket is None or (bucket.limiter.max_rate, bucket.limiter.time_period) != (rate, period):
            if bucket is None and len(self._buckets) >= self._most:
                self._make_room()
            bucket = self._buckets[name] = _Bucket(AsyncLimiter(rate, period))
        self._buckets.move_to_end(name)
        return bucket

    def _make_room(self) -> None:
        """Forgets the name not asked for longest among those that are open and at most half full; others are passed over.

        So a flood of new names pushes out itself, and not the name that is under attack.
        """
        now = asyncio.get_running_loop().time()
        for _ in range(min(_LOOKS, len(self._buckets))):
            name, bucket = next(iter(self._buckets.items()))
            if now >= bucket.closed_until and bucket.limiter.has_capacity(bucket.limiter.max_rate / 2):
                break
            self._buckets.move_to_end(name)
        self._buckets.popitem(last=False)


class _Bucket:
    """What is kept of one name."""

    __slots__ = ("closed_until", "closings", "limiter")

    def __init__(self, limiter: AsyncLimiter) -> None:
        self.limiter, self.closings, self.closed_until = limiter, 0, -math.inf

    def close(self, now: float, per_minute: float) -> float:
        """Closes it; for how many seconds."""
        self.closings = 1 if now - self.closed_until > FORGOTTEN else self.closings + 1
        seconds = closed_for(self.closings, per_minute)
        self.closed_until = now + seconds
        return seconds


def _short(key: str) -> bytes:
    """Sixteen bytes for a key of any length, so that long names cost no memory and none is kept."""
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()
