"""The pool of database connections: last in, first out, and nothing but what a request needs.

asyncpg's own pool sends a message after each use to reset the connection. Nothing here leaves anything on one (every setting is
SET LOCAL), so ours does not. It serves Tortoise's transactions and the statements that carry their own door.

It also learns from what befalls connections: siblings of one that broke are let go, who does not answer is hung up on, and whether
the database takes writes is known.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import partial
from random import uniform
from typing import Any, Final, cast
from uuid import UUID

from tortoise.backends.asyncpg.client import AsyncpgDBClient

from models.breaker import Breaker, BreakerOpen
from models.connection import Connection
from models.dial import Dial, is_read_only
from models.driver import FAILURES, Fault, fault
from models.errors import Unavailable
from models.retries import Budget
from models.turns import Tenant, Turns
from models.watch import Watch
from observability.logging import logger
from observability.metrics import Metrics
from observability.spans import step

WAIT_SECONDS: Final = 1.0
"""How long a request waits for a connection of a full pool before it is told to come again."""

MEND_SECONDS: Final = 2.0
"""How long a connection whose statement was cut off may take until it is of use again."""

LOOK_SECONDS: Final = 1.0
"""How often it is looked, more or less, whether a database takes writes again."""

ALIVE_SECONDS: Final = 3.0
"""For so long after a connection came back well the database is taken to be there; a statement may take nearly as long."""

holder: ContextVar[UUID | None] = ContextVar("holder of the connection that is asked for", default=None)
"""The tenant for whom a transaction takes its connection; Tortoise asks for it, and cannot say."""

_log = logger(__name__)


class Pool:
    """At most `most` connections, made by `connect` when they are needed, and shared out by `Turns`.

    One in use whose statement has no answer after `patience` seconds, by which Postgres would have given it up, is closed.
    After three connections in a row that could not be made, all who need a new one are refused for a second.
    """

    def __init__(
        self, connect: Callable[[], Awaitable[Connection]], most: int, *, patience: float = 2.75, metrics: Metrics | None = None
    ) -> None:
        self.connect, self._most = connect, most
        self._metrics = metrics or Metrics()
        self._breaker = Breaker("database", self._metrics, failures=3, seconds=1.0)
        self._uses = 0
        self.retries = Budget(lambda: self._uses, self._metrics)
        """How often may be tried again what failed through no fault of its own."""
        self.read_only = False
        """Whether the database takes no writes, as far as is known."""
        self._looking: asyncio.Task[None] | None = None
        self._idle: list[Connection] = []
        self._used: dict[Connection, Tenant] = {}
        self._expired: set[Connection] = set()
        self._turns = Turns(most)
        self._well = float("-inf")
        self._opening = 0
        self._mending: set[asyncio.Task[None]] = set()
        self._back = asyncio.Event()
        self._watch = Watch(self._used, self.get_size, patience, self._lost)

    def get_size(self) -> int:
        """How many connections are open."""
        return len(self._idle) + len(self._used)

    def waiting(self) -> int:
        """How many requests wait for one."""
        return self._turns.count()

    def get_idle_size(self) -> int:
        """How many of them nobody uses."""
        return len(self._idle)

    def busy(self) -> bool:
        """Whether all connections are in use, and one came back of late: the database is there, and has no time for us."""
        full = not self._idle and self.get_size() + self._opening >= self._most
        return full and asyncio.get_running_loop().time() - self._well < ALIVE_SECONDS

    def take(self, whose: UUID | None = None) -> Connection | None:
        """A connection that nobody uses, at once, for a tenant or for nobody's; or None."""
        tenant = self._turns.tenant(whose)
        if tenant.held >= tenant.most:
            return None
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():  # by a restart of Postgres
                self._uses += 1
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
            tenant = self._turns.tenant(whose)
            if self.get_size() + self._opening < self._most and tenant.may():
                self._opening += 1
                tenant.held += 1
                return await self._opened(tenant)
            wait = WAIT_SECONDS if seconds is None else seconds
            connection = await self._turns.wait(tenant, wait, partial(self._missed, tenant))
            return await self._opened(tenant) if connection is None else connection

    async def release(self, connection: Connection) -> None:
        """`give_back`, as Tortoise calls it."""
        self.give_back(connection)

    def give_back(
        self, connection: Connection, *, cut_off: bool = False, undo: Callable[[], Awaitable[object]] | None = None
    ) -> None:
        """Takes a connection back. One whose statement was `cut_off` is tried first, by `undo` where something is to be undone; one
        that is in a transaction then is closed.
        """
        self._watch.forget(connection)
        if cut_off and not connection.is_closed():
            task = asyncio.create_task(self._mend(connection, undo or partial(connection.execute, "SELECT")))
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

    def met(self, connection: Connection, error: BaseException) -> Fault | None:
        """Learns from what a connection met, and tells what that was. A lost one takes along those that share its fate."""
        found = Fault.LOST if connection.is_closed() else fault(error)
        if found is Fault.READ_ONLY:
            self.found(read_only=True)
        elif found is Fault.LOST:
            self._lost(connection)
        return None if self._watch.struck(connection) else found

    def found(self, *, read_only: bool) -> None:
        """Takes note of whether the database takes writes. Where that is news, no connection is worth keeping."""
        if read_only is self.read_only:
            return
        self.read_only = read_only
        self._metrics.read_only.set(read_only)
        (_log.warning if read_only else _log.info)("database", mode="read-only" if read_only else "read-write")
        self.expire()
        if read_only and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look())

    def expire(self) -> None:
        """Lets go of every connection: at once, or when it comes back."""
        for connection in self._idle:
            connection.terminate()
        self._idle.clear()
        self._expired.update(self._used)

    async def expire_connections(self) -> None:
        """`expire`, as Tortoise calls it."""
        self.expire()

    async def close(self) -> None:
        """Closes what is idle, and the rest as it comes back."""
        self._most = 0
        self._stop()
        self.expire()
        while self._used:
            self._back.clear()
            await self._back.wait()

    def terminate(self) -> None:
        """Closes everything at once."""
        self._stop()
        for connection in (*self._idle, *self._used):
            connection.terminate()

    def _lost(self, connection: Connection) -> None:
        if connection not in self._expired:  # else the fate of its siblings is known
            self.expire()
        connection.terminate()

    def _stop(self) -> None:
        self._watch.stop()
        if self._looking is not None:
            self._looking.cancel()

    async def _opened(self, tenant: Tenant) -> Connection:
        """A new connection, for which `_opening` and what its tenant holds were counted up."""
        try:
            async with self._breaker.guard(*FAILURES):
                connection = await self._made()
        except BaseException as error:
            self._opening -= 1
            tenant.held -= 1
            self._pass_on(None)
            if isinstance(error, BreakerOpen):
                raise Unavailable("The service is not available for the moment. Try again soon.") from None
            raise
        self._opening -= 1
        self._uses += 1
        self._used[connection] = tenant
        self._watch.go_on()
        return connection

    async def _made(self) -> Connection:
        connection = await self.connect()
        try:
            self.found(read_only=await is_read_only(connection))
        except BaseException:
            connection.terminate()
            raise
        return connection

    def _missed(self, tenant: Tenant, connection: Connection | None) -> None:
        """It was the turn of somebody who has gone: now it is the next one's."""
        self._opening -= connection is None
        tenant.held -= 1
        self._pass_on(connection)

    def _pass_on(self, connection: Connection | None) -> None:
        self._back.set()
        tenant = self._turns.passed(connection)
        if connection is None:
            self._opening += tenant is not None
        elif tenant is not None:
            self._used[connection] = tenant
        else:
            self._used.pop(connection, None)
            self._idle.append(connection)

    async def _mend(self, connection: Connection, undo: Callable[[], Awaitable[object]]) -> None:
        # asyncpg asks Postgres to cancel what runs, and the next statement waits until that is done.
        try:
            async with asyncio.timeout(MEND_SECONDS):
                await undo()
        except Exception:  # whatever it is, the connection is of no more use
            connection.terminate()
        self.give_back(connection)

    async def _look(self) -> None:
        """Looks until the database takes writes, by connections of its own, since another server may be the primary now."""
        while self.read_only:
            await asyncio.sleep(LOOK_SECONDS * uniform(0.5, 1.5))  # noqa: S311 - spreads load, guards nothing
            try:
                (await self._made()).terminate()
            except FAILURES as error:
                _log.warning("the database is away", cause=type(error).__name__)


class Client(AsyncpgDBClient):
    """Tortoise's client over this pool."""

    def __init__(self, *, single_statements: bool = True, slow_seconds: float = math.inf, **options: Any) -> None:
        super().__init__(**options)
        self.metrics: Metrics | None = None
        """Where the pool counts; to be set before it is opened."""
        self._slow_seconds = slow_seconds
        self.single_statements = single_statements
        """Whether a statement may open the door for itself, instead of a transaction around it."""

    @property
    def pool(self) -> Pool:
        """The open pool."""
        return cast("Pool", self._pool)

    async def create_pool(self, **options: Any) -> Pool:  # type: ignore[override]  # it does what Tortoise asks of asyncpg's
        """The pool, empty: the first who needs a connection opens it."""
        most, patience = options.pop("max_size"), options.pop("patience")
        for unused in ("min_size", "connection_class", "loop", "host", "port"):
            options.pop(unused)
        return Pool(Dial(slow_seconds=self._slow_seconds, **options), most, patience=patience, metrics=self.metrics)


client_class = Client
"""What Tortoise looks for in the module of an engine."""
