"""The whole `/api` on one screen, and how a request comes to its handler."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from aiohttp import hdrs, web

from auth.budget import Left
from auth.caller import Identity
from auth.desk import Desk
from models.errors import BadRequest, InvalidInput, NotFound, Refusal, TooManyAttempts, Unavailable
from observability.logging import logger
from observability.operation import operating
from resolvers import sessions as signed_in
from resolvers import tenants as owned
from resolvers.deadline import Deadlines
from rest import bodies, contacts, dialect, errors, health, openapi, sessions, tenants, users
from rest.call import Call, Faults, Reply, json
from rest.route import ANYONE, OPERATOR, Route

_log = logger(__name__)


POINTS: Final = 50
"""What a request costs of the budget that GraphQL is charged to: a page, whatever it asks for."""


def _tenants(base: str) -> Iterator[Route]:
    yield Route("GET", base, tenants.listed, OPERATOR, "Tenants, a page by offset", query=("offset", "cursor", "limit"))
    wanted = ("name", "db_url", "id", "page_size", "cursor", "page_num")
    yield Route("GET", f"{base}/filter", tenants.filtered, OPERATOR, "Tenants that match", query=wanted)
    yield Route("GET", f"{base}/{{id}}", tenants.one, OPERATOR, "One tenant")
    yield Route("POST", base, tenants.create, OPERATOR, "A new tenant", bodies.NewTenant)
    yield Route("PUT", f"{base}/{{id}}", tenants.change, OPERATOR, "Renames a tenant", bodies.TenantPatch)
    yield Route("DELETE", f"{base}/{{id}}", tenants.delete, OPERATOR, "Closes a tenant")


ROUTES: Final = (
    Route("GET", "/health", health.health, ANYONE, "Whether the service is well; always 200"),
    Route("GET", "/api/health", health.health, ANYONE, "The same"),
    Route("GET", "/api/health/status", health.status, ANYONE, "The same, with the state at the top level"),
    Route("GET", "/api/health/detailed", health.detailed, ANYONE, "The same, in the shape with details"),
    Route("GET", "/api/health/performance", health.performance, ANYONE, "The old shape, without figures", bodies.Performance),
    Route("GET", "/api/health/compatibility", health.compatibility, ANYONE, "Runs no tests", bodies.Compatibility),
    Route("GET", "/api/logs", health.logs, ANYONE, "Always 405: the log is shown to nobody"),
    Route("GET", "/api/ping", health.ping, ANYONE, "Pong"),
    Route("POST", "/api/auth/signup", sessions.signup, ANYONE, "A new account", bodies.Signup),
    Route("POST", "/api/auth/login", sessions.login, ANYONE, "Signs in", bodies.Login),
    Route("POST", "/api/auth/logout", sessions.logout, "VIEWER", "Ends this session"),
    Route("POST", "/api/auth/refresh", sessions.renew, "VIEWER", "New tokens for this session"),
    Route("POST", "/api/auth/refresh-token", sessions.refresh, ANYONE, "New tokens for a refresh token", bodies.Refresh),
    Route("GET", "/api/auth/me", sessions.me, "VIEWER", "Who is signed in"),
    Route("GET", "/api/users", users.listed, "VIEWER", "The tenant's users", query=("limit", "offset")),
    Route("GET", "/api/users/{id}", users.one, "VIEWER", "One user"),
    Route("PUT", "/api/users/{id}", users.change, "ADMIN", "Changes a user", bodies.User),
    Route("DELETE", "/api/users/{id}", users.remove, "ADMIN", "Removes a user"),
    Route("GET", "/api/address-book", contacts.listed, "VIEWER", "Contacts, by id or paged", query=contacts.LIST_QUERY),
    Route("GET", "/api/address-book/filter", contacts.filtered, "VIEWER", "Contacts that match", bodies.ContactFilter),
    Route("GET", "/api/address-book/{id}", contacts.one, "VIEWER", "One contact"),
    Route("POST", "/api/address-book", contacts.add, "EDITOR", "A new contact", bodies.Contact, keyed=True),
    Route("PUT", "/api/address-book/{id}", contacts.change, "EDITOR", "Replaces a contact", bodies.Contact),
    Route("DELETE", "/api/address-book/{id}", contacts.delete, "EDITOR", "Puts a contact into the trash"),
    *_tenants("/api/admin/tenants"),
    *_tenants("/api/tenants"),
    Route("GET", "/api/admin/tenant/stats", tenants.stats, OPERATOR, "Counts over all tenants"),
    Route("GET", "/api/admin/tenant/health", tenants.health, OPERATOR, "Whether each tenant serves"),
    Route("GET", "/api/admin/tenant/status", tenants.status, OPERATOR, "The same, in short"),
)


def routes(
    desk: Desk, *, identify: Callable[[web.Request], Identity], dialect: str, faults: Faults, deadline: Deadlines
) -> list[web.RouteDef]:
    """What to mount: every route, the rest of `/api`, and their description. `dialect` is auto, rust or ui."""
    shim = _Shim(desk, identify, dialect, faults, deadline)

    async def description(request: web.Request) -> web.Response:
        return json(request, _described(), errors.OK)

    return [
        *(_mounted(route, shim.handler(route)) for route in ROUTES),
        web.get("/openapi.json", description, allow_head=False),
        web.route("*", "/health", shim.unrouted),
        web.route("*", "/api{tail:(/.*)?}", shim.unrouted),
    ]


@cache
def _described() -> dict[str, Any]:
    return openapi.document(ROUTES)


def _mounted(route: Route, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.RouteDef:
    # aiohttp would add a HEAD to each GET, which the old service never served.
    return web.RouteDef(route.method, route.path, handler, {"allow_head": False} if route.method == hdrs.METH_GET else {})


@dataclass(frozen=True, slots=True)
class _Shim:
    desk: Desk
    identify: Callable[[web.Request], Identity]
    dialect: str
    faults: Faults
    deadline: Deadlines

    def handler(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            identity = self.identify(request)
            call = Call(request, self.desk, identity, self.faults, dialect.speaks_ui(self.dialect, request, identity.caller))
            with operating(identity.caller, f"{route.method} {route.path}"):
                try:
                    with self.deadline(reads=route.method == hdrs.METH_GET):
                        if not route.open:  # an open one is a probe, or has a throttle of its own
                            await self._charge(identity)
                        reply = await (route.handler(call) if route.open else _guarded(route, call))
                    response = reply.response(request)
                except Refusal as refusal:
                    response = _refused(request, identity, refusal)
            if not route.open:
                response.headers.update(_rate_limit(await self.desk.budget.left(identity.caller, identity.origin)))
            return response

        return handle

    async def _charge(self, identity: Identity) -> None:
        try:
            await self.desk.budget.charge(identity.caller, identity.origin, POINTS)
        except TooManyAttempts:
            self.desk.metrics.throttle("budget")
            raise

    async def unrouted(self, request: web.Request) -> web.StreamResponse:
        """What no route answers. As before, a stranger learns no paths but the open ones, and those say 404 where they are GET."""
        known = await _at(request)
        identity = self.identify(request)
        if request.method != hdrs.METH_OPTIONS and not any(route.open for route in known):
            try:
                await signed_in.verify(Call(request, self.desk, identity, self.faults, ui=False).caller)
            except Refusal as refusal:
                return _refused(request, identity, refusal)
        if not known or any(route.open and route.method == hdrs.METH_GET for route in known):
            return json(request, errors.plain("Not Found"), errors.NOT_FOUND)
        allowed = ", ".join(sorted({route.method for route in known}))
        return json(request, errors.plain("Method Not Allowed"), errors.NOT_ALLOWED, {hdrs.ALLOW: allowed})


def _rate_limit(left: Left) -> dict[str, str]:
    """The budget of points, after draft-ietf-httpapi-ratelimit-headers-06: the reset in seconds."""
    figures = {"Limit": left.limit, "Remaining": left.remaining, "Reset": math.ceil(left.seconds)}
    return {f"RateLimit-{name}": str(figure) for name, figure in figures.items()}


async def _guarded(route: Route, call: Call) -> Reply:
    """The handler's answer to a signed-in caller. That the session has ended is told before anything else is."""
    try:
        for claimed in dialect.claims(call.request):
            await owned.claimed(call.caller, claimed)
        return await route.handler(call)
    except (BadRequest, InvalidInput, NotFound):
        await signed_in.verify(call.caller)
        raise


async def _at(request: web.Request) -> list[Route]:
    """The routes of the request's path, whatever their methods."""
    paths = {found.canonical for found in request.app.router.resources() if (await found.resolve(request))[1]}
    return [route for route in ROUTES if route.path in paths]


def _refused(request: web.Request, identity: Identity, refusal: Refusal) -> web.Response:
    headers: dict[str, str] = {}
    if isinstance(refusal, Unavailable | TooManyAttempts):
        headers[hdrs.RETRY_AFTER] = str(refusal.retry_after)
    if isinstance(refusal, Unavailable):
        _log.warning("unavailable", code=refusal.code, exc_info=refusal.__cause__)
    body = errors.body(refusal, identity.origin.request_id, request.method)
    return json(request, body, errors.told(refusal).status, headers)
