"""Attempts from outside: the tenant that they name, and how many of them are let through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

from auth.desk import NETWORK, Desk
from models import rules
from models.audit import AuditEntry
from models.errors import Refusal, TooManyAttempts, Unavailable, UnknownTenant
from models.login_history import LoginHistory
from models.tenancy import lobby, within
from models.tenant import Tenant, serves
from models.values import Origin, Row, TenantStatus, normal
from observability.metrics import AuthKind

P = ParamSpec("P")
T = TypeVar("T")
Attempt = Callable[Concatenate[Desk, P], Awaitable[T]]
"""What somebody tries; the desk comes first."""


async def named(slug: str) -> Row | None:
    """The row of the tenant that this text from outside names, or None."""
    async with lobby():
        return await Tenant.maybe_by_slug(slug) if len(slug) <= rules.NAME_LENGTH and "\x00" not in slug else None


async def keyed(tenant_id: UUID) -> Row | None:
    """The row of the tenant that a token from outside names, or None."""
    async with lobby():
        return await Tenant.maybe(tenant_id)


def proves(kind: AuthKind) -> Callable[[Attempt[P, T]], Attempt[P, T]]:
    """Counts each call as an attempt of this kind, by how it ends. What a throttle stops has a metric of its own."""

    def counting(attempt: Attempt[P, T]) -> Attempt[P, T]:
        @wraps(attempt)
        async def counted(desk: Desk, /, *given: P.args, **named: P.kwargs) -> T:
            try:
                done = await attempt(desk, *given, **named)
            except Refusal as refusal:
                if not isinstance(refusal, TooManyAttempts | Unavailable):
                    desk.metrics.authenticated(kind, "refused")
                raise
            desk.metrics.authenticated(kind, "ok")
            return done

        return counted

    return counting


def address(email: str) -> str:
    """The key by which `counted` counts an e-mail address, which is bounded before it is normalised; nobody's is longer."""
    return normal(email[: rules.EMAIL_LENGTH])


def network(origin: Origin) -> str:
    """The key by which `counted` counts the network of a request."""
    return f"{NETWORK}{origin.ip_prefix}"


async def counted(desk: Desk, origin: Origin, kind: str, place: str, home: Row | None, *keys: str) -> None:
    """`Desk.throttled`, on record in the tenant's log each time it closes. Refuses with TooManyAttempts."""
    try:
        await desk.throttled(kind, place[: rules.NAME_LENGTH], home, *keys)
    except TooManyAttempts as closed:
        desk.metrics.throttle(kind)
        if closed.news and home is not None:
            async with within(home["id"]):
                await AuditEntry.append("limit.reached", origin, kind=kind)
        raise
    desk.metrics.let_through(kind)


async def counted_login(desk: Desk, origin: Origin, place: str, home: Row | None, name: str) -> None:
    """Counts an attempt to sign in under this name from the origin's network. Refuses with TooManyAttempts.

    Three counts: the name from this network; the network; the name from everywhere. The last one, which strangers in many networks
    can close together, refuses nobody from a network where somebody of the tenant has signed in of late. That is asked alike
    whether there is such a user or not.
    """
    await counted(desk, origin, "login", place, home, f"at {origin.ip_prefix} as {name}", network(origin))
    try:
        await counted(desk, origin, "login", place, home, f"as {name}")
    except TooManyAttempts:
        if home is None or not await _is_familiar(home, origin):
            raise


async def _is_familiar(home: Row, origin: Origin) -> bool:
    async with within(home["id"]):
        return await LoginHistory.came_from(origin.ip_prefix)


async def refuse_unknown(desk: Desk, origin: Origin, home: Row | None) -> None:
    """For the old clients, who are told: refuses with UnknownTenant, so many times a minute for one network."""
    if home is None or (home["status"] == TenantStatus.DELETING and not serves(home)):
        await counted(desk, origin, "tenant", "", None, network(origin))
        raise UnknownTenant("Tenant not found", ("tenant_id",))
