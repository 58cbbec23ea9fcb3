"""What every request passes: a request id and one line of the log, the crash barrier, security headers, CORS, identification."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from random import getrandbits
from typing import Final

import orjson
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware
from multidict import CIMultiDict, istr

import rest.call
import rest.errors
from auth.caller import Caller, Identity
from auth.desk import Desk
from gql.answer import Answer
from gql.view import OPERATION
from models.errors import Unauthenticated
from models.values import Origin
from observability.logging import INFO, bound, logger, told
from observability.metrics import Metrics, Outcome, Timing
from observability.spans import Request, failed
from observability.tracing import Tracing
from server.settings import Network

_log = logger("server.access")
_GOOD_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_BEARER: Final = re.compile(r"bearer +([^ ]+)", re.IGNORECASE)
_READ_SECONDS: Final = 30.0

IDENTITY = web.RequestKey("identity", Identity)
REQUEST_ID = web.RequestKey("request_id", str)
PLACE: web.RequestKey[Callable[[], bool]] = web.RequestKey("place")
"""Takes a place for a request that could not get one before (`server.wire`), and tells whether there was one."""

BUSY: Final = "Too much is asked of this service at once. Try again in a moment."

_REQUEST_ID: Final = istr("X-Request-ID")
_POLICY: Final = istr("Content-Security-Policy")
_VARY: Final = f"{hdrs.ORIGIN}, {hdrs.AUTHORIZATION}"
SECURE: Final = CIMultiDict(
    {
        istr("X-Content-Type-Options"): "nosniff",
        _POLICY: "default-src 'none'; frame-ancestors 'none'",
        istr("Referrer-Policy"): "no-referrer",
        istr("Strict-Transport-Security"): "max-age=31536000; includeSubDomains",
        hdrs.CACHE_CONTROL: "no-store",
        hdrs.SERVER: "address-book",
    }
)

_USUAL: Final = "".join(f"{name}: {value}\r\n" for name, value in ((_REQUEST_ID, "%s"), (hdrs.VARY, _VARY), *SECURE.items()))
"""What `_secure` adds to an answer that has none of it, as it is sent; the request's id stands in it once it is known."""

_CODES: Final = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "TOO_LARGE", 500: "INTERNAL", 503: "UNAVAILABLE"}


def gate(
    metrics: Metrics, tracing: Tracing, desk: Desk, proxies: Sequence[Network], origins: Iterable[str], *, credentials: bool
) -> Middleware:
    """What every request passes: it gets an id, is timed, identified and answered, and told of in one line.

    One middleware for all of it, since each of its own costs as much as a small query. A preflight of cross-origin resource
    sharing is answered with 200; only pages of the named origins may read an answer.
    """
    allowed = frozenset(origins)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.perf_counter()
        given = request.headers.get(_REQUEST_ID)
        request_id = request[REQUEST_ID] = given if given and _GOOD_ID.fullmatch(given) else f"{getrandbits(128):032x}"
        resource, method = request.match_info.route.resource, request.method
        route = resource.canonical if resource else "unknown"
        timing = Timing(metrics, "graphql" if route == "/graphql" else "rest", f"{method} {route}")
        with (
            tracing.request(method, route if resource else None, request_id, request.headers) as trace,
            bound(request_id=request_id, trace_id=trace.trace_id),
        ):
            response = await metrics.timed(timing, _answered(request, handler, timing, desk, proxies))
            origin = request.headers.get(hdrs.ORIGIN)
            if type(response) is not Answer or origin in allowed or not response.seal(request, _USUAL % request_id):
                _secure(response.headers, request_id)
            if origin in allowed:
                response.headers.extend(sharing(origin or "", credentials=credentials, preflight=_is_preflight(request)))
            if trace.answered(response.status):
                _tell(trace, request)
            if told(INFO):
                identity = request.get(IDENTITY)
                caller = identity.caller if identity else None
                _log.info(
                    "request",
                    method=method,
                    route=route,
                    operation=request.get(OPERATION),
                    status=response.status,
                    milliseconds=round((time.perf_counter() - began) * 1000, 2),
                    tenant=caller.tenant.hex if caller else None,
                    user=caller.user.hex if caller else None,
                )
            return response

    return middleware


async def _answered(
    request: web.Request, handler: Handler, timing: Timing, desk: Desk, proxies: Sequence[Network]
) -> web.StreamResponse:
    """The answer, whatever happens. What nobody expected becomes JSON with a code, and goes to the log and nowhere else."""
    try:
        if _is_preflight(request):
            response: web.StreamResponse = web.Response()
        else:
            request[IDENTITY] = _identity(request, desk, proxies)
            if request.can_read_body:
                await _read(request)
            if (take := request._state.get(PLACE)) is not None and not take():
                raise web.HTTPServiceUnavailable(reason=BUSY, headers={hdrs.RETRY_AFTER: "1"})
            response = await handler(request)
    except web.HTTPException as error:
        headers = {str(name): error.headers[name] for name in (hdrs.ALLOW, hdrs.RETRY_AFTER) if name in error.headers}
        response = error if error.status < 400 else failure(request, error.status, error.reason, headers)
    except web.RequestPayloadError:
        response = failure(request, 400, "The body cannot be read.")
    except asyncio.CancelledError:
        timing.outcome = "cancelled"
        raise
    except Exception as error:
        _log.error("unexpected error", exc_info=error)
        failed(error)
        response = failure(request, 500, f"Something went wrong on our side. Tell us the request id {request[REQUEST_ID]}.")
    timing.operation = request.get(OPERATION, timing.operation)
    timing.outcome = _outcome(response.status)
    return response


def _tell(trace: Request, request: web.Request) -> None:
    """What a request's span tells of its caller and its operation."""
    identity = request.get(IDENTITY)
    if identity is not None and identity.caller is not None:
        trace.set("tenant.id", identity.caller.tenant.hex)
        trace.set("user.id", identity.caller.user.hex)
    if OPERATION in request:
        trace.set("graphql.operation.name", request[OPERATION])


def _is_preflight(request: web.Request) -> bool:
    return request.method == "OPTIONS" and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers


def failure(request: web.Request, status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    """An answer outside both transports, in a shape that the clients of both read."""
    if request.path.startswith("/api/"):
        return rest.call.json(request, rest.errors.detailed(status, message, request[REQUEST_ID]), status, headers)
    return bare(status, message, headers)


def bare(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    """The same where there is no request to look at."""
    code = _CODES.get(status, "BAD_REQUEST")
    body = {"message": message, "data": "", "errors": [{"message": message, "extensions": {"code": code}}]}
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json", headers=headers)


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


def _identity(request: web.Request, desk: Desk, proxies: Sequence[Network]) -> Identity:
    origin = Origin(
        request_id=request[REQUEST_ID],
        user_agent=_printable(request.headers.get(hdrs.USER_AGENT)),
        ip_prefix=prefix(client_address(request, proxies)) if proxies else _prefix(request.remote),
    )
    given = request.headers.getall(hdrs.AUTHORIZATION, ())
    if not given:
        return Identity(origin)
    bearer = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
    if bearer is None:
        return Identity(origin, stale=True)
    try:
        return Identity(origin, Caller.of(desk.keys.verify(bearer[1]), origin))
    except Unauthenticated:
        return Identity(origin, stale=True)


async def _read(request: web.Request) -> None:
    """Reads the body before anything is done, within a time: who sends slowly holds nothing but a socket."""
    announced = request.content_length or 0
    if announced > request.client_max_size:
        raise web.HTTPRequestEntityTooLarge(request.client_max_size, announced)
    if request.content.is_eof():  # as a rule it came with the headers
        body = request.content.read_nowait()
        if len(body) > request.client_max_size:
            raise web.HTTPRequestEntityTooLarge(request.client_max_size, len(body))
        request._read_bytes = body  # what `read` would keep, after three turns of its own
        return
    try:
        async with asyncio.timeout(_READ_SECONDS):
            await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


def _secure(headers: CIMultiDict[str], request_id: str) -> None:
    headers[_REQUEST_ID] = request_id
    headers.add(hdrs.VARY, _VARY)
    if hdrs.CACHE_CONTROL in headers or _POLICY in headers:  # some pages and answers have their own
        for header, value in SECURE.items():
            headers.setdefault(header, value)
    else:
        headers.extend(SECURE)


def sharing(origin: str, *, credentials: bool, preflight: bool) -> dict[str, str]:
    """The headers that let a page of this origin read the answer, or send the request that a preflight asks for."""
    told: dict[str, str] = {
        hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: origin,
        hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: "authorization, content-type, x-tenant-id, etag, x-request-id, idempotent-replayed, "
        "retry-after, ratelimit-limit, ratelimit-remaining, ratelimit-reset",
    }
    if credentials:
        told[hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"
    if preflight:
        told |= {
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, POST, PUT, DELETE, OPTIONS",
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: "authorization, accept, content-type, x-tenant-id, x-request-id, if-match, "
            "if-none-match, idempotency-key, prefer",
            hdrs.ACCESS_CONTROL_MAX_AGE: "3600",
        }
    return told


@lru_cache(1_000)
def _printable(text: str | None) -> str | None:
    return None if text is None else "".join(c for c in text if c.isprintable())[:300]


def _outcome(status: int) -> Outcome:
    return "failed" if status >= 500 else "refused" if status >= 400 else "ok"
