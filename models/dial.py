"""Opens connections: to the one of some servers that takes writes, in bounded time, with a kernel that notices a dead line."""

from __future__ import annotations

import math
import socket
from collections.abc import Sequence
from typing import Any, Final, cast

import asyncpg

from models.connection import Connection

CONNECT_SECONDS: Final = 2.5
"""How long a new connection may take, all servers tried; a request would not wait for longer."""

_KEEPALIVE: Final = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 5_000}
"""The kernel asks after 5 s of silence, and gives up what is not acknowledged for 5 s (tcp(7)); what a system lacks is left out."""

Place = tuple[str | None, int]
"""A host, or the folder of a socket, and a port."""


class Dial:
    """Calls these places in turn, the one first that took writes last. `strict`: no connection where none of them takes any."""

    def __init__(self, places: Sequence[Place], *, strict: bool, slow_seconds: float = math.inf, **options: Any) -> None:
        self._places, self._strict, self._options = list(places), strict, options
        self._slow_seconds = slow_seconds
        self._seconds = CONNECT_SECONDS / len(self._places)

    def to(self, *, places: Sequence[Place], strict: bool, **options: Any) -> Dial:
        """One that calls other places, or as somebody else, and is the same in all that is not said."""
        return Dial(places, strict=strict, slow_seconds=self._slow_seconds, **self._options | options)

    async def __call__(self) -> Connection:
        """A connection. Raises what the driver raised last, or TargetServerAttributeNotMatched."""
        failure: BaseException = asyncpg.TargetServerAttributeNotMatched("no server takes writes")
        readers: list[Connection] = []
        try:
            for place in tuple(self._places):
                try:
                    connection, reads_only = await self._call(place)
                except (OSError, asyncpg.PostgresError) as error:
                    failure = error
                    continue
                if not reads_only:
                    self._places.remove(place)
                    self._places.insert(0, place)
                    return connection
                readers.append(connection)
            if readers and not self._strict:
                return readers.pop()
        finally:
            for reader in readers:
                reader.terminate()
        raise failure

    async def _call(self, place: Place) -> tuple[Connection, bool]:
        """A connection, and whether its server takes no writes."""
        host, port = place
        connection: Connection = await asyncpg.connect(
            host=host, port=port, timeout=self._seconds, connection_class=Connection, **self._options
        )
        connection.slow_seconds = self._slow_seconds
        try:
            line = cast("Any", connection)._transport.get_extra_info("socket")
            if line is not None and line.family != socket.AF_UNIX:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                for name, value in _KEEPALIVE.items():
                    if hasattr(socket, name):
                        line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
            return connection, await is_read_only(connection)
        except BaseException:
            connection.terminate()
            raise


async def is_read_only(connection: Connection) -> bool:
    """Whether this server takes no writes, as it said when the connection was made. Where a pooler keeps that back, it is asked."""
    said = connection.get_settings()
    told = [getattr(said, name, None) for name in ("in_hot_standby", "default_transaction_read_only")]
    if None not in told:
        return "on" in told
    asked = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean"
    return bool(await connection.fetchval(asked, timeout=CONNECT_SECONDS))
