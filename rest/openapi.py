"""The description of the shim (OpenAPI 3.1), made of the very routes and models that serve."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from models.errors import Forbidden, Unauthenticated
from rest import answers, errors
from rest.route import OPERATOR, Route

VERSION: Final = "3.1.0"
_REF: Final = "#/components/schemas/"
_REFUSED: Final = {"$ref": f"{_REF}Refused"}
_TEXT: Final = {"type": "string"}
_WHOLE: Final = {"type": "integer", "format": "int32"}
_KEY: Final = (
    "1 to 255 printable characters of ASCII, fresh for each. For 24 hours the same key with the same body is answered as the first "
    "time, with Idempotent-Replayed: true, and nothing is done again; with another body it is refused."
)


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """The whole description."""
    routes = list(routes)
    taken = sorted({route.takes for route in routes if route.takes}, key=lambda model: model.__name__)
    _, schemas = models_json_schema([(model, "validation") for model in taken], ref_template=f"{_REF}{{model}}")
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas["$defs"])
    return {
        "openapi": VERSION,
        "info": {
            "title": "Address Book · REST",
            "version": "1",
            "description": "The routes of the older service, for its clients. What is new is in GraphQL, at /graphql.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"] | answers.SCHEMAS,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _operation(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    words = re.findall(r"[a-z]+", route.path)
    told: dict[str, Any] = {
        "operationId": "_".join([route.method.lower(), *words]),
        "summary": route.summary,
        "description": _needs(route),
        "tags": [route.path.removeprefix("/api").split("/")[1]],
        "parameters": [{"name": name, "in": "query", "schema": _TEXT} for name in route.query],
        "responses": _responses(route),
    }
    if not route.open:
        told["security"] = [{"bearer": []}]
    if route.keyed:
        told["parameters"].append({"name": "Idempotency-Key", "in": "header", "description": _KEY, "schema": _TEXT})
    if "{id}" in route.path:
        told["parameters"].append({"name": "id", "in": "path", "required": True, "schema": _TEXT if "tenants" in words else _WHOLE})
    if route.takes is None:
        return told
    if route.method == "GET":
        query = schemas[route.takes.__name__]["properties"]
        told["parameters"] += [{"name": name, "in": "query", "schema": schema} for name, schema in query.items()]
    else:
        schema = {"$ref": f"{_REF}{route.takes.__name__}"}
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return told


def _needs(route: Route) -> str:
    if route.open:
        return "Needs no token."
    return "For operators." if route.who == OPERATOR else f"Needs a token, and the role {route.who} or one above it."


def _responses(route: Route) -> dict[str, Any]:
    done = errors.CREATED if route.method == "POST" and not route.path.startswith("/api/auth/") else errors.OK
    told = {"default": _response("Refused: the status says how, the message why", _REFUSED)}
    if route.path != "/api/logs":
        told[str(done)] = _response("Done", {"$ref": f"{_REF}{answers.GIVES.get((route.method, route.path), 'Done')}"})
    for kind, why in ((Unauthenticated, "Nobody is signed in"), (Forbidden, "The role does not suffice")):
        if not route.open:
            told[str(errors.TABLE[kind].status)] = _response(why, _REFUSED)
    if route.keyed:
        told[str(errors.KEY_REUSED)] = _response("The key came with another input before", _REFUSED)
    if "{id}" in route.path:
        told[str(errors.NOT_FOUND)] = _response("There is none of this id", _REFUSED)
    return told


def _response(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
