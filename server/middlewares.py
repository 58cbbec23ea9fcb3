"""What every request passes: a request id and one line of the log, the crash barrier, security headers, CORS, identification."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from uuid import uuid4

import orjson
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

import rest.call
import rest.errors
from auth.caller import Caller, Identity
from auth.desk import Desk
from gql.view import OPERATION
from models.errors import Unauthenticated
from models.values import Origin
from observability.logging import bound, logger
from observability.metrics import Metrics, Outcome, Transport
from observability.tracing import Tracing
from server.settings import Network

_log = logger("server.access")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_BEARER: Final = re.compile(r"bearer +([^ ]+)", re.IGNORECASE)
_READ_SECONDS: Final = 30.0

IDENTITY = web.RequestKey("identity", Identity)
REQUEST_ID = web.RequestKey("request_id", str)

SECURE: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Cache-Control": "no-store",
    "Server": "address-book",
}


def watched(metrics: Metrics, tracing: Tracing) -> Middleware:
    """Gives the request its id, and tells of it: one line, one measurement, one span."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex
        request[REQUEST_ID] = request_id
        began = time.perf_counter()
        route = request.match_info.route.resource.canonical if request.match_info.route.resource else "unknown"
        name = f"{request.method} {route}"
        with (
            tracing.request(name, request.headers.get("traceparent"), {"http.request.method": request.method}) as trace,
            bound(request_id=request_id, trace_id=trace.trace_id),
        ):
            transport: Transport = "graphql" if route == "/graphql" else "rest"
            response = await metrics.timed(
                transport, lambda: request.get(OPERATION, name), handler(request), lambda answer: _outcome(answer.status)
            )
            response.headers["X-Request-ID"] = request_id
            response.headers.add(hdrs.VARY, hdrs.AUTHORIZATION)
            for header, value in SECURE.items():
                response.headers.setdefault(header, value)
            identity = request.get(IDENTITY)
            caller = identity.caller if identity else None
            trace.set("http.response.status_code", response.status)
            trace.set("request.id", request_id)
            _log.info(
                "request",
                method=request.method,
                route=route,
                operation=request.get(OPERATION),
                status=response.status,
                milliseconds=round((time.perf_counter() - began) * 1000, 2),
                tenant=caller.tenant.hex if caller else None,
                user=caller.user.hex if caller else None,
            )
            return response

    return middleware


@web.middleware
async def barrier(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns whatever escapes into JSON with a code; what nobody expected goes to the log, and nowhere else."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        headers = {str(name): error.headers[name] for name in (hdrs.ALLOW, hdrs.RETRY_AFTER) if name in error.headers}
        return failure(request, error.status, error.reason, headers)
    except web.RequestPayloadError:
        return failure(request, 400, "The body cannot be read.")
    except Exception as error:
        _log.error("unexpected error", exc_info=error)
        return failure(request, 500, f"Something went wrong on our side. Tell us the request id {request[REQUEST_ID]}.")


def failure(request: web.Request, status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    """An answer outside both transports, in a shape that the clients of both read."""
    if request.path.startswith("/api/"):
        return rest.call.json(request, rest.errors.detailed(status, message, request[REQUEST_ID]), status, headers)
    return bare(status, message, headers)


def bare(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    """The same where there is no request to look at."""
    code = {400: "BAD_REQUEST", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "TOO_LARGE", 500: "INTERNAL"}.get(
        status, "BAD_REQUEST"
    )
    body = {"message": message, "data": "", "errors": [{"message": message, "extensions": {"code": code}}]}
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json", headers=headers)


def cors(origins: Iterable[str], *, credentials: bool) -> Middleware:
    """Cross-origin resource sharing, on every answer: named origins alone, and a preflight of 200."""
    allowed = frozenset(origins)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get(hdrs.ORIGIN)
        preflight = request.method == "OPTIONS" and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers
        response = web.Response() if preflight else await handler(request)
        response.headers.add(hdrs.VARY, hdrs.ORIGIN)
        if origin in allowed:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin or ""
            response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = "authorization, content-type, x-tenant-id, etag, x-request-id"
            if credentials:
                response.headers[hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"
            if preflight:
                response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = "GET, POST, PUT, DELETE, OPTIONS"
                response.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = (
                    "authorization, accept, content-type, x-tenant-id, x-request-id, if-match"
                )
                response.headers[hdrs.ACCESS_CONTROL_MAX_AGE] = "3600"
        return response

    return middleware


def identified(desk: Desk, proxies: Sequence[Network]) -> Middleware:
    """Reads who calls from the headers, and from where. Whether the session lives is the door's to say."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = Origin(
            request_id=request[REQUEST_ID],
            user_agent=_printable(request.headers.get(hdrs.USER_AGENT)),
            ip_prefix=_prefix(request.remote) if not proxies else prefix(client_address(request, proxies)),
        )
        request[IDENTITY] = _identity(request, desk, origin)
        return await handler(request)

    return middleware


@web.middleware
async def bounded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Reads the body before anything is done, within a time: who sends slowly holds nothing but a socket."""
    if request.can_read_body:
        announced = request.content_length or 0
        if announced > request.client_max_size:
            raise web.HTTPRequestEntityTooLarge(request.client_max_size, announced)
        if request.content.is_eof():  # as a rule it came with the headers
            await request.read()
            return await handler(request)
        try:
            async with asyncio.timeout(_READ_SECONDS):
                await request.read()
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
    return await handler(request)


def client_address(request: web.Request, proxies: Sequence[Network]) -> IPv4Address | IPv6Address | None:
    """The nearest address that is no proxy of ours; X-Forwarded-For counts only from those."""
    hops = [hop.strip() for value in request.headers.getall("X-Forwarded-For", ()) for hop in value.split(",")]
    address = _address(request.remote)
    while address is not None and hops and any(address in network for network in proxies):
        nearer = _address(hops.pop())
        if nearer is None:  # no address: who wrote it is the nearest that is known
            break
        address = nearer
    return address


def prefix(address: IPv4Address | IPv6Address | None) -> str | None:
    """The network of an address, as far as it is kept: a /24 of IPv4, a /48 of IPv6."""
    if address is None:
        return None
    return str(ip_network((address, 24 if address.version == 4 else 48), strict=False))


@lru_cache(10_000)
def _prefix(remote: str | None) -> str | None:
    return prefix(_address(remote))


def _address(text: str | None) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text or "")
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _identity(request: web.Request, desk: Desk, origin: Origin) -> Identity:
    given = request.headers.getall(hdrs.AUTHORIZATION, [])
    if not given:
        return Identity(origin)
    bearer = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
    if bearer is None:
        return Identity(origin, stale=True)
    try:
        return Identity(origin, Caller.of(desk.keys.verify(bearer[1]), origin))
    except Unauthenticated:
        return Identity(origin, stale=True)


def _printable(text: str | None) -> str | None:
    return None if text is None else "".join(c for c in text if c.isprintable())[:300]


def _outcome(status: int) -> Outcome:
    return "failed" if status >= 500 else "refused" if status >= 400 else "ok"
