"""What every request passes: a request id and one line of the log, the crash barrier, security headers, CORS, identification."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Sequence
from random import getrandbits
from typing import Any, Final

import orjson
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware
from multidict import CIMultiDict, istr

import rest.call
import rest.errors
from auth.caller import Identity
from auth.desk import Desk
from gql.answer import Answer
from gql.view import TOLD
from observability.logging import logger, scope
from observability.metrics import Metrics, Outcome
from observability.redaction import scrub
from observability.spans import Request, failed
from observability.tracing import Tracing
from server.cors import is_preflight, sharing
from server.identity import identified
from server.settings import Network

_log = logger("server.access")
_GOOD_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
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
    metrics: Metrics,
    tracing: Tracing,
    desk: Desk,
    proxies: Sequence[Network],
    origins: Iterable[str],
    *,
    credentials: bool,
    slow_seconds: float,
) -> Middleware:
    """What every request passes: it gets an id, is timed, identified and answered, and told of in one line.

    One middleware for all of it, since each of its own costs as much as a small query. A preflight of cross-origin resource
    sharing is answered with 200; only pages of the named origins may read an answer. One that takes `slow_seconds` or more is told
    of as a warning.
    """
    allowed = frozenset(origins)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.perf_counter()
        given = request.headers.get(_REQUEST_ID)
        if given and _GOOD_ID.fullmatch(given):
            request_id, shown = given, scrub(given)
        else:
            request_id = shown = f"{getrandbits(128):032x}"
        request[REQUEST_ID] = request_id
        resource, method = request.match_info.route.resource, request.method
        method = method if method in hdrs.METH_ALL else "OTHER"
        route = resource.canonical if resource else "unknown"
        operation = f"{method} {route}"
        line: dict[str, Any] = {"request_id": shown}
        outcome, status = "failed", None
        with (
            tracing.request(method, route if resource else None, shown, request.headers) as trace,
            scope(line),
        ):
            line["trace_id"] = trace.trace_id
            try:
                response = await _answered(request, handler, line, metrics, desk, proxies)
                origin = request.headers.get(hdrs.ORIGIN)
                if type(response) is not Answer or origin in allowed or not response.seal(request, _USUAL % request_id):
                    _secure(response.headers, request_id)
                if origin in allowed:
                    response.headers.extend(sharing(origin or "", credentials=credentials, preflight=is_preflight(request)))
                status = response.status
                if trace.answered(status):
                    _tell(trace, request)
                outcome = _outcome(status)
            except asyncio.CancelledError:  # who asked has hung up
                outcome = "cancelled"
                raise
            finally:
                told = {"outcome": outcome, **request.get(TOLD, {})}
                seconds = time.perf_counter() - began
                metrics.observe(
                    "graphql" if route == "/graphql" else "rest", told.get("operation", operation), told["outcome"], seconds
                )
                _log.plain(
                    _level(told["outcome"], status, slow=seconds >= slow_seconds),
                    "request",
                    {"method": method, "route": route, "status": status, "milliseconds": round(seconds * 1000, 2), **told},
                )
            return response

    return middleware


def _level(outcome: str, status: int | None, *, slow: bool) -> str:
    """So that what failed and what was slow is found whatever the level; that the service is busy, or the database away, comes in
    floods."""
    if outcome == "failed":
        return "warning" if status == 503 else "error"
    return "warning" if slow else "info"


async def _answered(
    request: web.Request, handler: Handler, line: dict[str, Any], metrics: Metrics, desk: Desk, proxies: Sequence[Network]
) -> web.StreamResponse:
    """The answer, whatever happens. What nobody expected becomes JSON with a code, and goes to the log and nowhere else."""
    try:
        if is_preflight(request):
            return web.Response()
        identity = request[IDENTITY] = identified(request, request[REQUEST_ID], desk, proxies)
        if identity.caller is not None:
            line["tenant"], line["user"] = identity.caller.tenant.hex, identity.caller.user.hex
        elif identity.stale:
            metrics.authenticated("token", "refused")
        if request.can_read_body:
            await _read(request)
        if (take := request._state.get(PLACE)) is not None and not take():
            raise web.HTTPServiceUnavailable(reason=BUSY, headers={hdrs.RETRY_AFTER: "1"})
        return await handler(request)
    except web.HTTPException as error:
        headers = {str(name): error.headers[name] for name in (hdrs.ALLOW, hdrs.RETRY_AFTER) if name in error.headers}
        return error if error.status < 400 else failure(request, error.status, error.reason, headers)
    except web.RequestPayloadError:
        return failure(request, 400, "The body cannot be read.")
    except Exception as error:
        _log.error("unexpected error", exc_info=error)
        failed(error)
        return failure(request, 500, f"Something went wrong on our side. Tell us the request id {request[REQUEST_ID]}.")


def _tell(trace: Request, request: web.Request) -> None:
    """What a request's span tells of its caller and its operation."""
    identity = request.get(IDENTITY)
    if identity is not None and identity.caller is not None:
        trace.set("tenant.id", identity.caller.tenant.hex)
        trace.set("user.id", identity.caller.user.hex)
    if (operation := request.get(TOLD, {}).get("operation")) is not None:
        trace.set("graphql.operation.name", operation)


def failure(request: web.Request, status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    """An answer outside both transports, in a shape that the clients of both read."""
    if request.path.startswith("/api/"):
        return rest.call.json(request, rest.errors.detailed(status, message, request[REQUEST_ID]), status, headers)
    return bare(status, message, headers)


def bare(status: int, message: str, headers: dict[str, str] | None = None, code: str | None = None) -> web.Response:
    """The same where there is no request to look at."""
    code = code or _CODES.get(status, "BAD_REQUEST")
    body = {"message": message, "data": "", "errors": [{"message": message, "extensions": {"code": code}}]}
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json", headers=headers)


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


def _outcome(status: int) -> Outcome:
    return "failed" if status >= 500 else "refused" if status >= 400 else "ok"
