"""One call of the shim: what a handler may ask of the request, and what it answers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final, TypeVar

import orjson
from aiohttp import hdrs, web
from pydantic import BaseModel, ValidationError

from auth.caller import Caller, Identity
from auth.desk import Desk
from models.errors import BadRequest, NotFound, Unauthenticated
from models.values import Origin
from rest import errors

_JSON: Final = "application/json"
_INT: Final = re.compile(r"[+-]?[0-9]{1,10}")
_INT32: Final = range(-(2**31), 2**31)
_IDEMPOTENCY_KEY: Final = "Idempotency-Key"
_VERSION: Final = re.compile(r'"([0-9]{1,9})"')
_Model = TypeVar("_Model", bound=BaseModel)

Faults = Callable[[], Awaitable[list[str]]]
"""What keeps the process from serving; empty is well."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers: `{message, data, metadata?, …}`, or `data` alone where the old service sent no envelope."""

    data: Any = ""
    message: str = "ok"
    metadata: Mapping[str, Any] | None = None
    beside: Mapping[str, Any] = field(default_factory=dict)
    bare: bool = False
    status: int = errors.OK
    headers: Mapping[str, str] = field(default_factory=dict)
    tagged: bool = False
    """Whether the answer carries a digest of itself as its ETag."""

    def response(self, request: web.Request) -> web.Response:
        """The answer on the wire; 304 where the client has this very body (RFC 9110, 13.1.2)."""
        told: Any = self.data
        if not self.bare:
            told = {"message": self.message, "data": self.data, **self.beside}
            if self.metadata is not None:
                told["metadata"] = self.metadata
        answer = json(request, told, self.status, self.headers)
        if self.tagged and isinstance(answer.body, bytes):
            digest = blake2b(answer.body, digest_size=16).hexdigest()
            answer.headers[hdrs.ETAG] = f'W/"{digest}"'
            if any(tag.value == digest for tag in request.if_none_match or ()):
                return web.Response(status=errors.NOT_MODIFIED, headers={hdrs.ETAG: answer.headers[hdrs.ETAG]})
        return answer


@dataclass(frozen=True, slots=True)
class Call:
    """A request with what it is answered by. `ui` is whether the UI's shapes are meant."""

    request: web.Request
    desk: Desk
    identity: Identity
    faults: Faults
    ui: bool

    @property
    def origin(self) -> Origin:
        """Where the request came from."""
        return self.identity.origin

    @property
    def caller(self) -> Caller:
        """Who is signed in. Raises Unauthenticated where nobody is."""
        if self.identity.caller is None:
            raise Unauthenticated(errors.SIGN_IN_AGAIN)
        return self.identity.caller

    @property
    def number(self) -> int:
        """The int32 in the path. Raises NotFound for anything else."""
        number = int32(self.request.match_info["id"])
        if number is None:
            raise NotFound("Not Found")
        return number

    @property
    def expected_version(self) -> int | None:
        """The version of If-Match (RFC 9110, 13.1.1), or None where any will do; one that never was where it is none of ours."""
        given = self.request.headers.getall(hdrs.IF_MATCH, [])
        if not given or given == ["*"]:
            return None
        if len(given) > 1 or "," in given[0]:
            raise BadRequest("If-Match takes one version.")
        version = _VERSION.fullmatch(given[0].strip())
        return int(version[1]) if version else 0

    @property
    def idempotency_key(self) -> str | None:
        """The Idempotency-Key, as it stands there, or None."""
        given = self.request.headers.getall(_IDEMPOTENCY_KEY, [])
        if len(given) > 1:
            raise BadRequest("Idempotency-Key is given once.")
        return given[0] if given else None

    async def body(self, model: type[_Model]) -> _Model:
        """The JSON body as the model says. Raises BadRequest with the old framework's words."""
        if self.request.content_type != _JSON or (self.request.charset or "utf-8").lower() not in {"utf-8", "utf8"}:
            raise BadRequest("Content type error")
        try:
            given = orjson.loads(await self.request.read())
        except orjson.JSONDecodeError:
            raise BadRequest("Json deserialize error: this is no JSON (RFC 8259) in UTF-8") from None
        return _validated(model, given, "Json")

    def query(self, model: type[_Model]) -> _Model:
        """The query as the model says, each key once. Raises BadRequest with the old framework's words."""
        given = self.request.query
        for key in given:
            if key in model.model_fields and len(given.getall(key)) > 1:
                raise BadRequest(f"Query deserialize error: duplicate field `{key}`")
        return _validated(model, dict(given), "Query")

    def loosely(self, key: str, default: int, least: int, most: int) -> int:
        """A whole number of the query between two bounds; what cannot be read is the default."""
        text = self.request.query.get(key, "")
        if not re.fullmatch(r"[+-]?[0-9]{1,19}", text):
            return default
        return max(least, min(most, int(text)))


def json(request: web.Request, told: Any, status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    """JSON as the old service wrote it: without a charset, and over several lines for those who asked for that."""
    option = orjson.OPT_INDENT_2 if _pretty(request) else None
    return web.Response(body=orjson.dumps(told, option=option), status=status, content_type=_JSON, headers=headers)


def int32(text: str) -> int | None:
    """The whole number of 32 bits that a text is, or None."""
    number = int(text) if _INT.fullmatch(text) else None
    return number if number is not None and number in _INT32 else None


def _pretty(request: web.Request) -> bool:
    accept = request.headers.get(hdrs.ACCEPT, "").lower()
    if "json" in accept and "pretty" in accept:
        return True
    query = request.query
    wanted = query.get("pretty") in {"1", "true", "pretty"} or query.get("format") == "pretty"
    return wanted and "json" not in accept and "*/*" not in accept


def _validated(model: type[_Model], given: Any, kind: str) -> _Model:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        text = f"missing field `{where}`" if fault["type"] == "missing" else f"{where}: {fault['msg']}".removeprefix(": ")
        raise BadRequest(f"{kind} deserialize error: {text}") from None
