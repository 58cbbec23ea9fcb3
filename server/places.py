"""How many requests are answered at once. Who finds no place is refused before anything is done for them, so that those who have
one are answered in time (Google's SRE book, chapters 21 and 22)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from random import choice
from typing import Any, Final

import orjson

import rest.errors
from observability.logging import logger
from observability.tracing import PerSecond
from server.middlewares import BUSY, SECURE

_log = logger(__name__)

_RETRY_AFTER: Final = (1, 2, 3)  # seconds; not the same for all, or they would come again as one
_JSON: Final = "application/json"
_RESPONSE: Final = "application/graphql-response+json"
_TELL_SECONDS: Final = 1.0
_STRANGER: Final = ""

_TENANTS: Final = 1_000
"""So many tenants are kept count of, those aside that have a place: to count anew each time takes longer."""

NEWCOMERS_PER_SECOND: Final = 100
"""So many tokens are verified for those for whom there is no place among the strangers; each takes as long as some refusals."""

LARGE: Final = 262_144
"""Bytes from which an answer is kept count of until it is read: its place is free by then, and memory is not."""

UNREAD: Final = 256_000_000
"""Bytes of large answers that may wait to be read. One tenant may leave a quarter of it."""

_HEAD: Final = (
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: %s\r\nContent-Length: %d\r\nRetry-After: %d\r\nConnection: %s\r\n"
    + "".join(f"{name}: {value}\r\n" for name, value in SECURE.items())
    + "%s\r\n"
)


class Tenant:
    """How many places a tenant has, or whoever is not signed in."""

    __slots__ = ("taken", "unread")

    def __init__(self) -> None:
        self.taken = 0
        self.unread = 0
        """Bytes of large answers that their clients have not taken yet."""


class Places:
    """`most` requests at once over `connections` connections; one tenant, or all who are not signed in, may take half.

    `tenant_of` tells whose an Authorization header is that was verified before. Who comes with a new one is a stranger; where
    strangers have no place left, `newcomer_of` verifies it, so many times a second: else a crowd of strangers would keep out for
    good whoever has just signed in, and after a restart everybody.

    `sharing` has, for each origin whose pages may read answers, the lines of the head that say so. Refusals are counted by `shed`,
    and told in a line of the log for each second, by what was full: the "process", the places of a "tenant", or the "connections".
    """

    def __init__(
        self,
        most: int,
        connections: int,
        tenant_of: Callable[[str | None], object | None],
        newcomer_of: Callable[[str], object | None],
        shed: Callable[[str, int], None],
        sharing: Mapping[str, str],
    ) -> None:
        self._most, self._share, self.connections = most, max(1, most // 2), connections
        self._tenant_of, self._newcomer_of, self._shed, self._sharing = tenant_of, newcomer_of, shed, sharing
        self._newcomers = PerSecond(NEWCOMERS_PER_SECOND)
        self._tenants: dict[object, Tenant] = {}
        self._refused: Counter[str] = Counter()
        self.taken = 0
        """How many are taken now."""
        self.unread = 0
        """Bytes of large answers that nobody has taken yet."""

    def take(self, authorization: str | None) -> Tenant | None:
        """A place for a request with this header, which `leave` takes back; None where there is none."""
        if self.taken >= self._most:
            return None
        whose = self._tenant_of(authorization) or _STRANGER
        tenant = self._tenants.get(whose) or self._tenant(whose)
        if tenant.taken >= self._share:
            whose = self._newcomer(authorization) if whose is _STRANGER else None
            if whose is None or (tenant := self._tenant(whose)).taken >= self._share:
                return None
        self.taken += 1
        tenant.taken += 1
        return tenant

    def leave(self, place: Tenant) -> None:
        """Takes a place back."""
        self.taken -= 1
        place.taken -= 1

    def sends(self, place: Tenant, size: int) -> bool:
        """Whether there is room for a large answer until it is read, when `sent` is told; none is where others are left unread."""
        if (place.unread and place.unread + size > UNREAD // 4) or (self.unread and self.unread + size > UNREAD):
            return False
        self.unread += size
        place.unread += size
        return True

    def sent(self, place: Tenant, size: int) -> None:
        """Takes note that a large answer was read, or its connection is gone."""
        self.unread -= size
        place.unread -= size

    def refused(self, *, connection: bool = False) -> None:
        """Counts one who was refused: a request, or a whole `connection`."""
        if not self._refused:
            asyncio.get_running_loop().call_later(_TELL_SECONDS, self._tell)
        self._refused["connections" if connection else "process" if self.taken >= self._most else "tenant"] += 1

    def refusal(self, path: str = "", accept: str = "", origin: str | None = None, *, close: bool = False) -> bytes:
        """The whole answer to one who was refused, as either transport would give it."""
        seconds, kind = choice(_RETRY_AFTER), _JSON  # noqa: S311 - spreads load, guards nothing
        told: dict[str, Any]
        if path.startswith("/api/"):
            told = rest.errors.detailed(503, BUSY, None)
        else:
            kind = _RESPONSE if _RESPONSE in accept else _JSON
            told = {"errors": [{"message": BUSY, "extensions": {"code": "UNAVAILABLE", "retryAfterSeconds": seconds}}]}
        body, sharing = orjson.dumps(told), self._sharing.get(origin, "") if origin else ""
        return (_HEAD % (kind, len(body), seconds, "close" if close else "keep-alive", sharing)).encode() + body

    def _newcomer(self, authorization: str | None) -> object | None:
        return self._newcomer_of(authorization) if authorization is not None and self._newcomers.allows() else None

    def _tenant(self, whose: object) -> Tenant:
        if len(self._tenants) > _TENANTS:
            self._tenants = {key: one for key, one in self._tenants.items() if one.taken or one.unread}
        return self._tenants.setdefault(whose, Tenant())

    def _tell(self) -> None:
        _log.warning("shed", **self._refused)
        for why, times in self._refused.items():
            self._shed(why, times)
        self._refused.clear()
