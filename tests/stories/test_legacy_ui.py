"""The old React UI, call by call, with the headers that it sends: a day of somebody's contacts, and of an operator's tenants."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import uuid4

from tests.world import PASSWORD, Person, World

FORM = {"name": "Zoë", "gender": "female", "age": 34, "address": "1 Oak Street", "phone": "0100-000000", "email": "zoe@example.org"}


async def _signed_in(world: World, tenant: str, username: str) -> Person:
    """As the UI signs in: it reads three texts, none of them empty."""
    body = {"username_or_email": username, "password": PASSWORD, "tenant_id": tenant}
    answer = await world.stranger.rest("POST", "/api/auth/login", body, **{"X-Tenant-ID": tenant})
    data = (await answer.json())["data"]
    assert all(data[key] for key in ("access_token", "refresh_token", "token_type"))
    return Person(world.client, tenant, username, token=data["access_token"], headers={"X-Tenant-ID": tenant})


async def _payload(person: Person, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    """What the UI takes out of an answer: `data`, or the whole body where there is none."""
    answer = await person.rest(method, path, body)
    told = await answer.json()
    assert answer.status == status, told
    assert "application/json" in answer.headers["Content-Type"]
    return told if told.get("data") is None else told["data"]


async def test_somebody_keeps_contacts_in_the_old_ui(world: World) -> None:
    grace = await _signed_in(world, "acme", "grace")
    saved = await _payload(grace, "POST", "/api/address-book", FORM, 201)
    assert (saved["name"], saved["gender"], saved["tenant_id"]) == ("Zoë", False, "acme")
    other = await _payload(grace, "POST", "/api/address-book", FORM | {"name": "Alex", "gender": "other"}, 201)
    assert other["gender"] is None
    changed = await _payload(grace, "PUT", f"/api/address-book/{saved['id']}", FORM | {"age": 35})
    assert (changed["id"], changed["age"], changed["tenant_id"]) == (saved["id"], 35, "acme")
    page = await _payload(grace, "GET", "/api/address-book?page=1&limit=10&search=&sort=fullName,desc")
    assert [contact["name"] for contact in page["contacts"]] == ["Zoë", "Alex"]
    assert (page["total"], page["page"], page["total_pages"]) == (2, 1, 1)
    assert await _payload(grace, "DELETE", f"/api/address-book/{other['id']}") == ""
    found = await _payload(grace, "GET", "/api/address-book?page=1&limit=10&search=alex&sort=fullName,asc")
    assert (found["contacts"], found["total"]) == ([], 0)


async def test_what_the_forms_let_through_is_400_with_a_message(world: World) -> None:
    grace = await _signed_in(world, "acme", "grace")
    for changed, message in (
        ({"email": ""}, "Email cannot be empty"),
        ({"phone": ""}, "phone is required"),
        ({"phone": "+351.210.000.000"}, "phone must be a valid phone number"),
    ):
        answer = await grace.rest("POST", "/api/address-book", FORM | changed)
        assert (answer.status, (await answer.json())["message"]) == (400, message)


async def test_the_ui_refreshes_its_tokens_and_signs_out(world: World) -> None:
    grace = await _signed_in(world, "acme", "grace")
    data = await _payload(grace, "POST", "/api/auth/refresh")
    assert all(data[key] for key in ("access_token", "refresh_token", "token_type"))
    assert await _payload(grace, "POST", "/api/auth/logout") == {}
    answer = await grace.rest("GET", "/api/address-book?page=1&limit=10")
    assert (answer.status, (await answer.json())["message"]) == (401, "Invalid token, please login again")


async def test_an_operator_keeps_tenants_in_the_old_ui(world: World) -> None:
    oskar = await _signed_in(world, "house", "oskar")
    own_id = str(uuid4())
    made = await _payload(oskar, "POST", "/api/admin/tenants", {"id": own_id, "name": "Fresh", "db_url": "postgres://u:p@h/d"}, 201)
    page = await _payload(oskar, "GET", "/api/admin/tenants?offset=0&limit=50")
    assert page["total"] == len(page["data"]) == 4
    assert all(tenant[key] for tenant in page["data"] for key in ("id", "name", "db_url", "created_at", "updated_at"))
    edited = await _payload(oskar, "PUT", f"/api/admin/tenants/{own_id}", {"name": "Fresher", "db_url": made["db_url"]})
    assert (edited["name"], edited["db_url"]) == ("Fresher", made["db_url"])
    query = "&".join(
        f"{quote(key)}={value}"
        for key, value in {
            "filters[0][field]": "name",
            "filters[0][operator]": "contains",
            "filters[0][value]": "Fresher",
            "page_size": "10",
            "cursor": "0",
        }.items()
    )
    assert [tenant["id"] for tenant in await _payload(oskar, "GET", f"/api/admin/tenants/filter?{query}")] == [own_id]
    assert await _payload(oskar, "DELETE", f"/api/admin/tenants/{own_id}") == ""


async def test_mallorys_ui_sees_nothing_of_acme(world: World) -> None:
    saved = await _payload(await _signed_in(world, "acme", "grace"), "POST", "/api/address-book", FORM, 201)
    mallory = await _signed_in(world, "evil", "mallory")
    assert (await _payload(mallory, "GET", "/api/address-book?page=1&limit=500&search=zoe"))["contacts"] == []
    for method, body in (("GET", None), ("PUT", FORM), ("DELETE", None)):
        assert (await mallory.rest(method, f"/api/address-book/{saved['id']}", body)).status == 404
    pretending = Person(world.client, token=mallory.token, headers={"X-Tenant-ID": "acme"})
    answer = await pretending.rest("GET", "/api/address-book")
    assert (answer.status, (await answer.json())["message"]) == (403, "Tenant access denied")
