"""Contacts over /api: the shapes of both dialects, paging, filters, the old rules, and the wall between the tenants."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.conftest import Serve
from tests.rest.kit import NOBODY, ZOE, add, said
from tests.world import Person, World


async def _data(person: Person, path: str, **headers: str) -> Any:
    answer = await person.rest("GET", path, **headers)
    assert answer.status == 200, await answer.text()
    return (await answer.json())["data"]


async def _names(person: Person, query: str) -> list[str]:
    return [contact["name"] for contact in await _data(person, f"/api/address-book/filter?{query}")]


async def _three(world: World) -> list[int]:
    return [
        await add(world.grace, name="Zoë 50%", email="zoe@example.org", phone="0100-000000", age=30, gender=False),
        await add(world.grace, name="Adam 500", email="adam@example.org", phone="0200-000000", age=50, gender=True),
        await add(world.grace, name="mia_x", email="mia@example.org", phone="0300-000000", age=40, gender="other"),
    ]


async def test_a_contact_has_exactly_the_old_keys(world: World) -> None:
    number = await add(world.grace)
    answer = await world.linus.rest("GET", f"/api/address-book/{number}")
    assert await answer.json() == {"message": "ok", "data": {"id": number, **ZOE}}
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["ETag"] == '"1"'


async def test_writing_answers_an_empty_text(world: World) -> None:
    made = await world.grace.rest("POST", "/api/address-book", ZOE)
    assert (made.status, await made.json()) == (201, {"message": "ok", "data": ""})
    number = await add(world.grace)
    for method, body in (("PUT", ZOE | {"name": "Zoë Meier"}), ("DELETE", None)):
        answer = await world.grace.rest(method, f"/api/address-book/{number}", body)
        assert (answer.status, await answer.json()) == (200, {"message": "ok", "data": ""})


async def test_a_deleted_contact_lies_in_the_trash_and_is_gone_for_the_old_clients(world: World) -> None:
    number = await add(world.grace)
    assert (await world.grace.rest("DELETE", f"/api/address-book/{number}")).status == 200
    for method, body in (("GET", None), ("PUT", ZOE), ("DELETE", None)):
        answer = await world.grace.rest(method, f"/api/address-book/{number}", body)
        assert await said(answer) == (404, f"Person with id {number} not found")
    trash = await world.grace.gql("{ trash: contacts(trashed: true) { nodes { name } } }")
    assert trash.data == {"trash": {"nodes": [{"name": "Zoë Müller"}]}}


async def test_the_tag_of_a_miss_says_whether_it_was_read_or_written(world: World) -> None:
    for method, tag in (("GET", "functional_query"), ("PUT", "service_pipeline"), ("DELETE", "service_pipeline")):
        answer = await world.grace.rest(method, f"/api/address-book/{NOBODY}", ZOE)
        data = (await answer.json())["data"]
        assert (data["code"], data["status"], data["tags"]) == ("REQ-404", 404, [tag])
        assert isinstance(data["timestamp"], int)


async def test_pages_follow_the_id_and_tell_honestly_whether_there_is_more(world: World) -> None:
    first, second, third = [await add(world.grace, name=f"Number {n}") for n in range(3)]
    answer = await (await world.linus.rest("GET", "/api/address-book?limit=2")).json()
    assert [contact["id"] for contact in answer["data"]] == [first, second]
    page = {"current_cursor": 0, "page_size": 2, "total_elements": None, "next_cursor": second, "count": 2, "has_more": True}
    assert answer["metadata"] == page
    answer = await (await world.linus.rest("GET", f"/api/address-book?limit=2&cursor={second}")).json()
    assert [contact["id"] for contact in answer["data"]] == [third]
    last = {"current_cursor": second, "page_size": 2, "total_elements": None, "next_cursor": None, "count": 1, "has_more": False}
    assert answer["metadata"] == last
    assert [c["id"] for c in await _data(world.linus, f"/api/address-book?offset={first}")] == [second, third]
    assert [c["id"] for c in await _data(world.linus, f"/api/address-book?offset={first}&cursor=0")] == [first, second, third]


@pytest.mark.parametrize(
    ("query", "cursor", "size"),
    [
        ("limit=0", 0, 1),
        ("limit=-5", 0, 1),
        ("limit=501", 0, 500),
        ("limit=abc", 0, 50),
        ("cursor=-7", 0, 50),
        ("cursor=abc", 0, 50),
        ("cursor=99999999999999999999999", 0, 50),
        ("cursor=9999999999", 2_147_483_647, 50),
    ],
)
async def test_what_the_list_cannot_read_is_its_default_and_its_bounds_hold(
    world: World, query: str, cursor: int, size: int
) -> None:
    answer = await (await world.linus.rest("GET", f"/api/address-book?{query}")).json()
    assert (answer["metadata"]["current_cursor"], answer["metadata"]["page_size"]) == (cursor, size)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Zoë 50%", "Adam 500", "mia_x"]),
        ("name=Zo", ["Zoë 50%"]),
        ("name=zo", []),
        ("name=50%25", ["Zoë 50%"]),
        ("name=_", ["mia_x"]),
        ("email=am@", ["Adam 500"]),
        ("phone=0300", ["mia_x"]),
        ("age=50", ["Adam 500"]),
        ("gender=MALE", ["Adam 500"]),
        ("gender=female", ["Zoë 50%"]),
        ("gender=whatever", ["Zoë 50%", "Adam 500", "mia_x"]),
        ("name=0&age=50", ["Adam 500"]),
        ("name=0&age=51", []),
        ("sort_by=name", ["Adam 500", "mia_x", "Zoë 50%"]),
        ("sort_by=age&sort_order=desc", ["Adam 500", "mia_x", "Zoë 50%"]),
        ("sort_by=id&sort_order=DESC", ["mia_x", "Adam 500", "Zoë 50%"]),
        ("sort_by=password", ["Zoë 50%", "Adam 500", "mia_x"]),
        ("page_size=2&page_num=2", ["mia_x"]),
        ("page_size=2&page_num=0", ["Zoë 50%", "Adam 500"]),
        ("page_size=0", []),
        ("cursor=0&sort_by=name&page_num=9", ["Zoë 50%", "Adam 500", "mia_x"]),
        ("cursor=-1", ["Zoë 50%", "Adam 500", "mia_x"]),
    ],
)
async def test_the_filter_finds_these(world: World, query: str, names: list[str]) -> None:
    await _three(world)
    assert await _names(world.linus, query) == names


async def test_a_page_in_another_order_has_no_cursor_but_tells_that_there_is_more(world: World) -> None:
    numbers = await _three(world)
    for query, cursor in (("sort_by=name", None), ("sort_by=id", numbers[1]), ("page_num=1", numbers[1])):
        answer = await (await world.linus.rest("GET", f"/api/address-book/filter?page_size=2&{query}")).json()
        assert (answer["metadata"]["next_cursor"], answer["metadata"]["has_more"]) == (cursor, True)


async def test_the_filter_has_at_most_500_a_page(world: World) -> None:
    answer = await (await world.linus.rest("GET", "/api/address-book/filter?page_size=100000")).json()
    assert answer["metadata"]["page_size"] == 500


async def test_a_gender_may_be_a_truth_or_a_word_and_other_answers_null(world: World) -> None:
    for given, told in ((True, True), (False, False), ("male", True), ("Female", False), ("other", None), (None, None)):
        number = await add(world.grace, gender=given)
        assert (await _data(world.linus, f"/api/address-book/{number}"))["gender"] is told


async def test_a_gender_that_was_told_as_null_survives_being_sent_back(world: World) -> None:
    number = await add(world.grace, gender="other")
    told = await _data(world.grace, f"/api/address-book/{number}")
    assert (await world.grace.rest("PUT", f"/api/address-book/{number}", told)).status == 200
    assert await world.admin.fetchval("SELECT gender FROM contacts") == "OTHER"


async def test_a_contact_without_the_old_fields_answers_empty_texts(world: World) -> None:
    await world.grace.gql('mutation { createContact(input: {contact: {name: "Bare"}}) { userErrors { code } } }')
    (bare,) = await _data(world.linus, "/api/address-book")
    assert bare == {"id": bare["id"], "name": "Bare", "gender": None, "age": None, "address": "", "phone": "", "email": ""}


@pytest.mark.parametrize("key", ["name", "gender", "age", "address", "phone", "email"])
async def test_all_six_keys_are_required(world: World, key: str) -> None:
    number = await add(world.grace)
    body = {name: value for name, value in ZOE.items() if name != key}
    for method, path in (("POST", "/api/address-book"), ("PUT", f"/api/address-book/{number}")):
        answer = await world.grace.rest(method, path, body)
        assert await said(answer) == (400, f"Json deserialize error: missing field `{key}`")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": " "}, "Name cannot be empty"),
        ({"name": "x" * 101}, "Name too long (max 100 characters)"),
        ({"email": ""}, "Email cannot be empty"),
        ({"email": "zoe"}, "Invalid email format"),
        ({"email": "zoe@example"}, "Invalid email format"),
        ({"email": f"{'x' * 250}@example.org"}, "Email too long (max 255 characters)"),
        ({"phone": ""}, "phone is required"),
        ({"phone": "123456789"}, "phone must be at least 10 characters"),
        ({"phone": "1" * 21}, "phone must be at most 20 characters"),
        ({"phone": "0100.000.000"}, "phone must be a valid phone number"),
        ({"phone": "----------"}, "phone must be a valid phone number"),
        ({"address": " "}, "address is required"),
        ({"address": "x" * 501}, "address must be at most 500 characters"),
        ({"age": -5}, "age must be at least 0"),
        ({"age": 151}, "age must be at most 150"),
        ({"name": "", "email": "", "age": 999}, "Name cannot be empty"),
        ({"email": "", "phone": ""}, "Email cannot be empty"),
    ],
)
async def test_the_old_rules_hold_for_new_and_changed_contacts_alike(world: World, changed: dict[str, Any], message: str) -> None:
    number = await add(world.grace)
    for method, path in (("POST", "/api/address-book"), ("PUT", f"/api/address-book/{number}")):
        answer = await world.grace.rest(method, path, ZOE | changed)
        assert await said(answer) == (400, message)
        assert (await answer.json())["data"]["code"] == "REQ-400"
    assert await world.admin.fetchval("SELECT count(*) FROM contacts WHERE version = 1") == 1


async def test_a_phone_may_have_20_characters(world: World) -> None:
    number = await add(world.grace, phone="+351 (210) 000-00000")
    assert (await _data(world.linus, f"/api/address-book/{number}"))["phone"] == "+351 (210) 000-00000"


async def test_the_ui_reads_a_page_in_an_object(world: World) -> None:
    await _three(world)
    ui = {"X-Tenant-ID": "acme"}
    page = await _data(world.linus, "/api/address-book?page=1&limit=2&sort=fullName,asc", **ui)
    contacts = page.pop("contacts")
    assert page == {"total": 3, "page": 1, "limit": 2, "total_pages": 2, "has_next": True, "has_prev": False}
    assert [contact["name"] for contact in contacts] == ["Adam 500", "mia_x"]
    assert {contact["tenant_id"] for contact in contacts} == {"acme"}
    assert set(contacts[0]) == {"id", *ZOE, "tenant_id", "created_at", "updated_at"}
    page = await _data(world.linus, "/api/address-book?page=2&limit=2&sort=fullName,desc", **ui)
    assert [contact["name"] for contact in page["contacts"]] == ["Adam 500"]
    assert (page["has_next"], page["has_prev"]) == (False, True)
    found = await _data(world.linus, f"/api/address-book?search={quote('ZOE 50%')}", **ui)
    assert ([contact["name"] for contact in found["contacts"]], found["total"]) == (["Zoë 50%"], 1)


async def test_the_ui_gets_the_saved_contact(world: World) -> None:
    ui = {"X-Tenant-ID": "acme"}
    made = await world.grace.rest("POST", "/api/address-book", ZOE | {"gender": "female"}, **ui)
    contact = (await made.json())["data"]
    assert (made.status, made.headers["ETag"]) == (201, '"1"')
    assert contact == {"id": contact["id"], **ZOE, "tenant_id": "acme"} | {
        key: contact[key] for key in ("created_at", "updated_at")
    }
    changed = await world.grace.rest("PUT", f"/api/address-book/{contact['id']}", ZOE | {"age": 35}, **ui)
    assert (changed.status, (await changed.json())["data"]["age"]) == (200, 35)


@pytest.mark.parametrize(("dialect", "header", "shape"), [("rust", True, list), ("ui", False, dict), ("auto", False, list)])
async def test_the_setting_can_choose_a_dialect_for_all(serve: Serve, admin: Any, dialect: str, header: bool, shape: type) -> None:
    world = await World.made(await serve(legacy_dialect=dialect), admin)
    headers = {"X-Tenant-ID": "acme"} if header else {}
    assert isinstance(await _data(world.linus, "/api/address-book", **headers), shape)
    assert (await world.linus.rest("GET", "/api/address-book", **{"X-Tenant-ID": "evil"})).status == 403


@pytest.mark.parametrize("dialect", [{}, {"X-Tenant-ID": "evil"}])
async def test_mallory_gets_nothing_by_acmes_numbers_and_changes_nothing(world: World, dialect: dict[str, str]) -> None:
    number = await add(world.grace)
    for method, body in (("GET", None), ("PUT", ZOE | {"name": "Mallory"}), ("DELETE", None)):
        answer = await world.mallory.rest(method, f"/api/address-book/{number}", body, **dialect)
        assert await said(answer) == (404, f"Person with id {number} not found")
    for path in ("/api/address-book", "/api/address-book/filter?name=Zo", "/api/address-book?search=zoe"):
        assert "zoe@example.org" not in await (await world.mallory.rest("GET", path, **dialect)).text()
    assert tuple(await world.admin.fetchrow("SELECT name, version, deleted_at FROM contacts")) == ("Zoë Müller", 1, None)
