"""What is a request to /graphql, and what is none: content types, JSON, parameters of bodies and of URLs."""

from __future__ import annotations

import asyncio

import orjson
import pytest
from aiohttp import FormData
from aiohttp.test_utils import make_mocked_request
from yarl import URL

from gql.parameters import parameters_of
from gql.protocol import JSON, RESPONSE
from tests.gql import kit
from tests.gql.kit import CREATE, OK
from tests.world import World


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "",
        "text/plain",
        "text/plain; application/json",
        "text/plain, application/json",
        "application/json, text/plain",
        "application/json; charset=utf-16",
        "application/json; charset=latin1",
        "application/json; text/plain",
        "application/jsonx",
        "application/json+x",
        "application/graphql",
        "application/graphql+json",
        RESPONSE,
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "multipart/mixed; boundary=x",
    ],
)
async def test_a_body_of_another_content_type_is_not_read(kind: str | None, world: World) -> None:
    before = await kit.contacts(world.grace)
    headers = world.grace._headers() | ({} if kind is None else {"Content-Type": kind})
    body = orjson.dumps({"query": CREATE})
    response = await world.client.post("/graphql", data=body, headers=headers, skip_auto_headers=["Content-Type"])
    assert (response.status, response.content_type) == (415, JSON)
    assert (response.headers["Accept"], response.headers["Accept-Encoding"]) == (JSON, "identity")
    assert (await response.json())["errors"][0]["message"] == "Send application/json in UTF-8."
    assert await kit.contacts(world.grace) == before


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON", 'application/json;charset="UTF-8"', "application/json ; charset=utf8"]
)
async def test_json_in_utf_8_is_read_however_it_is_spelled(kind: str, world: World) -> None:
    response = await world.client.post("/graphql", data=orjson.dumps({"query": OK}), headers={"Content-Type": kind})
    assert (response.status, (await response.json())["data"]) == (200, {"__typename": "Query"})


@pytest.mark.parametrize(
    "files",
    [{}, {"0": ["variables.f"]}, {"0": ["variables.f", "variables.g"]}, {"0": ["query"]}, {str(n): [f"v.{n}"] for n in range(60)}],
)
async def test_there_are_no_uploads(files: dict[str, list[str]], world: World) -> None:
    form = FormData()
    form.add_field("operations", orjson.dumps({"query": OK}).decode())
    form.add_field("map", orjson.dumps(files).decode())
    for name in files or ("0",):
        form.add_field(name, b"x", filename=f"{name}.txt")
    response = await world.client.post("/graphql", data=form)
    assert (response.status, response.content_type) == (415, JSON)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"true",
        b"1",
        b'"x"',
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b"{}",
        b"{",
        b'{"query"}',
        b"query=%7B__typename%7D",
        b"{ __typename }",
        b'{"query": null}',
        b'{"query": 1}',
        b'{"query": {}}',
        b'{"query": ["{ __typename }"]}',
        b'{"query": ""}',
        b'{"query": " \\n"}',
        b'{"Query": "{ __typename }"}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "variables": "{}"}',
        b'{"query": "{ __typename }", "variables": 0}',
        b'{"query": "{ __typename }", "operationName": 1}',
        b'{"query": "{ __typename }", "operationName": {}}',
        b'{"query": "{ __typename }", "extensions": "x"}',
        b'{"query": "{ __typename }", "extensions": [1]}',
        b'{"query": "{ __typename }", "documentId": 1}',
    ],
    ids=lambda body: body.decode(),
)
async def test_a_body_that_is_no_request_is_refused(body: bytes, world: World) -> None:
    status, kind, told = await kit.told(world, body)
    assert (status, kind) == (400, "application/json; charset=utf-8")
    assert [error["extensions"] for error in told["errors"]] == [{"code": "BAD_REQUEST"}]
    assert "data" not in told


_DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (b"NaN", False),
        (b"-Infinity", False),
        (b"1e400", False),
        (b"9" * 5_000, False),
        (b"01", False),
        (b"+1", False),
        (b"1.", False),
        (b"1e-400", True),
        (b"9" * 300, True),
        (b"0." + b"1" * 5_000, True),
        (b'"\\u0000"', True),
        (b'"\x00"', False),
        (b'"\\ud800"', False),
        (b'"\\udc00\\ud800"', False),
        (b'"\\ud83d\\ude00"', True),
        (b'"\xff"', False),
        (b'"\xc0\x80"', False),
        (b'"\xed\xa0\x80"', False),
        (b"'x'", False),
        (b"1 /* x */", False),
        (b"[1,]", False),
        (b'{"a": 1, "a": 2}', True),
        (_DEEP, False),
        (b"[" * 70 + b"]" * 70, False),
        (b"{" + b",".join(b'"k%d": 1' % n for n in range(20_000)) + b"}", False),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_json_is_rfc_8259_and_within_bounds(value: bytes, read: bool, world: World) -> None:
    status, _, told = await kit.told(world, b'{"query": "{ __typename }", "variables": {"x": ' + value + b"}}")
    if read:
        assert (status, told["data"]) == (200, {"__typename": "Query"})
    else:
        assert (status, told["errors"][0]["extensions"]) == (400, {"code": "BAD_REQUEST"})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
async def test_json_is_utf_8_without_a_mark(encoding: str, world: World) -> None:
    status, _, told = await kit.told(world, '{"query": "{ __typename }"}'.encode(encoding))
    assert (status, told["errors"][0]["message"]) == (400, "This is no JSON (RFC 8259) in UTF-8.")


async def test_of_members_of_one_name_the_last_counts(world: World) -> None:
    assert (await kit.told(world, b'{"query": "{ nothing }", "query": "{ __typename }"}'))[2]["data"] == {"__typename": "Query"}


async def test_variables_are_as_deep_as_a_document_at_most(world: World) -> None:
    def nested(levels: int) -> bytes:
        return b'{"query": "{ __typename }", "variables": ' + b'{"a":' * levels + b"1" + b"}" * levels + b"}"

    assert (await kit.told(world, nested(64)))[0] == 200
    status, _, told = await kit.told(world, nested(65))
    assert (status, told["errors"][0]["message"]) == (400, "variables may be at most 64 levels deep.")


@pytest.mark.parametrize(
    "query",
    [
        "query=%7B__typename%7D&query=%7B__typename%7D",
        "query=%7B__typename%7D&operationName=A&operationName=B",
        "query=%7B__typename%7D&variables=%7B%22a%22%3ANaN%7D",
        "query=%7B__typename%7D&variables=%5B%5D",
        "query=%7B__typename%7D&extensions=1",
        "query=",
        "variables=%7B%7D",
        "",
    ],
)
async def test_a_url_that_is_no_request_is_refused(query: str, world: World) -> None:
    response = await world.client.get(URL(f"/graphql?{query}", encoded=True))
    assert response.status == 400
    assert (await response.json())["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


async def test_empty_parameters_of_a_url_count_as_none(world: World) -> None:
    response = await world.client.get("/graphql", params={"query": OK, "operationName": "", "variables": "", "extensions": ""})
    assert (response.status, (await response.json())["data"]) == (200, {"__typename": "Query"})


@pytest.mark.parametrize(
    ("prefer", "wanted"), [("cost-only", True), ("wait=5, cost-only", True), ("respond-async", False), (None, False)]
)
def test_a_client_may_prefer_to_be_told_the_cost(prefer: str | None, wanted: bool) -> None:
    request = make_mocked_request("POST", "/graphql", headers={"Prefer": prefer} if prefer else {})
    assert parameters_of({"query": OK}, request).cost_only is wanted


@pytest.mark.parametrize("tail", [b"%FF", b"%ED%A0%80", b"\xff", b"\xed\xa0\x80", b"%00", b"%"])
async def test_a_url_of_odd_bytes_breaks_nothing(tail: bytes, world: World) -> None:
    for name in (
        b"query=%7B__typename%7D%20%23",
        b"query=%7B__typename%7D&variables=",
        b"documentId=",
        b"query=%7B__typename%7D&operationName=",
    ):
        reader, writer = await asyncio.open_connection(world.client.host, world.client.port)
        writer.write(b"GET /graphql?" + name + tail + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        status = (await reader.read()).split(b" ", 2)[1]
        writer.close()
        assert status in {b"200", b"400"}, name
