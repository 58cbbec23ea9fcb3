"""The one door to tenant data, and the only place where driver errors become refusals.

`within(pass)` opens a transaction, lets the database check that the session lives and its role suffices, and holds the tenant
for what runs inside. `within(tenant)` is for those without a session yet (who signs in or up) and for maintenance.
`lobby()` is the smaller door, for rows that have no tenant.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg
from tortoise import Model
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connections
from tortoise.exceptions import BaseORMException
from tortoise.manager import Manager
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction

from models.errors import (
    BadCredentials,
    EmailTaken,
    Forbidden,
    InvalidInput,
    LabelTaken,
    NotFound,
    OutsideTenant,
    Refusal,
    SlugTaken,
    TimedOut,
    Unauthenticated,
    Unavailable,
    UsernameTaken,
)
from models.values import Pass, Row
from observability.tracing import step

ACQUIRE_SECONDS: Final = 1.0
"""How long a request waits for a connection of a full pool before it is told to come again."""


@dataclass(frozen=True, slots=True)
class _Held:
    tenant: UUID | None
    connection: BaseDBAsyncClient


_waiting = 0


def waiting() -> int:
    """How many requests of this process wait for a connection of the pool."""
    return _waiting


_held: ContextVar[_Held | None] = ContextVar("held_tenant", default=None)


@asynccontextmanager
async def within(entry: Pass | UUID) -> AsyncIterator[UUID]:
    """One transaction inside a tenant. Raises Unauthenticated, Forbidden, or what the work inside refuses with.

    The same tenant joins the door that is already open; another one is a bug.
    """
    tenant = entry.tenant if isinstance(entry, Pass) else entry
    outer = _held.get()
    if outer is not None:
        if outer.tenant != tenant:
            raise OutsideTenant("a door is open already, and it is not this tenant's")
        await _enter(outer.connection, entry)
        yield tenant
        return
    async with _transaction() as connection:
        await _enter(connection, entry)
        with _holding(tenant, connection):
            yield tenant


@asynccontextmanager
async def lobby() -> AsyncIterator[None]:
    """One transaction outside every tenant, for rows that have none; inside a tenant it joins that transaction."""
    if _held.get() is not None:
        yield
        return
    async with _transaction() as connection:
        with _holding(None, connection):
            yield


def held() -> UUID:
    """The tenant whose door is open. Raises OutsideTenant where none is."""
    door = _held.get()
    if door is None or door.tenant is None:
        raise OutsideTenant("tenant data is read and written inside `within` alone")
    return door.tenant


def own(alias: str) -> str:
    """The condition by which a hand-written statement keeps to the held tenant, which is its parameter $1."""
    return f"{alias}.tenant_id = $1"


async def fetch(sql: str, *values: Any) -> list[Row]:
    """The rows of a hand-written statement inside the open door, with its parameters from $1 on."""
    return await _connection().execute_query_dict(sql, list(values))


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
def _holding(tenant: UUID | None, connection: BaseDBAsyncClient) -> Iterator[None]:
    token = _held.set(_Held(tenant, connection))
    try:
        yield
    finally:
        _held.reset(token)


def _connection() -> BaseDBAsyncClient:
    door = _held.get()
    if door is None:
        raise OutsideTenant("the database is used inside `within` or `lobby` alone")
    return door.connection


@asynccontextmanager
async def _transaction() -> AsyncIterator[BaseDBAsyncClient]:
    with _translated(), step("transaction"):
        transaction = in_transaction()
        connection = await _acquired(transaction)
        try:
            yield connection
        except BaseException as error:
            await transaction.__aexit__(type(error), error, error.__traceback__)
            raise
        await transaction.__aexit__(None, None, None)


async def _acquired(transaction: Any) -> BaseDBAsyncClient:
    global _waiting  # noqa: PLW0603 - a count for the metrics, of nobody in particular
    _waiting += 1
    try:
        async with asyncio.timeout(ACQUIRE_SECONDS):
            return await _begun(transaction)
    except TimeoutError:
        raise Unavailable("The service is busy. Try again in a moment.") from None
    finally:
        _waiting -= 1


async def _begun(transaction: Any) -> BaseDBAsyncClient:
    try:
        connection: BaseDBAsyncClient = await transaction.__aenter__()
    except BaseException:
        # Tortoise keeps a connection whose BEGIN failed or was cut off, and each one kept is one less in the pool.
        client = transaction.client
        if client._connection is not None:
            get_connections().reset(transaction.token)
            await client._parent._pool.release(client._connection, timeout=ACQUIRE_SECONDS)
        raise
    return connection


async def _enter(connection: BaseDBAsyncClient, entry: Pass | UUID) -> None:
    if not isinstance(entry, Pass):
        await connection.execute_query("SELECT hold($1)", [entry])
        return
    try:
        await connection.execute_query("SELECT enter($1, $2, $3)", [entry.tenant, entry.session, list(entry.roles)])
    except (BaseORMException, asyncpg.PostgresError) as error:
        state = getattr(_cause(error), "sqlstate", None)
        if state == "28000":
            raise Unauthenticated("The session has ended. Sign in again.") from None
        if state == "42501":
            raise Forbidden("Your role does not allow this.") from None
        raise


_CONSTRAINTS: Final[dict[str, Refusal]] = {
    "users_username_key": UsernameTaken("This username is taken.", ("username",)),
    "users_email_key": EmailTaken("This e-mail address is taken.", ("email",)),
    "labels_name_key": LabelTaken("A label of this name exists.", ("name",)),
    "tenants_slug_key": SlugTaken("This slug is taken.", ("slug",)),
    # What a row was to refer to has been removed meanwhile.
    "contact_labels_tenant_id_label_id_fkey": NotFound("There is no such label.", ("contact", "labelIds")),
    "contact_labels_tenant_id_contact_id_fkey": NotFound("There is no such contact.", ("id",)),
    "sessions_tenant_id_user_id_fkey": BadCredentials("Wrong username or password."),
    "login_history_tenant_id_user_id_fkey": BadCredentials("Wrong username or password."),
    "refresh_tokens_tenant_id_session_id_fkey": Unauthenticated("The session has ended. Sign in again."),
}


_AWAY: Final = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What a lost connection looks like; the last of them while asyncpg itself has not understood it yet."""


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (BaseORMException, asyncpg.PostgresError, *_AWAY) as error:
        refusal = _refusal(_cause(error))
        if refusal is None:
            raise
        raise refusal from error


def _cause(error: BaseException) -> BaseException:
    return error.__cause__ if isinstance(error, BaseORMException) and error.__cause__ else error


def _refusal(error: BaseException) -> Refusal | None:
    """The refusal for a driver's error, by SQLSTATE (PostgreSQL docs, appendix A); None for a bug of ours."""
    taken = _CONSTRAINTS.get(getattr(error, "constraint_name", None) or "")
    if taken is not None:
        return type(taken)(taken.message, taken.path)
    state = getattr(error, "sqlstate", None) or ""
    if state == "22021":
        return InvalidInput("A text holds a character that cannot be kept, such as NUL.")
    if state in {"55P03", "57014"}:
        return TimedOut("This took too long and was given up; nothing was changed.")
    if state[:2] in {"08", "28", "3D", "53", "58"} or state in {"57P01", "57P02", "57P03", "25006", "25P03", "40001", "40P01"}:
        return Unavailable("The service is not available for the moment. Try again soon.")
    # asyncpg's ValueErrors are about values that it was given: a bug of ours.
    if isinstance(error, _AWAY) and not isinstance(error, ValueError):
        return Unavailable("The service is not available for the moment. Try again soon.")
    return None
