"""The table of routes: who may, what a stranger learns, and what is answered where there is no route."""

from __future__ import annotations

from typing import Any

import pytest

from rest.route import Route
from rest.routes import ROUTES
from tests.conftest import Serve
from tests.rest.kit import GONE, NOBODY, ZOE, add, said
from tests.world import Person, World

BODIES: dict[str, dict[str, Any]] = {
    "/api/auth/refresh-token": {"refresh_token": "x", "tenant_id": "acme"},
    "/api/users/{id}": {"username": "somebody", "email": "somebody@example.org", "active": True},
    "/api/address-book": ZOE,
    "/api/address-book/{id}": ZOE,
    "/api/admin/tenants/{id}": {"name": "Other"},
    "/api/tenants/{id}": {"name": "Other"},
}
LADDER = ["VIEWER", "EDITOR", "ADMIN"]
GUARDED = [route for route in ROUTES if not route.open]


def _named(route: Route) -> str:
    return f"{route.method} {route.path}"


async def _call(person: Person, route: Route) -> tuple[int, str]:
    path = route.path.replace("{id}", "nobody" if "tenants" in route.path else str(NOBODY))
    body = BODIES.get(route.path)
    if route.method == "POST" and "tenants" in route.path:
        body = {"id": "", "name": "Fresh", "db_url": "x"}
    answer = await person.rest(route.method, path, body if route.method in {"POST", "PUT"} else None)
    return answer.status, await answer.text()


@pytest.mark.parametrize("route", GUARDED, ids=_named)
async def test_each_route_is_open_to_its_role_and_those_above_alone(world: World, route: Route) -> None:
    people = {"VIEWER": world.linus, "EDITOR": world.grace, "ADMIN": world.adam, "OWNER": world.ada, "OPERATOR": world.oskar}
    ladder = [*LADDER, "OWNER"]
    for role, person in people.items():
        status, text = await _call(await person.login(), route)
        standing = "VIEWER" if role == "OPERATOR" else role
        may = role == "OPERATOR" if route.who == "OPERATOR" else ladder.index(standing) >= ladder.index(route.who)
        assert (status == 403) is not may, (role, status, text)
        assert status not in {401, 500}


@pytest.mark.parametrize("route", GUARDED, ids=_named)
async def test_each_guarded_route_answers_a_stranger_alike(world: World, route: Route) -> None:
    status, text = await _call(world.stranger, route)
    assert (status, text) == (401, '{"message":"Invalid token, please login again","data":""}')


async def test_a_viewer_who_is_refused_has_changed_nothing(world: World) -> None:
    number = await add(world.grace)
    for method, path in (("POST", "/api/address-book"), ("PUT", f"/api/address-book/{number}")):
        answer = await world.linus.rest(method, path, ZOE | {"name": "Linus was here"})
        assert await said(answer) == (403, "Your role does not allow this.")
    assert (await world.linus.rest("DELETE", f"/api/address-book/{number}")).status == 403
    rows = await world.admin.fetch("SELECT name, deleted_at, version FROM contacts")
    assert [tuple(row) for row in rows] == [("Zoë Müller", None, 1)]


@pytest.mark.parametrize(
    ("method", "path", "ours", "others", "allow"),
    [
        ("GET", "/api/nothing", 404, 401, None),
        ("GET", "/api", 404, 401, None),
        ("GET", "/api/address-book/", 404, 401, None),
        ("GET", "/api/auth/login/more", 404, 401, None),
        ("GET", "/api/auth/loginX", 404, 401, None),
        ("GET", "/api/healthX", 404, 401, None),
        ("POST", "/api/users", 405, 401, "GET"),
        ("PATCH", "/api/address-book/1", 405, 401, "DELETE, GET, PUT"),
        ("PATCH", "/api/address-book", 405, 401, "GET, POST"),
        ("GET", "/api/auth/login", 405, 405, "POST"),
        ("POST", "/api/ping", 404, 404, None),
        ("DELETE", "/health", 404, 404, None),
        ("POST", "/api/logs", 404, 404, None),
        ("OPTIONS", "/api/address-book", 405, 405, "GET, POST"),
    ],
)
async def test_where_there_is_no_route_the_answer_is_json_and_a_stranger_learns_nothing(
    world: World, method: str, path: str, ours: int, others: int, allow: str | None
) -> None:
    texts = {404: {"message": "Not Found", "data": ""}, 405: {"message": "Method Not Allowed", "data": ""}, 401: GONE}
    for person, status in ((world.linus, ours), (world.stranger, others)):
        answer = await person.rest(method, path)
        assert answer.status == status
        assert await answer.json() == texts[status]
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers.get("Allow") == (allow if status == 405 else None)


async def test_head_is_not_served(world: World) -> None:
    assert (await world.linus.rest("HEAD", "/api/address-book")).status == 405
    assert (await world.stranger.rest("HEAD", "/health")).status == 404


async def test_after_the_logout_every_mistake_is_answered_as_signed_out(world: World) -> None:
    grace = await world.grace.login()
    assert (await grace.rest("POST", "/api/auth/logout")).status == 200
    for method, path, body in (
        ("GET", "/api/address-book", None),
        ("GET", "/api/address-book/abc", None),
        ("GET", "/api/address-book/filter?age=abc", None),
        ("POST", "/api/address-book", {"name": "no more"}),
        ("GET", "/api/nothing", None),
        ("PATCH", "/api/users", None),
    ):
        answer = await grace.rest(method, path, body)
        assert (answer.status, await answer.json()) == (401, GONE), path
    answer = await grace.rest("GET", "/api/users", **{"X-Tenant-ID": "evil"})
    assert (answer.status, await answer.json()) == (401, GONE)


async def test_a_tenant_header_that_contradicts_the_token_is_refused(world: World) -> None:
    number = await add(world.grace)
    for method, path, body in (
        ("GET", "/api/address-book", None),
        ("PUT", f"/api/address-book/{number}", ZOE | {"name": "Changed"}),
        ("DELETE", f"/api/address-book/{number}", None),
        ("GET", "/api/auth/me", None),
    ):
        answer = await world.grace.rest(method, path, body, **{"X-Tenant-ID": "evil"})
        assert await said(answer) == (403, "Tenant access denied")
    assert await world.admin.fetchval("SELECT name FROM contacts WHERE deleted_at IS NULL") == "Zoë Müller"


async def test_two_tenant_headers_must_both_be_right(world: World) -> None:
    headers = [("Authorization", f"Bearer {world.grace.token}"), ("X-Tenant-ID", "acme"), ("X-Tenant-ID", "evil")]
    answer = await world.client.get("/api/address-book", headers=headers)
    assert await said(answer) == (403, "Tenant access denied")


async def test_the_tenant_header_selects_no_tenant(world: World) -> None:
    await add(world.grace)
    mine = await world.mallory.rest("GET", "/api/address-book", **{"X-Tenant-ID": "evil"})
    assert (await mine.json())["data"]["contacts"] == []
    assert (await world.stranger.rest("GET", "/api/address-book", **{"X-Tenant-ID": "acme"})).status == 401


@pytest.mark.parametrize("bearer", ["Bearer x", "Bearer", "Basic YTpi", "Bearer a.b.c", "", "Bearer  "])
async def test_a_token_that_means_nothing_is_as_good_as_none(world: World, bearer: str) -> None:
    answer = await world.stranger.rest("GET", "/api/users", Authorization=bearer)
    assert (answer.status, await answer.json()) == (401, GONE)
    assert (await world.stranger.rest("GET", "/api/ping", Authorization=bearer)).status == 200


async def test_every_refusal_carries_cross_origin_headers(world: World) -> None:
    origin = {"Origin": "http://localhost:3000"}
    for path in ("/api/address-book", "/api/nothing", "/api/logs"):
        answer = await world.stranger.rest("GET", path, **origin)
        assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"


async def test_the_preflight_answers_exactly_200(world: World) -> None:
    asked = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "PUT"}
    answer = await world.stranger.rest("OPTIONS", "/api/address-book/1", **asked)
    assert (answer.status, await answer.text()) == (200, "")
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, PUT, DELETE, OPTIONS"


async def test_answers_are_not_kept_by_caches_and_not_sniffed(world: World) -> None:
    answer = await world.stranger.rest("POST", "/api/auth/login", {})
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_no_route_stands_twice() -> None:
    names = [_named(route) for route in ROUTES]
    assert len(names) == len(set(names)) == 39


async def test_a_request_is_charged_to_the_budget_that_graphql_is_charged_to(world: World, serve: Serve) -> None:
    client = await serve(cost_per_minute_user=10_000)
    ada = Person(client, token=world.ada.token)
    answer = await ada.rest("GET", "/api/address-book")
    limit, remaining, reset = (int(answer.headers[f"RateLimit-{name}"]) for name in ("Limit", "Remaining", "Reset"))
    assert (answer.status, limit, reset) == (200, 10_000, 1)
    assert 9_950 <= remaining < 10_000  # some come back while it is answered
    answer = await ada.rest("GET", "/api/address-book/0")
    assert (answer.status, int(answer.headers["RateLimit-Remaining"]) < remaining) == (404, True)
    for _ in range(9):
        await ada.gql("{ labels { contactCount } }")
    while answer.status != 429:
        answer = await ada.rest("GET", "/api/auth/me")
    assert (await answer.json())["data"]["code"] == "AUTH-429"
    assert answer.headers["Retry-After"] == "1"
    assert int(answer.headers["RateLimit-Remaining"]) <= 50
    for path in ("/health", "/api/ping"):
        answer = await ada.rest("GET", path)
        assert (answer.status, "RateLimit-Limit" in answer.headers) == (200, False)
