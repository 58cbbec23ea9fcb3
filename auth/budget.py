"""The budget: so many points of cost a minute for a user, for a tenant, and for a network of whom nobody knows.

And so many requests a minute of a tenant, as it decides itself.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Hashable, Mapping
from heapq import nlargest
from operator import itemgetter
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from auth.caller import Caller
from models.errors import TooManyAttempts
from models.values import Origin

UNBOUNDED: Final = 1_000_000_000
"""Points a minute that no one process can answer; a figure, so that there is one way for all."""

_MINUTE: Final = 60.0
_ROUND: Final = 1e-6
"""What sums of floats may miss, in points and in seconds."""


class Left(NamedTuple):
    """What is left of a budget: `remaining` of `limit` points, and the seconds until it is whole again."""

    limit: int
    remaining: int
    seconds: float


class Budget(Protocol):
    """Where points are counted: in this process (`Budgets`), or shared."""

    async def charge(self, caller: Caller | None, origin: Origin, points: int, requests: int = 1) -> Left:
        """Takes the points, and tells what is left of the narrower budget. Raises TooManyAttempts, and then takes nothing.

        `requests` is how many requests of the caller's tenant that is: none where this one has been counted before.
        """

    async def left(self, caller: Caller | None, origin: Origin) -> Left:
        """The same for no points."""


class Bucket:
    """A leaky bucket for each key: `per_minute` points at once, and as many again over each minute.

    A key is kept as the moment at which its bucket is whole again (GCRA): one figure, and none where it is idle. Ours, and not
    aiolimiter's, whose 8 µs a charge would be a tenth of a whole read.
    """

    __slots__ = ("_most", "_seconds", "_whole", "per_minute")

    def __init__(self, per_minute: int, most: int = 20_000) -> None:
        self.per_minute, self._most = per_minute, most
        self._seconds = _MINUTE / per_minute
        self._whole: dict[Hashable, float] = {}

    def after(self, key: Hashable, points: int, now: float) -> float:
        """The moment at which the bucket would be whole again after the points are taken."""
        whole = self._whole.get(key, now)
        return (whole if whole > now else now) + points * self._seconds

    def keep(self, key: Hashable, whole: float) -> None:
        """Remembers that moment; of too many keys it forgets the half that has most left."""
        self._whole[key] = whole
        if len(self._whole) > self._most:
            self._whole = dict(nlargest(self._most // 2, self._whole.items(), key=itemgetter(1)))

    def left(self, seconds: float) -> Left:
        """What is left so many seconds before it is whole."""
        return Left(self.per_minute, max(int((_MINUTE - seconds) / self._seconds + _ROUND), 0), seconds)


class Requests(Bucket):
    """Requests a minute of each tenant, by its own threshold. No request asks for that: somebody has to `learn` it now and then."""

    USUAL: Final = 60_000
    """The threshold of a new tenant, and of one of which nothing has been learned yet."""

    __slots__ = ("_own", "_seen")

    def __init__(self) -> None:
        super().__init__(self.USUAL)
        self._own: dict[Hashable, float] = {}  # seconds for a request
        self._seen: dict[Hashable, float] = {}

    def after(self, key: Hashable, points: int, now: float) -> float:
        """The moment at which the tenant would have all requests again after so many."""
        self._seen[key] = now
        whole = self._whole.get(key, now)
        return (whole if whole > now else now) + points * self._own.get(key, self._seconds)

    def seen(self, now: float) -> list[UUID]:
        """The tenants that came within a minute: those whose thresholds matter."""
        self._seen = {key: at for key, at in self._seen.items() if now - at <= _MINUTE}
        return [UUID(int=key) for key in self._seen if isinstance(key, int)]

    def learn(self, per_minute: Mapping[UUID, int]) -> None:
        """These are the thresholds from now on; what part of a minute's measure is spent stays spent."""
        self._own = {tenant.int: _MINUTE / number for tenant, number in per_minute.items()}


class Budgets:
    """Counted in this process. Whoever is not signed in has the budget of a user together with their network."""

    def __init__(self, per_tenant: int, per_user: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._tenants, self._users, self._networks = Bucket(per_tenant), Bucket(per_user), Bucket(per_user)
        self.requests = Requests()
        self.clock = clock

    async def charge(self, caller: Caller | None, origin: Origin, points: int, requests: int = 1) -> Left:
        """Takes the points of both budgets and the requests, or nothing."""
        now = self.clock()
        if caller is None:
            network = self._networks.after(origin.ip_prefix, points, now)
            _enough(network - now)
            self._networks.keep(origin.ip_prefix, network)
            return self._networks.left(network - now)
        # Asked for both: one person, or a token that was stolen, cannot spend all that the tenant has.
        user = self._users.after(caller.user.int, points, now)
        tenant = self._tenants.after(caller.tenant.int, points, now)
        asked = self.requests.after(caller.tenant.int, requests, now)
        _enough(max(user, tenant) - now)
        _enough(asked - now, "Your tenant has spent its requests of this minute.")
        self.requests.keep(caller.tenant.int, asked)
        self._users.keep(caller.user.int, user)
        self._tenants.keep(caller.tenant.int, tenant)
        return self._narrower(user - now, tenant - now)

    async def left(self, caller: Caller | None, origin: Origin) -> Left:
        """What is left of the narrower budget."""
        now = self.clock()
        if caller is None:
            return self._networks.left(self._networks.after(origin.ip_prefix, 0, now) - now)
        return self._narrower(
            self._users.after(caller.user.int, 0, now) - now, self._tenants.after(caller.tenant.int, 0, now) - now
        )

    def _narrower(self, user: float, tenant: float) -> Left:
        one, other = self._users.left(user), self._tenants.left(tenant)
        return one if one.remaining <= other.remaining else other


def _enough(seconds: float, told: str = "The budget of this minute is spent.") -> None:
    """Refuses what makes a bucket whole only after more than a minute: there are not so many points."""
    if seconds > _MINUTE + _ROUND:
        wait = math.ceil(seconds - _MINUTE)
        raise TooManyAttempts(f"{told} Try again in {wait} s.", retry_after=wait)
