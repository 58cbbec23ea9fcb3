"""The pool of database connections: last in, first out, and nothing but what a request needs.

asyncpg's own pool sends a message after each use to reset the connection. Nothing here leaves anything on one (every setting is
SET LOCAL), so ours does not. It serves Tortoise's transactions and the statements that carry their own door.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient

from models.connection import Connection
from models.errors import Unavailable

WAIT_SECONDS: Final = 1.0
"""How long a request waits for a connection of a full pool before it is told to come again."""

CONNECT_SECONDS: Final = 5.0
"""How long a new connection may take; that is no waiting, and a busy machine takes its time for it."""

MEND_SECONDS: Final = 5.0
"""How long a connection whose statement was cut off may take until it is of use again."""


class Pool:
    """At most `most` connections, made by `connect` when they are needed. Who waits longest is served first."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]], most: int) -> None:
        self._connect, self._most = connect, most
        self._idle: list[Connection] = []
        self._used: set[Connection] = set()
        self._expired: set[Connection] = set()
        self._waiting: deque[tuple[float, asyncio.Future[Connection | None]]] = deque()
        self._sweeping = False
        self._opening = 0
        self._mending: set[asyncio.Task[None]] = set()
        self._back = asyncio.Event()

    def get_size(self) -> int:
        """How many connections are open."""
        return len(self._idle) + len(self._used)

    def waiting(self) -> int:
        """How many requests wait for one."""
        return sum(not turn.done() for _, turn in self._waiting)

    def get_idle_size(self) -> int:
        """How many of them nobody uses."""
        return len(self._idle)

    def take(self) -> Connection | None:
        """A connection that nobody uses, at once; or None."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():  # by a restart of Postgres
                self._used.add(connection)
                return connection
        return None

    async def acquire(self, seconds: float | None = None) -> Connection:
        """A connection of one's own, until it is given back. Raises Unavailable where none is free for so long, or WAIT_SECONDS."""
        connection = self.take()
        if connection is not None:
            return connection
        if self.get_size() + self._opening < self._most:
            self._opening += 1
            return await self._opened()
        connection = await self._turn(WAIT_SECONDS if seconds is None else seconds)
        return await self._opened() if connection is None else connection

    async def release(self, connection: Connection) -> None:
        """`give_back`, as Tortoise calls it."""
        self.give_back(connection)

    def give_back(self, connection: Connection, *, cut_off: bool = False) -> None:
        """Takes a connection back. One whose statement was `cut_off` is tried first, and one in a transaction is closed."""
        if cut_off and not connection.is_closed():
            task = asyncio.create_task(self._mend(connection))
            self._mending.add(task)
            task.add_done_callback(self._mending.discard)
        elif connection.is_closed() or connection.is_in_transaction() or connection in self._expired:
            connection.terminate()
            self._used.discard(connection)
            self._expired.discard(connection)
            self._pass_on(None)
        else:
            self._pass_on(connection)

    async def expire_connections(self) -> None:
        """Lets go of every connection: they lead to a server that is not the primary any more."""
        for connection in self._idle:
            connection.terminate()
        self._idle.clear()
        self._expired |= self._used

    async def close(self) -> None:
        """Closes what is idle, and the rest as it comes back."""
        self._most = 0
        await self.expire_connections()
        while self._used:
            self._back.clear()
            await self._back.wait()

    def terminate(self) -> None:
        """Closes everything at once."""
        for connection in (*self._idle, *self._used):
            connection.terminate()

    async def _opened(self) -> Connection:
        """A new connection, for which `_opening` was counted up."""
        try:
            connection = await self._connect()
        except BaseException:
            self._opening -= 1
            self._pass_on(None)
            raise
        self._opening -= 1
        self._used.add(connection)
        return connection

    async def _turn(self, seconds: float) -> Connection | None:
        """A connection that came back, or None: one may be opened, and is counted."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Connection | None] = loop.create_future()
        self._waiting.append((loop.time() + seconds, turn))
        if not self._sweeping:
            self._sweeping = True
            loop.call_later(seconds, self._sweep)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was our turn: now it is the next one's
                self._opening -= turn.result() is None
                self._pass_on(turn.result())
            raise

    def _sweep(self) -> None:
        """Lets those go who have waited long enough. One timer for all of them: each of its own would cost more than the rest."""
        now = asyncio.get_running_loop().time()
        for until, turn in self._waiting:
            if until <= now and not turn.done():
                turn.set_exception(Unavailable("The service is busy. Try again in a moment."))
        self._waiting = deque((until, turn) for until, turn in self._waiting if not turn.done())
        self._sweeping = bool(self._waiting)
        if self._waiting:
            asyncio.get_running_loop().call_at(min(until for until, _ in self._waiting), self._sweep)

    def _pass_on(self, connection: Connection | None) -> None:
        self._back.set()
        while self._waiting:
            _, turn = self._waiting.popleft()
            if not turn.done():
                self._opening += connection is None
                turn.set_result(connection)
                return
        if connection is not None:
            self._used.discard(connection)
            self._idle.append(connection)

    async def _mend(self, connection: Connection) -> None:
        # asyncpg asks Postgres to cancel what runs, and the next statement waits until that is done.
        try:
            async with asyncio.timeout(MEND_SECONDS):
                await connection.execute("SELECT")
        except (
            OSError,
            TimeoutError,
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
        ):  # it is of no more use
            connection.terminate()
        self.give_back(connection)


class Client(AsyncpgDBClient):
    """Tortoise's client over this pool."""

    def __init__(self, *, single_statements: bool = True, slow_seconds: float = math.inf, **options: Any) -> None:
        super().__init__(**options)
        self._slow_seconds = slow_seconds
        self.single_statements = single_statements
        """Whether a statement may open the door for itself, instead of a transaction around it."""

    @property
    def pool(self) -> Pool:
        """The open pool."""
        return cast("Pool", self._pool)

    async def create_pool(self, **options: Any) -> Pool:  # type: ignore[override]  # it does what Tortoise asks of asyncpg's
        """The pool, empty: the first who needs a connection opens it."""
        most = options.pop("max_size")
        for unused in ("min_size", "connection_class", "loop"):
            options.pop(unused)

        async def connect() -> Connection:
            connection: Connection = await asyncpg.connect(timeout=CONNECT_SECONDS, connection_class=Connection, **options)
            connection.slow_seconds = self._slow_seconds
            return connection

        return Pool(connect, most)


client_class = Client
"""What Tortoise looks for in the module of an engine."""
