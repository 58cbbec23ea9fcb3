"""The old Postman collection, request by request in its order but for the logout, which comes last: nothing of it is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.world import World

ZOE = {"name": "Zoë", "gender": False, "age": 34, "address": "1 Oak Street", "phone": "0100-000000", "email": "zoe@example.org"}
STRONG = "Correct-Horse-9-Battery"

Check = Callable[[Any], object]


def _contact(told: Any) -> object:
    return {key: told["data"][key] for key in ZOE} == ZOE


def _found(told: Any) -> object:
    return [contact["name"] for contact in told["data"]] == ["Zoë"] and told["metadata"]["count"] == 1


def _done(told: Any) -> object:
    return told == {"message": "ok", "data": ""}


def _tokens(told: Any) -> object:
    return told["data"]["token"] == told["data"]["access_token"] and told["data"]["refresh_token"] and told["data"]["token_type"]


def _tenant(told: Any) -> object:
    return {"id", "name", "db_url", "created_at", "updated_at"} == set(told["data"])


def _signed_up(told: Any) -> object:
    return told == {"message": "Signup successfully", "data": "", "metadata": {"tenant_id": "acme"}}


REQUESTS: list[tuple[str, str, dict[str, Any] | None, int, Check]] = [
    ("GET", "/api/health", None, 200, lambda told: told["data"]["status"] == "healthy"),
    ("GET", "/api/ping", None, 200, lambda told: told["message"] == "pong"),
    (
        "POST",
        "/api/auth/signup",
        {"username": "nora", "email": "nora@example.org", "password": STRONG, "tenant_id": "acme"},
        200,
        _signed_up,
    ),
    ("POST", "/api/auth/login", {"username_or_email": "nora", "password": STRONG, "tenant_id": "acme"}, 200, _tokens),
    ("GET", "/api/auth/me", None, 200, lambda told: (told["data"]["username"], told["data"]["tenant_id"]) == ("nora", "acme")),
    ("POST", "/api/auth/refresh", None, 200, _tokens),
    ("POST", "/api/auth/refresh-token", {"refresh_token": "{refresh}", "tenant_id": "acme"}, 200, _tokens),
    ("POST", "/api/address-book", ZOE, 201, _done),
    ("GET", "/api/address-book", None, 200, _found),
    ("GET", "/api/address-book?cursor=0&limit=10", None, 200, _found),
    ("GET", "/api/address-book?offset=0&limit=10", None, 200, _found),
    ("GET", "/api/address-book/filter?page_num=1&page_size=10&sort_by=name&sort_order=asc", None, 200, _found),
    ("GET", "/api/address-book/filter?name=Zo", None, 200, _found),
    ("GET", "/api/address-book/filter?email=zoe@", None, 200, _found),
    ("GET", "/api/address-book/filter?phone=0100", None, 200, _found),
    ("GET", "/api/address-book/filter?age=34", None, 200, _found),
    ("GET", "/api/address-book/filter?gender=female", None, 200, _found),
    ("GET", "/api/address-book/{contact}", None, 200, _contact),
    ("PUT", "/api/address-book/{contact}", ZOE | {"age": 35}, 200, _done),
    ("DELETE", "/api/address-book/{contact}", None, 200, _done),
    ("GET", "/api/tenants", None, 200, lambda told: told["data"]["total"] == 3),
    ("GET", "/api/tenants/filter?page_num=0&page_size=10", None, 200, lambda told: len(told["data"]) == 3),
    ("POST", "/api/tenants", {"id": "fresh", "name": "Fresh", "db_url": "postgresql://u:p@h/d"}, 201, _tenant),
    ("GET", "/api/tenants/fresh", None, 200, _tenant),
    ("PUT", "/api/tenants/fresh", {"name": "Fresher", "db_url": None}, 200, lambda told: told["data"]["name"] == "Fresher"),
    ("DELETE", "/api/tenants/fresh", None, 200, _done),
    ("POST", "/api/auth/logout", None, 200, lambda told: told == {"message": "Logout successfully", "data": ""}),
]


async def test_the_27_requests_of_the_collection_are_all_served(world: World) -> None:
    assert len(REQUESTS) == 27
    kept = {"contact": "", "refresh": ""}
    nora = world.stranger
    for method, path, given, status, check in REQUESTS:
        person = world.oskar if path.startswith("/api/tenants") else nora
        body = given and {key: kept["refresh"] if value == "{refresh}" else value for key, value in given.items()}
        answer = await person.rest(method, path.format(**kept), body)
        told = await answer.json()
        assert (answer.status, bool(check(told))) == (status, True), (method, path, told)
        if "token" in (told.get("data") or {}):
            nora.token, kept["refresh"] = told["data"]["token"], told["data"]["refresh_token"]
        if path == "/api/address-book" and method == "GET":
            kept["contact"] = told["data"][0]["id"]


async def test_mallory_runs_the_collection_against_acmes_contact_and_nothing_happens(world: World) -> None:
    assert (await world.grace.rest("POST", "/api/address-book", ZOE)).status == 201
    number = (await (await world.grace.rest("GET", "/api/address-book")).json())["data"][0]["id"]
    for method, body in (("GET", None), ("PUT", ZOE | {"name": "Mallory"}), ("DELETE", None)):
        assert (await world.mallory.rest(method, f"/api/address-book/{number}", body)).status == 404
    for path in ("/api/tenants", "/api/tenants/acme"):
        assert (await world.mallory.rest("GET", path)).status == 403
    assert tuple(await world.admin.fetchrow("SELECT name, version, deleted_at FROM contacts")) == ("Zoë", 1, None)
