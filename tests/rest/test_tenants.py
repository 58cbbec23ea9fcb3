"""Tenants over /api: for operators alone, with a placeholder for db_url, and without the old holes."""

from __future__ import annotations

from typing import Any

import pytest

from rest.tenants import DB_URL
from tests.rest.kit import said
from tests.world import PASSWORD, World

ADMIN = "/api/admin/tenants"


def _ids(told: Any) -> list[str]:
    return [tenant["id"] for tenant in told["data"]]


@pytest.mark.parametrize("base", [ADMIN, "/api/tenants"])
async def test_an_operator_keeps_tenants_under_both_paths(world: World, base: str) -> None:
    new = {"id": "fresh", "name": "Fresh", "db_url": "postgresql://user:secret@host/db"}
    made = await world.oskar.rest("POST", base, new)
    told = (await made.json())["data"]
    assert made.status == 201
    assert told == {"id": "fresh", "name": "Fresh", "db_url": DB_URL} | {key: told[key] for key in ("created_at", "updated_at")}
    assert len(told["created_at"]) == len("2026-11-24T22:00:00.013622")
    again = await world.oskar.rest("POST", base, new)
    assert await said(again) == (409, "Tenant unique constraint violated: this id is taken")
    assert (await again.json())["data"]["code"] == "REQ-409"
    back = await world.oskar.rest("PUT", f"{base}/fresh", {"name": "Fresher", "db_url": DB_URL})
    assert ((await back.json())["data"]["name"], (await back.json())["data"]["db_url"]) == ("Fresher", DB_URL)
    assert (await (await world.oskar.rest("GET", f"{base}/fresh")).json())["data"]["name"] == "Fresher"
    gone = await world.oskar.rest("DELETE", f"{base}/fresh")
    assert (gone.status, await gone.json()) == (200, {"message": "ok", "data": ""})
    for method, body in (("GET", None), ("PUT", {"name": "x"}), ("DELETE", None)):
        assert await said(await world.oskar.rest(method, f"{base}/fresh", body)) == (404, "Tenant not found: fresh")
    assert "secret" not in str([tuple(row) for row in await world.admin.fetch("SELECT t::text FROM tenants t")])


async def test_a_tenant_made_here_is_open_for_sign_up_at_once(world: World) -> None:
    await world.oskar.rest("POST", ADMIN, {"id": "fresh", "name": "Fresh", "db_url": "x"})
    new = {"username": "nora", "email": "nora@example.org", "password": "Correct-Horse-9-Battery", "tenant_id": "fresh"}
    assert (await world.stranger.rest("POST", "/api/auth/signup", new)).status == 200
    assert await world.admin.fetchval("SELECT role FROM users WHERE username = 'nora'") == "EDITOR"


async def test_an_empty_id_is_made_up(world: World) -> None:
    made = await world.oskar.rest("POST", ADMIN, {"id": "", "name": "Fresh", "db_url": "x"})
    assert len((await made.json())["data"]["id"]) == 36


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"id": "a b", "name": "x"}, "id must contain only alphanumeric characters, dashes, and underscores"),
        (
            {"id": "a/b", "name": " "},
            "id must contain only alphanumeric characters, dashes, and underscores; name cannot be empty",
        ),
        ({"id": "x", "name": ""}, "name cannot be empty"),
        ({"id": "x" * 37, "name": "x"}, "slug must be 1 to 36 letters, digits, dashes or underscores."),
        ({"id": "x", "name": "x" * 300}, "name may have at most 200 characters, not 300."),
        ({"name": "x"}, "Json deserialize error: missing field `id`"),
    ],
)
async def test_a_new_tenant_follows_the_old_rules(world: World, body: dict[str, str], message: str) -> None:
    assert await said(await world.oskar.rest("POST", ADMIN, {"db_url": "x"} | body)) == (400, message)


async def test_a_change_of_nothing_is_400_and_one_of_db_url_alone_changes_nothing(world: World) -> None:
    assert await said(await world.oskar.rest("PUT", f"{ADMIN}/acme", {})) == (400, "Nothing to change: give a name")
    same = await world.oskar.rest("PUT", f"{ADMIN}/acme", {"db_url": "postgresql://elsewhere", "name": None})
    assert (same.status, (await same.json())["data"]["db_url"]) == (200, DB_URL)


async def test_tenants_are_paged_by_offset_in_one_order(world: World) -> None:
    told = (await (await world.oskar.rest("GET", f"{ADMIN}?limit=2")).json())["data"]
    figures = {key: told[key] for key in ("total", "offset", "limit", "count", "next_cursor")}
    assert _ids(told) == ["acme", "evil"]
    assert figures == {"total": 3, "offset": 0, "limit": 2, "count": 2, "next_cursor": 2}
    told = (await (await world.oskar.rest("GET", f"{ADMIN}?cursor=2&limit=2")).json())["data"]
    assert (_ids(told), told["next_cursor"]) == (["house"], None)


@pytest.mark.parametrize("query", ["limit=-1", "offset=-1"])
async def test_a_negative_page_is_400(world: World, query: str) -> None:
    answer = await world.oskar.rest("GET", f"{ADMIN}?{query}")
    assert await said(answer) == (400, "Failed to fetch tenants: offset and limit may not be negative")


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["acme", "evil", "house"]),
        ("name=c", ["acme"]),
        ("name=a", []),
        ("id=evil", ["evil"]),
        ("id=evi", []),
        ("db_url=postgresql", ["acme", "evil", "house"]),
        ("db_url=secret", []),
        ("filters%5B0%5D%5Bfield%5D=name&filters%5B0%5D%5Boperator%5D=contains&filters%5B0%5D%5Bvalue%5D=us", ["house"]),
        ("filters[0][field]=id&filters[0][operator]=contains&filters[0][value]=%25", []),
        (
            "filters[0][field]=created_at&filters[0][operator]=gt&filters[0][value]=2020-01-01T00:00:00.000Z",
            ["acme", "evil", "house"],
        ),
        ("filters[0][field]=created_at&filters[0][operator]=lt&filters[0][value]=2020-01-01T00:00:00.000Z", []),
        ("filters[0][field]=id&filters[0][operator]=equals&filters[0][value]=acme&name=vil", []),
        ("filters[0][field]=colour&filters[0][operator]=equals&filters[0][value]=red", ["acme", "evil", "house"]),
        ("filters[0][field]=name&filters[0][operator]=like&filters[0][value]=red", ["acme", "evil", "house"]),
        ("filters[x][field]=name&filters[0]=y", ["acme", "evil", "house"]),
        ("page_size=2", ["acme", "evil"]),
        ("page_size=2&page_num=1", ["house"]),
        ("page_size=2&cursor=1&page_num=0", ["house"]),
    ],
)
async def test_the_filter_finds_these_tenants(world: World, query: str, ids: list[str]) -> None:
    answer = await world.oskar.rest("GET", f"{ADMIN}/filter?{query}")
    assert answer.status == 200
    assert _ids(await answer.json()) == ids


async def test_the_page_of_the_filter_stands_at_the_top_level(world: World) -> None:
    told = await (await world.oskar.rest("GET", f"{ADMIN}/filter?page_size=2")).json()
    assert {key: value for key, value in told.items() if key != "data"} == {
        "message": "ok",
        "current_cursor": 0,
        "page_size": 2,
        "total_elements": None,
        "next_cursor": 1,
    }


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("cursor=-1", "Failed to filter tenants: cursor may not be negative"),
        (
            "filters[0][field]=created_at&filters[0][operator]=gt&filters[0][value]=yesterday",
            "Failed to filter tenants: this is no time such as 2023-12-25T10:00:00.000Z",
        ),
    ],
)
async def test_a_filter_that_cannot_be_read_is_400(world: World, query: str, message: str) -> None:
    assert await said(await world.oskar.rest("GET", f"{ADMIN}/filter?{query}")) == (400, message)


async def test_a_closed_tenant_serves_nobody_and_a_tenant_cannot_close_itself(world: World) -> None:
    assert (await world.oskar.rest("DELETE", f"{ADMIN}/acme")).status == 200
    assert (await world.ada.rest("GET", "/api/address-book")).status == 401
    body = {"username_or_email": "ada", "password": PASSWORD, "tenant_id": "acme"}
    assert await said(await world.stranger.rest("POST", "/api/auth/login", body)) == (400, "Tenant not found")
    assert await world.admin.fetchval("SELECT count(*) FROM users WHERE tenant_id = $1", world.acme) == 4
    own = await world.oskar.rest("DELETE", f"{ADMIN}/house")
    assert await said(own) == (403, "This is your own tenant: nobody would be left to undo it.")
    assert (await world.oskar.rest("GET", "/api/auth/me")).status == 200


async def test_the_statistics_are_counts_and_nothing_of_people(world: World) -> None:
    await world.admin.execute("UPDATE tenants SET status = 'SUSPENDED' WHERE slug = 'evil'")
    await world.ada.login()
    stats = await (await world.oskar.rest("GET", "/api/admin/tenant/stats")).json()
    assert stats == {
        "total_tenants": 3,
        "active_tenants": 2,
        "total_users": 6,
        "logged_in_users": 6,
        "tenant_stats": [
            {"tenant_id": "acme", "name": "Acme", "status": "active"},
            {"tenant_id": "evil", "name": "Evil", "status": "inactive"},
            {"tenant_id": "house", "name": "House", "status": "active"},
        ],
    }
    health = await (await world.oskar.rest("GET", "/api/admin/tenant/health")).json()
    assert health[1] == {"tenant_id": "evil", "name": "Evil", "status": False, "error_message": "The tenant is suspended"}
    assert health[0] == {"tenant_id": "acme", "name": "Acme", "status": True, "error_message": None}
    status = await (await world.oskar.rest("GET", "/api/admin/tenant/status")).json()
    assert status == {"acme": True, "evil": False, "house": True}


async def test_no_owner_sees_or_changes_any_tenant_here(world: World) -> None:
    for path in (ADMIN, f"{ADMIN}/filter", f"{ADMIN}/acme", f"{ADMIN}/nobody", "/api/admin/tenant/stats"):
        assert await said(await world.mallory.rest("GET", path)) == (403, "Your role does not allow this.")
    for method, body in (("PUT", {"name": "Mallory"}), ("DELETE", None)):
        assert (await world.mallory.rest(method, f"{ADMIN}/acme", body)).status == 403
    assert tuple(await world.admin.fetchrow("SELECT name, status FROM tenants WHERE slug = 'acme'")) == ("Acme", "ACTIVE")
