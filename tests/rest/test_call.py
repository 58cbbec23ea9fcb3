"""Bodies, queries, conditions and printing: what the framework answered in plain text is JSON with the same status."""

from __future__ import annotations

import json

import pytest

from tests.rest.kit import ZOE, add, said
from tests.world import World

JSON = {"Content-Type": "application/json"}


def _huge(key: str) -> bytes:
    return json.dumps(ZOE | {key: "@"}).replace('"@"', "9" * 5_000).encode()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "Json deserialize error: this is no JSON (RFC 8259) in UTF-8"),
        (b"{", "Json deserialize error: this is no JSON (RFC 8259) in UTF-8"),
        (b"\xff\xfe", "Json deserialize error: this is no JSON (RFC 8259) in UTF-8"),
        (b'{"name": "\\ud800"}', "Json deserialize error: this is no JSON (RFC 8259) in UTF-8"),
        (b"NaN", "Json deserialize error: this is no JSON (RFC 8259) in UTF-8"),
        (b"[" * 100_000, "Json deserialize error: this is no JSON (RFC 8259) in UTF-8"),
        (_huge("age"), "Json deserialize error: this is no JSON (RFC 8259) in UTF-8"),
        (b"null", "Json deserialize error: Input should be a valid dictionary or instance of Contact"),
        (b"[]", "Json deserialize error: Input should be a valid dictionary or instance of Contact"),
        (b"{}", "Json deserialize error: missing field `name`"),
        (json.dumps(ZOE | {"age": "34"}).encode(), "Json deserialize error: age: Input should be a valid integer"),
        (json.dumps(ZOE | {"age": True}).encode(), "Json deserialize error: age: Input should be a valid integer"),
        (json.dumps(ZOE | {"age": 3.5}).encode(), "Json deserialize error: age: Input should be a valid integer"),
        (json.dumps(ZOE | {"age": 2**31}).encode(), "Json deserialize error: age: Input should be less than 2147483648"),
        (json.dumps(ZOE | {"name": None}).encode(), "Json deserialize error: name: Input should be a valid string"),
        (
            json.dumps(ZOE | {"gender": 1}).encode(),
            "Json deserialize error: gender: Value error, must be true (male), false (female), male, female or other",
        ),
        (json.dumps(ZOE | {"name": "a\x00b"}).encode(), "name holds a character that cannot be kept."),
    ],
)
async def test_a_body_that_cannot_be_read_is_400_with_the_reason(world: World, body: bytes, message: str) -> None:
    headers = JSON | {"Authorization": f"Bearer {world.grace.token}"}
    answer = await world.client.post("/api/address-book", data=body, headers=headers)
    assert await said(answer) == (400, message)
    data = (await answer.json())["data"]
    assert {key: data[key] for key in ("code", "message", "status")} == {"code": "REQ-400", "message": message, "status": 400}
    assert await world.admin.fetchval("SELECT count(*) FROM contacts") == 0


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", None])
async def test_a_body_of_another_kind_is_a_content_type_error(world: World, kind: str | None) -> None:
    headers = {"Authorization": f"Bearer {world.grace.token}"} | ({"Content-Type": kind} if kind else {})
    skip = () if kind else ("Content-Type",)
    answer = await world.client.post("/api/address-book", data=json.dumps(ZOE).encode(), headers=headers, skip_auto_headers=skip)
    assert await said(answer) == (400, "Content type error")


async def test_a_body_that_is_too_large_is_413_in_json(world: World) -> None:
    answer = await world.grace.rest("POST", "/api/address-book", ZOE | {"address": "x" * 300_000})
    assert await said(answer) == (413, "Request Entity Too Large")
    assert (await answer.json())["data"]["code"] == "REQ-413"


async def test_unknown_keys_are_ignored_and_change_nothing(world: World) -> None:
    stolen = {"id": 1, "tenant_id": str(world.evil), "version": 9, "deleted_at": "2020-01-01", "role": "OWNER"}
    answer = await world.grace.rest("POST", "/api/address-book", ZOE | stolen)
    assert answer.status == 201
    row = await world.admin.fetchrow("SELECT tenant_id, version, deleted_at FROM contacts")
    assert tuple(row) == (world.acme, 1, None)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("age=abc", "Query deserialize error: age: Value error, invalid digit found in string"),
        ("age=", "Query deserialize error: age: Value error, invalid digit found in string"),
        ("age=9999999999", "Query deserialize error: age: Input should be less than 2147483648"),
        ("age=" + "9" * 5_000, "Query deserialize error: age: Value error, invalid digit found in string"),
        ("age=%D9%A3", "Query deserialize error: age: Value error, invalid digit found in string"),
        ("cursor=x", "Query deserialize error: cursor: Value error, invalid digit found in string"),
        ("page_size=-1", "Query deserialize error: page_size: Input should be greater than or equal to 0"),
        ("age=1&age=2", "Query deserialize error: duplicate field `age`"),
        ("name=%00", "filter holds a character that no text has."),
        ("name=" + "x" * 201, "filter may have at most 200 characters."),
    ],
)
async def test_a_typed_query_that_cannot_be_read_is_400_with_the_reason(world: World, query: str, message: str) -> None:
    assert await said(await world.linus.rest("GET", f"/api/address-book/filter?{query}")) == (400, message)


@pytest.mark.parametrize("given", ["abc", "1.5", "2147483648", "-2147483649", "9" * 5_000, "0x1", "%D9%A3", " 1", "%00"])
@pytest.mark.parametrize("path", ["/api/address-book", "/api/users"])
async def test_an_id_that_is_no_int32_is_404(world: World, path: str, given: str) -> None:
    assert await said(await world.linus.rest("GET", f"{path}/{given}")) == (404, "Not Found")


@pytest.mark.parametrize(
    ("accept", "query", "pretty"),
    [
        ("text/html", "?pretty=1", True),
        ("text/html", "?pretty=true", True),
        ("text/html", "?pretty=pretty", True),
        ("text/html", "?format=pretty", True),
        ("text/html", "?pretty=0", False),
        ("*/*", "?pretty=1", False),
        ("application/json", "?pretty=1", False),
        ("application/json; pretty", "", True),
        ("text/html", "", False),
    ],
)
async def test_printing_is_pretty_where_the_old_service_made_it_so(world: World, accept: str, query: str, pretty: bool) -> None:
    answer = await world.linus.rest("GET", f"/api/auth/me{query}", Accept=accept)
    assert ("\n" in await answer.text()) is pretty
    assert (await answer.json())["data"]["username"] == "linus"


async def test_a_write_that_expects_an_older_version_is_412_and_writes_nothing(world: World) -> None:
    number = await add(world.grace)
    path = f"/api/address-book/{number}"
    first = await world.grace.rest("GET", path)
    assert first.headers["ETag"] == '"1"'
    changed = await world.grace.rest("PUT", path, ZOE | {"age": 35}, **{"If-Match": '"1"'})
    assert (changed.status, changed.headers["ETag"]) == (200, '"2"')
    for condition in ('"1"', 'W/"2"', '"x"', "2"):
        stale = await world.grace.rest("PUT", path, ZOE | {"age": 36}, **{"If-Match": condition})
        assert (stale.status, (await stale.json())["data"]["code"]) == (412, "REQ-412"), condition
        assert (await world.grace.rest("DELETE", path, **{"If-Match": condition})).status == 412
    assert tuple(await world.admin.fetchrow("SELECT age, version, deleted_at FROM contacts")) == (35, 2, None)


async def test_without_a_condition_or_with_any_the_write_goes_through(world: World) -> None:
    path = f"/api/address-book/{await add(world.grace)}"
    assert (await world.grace.rest("PUT", path, ZOE)).status == 200
    assert (await world.grace.rest("PUT", path, ZOE, **{"If-Match": "*"})).status == 200
    assert await said(await world.grace.rest("PUT", path, ZOE, **{"If-Match": '"3", "4"'})) == (400, "If-Match takes one version.")
    assert (await world.grace.rest("DELETE", path, **{"If-Match": '"3"'})).status == 200


async def test_a_list_that_the_client_has_is_not_sent_again(world: World) -> None:
    await add(world.grace)
    first = await world.linus.rest("GET", "/api/address-book")
    again = await world.linus.rest("GET", "/api/address-book", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status, await again.text()) == (304, "")
    await add(world.grace)
    assert (await world.linus.rest("GET", "/api/address-book", **{"If-None-Match": first.headers["ETag"]})).status == 200
