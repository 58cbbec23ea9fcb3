"""The throttle before sign-in, sign-up and refresh: so many attempts a minute, counted in this process."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections import OrderedDict
from typing import Final

from aiolimiter import AsyncLimiter

from models.errors import TooManyAttempts

_LOOKS = 256  # names passed over at most to make room for one: a bound for the time it takes


class Throttle:
    """Counts attempts by name and refuses those over a threshold; never waits, and remembers at most `most` names.

    A leaky bucket each: `per_minute` attempts at once, then one every 60 / `per_minute` seconds. Refused ones do not
    count.
    """

    where: Final = "this process"

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._limiters: OrderedDict[tuple[str, bytes], AsyncLimiter] = OrderedDict()  # least recently asked first
        self._loop: asyncio.AbstractEventLoop | None = None

    async def check(self, kind: str, key: str, per_minute: float) -> None:
        """Counts one attempt of this kind (a word of ours, "login") by `key` (who, where: the caller's composition).

        Over `per_minute` it raises `TooManyAttempts`, with the whole seconds after which one more is let through. A
        threshold that changed holds from the next attempt, with a full measure.
        """
        if per_minute <= 0:
            raise TooManyAttempts("This is closed for now. Please try again later.", retry_after=60)
        limiter = self._limiter((kind, _short(key)), per_minute)
        if not limiter.has_capacity():
            # A bucket that lacks room for one has it after one interval at the latest.
            raise TooManyAttempts("Too many attempts. Please wait a little.", retry_after=math.ceil(60 / per_minute))
        await limiter.acquire()  # at once: nothing ran since it had room

    def _limiter(self, name: tuple[str, bytes], per_minute: float) -> AsyncLimiter:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # a limiter counts by the clock of the loop it met first
            self._limiters.clear()
            self._loop = loop
        # Under one a minute, one in a longer time: a bucket smaller than one attempt would let none through.
        rate, period = max(per_minute, 1.0), 60 * max(1.0, 1 / per_minute)
        limiter = self._limiters.get(name)
        if limiter is None or (limiter.max_rate, limiter.time_period) != (rate, period):
            if limiter is None and len(self._limiters) >= self._most:
                self._make_room()
            limiter = self._limiters[name] = AsyncLimiter(rate, period)
        self._limiters.move_to_end(name)
        return limiter

    def _make_room(self) -> None:
        """Forgets the name not asked for longest among those at most half full; a fuller one is passed over.

        So a flood of new names pushes out itself, and not the name that is under attack.
        """
        for _ in range(min(_LOOKS, len(self._limiters))):
            name, limiter = next(iter(self._limiters.items()))
            if limiter.has_capacity(limiter.max_rate / 2):
                break
            self._limiters.move_to_end(name)
        self._limiters.popitem(last=False)


def _short(key: str) -> bytes:
    """Sixteen bytes for a key of any length, so that long names cost no memory and none is kept."""
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()
