"""The handler of /graphql: a request to an operation, and its result to an answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from http.cookies import SimpleCookie
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from graphql import ExecutionResult, OperationType

from auth.caller import Identity
from auth.desk import Desk
from gql import protocol
from gql.budget import cost_extension, measured_only
from gql.context import Context
from gql.engine.engine import Engine, NoOperation, WrongKind
from gql.parameters import Parameters, in_url, parameters_of, posted
from gql.protocol import Refused
from gql.tenant_context import tenant_context
from gql.trusted import Trusted
from observability.operation import called

TOLD = web.RequestKey("told", dict[str, Any])
"""What the log and the metrics tell of a request: what it calls its `operation`, its document's digest, the cost in points, and the
`outcome` where the status says another: old clients hear of errors as of success. Of a batch the same of each operation."""

COOKIE: Final = "__Host-refresh_token"
_COST_ONLY: Final = {"Preference-Applied": "cost-only"}
_QUERY: Final = frozenset({OperationType.QUERY})
_BOTH: Final = frozenset({OperationType.QUERY, OperationType.MUTATION})


class View:
    """Answers POST, GET for queries, and a browser that asks for a page. `batch` is how many operations an array may bring, 0 for
    none; `later` is for the statuses of the later drafts."""

    def __init__(
        self,
        engine: Engine,
        desk: Desk,
        trusted: Trusted,
        *,
        identify: Callable[[web.Request], Identity],
        page: Callable[[], web.Response] | None,
        origins: Iterable[str],
        credentials: bool,
        introspectable: bool,
        batch: int = 0,
        later: bool = False,
    ) -> None:
        self._engine, self._desk, self._trusted, self._identify, self._page = engine, desk, trusted, identify, page
        self._readers, self._introspectable = frozenset(origins), introspectable
        self._origins = self._readers if credentials else frozenset[str]()
        self._batch, self._later = batch, later

    async def handle(self, request: web.Request) -> web.Response:
        """Answers one request."""
        by_get, kind = request.method == "GET", protocol.JSON
        if by_get and self._page is not None and _wants_page(request):
            return self._page()
        try:
            kind = protocol.media(request)
            if by_get:
                if self._foreign(request):
                    raise Refused(protocol.FOREIGN, "This origin may not query by GET.")
                return await self._answered(request, in_url(request), kind, _QUERY)
            given = posted(request, await request.read())
            if type(given) is list:
                return await self._each(request, given, kind)
            return await self._answered(request, given, kind, _BOTH)
        except Refused as refused:
            status = protocol.failed(refused.fault, kind, later=self._later)
            return protocol.response(refused.answer, kind, status, refused.fault.headers)

    async def _answered(self, request: web.Request, given: Any, kind: str, allowed: Collection[OperationType]) -> web.Response:
        parameters = self._trusted.completed(parameters_of(given, request))
        context = self._context(request)
        seen = request[TOLD] = {"operation": called(parameters.operation_name)}
        try:
            with tenant_context(context, seen["operation"]):
                result = await self._executed(parameters, context, allowed)
        finally:
            seen["document"], seen["cost"] = context.digest, context.cost
        most = self._engine.limits.cost
        if result is None:
            response = protocol.response(await measured_only(context, most), kind, headers=_COST_ONLY)
        else:
            told = protocol.answer(result, context.origin.request_id, cost_extension(context, most))
            response = protocol.response(told, kind, protocol.status(result, told, kind, later=self._later))
            if result.errors:
                seen["outcome"] = protocol.outcome(told)
        if context.set_cookie is not None:
            _put_cookie(response, context.set_cookie)
        if allowed is _QUERY and parameters.document_id is not None:
            return protocol.kept(request, response)
        return response

    async def _each(self, request: web.Request, batch: list[Any], kind: str) -> web.Response:
        """One after another, each measured, charged and answered as if it had come alone."""
        if not 0 < len(batch) <= self._batch:
            most = f"Send an array of 1 to {self._batch} operations." if self._batch else "Send one operation, and no array."
            raise Refused(protocol.MALFORMED, most)
        answers: list[Any] = []
        seen: list[dict[str, Any]] = []
        cookies = SimpleCookie()
        for given in batch:
            request[TOLD] = {"outcome": "refused"}
            try:
                one = await self._answered(request, given, kind, _BOTH)
            except Refused as refused:
                one = protocol.response(refused.answer, kind)
            seen.append(request[TOLD])
            answers.append(one.body)
            cookies |= one.cookies
        request[TOLD] = _together(seen)
        response = protocol.response(b"[%b]" % b",".join(answers), kind)
        response.cookies.update(cookies)
        return response

    async def _executed(
        self, parameters: Parameters, context: Context, allowed: Collection[OperationType]
    ) -> ExecutionResult | None:
        """The result; None where its cost alone was asked for."""
        asked = parameters.query, parameters.variables, parameters.operation_name
        try:
            return await self._engine.execute(*asked, context, allowed, cost_only=parameters.cost_only)
        except NoOperation as none:
            raise Refused(protocol.INVALID, str(none)) from None
        except WrongKind as wrong:
            if wrong.kind is OperationType.MUTATION:
                raise Refused(protocol.BY_GET, "Send a mutation by POST.") from None
            raise Refused(protocol.INVALID, "There are no subscriptions here.") from None

    def _context(self, request: web.Request) -> Context:
        identity = self._identify(request)
        origin = request.headers.get(hdrs.ORIGIN)
        return Context(
            desk=self._desk,
            origin=identity.origin,
            signed_in=identity.caller,
            stale=identity.stale,
            cookie=request.cookies.get(COOKIE) if hdrs.COOKIE in request.headers else None,
            introspectable=self._introspectable or identity.caller is not None,
            origin_allowed=origin is not None and (origin in self._origins or _host(origin) == request.host),
        )

    def _foreign(self, request: web.Request) -> bool:
        """Whether a page of somewhere else sends it, which CORS would not have let read the answer."""
        origin = request.headers.get(hdrs.ORIGIN)
        return origin is not None and origin not in self._readers and _host(origin) != request.host


def _together(seen: list[dict[str, Any]]) -> dict[str, Any]:
    """What is told of a batch: it failed where one of its operations did."""
    outcomes = {one.get("outcome", "ok") for one in seen}
    worst = next((outcome for outcome in ("failed", "refused") if outcome in outcomes), "ok")
    return {"operation": "batch", "operations": seen, "cost": sum(one.get("cost") or 0 for one in seen), "outcome": worst}


def _host(origin: str) -> str | None:
    try:
        parts = urlsplit(origin)
        return parts.netloc if parts.scheme in {"http", "https"} else None
    except ValueError:  # brackets that hold no address
        return None


def _wants_page(request: web.Request) -> bool:
    return "text/html" in request.headers.get(hdrs.ACCEPT, "") and request.query.keys().isdisjoint({"query", "documentId"})


def _put_cookie(response: web.Response, token: str) -> None:
    """Sets or takes away the refresh cookie, which comes back from pages of the same site alone.

    __Host- and the path / keep another host of the site from planting one of its own (RFC 6265bis §4.1.3.2; the best current
    practice for browser-based OAuth applications asks for both).
    """
    response.set_cookie(COOKIE, token, path="/", httponly=True, secure=True, samesite="Strict", max_age=None if token else 0)
