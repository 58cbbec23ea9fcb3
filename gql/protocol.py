"""GraphQL over HTTP: the media types and statuses of answers, and how answers are made.

The specification's draft of 2023, which is the one that audits check; its later statuses by choice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import orjson
from aiohttp import hdrs, web
from graphql import ExecutionResult, GraphQLSyntaxError

from gql.answer import Answer
from gql.errors import CODES, shown

JSON: Final = "application/json"
RESPONSE: Final = "application/graphql-response+json"
_WEIGHT: Final = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


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
BY_GET: Final = Fault(405, 405, "METHOD_NOT_ALLOWED", headers={hdrs.ALLOW: "POST"})
NOT_ACCEPTABLE: Final = Fault(406, 406)
UNSUPPORTED: Final = Fault(415, 415, headers={hdrs.ACCEPT: JSON, hdrs.ACCEPT_ENCODING: "identity"})
"""Together with `CODES`, for what fails once it is executed, every status of /graphql but 200, PARTIAL and 304, as far as the view
gives it: a body that is too large or cannot be read, and other methods than GET and POST, never come as far as here."""

_ROOTS: Final = ("Query", "Mutation")
"""What `__typename` says of the root: no data, though some clients ask for it with everything."""

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
    if own != 400 and all(value is None or value in _ROOTS for value in (result.data or {}).values()):
        return own
    if _began(result):
        return PARTIAL if later and kind == RESPONSE else 200
    return failed(SYNTAX if isinstance(result.errors[0], GraphQLSyntaxError) else INVALID, kind, later=later)


def outcome(told: dict[str, Any]) -> str:
    """What became of an operation that is answered with errors: it failed where one of them is ours, else it was refused."""
    return "failed" if any(CODES.get(one["extensions"]["code"], 400) >= 500 for one in told["errors"]) else "refused"


def failed(fault: Fault, kind: str, *, later: bool) -> int:
    """The status of a fault, in the media type `kind`."""
    return 200 if fault.tolerated and kind == JSON else fault.later if later else fault.status


def response(told: Any, kind: str, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """The answer of HTTP: `told` is a response, or the bytes of one or of a list of them."""
    body = told if type(told) is bytes else orjson.dumps(told, option=orjson.OPT_UTC_Z)
    made = Answer(body, kind, status)
    if headers:
        made.headers.update(headers)
    if type(told) is dict and "errors" in told:
        for error in told["errors"]:
            if "retryAfterSeconds" in error["extensions"]:
                made.headers[hdrs.RETRY_AFTER] = str(error["extensions"]["retryAfterSeconds"])
    return made


def kept(request: web.Request, made: web.Response) -> web.Response:
    """The answer to a trusted query by GET, for the client's own cache; a 304 where it has that already (RFC 9110, section 13.1.2).

    The tag is of the data alone, and weak: what is left of a budget changes with every answer.
    """
    told = orjson.loads(made.body)  # type: ignore[arg-type]
    if "errors" in told or "data" not in told:
        return made
    digest = sha256(orjson.dumps(told["data"])).hexdigest()
    if any(tag.value in {digest, "*"} for tag in request.if_none_match or ()):
        made = web.Response(status=304)
    made.headers.update({hdrs.ETAG: f'W/"{digest}"', hdrs.CACHE_CONTROL: "private, no-cache", hdrs.VARY: hdrs.ACCEPT})
    return made


def _began(result: ExecutionResult) -> bool:
    """Whether execution began; where it did not there is no data at all (GraphQL, section 7.1.1)."""
    return result.data is not None or any(error.path is not None for error in result.errors or ())


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
    welcome = [kind for kind in (RESPONSE, JSON) if kind in weights] + [kind for kind in (JSON, RESPONSE) if kind not in weights]
    best = max(welcome, key=lambda kind: weights.get(kind, anything))
    return best if weights.get(best, anything) > 0 else None


def _weight(parameters: list[str]) -> float:
    """The weight of a range, 1 where none can be read."""
    for parameter in parameters:
        weight = _WEIGHT.fullmatch(parameter)
        if weight is not None:
            return float(weight[1])
    return 1.0
