"""What a request to /graphql asks for, read from its body or its URL (GraphQL over HTTP).

JSON is RFC 8259's, as orjson reads it: UTF-8 without a byte order mark, no NaN, no lone surrogate, at most 1,024 levels and no
number that a double cannot hold. Of members of one name the last counts.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, NamedTuple

import orjson
from aiohttp import hdrs, web
from multidict import istr

from gql.budget import prefers_cost_only
from gql.protocol import JSON, MALFORMED, NOT_JSON, UNSUPPORTED, Refused

VALUES: Final = 2_000
"""Objects, lists and scalars in the variables: as many as tokens in a document, since each is coerced before anything runs."""

DEPTH: Final = 64
"""Brackets within brackets in the variables: as many as in a document."""

_PREFER: Final = istr("Prefer")


class Parameters(NamedTuple):
    """What a request asks for. `query` is empty where `document_id` stands for it."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
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
            given[name] = _parsed(values[0]) if name in {"variables", "extensions"} else values[0]
    return given


def parameters_of(given: Any, request: web.Request) -> Parameters:
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
    prefer = request.headers.getall(_PREFER, ())
    return Parameters(query, variables, name, document, bool(prefer) and prefers_cost_only(prefer))


def _parsed(body: bytes | str) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused(NOT_JSON, "This is no JSON (RFC 8259) in UTF-8.") from None


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
    """Whether it is application/json, with no parameter but the charset UTF-8. No page can send that unasked (CORS)."""
    kind, *more = (part.strip() for part in content_type.lower().split(";"))
    return kind == JSON and set(more) <= {"charset=utf-8", 'charset="utf-8"', "charset=utf8"}
