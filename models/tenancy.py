"""The one door to tenant data.

`within(pass)` opens a transaction, lets the database check that the session lives and its role suffices, and holds the tenant
for what runs inside. `within(tenant)` is for those without a session yet (who signs in or up) and for maintenance.
`through(pass)` is the same door for acts of a single statement, which opens it itself and needs no transaction around it.
`lobby()` is the smaller door, for rows that have no tenant.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, cast
from uuid import UUID

from tortoise import Model
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.manager import Manager
from tortoise.queryset import QuerySet

from models import retries
from models.driver import FAILURES, MAYBE_DONE, Fault, translated
from models.errors import BadRequest, Conflict, InvalidInput, NotFound, OutsideTenant, Unavailable
from models.pool import Client
from models.transaction import transaction
from models.values import Pass, Row

DOOR: Final = "enter($1, $2, $3::text::text[]) AS d(tenant)"
"""What stands first in FROM of a statement that `ask` runs: the door of the tenant d.tenant.

The roles travel as one text: the driver looks at each item of a list, which takes it longer than all other parameters together.
"""

_OPEN: Final = "(SELECT $1::uuid, $2::uuid, $3::text[]) AS d(tenant, session, roles)"
"""The same where the door is open already."""


@dataclass(frozen=True, slots=True)
class _Held:
    tenant: UUID | None
    connection: BaseDBAsyncClient


client: ContextVar[Client] = ContextVar("client")
"""The open database, set by `server.database.opened`: for what goes past Tortoise, whose own way to it takes long."""

door_key: ContextVar[Callable[[], bytes]] = ContextVar("door_key")
"""The server's key in use, without which no tenant is held; set by `server.database.opened`."""

_held: ContextVar[_Held | Pass | None] = ContextVar("held_tenant", default=None)
"""The open door; a Pass alone is one that each statement opens for itself."""


@asynccontextmanager
async def within(entry: Pass | UUID, *, snapshot: bool = False) -> AsyncIterator[UUID]:
    """One transaction inside a tenant. Raises Unauthenticated, Forbidden, or what the work inside refuses with.

    The same tenant joins the door that is already open; another one is a bug. With `snapshot` everything in it sees the tenant as
    it was at one moment; no door may be open then.
    """
    tenant = entry.tenant if isinstance(entry, Pass) else entry
    outer = _held.get()
    if outer is not None:
        if outer.tenant != tenant or snapshot:
            raise OutsideTenant("a door is open already, and it is not this tenant's, or sees more than one moment")
        await _enter(_connection(), entry)
        yield tenant
        return
    async with transaction(tenant) as connection:
        if snapshot:
            await connection.execute_query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        await _enter(connection, entry)
        with _holding(_Held(tenant, connection)):
            yield tenant


class through:  # noqa: N801 - used like `within`, and made for speed
    """Inside a tenant, for single statements of `ask`: each opens the door for itself, and is atomic by itself.

    Where a transaction is open already, or single statements are switched off, it is `within`.
    """

    __slots__ = ("_entry", "_token", "_within")

    def __init__(self, entry: Pass) -> None:
        self._entry = entry
        self._within: AbstractAsyncContextManager[UUID] | None = None

    async def __aenter__(self) -> UUID:
        outer = _held.get()
        if isinstance(outer, _Held) or not client.get().single_statements:
            self._within = within(self._entry)
            return await self._within.__aenter__()
        if outer is not None and outer.tenant != self._entry.tenant:
            raise OutsideTenant("a door is open already, and it is not this tenant's")
        self._token = _held.set(self._entry)
        return self._entry.tenant

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        if self._within is not None:
            return await self._within.__aexit__(kind, error, traceback)
        _held.reset(self._token)
        if isinstance(error, BadRequest | Conflict | InvalidInput | NotFound):
            # Who is not let in is told that and nothing else, as `within` would have told it.
            async with within(self._entry):
                return None
        return None


@asynccontextmanager
async def lobby() -> AsyncIterator[None]:
    """One transaction outside every tenant, for rows that have none; inside a tenant it joins that transaction."""
    if _held.get() is not None:
        yield
        return
    async with transaction(None) as connection:
        with _holding(_Held(None, connection)):
            yield


def held() -> UUID:
    """The tenant whose door is open. Raises OutsideTenant where none is."""
    door = _held.get()
    if door is None or door.tenant is None:
        raise OutsideTenant("tenant data is read and written inside `within` alone")
    return door.tenant


def own(alias: str) -> str:
    """The condition by which a table of a hand-written statement keeps to the tenant behind the door."""
    return f"{alias}.tenant_id = d.tenant"


def behind(rows: str) -> str:
    """A statement for `ask`: the rows of a SELECT behind the door. Each tenant table in it is `own`, and it ends in a fence,
    LIMIT or OFFSET 0, since Postgres would else pull it in front of the door. Its values are $4 and on."""
    return f"SELECT r.* FROM {DOOR} CROSS JOIN LATERAL ({rows}) AS r"


def chosen(model: type[Model], alias: str, columns: frozenset[str] | None) -> str:
    """The select list of those columns that the model has; None for all of them."""
    return ", ".join(f"{alias}.{name}" for name in model._meta.fields_db_projection if columns is None or name in columns)


async def fetch(sql: str, *values: Any) -> list[Row]:
    """The rows of a hand-written statement inside the open door, with its parameters from $1 on."""
    return await _connection().execute_query_dict(sql, list(values))


async def ask(sql: str, *values: Any, tried: int = 0) -> list[Row]:
    """The rows of a statement that carries DOOR. Raises Unauthenticated or Forbidden where it does not let in.

    What failed through no fault of its own is tried again within the budget for it: anything that was rolled back for certain, and
    a SELECT whose connection broke.
    """
    door = _held.get()
    if not isinstance(door, Pass):
        return await fetch(sql.replace(DOOR, _OPEN), held(), None, None, *values)
    roles = f"{{{','.join(door.roles)}}}"  # as Postgres writes an array; they are words of ours, which need no quotes
    with translated():
        pool = client.get().pool
        connection = pool.take(door.tenant) or await pool.acquire(whose=door.tenant)
        cut_off, rows = True, None
        try:
            rows = await connection.fetch(sql, door.tenant, door.session, roles, *values)
            cut_off = False
        except FAILURES as error:
            cut_off = False
            befell = pool.met(connection, error)
            reads = sql.startswith("SELECT ")
            if connection.is_closed() and not reads:
                raise Unavailable(MAYBE_DONE) from error
            harmless = befell is Fault.CONTENDED or (befell is Fault.LOST and reads)
            if not harmless or not pool.retries.allows(befell, tried):
                raise
        finally:
            pool.give_back(connection, cut_off=cut_off)
        if rows is None:
            await retries.pause(tried)
            return await ask(sql, *values, tried=tried + 1)
        return cast("list[Row]", rows)


class TenantManager(Manager):
    """The default manager of every tenant table: what it builds is filtered by the held tenant."""

    def get_queryset(self) -> QuerySet[Any]:
        """All rows of the held tenant."""
        return QuerySet(self._model).filter(tenant_id=held())


class LobbyManager(Manager):
    """The manager of tables without a tenant: they too are read inside a door alone."""

    def get_queryset(self) -> QuerySet[Any]:
        """All rows, where a door is open."""
        _connection()
        return QuerySet(self._model)


async def create(model: type[Model], **values: Any) -> Row:
    """A new row of the held tenant."""
    return record(await model.create(tenant_id=held(), **values))


def record(model: Model) -> Row:
    """A model's columns as a row."""
    return {name: getattr(model, name) for name in model._meta.db_fields}


@contextmanager
def _holding(door: _Held | Pass) -> Iterator[None]:
    token = _held.set(door)
    try:
        yield
    finally:
        _held.reset(token)


def _connection() -> BaseDBAsyncClient:
    door = _held.get()
    if not isinstance(door, _Held):
        raise OutsideTenant("the database is used inside `within` or `lobby` alone, or by `ask` inside `through`")
    return door.connection


async def _enter(connection: BaseDBAsyncClient, entry: Pass | UUID) -> None:
    if not isinstance(entry, Pass):
        await connection.execute_query("SELECT hold($1, $2)", [entry, door_key.get()()])
        return
    await connection.execute_query("SELECT enter($1, $2, $3)", [entry.tenant, entry.session, list(entry.roles)])
