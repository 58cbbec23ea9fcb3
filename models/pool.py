"""The pool of database connections: last in, first out, fair to tenants, and nothing but what a request needs.

asyncpg's own pool sends a message after each use to reset the connection. Nothing here leaves anything on one (every setting is
SET LOCAL), so ours does not. It serves Tortoise's transactions and the statements that carry their own door.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient

from models.errors import Unavailable
from observability.spans import sampled, statement, step

WAIT_SECONDS: Final = 1.0
"""How long a request waits for a connection of a full pool before it is told to come again."""

CONNECT_SECONDS: Final = 5.0
"""How long a new connection may take; that is no waiting, and a busy machine takes its time for it."""

MEND_SECONDS: Final = 5.0
"""How long a connection whose statement was cut off may take until it is of use again."""

ALIVE_SECONDS: Final = 3.0
"""For so long after a connection came back well the database is taken to be there; a statement may take nearly as long."""

_Done = Coroutine[Any, Any, Any]


class Connection(asyncpg.Connection):
    """asyncpg's, whose statements are spans where the trace is sampled: those of Tortoise, of transactions, and of hand alike."""

    __slots__ = ()

    def execute(self, query: str, *args: Any, **options: Any) -> _Done:
        """As asyncpg's, which begins and ends transactions by it, too."""
        return _spanned(query, asyncpg.Connection.execute(self, query, *args, **options))

    def executemany(self, command: str, args: Any, **options: Any) -> _Done:
        """As asyncpg's."""
        return _spanned(command, asyncpg.Connection.executemany(self, command, args, **options))

    def fetch(self, query: str, *args: Any, **options: Any) -> _Done:
        """As asyncpg's."""
        return _spanned(query, asyncpg.Connection.fetch(self, query, *args, **options))

    def fetchrow(self, query: str, *args: Any, **options: Any) -> _Done:
        """As asyncpg's."""
        return _spanned(query, asyncpg.Connection.fetchrow(self, query, *args, **options))

    def fetchval(self, query: str, *args: Any, **options: Any) -> _Done:
        """As asyncpg's."""
        return _spanned(query, asyncpg.Connection.fetchval(self, query, *args, **options))


def _spanned(sql: str, work: _Done) -> _Done:
    return _in_span(sql, work) if sampled() else work


async def _in_span(sql: str, work: _Done) -> Any:
    with statement(sql):
        return await work


holder: ContextVar[UUID | None] = ContextVar("holder of the connection that is asked for", default=None)
"""The tenant for whom a transaction takes its connection; Tortoise asks for it, and cannot say."""


_TENANTS: Final = 1_000
"""So many tenants are kept count of, those aside that hold a connection: to count anew each time takes longer than the rest."""


@dataclass(slots=True, eq=False)
class _Tenant:
    """How many connections a tenant holds, and may hold."""

    most: float
    held: int = 0

    def may(self) -> bool:
        return self.held < self.most


@dataclass(slots=True, eq=False)
class _Waiting:
    until: float
    turn: asyncio.Future[Connection | None]
    tenant: _Tenant


class Pool:
    """At most `most` connections, made by `connect` when they are needed.

    A tenant has three quarters of them at the most, so that nobody takes them all. Of those who wait the first is served whose
    tenant has the fewest.
    """

    def __init__(self, connect: Callable[[], Awaitable[Connection]], most: int) -> None:
        self._connect, self._most = connect, most
        self._share = most - most // 4
        self._idle: list[Connection] = []
        self._used: dict[Connection, _Tenant] = {}
        self._tenants: dict[UUID | None, _Tenant] = {}
        self._expired: set[Connection] = set()
        self._waiting: deque[_Waiting] = deque()
        self._well = float("-inf")
        self._sweeping = False
        self._opening = 0
        self._mending: set[asyncio.Task[None]] = set()
        self._back = asyncio.Event()

    def get_size(self) -> int:
        """How many connections are open."""
        return len(self._idle) + len(self._used)

    def waiting(self) -> int:
        """How many requests wait for one."""
        return sum(not one.turn.done() for one in self._waiting)

    def get_idle_size(self) -> int:
        """How many of them nobody uses."""
        return len(self._idle)

    def busy(self) -> bool:
        """Whether all connections are in use, and one came back of late: the database is there, and has no time for us."""
        full = not self._idle and self.get_size() + self._opening >= self._most
        return full and asyncio.get_running_loop().time() - self._well < ALIVE_SECONDS

    def take(self, whose: UUID | None = None) -> Connection | None:
        """A connection that nobody uses, at once, for a tenant or for nobody's; or None."""
        tenant = self._tenants.get(whose) or self._tenant(whose)
        if tenant.held >= tenant.most:
            return None
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():  # by a restart of Postgres
                self._used[connection] = tenant
                tenant.held += 1
                return connection
        return None

    async def acquire(self, seconds: float | None = None, *, whose: UUID | None = None) -> Connection:
        """A connection of one's own, until it is given back. Raises Unavailable where none is free for so long, or WAIT_SECONDS."""
        whose = whose or holder.get()
        connection = self.take(whose)
        if connection is not None:
            return connection
        with step("connection"):
            tenant = self._tenant(whose)
            if self.get_size() + self._opening < self._most and tenant.may():
                self._opening += 1
                tenant.held += 1
                return await self._opened(tenant)
            connection = await self._turn(tenant, WAIT_SECONDS if seconds is None else seconds)
            return await self._opened(tenant) if connection is None else connection

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
            self._expired.discard(connection)
            self._used.pop(connection).held -= 1
            self._pass_on(None)
        else:
            self._well = asyncio.get_running_loop().time()
            self._used[connection].held -= 1
            self._pass_on(connection)

    async def expire_connections(self) -> None:
        """Lets go of every connection: they lead to a server that is not the primary any more."""
        for connection in self._idle:
            connection.terminate()
        self._idle.clear()
        self._expired.update(self._used)

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

    def _tenant(self, whose: UUID | None) -> _Tenant:
        if len(self._tenants) > _TENANTS:
            waiting = {one.tenant for one in self._waiting}
            self._tenants = {key: one for key, one in self._tenants.items() if one.held or one in waiting}
        return self._tenants.setdefault(whose, _Tenant(math.inf if whose is None else self._share))

    async def _opened(self, tenant: _Tenant) -> Connection:
        """A new connection, for which `_opening` and what its tenant holds were counted up."""
        try:
            connection = await self._connect()
        except BaseException:
            self._opening -= 1
            tenant.held -= 1
            self._pass_on(None)
            raise
        self._opening -= 1
        self._used[connection] = tenant
        return connection

    async def _turn(self, tenant: _Tenant, seconds: float) -> Connection | None:
        """A connection that came back, or None: one may be opened, and is counted."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Connection | None] = loop.create_future()
        self._waiting.append(_Waiting(loop.time() + seconds, turn, tenant))
        if not self._sweeping:
            self._sweeping = True
            loop.call_later(seconds, self._sweep)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was our turn: now it is the next one's
                self._opening -= turn.result() is None
                tenant.held -= 1
                self._pass_on(turn.result())
            raise

    def _sweep(self) -> None:
        """Lets those go who have waited long enough. One timer for all of them: each of its own would cost more than the rest."""
        now = asyncio.get_running_loop().time()
        for one in self._waiting:
            if one.until <= now and not one.turn.done():
                one.turn.set_exception(Unavailable("The service is busy. Try again in a moment."))
        self._waiting = deque(one for one in self._waiting if not one.turn.done())
        self._sweeping = bool(self._waiting)
        if self._waiting:
            asyncio.get_running_loop().call_at(min(one.until for one in self._waiting), self._sweep)

    def _pass_on(self, connection: Connection | None) -> None:
        self._back.set()
        waiting = [one for one in self._waiting if not one.turn.done() and one.tenant.may()] if self._waiting else ()
        if waiting:
            first = min(waiting, key=lambda one: one.tenant.held)
            self._waiting.remove(first)
            first.tenant.held += 1
            if connection is None:
                self._opening += 1
            else:
                self._used[connection] = first.tenant
            first.turn.set_result(connection)
        elif connection is not None:
            self._used.pop(connection, None)
            self._idle.append(connection)

    async def _mend(self, connection: Connection) -> None:
        # asyncpg asks Postgres to cancel what runs, and the next statement waits until that is done.
        try:
            async with asyncio.timeout(MEND_SECONDS):
                await connection.execute("ROLLBACK" if connection.is_in_transaction() else "SELECT")
                connection._top_xact = None  # type: ignore[attr-defined]  # what asyncpg began for Tortoise
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

    def __init__(self, *, single_statements: bool = True, **options: Any) -> None:
        super().__init__(**options)
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
        return Pool(lambda: asyncpg.connect(timeout=CONNECT_SECONDS, connection_class=Connection, **options), most)


client_class = Client
"""What Tortoise looks for in the module of an engine."""
