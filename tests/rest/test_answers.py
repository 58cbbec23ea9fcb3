"""What is answered is what is described: every route, in both dialects, against its own schema."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from rest.answers import GIVES
from rest.routes import ROUTES
from tests.rest.kit import ZOE, add
from tests.world import PASSWORD, Person, World

NEW = {"username": "nora", "email": "nora@example.org", "password": "Correct-Horse-9-Battery", "tenant_id": "acme"}
BODIES: dict[str, dict[str, Any]] = {
    "POST /api/auth/signup": NEW,
    "POST /api/auth/login": {"username_or_email": "ada", "password": PASSWORD, "tenant_id": "acme"},
    "PUT /api/users/{id}": {"username": "linus2", "email": "linus2@example.org", "active": True},
    "POST /api/address-book": ZOE,
    "PUT /api/address-book/{id}": ZOE,
    **{f"POST {base}": {"id": "", "name": "Fresh", "db_url": "x"} for base in ("/api/tenants", "/api/admin/tenants")},
    **{f"PUT {base}/{{id}}": {"name": "Other"} for base in ("/api/tenants", "/api/admin/tenants")},
}


async def _person(world: World, who: str, path: str) -> Person:
    if who == "anyone":
        return world.stranger
    return world.oskar if who == "OPERATOR" else await world.ada.login() if path.endswith("logout") else world.ada


def test_only_routes_are_described() -> None:
    assert set(GIVES) <= {(route.method, route.path) for route in ROUTES}


@pytest.mark.parametrize("ui", [False, True])
async def test_every_answer_is_as_it_is_described(world: World, ui: bool) -> None:
    document = await (await world.stranger.rest("GET", "/openapi.json")).json()
    ids = {
        "/api/address-book/{id}": await add(world.grace),
        "/api/users/{id}": await world.admin.fetchval("SELECT number FROM users WHERE username = 'linus'"),
        "/api/admin/tenants/{id}": "spare-1",
        "/api/tenants/{id}": "spare-2",
    }
    for spare in ("spare-1", "spare-2"):
        await world.oskar.rest("POST", "/api/tenants", {"id": spare, "name": "Spare", "db_url": "x"})
    fresh = (await world.ada.login()).refresh
    bodies = BODIES | {"POST /api/auth/refresh-token": {"refresh_token": fresh, "tenant_id": "acme"}}
    for route in ROUTES:
        person = await _person(world, route.who, route.path)
        header = {"X-Tenant-ID": person.tenant} if ui and person.tenant else {}
        path = route.path.replace("{id}", str(ids.get(route.path)))
        answer = await person.rest(route.method, path, bodies.get(f"{route.method} {route.path}"), **header)
        told = await answer.json()
        responses = document["paths"][route.path][route.method.lower()]["responses"]
        expected = next((status for status in ("200", "201") if status in responses), "405")
        assert str(answer.status) == expected, (route.method, path, told)
        schema = responses.get(expected, responses["default"])["content"]["application/json"]["schema"]
        Draft202012Validator({"components": document["components"], **schema}).validate(told)
