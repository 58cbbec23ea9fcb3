"""GraphQL over HTTP: how a request is read, which media type and status its answer has, and how the answer is made.

The specification's draft of 2023, which is the one that audits check; its later statuses by choice. JSON is RFC 8259's, as
orjson reads it: UTF-8 without a byte order mark, no NaN, no lone surrogate, at most 1,024 levels and no number that a double
cannot hold. Of members of one name the last counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import orjson
from aiohttp import hdrs, web
from graphql import ExecutionResult, GraphQLSyntaxError

from gql.budget import prefers_cost_only
from gql.errors import CODES, shown

JSON: Final = "application/json"
RESPONSE: Final = "application/graphql-response+json"

VALUES: Final = 2_000
"""Objects, lists and scalars in the variables: as many as tokens in a document, since each is coerced before anything runs."""

DEPTH: Final = 64
"""Brackets within brackets in the variables: as many as in a document."""


class Fault(NamedTuple):
    """A way in which a request fails before any of it is executed."""

    status: int
    later: int
    """The status of the later drafts."""
    code: str = "BAD_REQUEST"
    tolerated: bool = False
    """Whether it is a 200 in application/json: the request was well-formed, and old clients read nothing else."""
    headers: Mapping[str, str] = MappingProxyType({})


NOT_JSON: Final = Fault(400, 400)
MALFORMED: Final = Fault(400, 422)
SYNTAX: Final = Fault(400, 400, tolerated=True)
INVALID: Final = Fault(400, 422, tolerated=True)
"""No operation of this schema, within its limits, with variables that fit."""
NO_MANIFEST: Final = Fault(400, 400, "PERSISTED_QUERY_NOT_SUPPORTED", tolerated=True)
UNKNOWN_DOCUMENT: Final = Fault(400, 400, "PERSISTED_QUERY_NOT_FOUND", tolerated=True)
UNTRUSTED: Final = Fault(403, 403, "DOCUMENT_NOT_TRUSTED")
FOREIGN: Final = Fault(403, 403)
BY_GET: Final = Fault(405, 405, headers={hdrs.ALLOW: "POST"})
NOT_ACCEPTABLE: Final = Fault(406, 406)
UNSUPPORTED: Final = Fault(415, 415, headers={hdrs.ACCEPT: JSON, hdrs.ACCEPT_ENCODING: "identity"})
"""Together with `CODES`, for what fails once it is executed, every status of /graphql but 200, PARTIAL and 304. What is larger than
the server reads (413), and methods other than GET and POST (405), never come as far as here."""

PARTIAL: Final = 294
"""What the later drafts answer where there are data and errors."""


class Refused(Exception):
    """The request fails as a whole; the text says why, for the client."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault

    @property
    def answer(self) -> dict[str, Any]:
        """The response that says so."""
        return {"errors": [{"message": str(self), "extensions": {"code": self.fault.code}}]}


class Parameters(NamedTuple):
    """What a request asks for. `query` is empty where `document_id` stands for it."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = None
    """`documentId`, or else the digest of Apollo's persistedQuery."""
    cost_only: bool = False
    """Whether the client prefers to be told what it would cost."""


def posted(request: web.Request, body: bytes) -> Any:
    """The JSON of a POST. Raises Refused."""
    headers = request.headers
    if not _is_json(", ".join(headers.getall(hdrs.CONTENT_TYPE, ()))):
        raise Refused(UNSUPPORTED, "Send application/json in UTF-8.")
    if headers.get(hdrs.CONTENT_ENCODING, "identity") != "identity":
        raise Refused(UNSUPPORTED, "Send the body uncompressed.")
    return _parsed(body)


def in_url(request: web.Request) -> dict[str, Any]:
    """The parameters of a GET, each from its own of the URL; an empty one counts as none. Raises Refused."""
    given: dict[str, Any] = {}
    for name in ("query", "documentId", "operationName", "variables", "extensions"):
        values = request.query.getall(name, [])
        if len(values) > 1:
            raise Refused(MALFORMED, f"{name} must be given once.")
        if values and values[0]:
            given[name] = _parsed(_encoded(values[0])) if name in {"variables", "extensions"} else _encoded(values[0]).decode()
    return given


def parameters(given: Any, request: web.Request) -> Parameters:
    """The parameters, each of its type; other members are ignored. Raises Refused."""
    if type(given) is not dict:
        raise Refused(MALFORMED, "Send an object with a query.")
    read = given.get
    query, variables, name = read("query"), read("variables"), read("operationName")
    extensions, document = read("extensions"), read("documentId")
    if variables is not None:
        if type(variables) is not dict:
            raise Refused(MALFORMED, "variables must be an object.")
        _bounded(variables)
    if name is not None and type(name) is not str:
        raise Refused(MALFORMED, "operationName must be a text.")
    if extensions is not None:
        if type(extensions) is not dict:
            raise Refused(MALFORMED, "extensions must be an object.")
        persisted = extensions.get("persistedQuery")
        if document is None and type(persisted) is dict:
            document = persisted.get("sha256Hash")
    if document is not None and type(document) is not str:
        raise Refused(MALFORMED, "documentId must be a text.")
    if query is None and document is not None:
        query = ""
    elif type(query) is not str or not query or query.isspace():
        raise Refused(MALFORMED, "query must be a text that is not empty.")
    prefer = request.headers.getall("Prefer", ())
    return Parameters(query, variables, name, extensions, document, bool(prefer) and prefers_cost_only(prefer))


def media(request: web.Request) -> str:
    """The media type of the answer. Raises Refused where the client takes none that we have."""
    chosen = _chosen(", ".join(request.headers.getall(hdrs.ACCEPT, ())))
    if chosen is None:
        raise Refused(NOT_ACCEPTABLE, f"Accept {RESPONSE} or {JSON}.")
    return chosen


def answer(result: ExecutionResult, request_id: str | None, cost: dict[str, Any] | None) -> dict[str, Any]:
    """The response of an executed operation."""
    told: dict[str, Any] = {}
    if result.errors:
        told["errors"] = [shown(error, request_id) for error in result.errors]
    if not result.errors or _began(result):
        told["data"] = result.data
    if cost is not None:
        told["extensions"] = {"cost": cost}
    return told


def status(result: ExecutionResult, told: dict[str, Any], kind: str, *, later: bool) -> int:
    """The status of the response `told` of a result, in the media type `kind`; `later` for the later drafts'."""
    if not result.errors:
        return 200
    own = CODES.get(told["errors"][0]["extensions"]["code"], 400)
    if own != 400 and not any(value is not None for value in (result.data or {}).values()):
        return own
    if _began(result):
        return PARTIAL if later and kind == RESPONSE else 200
    return failed(SYNTAX if isinstance(result.errors[0], GraphQLSyntaxError) else INVALID, kind, later=later)


def failed(fault: Fault, kind: str, *, later: bool) -> int:
    """The status of a fault, in the media type `kind`."""
    return 200 if fault.tolerated and kind == JSON else fault.later if later else fault.status


def response(told: Any, kind: str, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """The answer of HTTP: `told` is a response, a list of responses, or the bytes of either."""
    body = told if type(told) is bytes else orjson.dumps(told, option=orjson.OPT_UTC_Z)
    made = web.Response(body=body, status=status, headers=_HEADERS[kind])
    if headers:
        made.headers.update(headers)
    if status != 200 and type(told) is dict:
        for error in told.get("errors", ()):
            if "retryAfterSeconds" in error["extensions"]:
                made.headers[hdrs.RETRY_AFTER] = str(error["extensions"]["retryAfterSeconds"])
    return made


def kept(request: web.Request, made: web.Response) -> web.Response:
    """The answer to a trusted query by GET, for the client's own cache: its tag is of the data alone, since what is left of a
    budget changes with every answer; and 304 where the client has it already (RFC 9110, section 13.1.2)."""
    told = orjson.loads(made.body)  # type: ignore[arg-type]
    if "errors" in told or "data" not in told:
        return made
    digest = sha256(orjson.dumps(told["data"])).hexdigest()
    if any(tag.value in {digest, "*"} for tag in request.if_none_match or ()):
        made = web.Response(status=304)
    made.headers.update({hdrs.ETAG: f'W/"{digest}"', hdrs.CACHE_CONTROL: "private, no-cache", hdrs.VARY: hdrs.ACCEPT})
    return made


_HEADERS: Final = {kind: {hdrs.CONTENT_TYPE: f"{kind}; charset=utf-8"} for kind in (JSON, RESPONSE)}


def _began(result: ExecutionResult) -> bool:
    """Whether execution began; where it did not there is no data at all (GraphQL, section 7.1.1)."""
    return result.data is not None or any(error.path is not None for error in result.errors or ())


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused(NOT_JSON, "This is no JSON (RFC 8259) in UTF-8.") from None


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # bytes of the URL that are no UTF-8
        raise Refused(MALFORMED, "The URL must be UTF-8.") from None


def _bounded(variables: dict[str, Any]) -> None:
    """Refuses what would take long to coerce. Walks by levels, and calls nothing for scalars."""
    level: list[Any] = [variables]
    count = 1
    for _ in range(DEPTH):
        count += sum(map(len, level))
        if count > VALUES:
            raise Refused(MALFORMED, f"variables may hold at most {VALUES} values.")
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return
    raise Refused(MALFORMED, f"variables may be at most {DEPTH} levels deep.")


@lru_cache(maxsize=256)
def _is_json(content_type: str) -> bool:
    """Whether it is application/json, with no parameter but the charset UTF-8: all that pages can send unasked is something else."""
    kind, *more = (part.strip() for part in content_type.lower().split(";"))
    return kind == JSON and set(more) <= {"charset=utf-8", 'charset="utf-8"', "charset=utf8"}


@lru_cache(maxsize=256)
def _chosen(accept: str) -> str | None:
    """The type of ours that an Accept prefers (RFC 9110, section 12.5.1); None where it takes neither.

    Of two that are equally welcome the one that was named; of both, the one that tells more. Whoever names neither gets JSON.
    """
    weights: dict[str, float] = {}
    for part in accept.split(","):
        kind, *more = (piece.strip() for piece in part.lower().split(";"))
        if kind:
            weights[kind] = max(_weight(more), weights.get(kind, 0.0))
    if not weights:
        return JSON
    anything = weights.get("application/*", weights.get("*/*", 0.0))
    weighed = [(weights.get(kind, anything), kind in weights, rank, kind) for rank, kind in enumerate((JSON, RESPONSE))]
    if RESPONSE not in weights:
        weighed.pop()
    weight, *_, kind = max(weighed)
    return kind if weight > 0 else None


def _weight(parameters: list[str]) -> float:
    """The weight of a range; one that cannot be read, or is none, excludes it."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                return 0.0
            return weight if 0 <= weight <= 1 else 0.0
    return 1.0
