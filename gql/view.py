"""GraphQL over HTTP: a request's body to an operation, and its result to an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from aiohttp import hdrs, web
from graphql import ExecutionResult, OperationType

from auth.caller import Identity
from auth.desk import Desk
from gql.budget import cost_extension
from gql.context import Context
from gql.engine.engine import Engine, NoOperation, WrongKind
from gql.errors import CODES, shown
from observability.operation import called, operating

OPERATION = web.RequestKey("operation", str)
"""What a request calls its operation, for the log and the metrics."""

VALUES: Final = 2_000
"""Objects, lists and scalars in the variables: as many as tokens in a document, since each is coerced before anything runs."""

COOKIE: Final = "__Secure-refresh_token"
_JSON: Final = "application/json"
_RESPONSE: Final = "application/graphql-response+json"
_QUERY: Final = frozenset({OperationType.QUERY})
_BOTH: Final = frozenset({OperationType.QUERY, OperationType.MUTATION})


class Unreadable(Exception):
    """The request cannot be understood; `status` and the text say why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class View:
    """The handler of /graphql: POST, GET for queries, and a page for a browser that asks for one."""

    def __init__(
        self,
        engine: Engine,
        desk: Desk,
        *,
        identify: Callable[[web.Request], Identity],
        page: Callable[[], web.Response] | None,
        origins: Iterable[str],
        credentials: bool,
        introspectable: bool,
    ) -> None:
        self._engine, self._desk, self._identify, self._page = engine, desk, identify, page
        self._readers, self._introspectable = frozenset(origins), introspectable
        self._origins = self._readers if credentials else frozenset[str]()

    async def handle(self, request: web.Request) -> web.Response:
        """Answers one operation."""
        if self._page is not None and request.method == "GET" and _wants_page(request):
            return self._page()
        try:
            if request.method == "GET" and self._foreign(request):
                raise Unreadable(403, "This origin may not query by GET.")
            given = await _given(request)
            context = self._context(request)
            request[OPERATION] = called(given["operationName"])
            result = await self._executed(request, given, context)
        except Unreadable as error:
            return _unreadable(request, error)
        response = _result(request, result, context.origin.request_id, cost_extension(context, self._engine.limits.cost))
        if context.set_cookie is not None:
            _put_cookie(response, context.set_cookie)
        return response

    async def _executed(self, request: web.Request, given: dict[str, Any], context: Context) -> ExecutionResult:
        allowed = _QUERY if request.method == "GET" else _BOTH
        try:
            with operating(context.signed_in, request[OPERATION]):
                return await self._engine.execute(given["query"], given["variables"], given["operationName"], context, allowed)
        except NoOperation as none:
            raise Unreadable(400, str(none)) from None
        except WrongKind:
            if request.method == "GET":
                raise Unreadable(405, "Send a mutation by POST.") from None
            raise Unreadable(400, "There are no subscriptions here.") from None

    def _context(self, request: web.Request) -> Context:
        identity = self._identify(request)
        origin = request.headers.get(hdrs.ORIGIN)
        return Context(
            desk=self._desk,
            origin=identity.origin,
            signed_in=identity.caller,
            stale=identity.stale,
            cookie=request.cookies.get(COOKIE),
            introspectable=self._introspectable or identity.caller is not None,
            origin_allowed=origin is not None and (origin in self._origins or _host(origin) == request.host),
        )

    def _foreign(self, request: web.Request) -> bool:
        """Whether a page of somewhere else sends it, which CORS would not have let read the answer."""
        origin = request.headers.get(hdrs.ORIGIN)
        return origin is not None and origin not in self._readers and _host(origin) != request.host


async def _given(request: web.Request) -> dict[str, Any]:
    """The parameters of the request, each of its type. Raises Unreadable."""
    if request.method == "GET":
        given = {name: value for name, value in request.query.items() if value}
        parameters: Any = {n: _parsed(v.encode()) if n in {"variables", "extensions"} else v for n, v in given.items()}
    else:
        if request.content_type != _JSON or (request.charset or "utf-8").lower() not in {"utf-8", "utf8"}:
            raise Unreadable(415, "Send application/json in UTF-8.")
        if request.headers.get(hdrs.CONTENT_ENCODING, "identity") != "identity":
            raise Unreadable(415, "Send the body uncompressed.")
        parameters = _parsed(await request.read())
    if not isinstance(parameters, dict):
        raise Unreadable(400, "Send an object with a query.")
    query, variables = parameters.get("query"), parameters.get("variables")
    name, extensions = parameters.get("operationName"), parameters.get("extensions")
    if not isinstance(query, str) or not query.strip():
        raise Unreadable(400, "query must be a text that is not empty.")
    if variables is not None and not isinstance(variables, dict):
        raise Unreadable(400, "variables must be an object.")
    if _size(variables, VALUES) > VALUES:
        raise Unreadable(400, f"variables may hold at most {VALUES} values.")
    if extensions is not None and not isinstance(extensions, dict):
        raise Unreadable(400, "extensions must be an object.")
    if name is not None and not isinstance(name, str):
        raise Unreadable(400, "operationName must be a text.")
    return {"query": query, "variables": variables, "operationName": name}


def _size(value: Any, most: int) -> int:
    """How many values a JSON value holds; once it is more than `most`, how many more is not counted."""
    inner: Iterable[Any] = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    count = 1
    for one in inner:
        count += _size(one, most - count)
        if count > most:
            break
    return count


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Unreadable(400, "This is no JSON (RFC 8259) in UTF-8.") from None


def _host(origin: str) -> str | None:
    try:
        parts = urlsplit(origin)
        return parts.netloc if parts.scheme in {"http", "https"} else None
    except ValueError:  # brackets that hold no address
        return None


def _unreadable(request: web.Request, error: Unreadable) -> web.Response:
    response = _answer(request, {"errors": [{"message": str(error), "extensions": {"code": "BAD_REQUEST"}}]}, error.status)
    if error.status == 405:
        response.headers[hdrs.ALLOW] = "POST"
    return response


def _result(request: web.Request, result: ExecutionResult, request_id: str | None, cost: dict[str, Any] | None) -> web.Response:
    answer: dict[str, Any] = {}
    errors = [shown(error, request_id) for error in result.errors or ()]
    if errors:
        answer["errors"] = errors
    # Where execution never began there is no data at all (GraphQL, section 7.1.1).
    began = not errors or result.data is not None or any(error.path is not None for error in result.errors or ())
    if began:
        answer["data"] = result.data
    if cost is not None:
        answer["extensions"] = {"cost": cost}
    return _answer(request, answer, _status(request, answer, began=began))


def _status(request: web.Request, answer: dict[str, Any], *, began: bool) -> int:
    """200 where anything was answered; else what the first error's code says."""
    if "errors" not in answer or any(value is not None for value in (answer.get("data") or {}).values()):
        return 200
    status = CODES.get(answer["errors"][0]["extensions"]["code"], 400)
    # Clients that know nothing but application/json take a document's own errors from a 200.
    return 200 if status == 400 and (began or _media(request) == _JSON) else status


def _answer(request: web.Request, answer: dict[str, Any], status: int) -> web.Response:
    response = web.Response(
        body=orjson.dumps(answer, option=orjson.OPT_UTC_Z),
        status=status,
        headers={hdrs.CONTENT_TYPE: f"{_media(request)}; charset=utf-8"},
    )
    for error in answer.get("errors", ()):
        if "retryAfterSeconds" in error["extensions"]:
            response.headers[hdrs.RETRY_AFTER] = str(error["extensions"]["retryAfterSeconds"])
    return response


def _media(request: web.Request) -> str:
    accept = request.headers.get(hdrs.ACCEPT, "")
    return _JSON if _JSON in accept and _RESPONSE not in accept else _RESPONSE


def _wants_page(request: web.Request) -> bool:
    return "text/html" in request.headers.get(hdrs.ACCEPT, "") and "query" not in request.query


def _put_cookie(response: web.Response, token: str) -> None:
    """Sets or takes away the refresh cookie; only /graphql gets it back, and only from a page of the same site."""
    response.set_cookie(COOKIE, token, path="/graphql", httponly=True, secure=True, samesite="Strict", max_age=None if token else 0)
