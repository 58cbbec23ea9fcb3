"""GraphQL over HTTP: media types, methods, arrays, and the statuses of both drafts."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest
from aiohttp.test_utils import make_mocked_request

from gql import protocol
from gql.protocol import JSON, RESPONSE, Refused
from server.database import ROOT
from tests.conftest import Serve
from tests.gql import kit
from tests.gql.kit import CREATE, OK, SENT
from tests.world import World


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        ("APPLICATION/JSON", JSON),
        (f"{JSON};charset=utf-8", JSON),
        ("text/html, application/xhtml+xml, */*;q=0.8", JSON),
        (RESPONSE, RESPONSE),
        (f"{RESPONSE}; charset=utf-8", RESPONSE),
        (f"{RESPONSE},{JSON};q=0.9", RESPONSE),
        (f"{RESPONSE}, {JSON}", RESPONSE),
        (f"{JSON}, {RESPONSE}", RESPONSE),
        (f"{JSON};q=x, {RESPONSE};q=0.9", JSON),
        (f"{JSON};q=2;x=1, ,;", JSON),
        (f"{RESPONSE}, */*", RESPONSE),
        (f"{RESPONSE};q=0.5, {JSON}", JSON),
        (f"{RESPONSE};q=0.5, */*", JSON),
        (f"{RESPONSE};q=0, */*", JSON),
        (f"{JSON};q=0, */*", RESPONSE),
        ("text/html, */*;q=0.1", JSON),
        (f"{JSON};q=0", None),
        (f"{JSON};q=0.000", None),
        ("*/*;q=0", None),
        ("application/*;q=0, */*", None),
        ("text/html", None),
        ("application/xml, text/*", None),
        ("application/jsonx", None),
        ("nonsense", None),
    ],
)
def test_the_media_type_is_what_the_client_prefers(accept: str, media: str | None) -> None:
    request = make_mocked_request("POST", "/graphql", headers={"Accept": accept} if accept else {})
    if media is None:
        with pytest.raises(Refused):
            protocol.media(request)
    else:
        assert protocol.media(request) == media


async def test_who_takes_no_json_is_told_so_in_json(world: World) -> None:
    before = await kit.contacts(world.grace)
    headers = SENT | {"Accept": "text/html"} | world.grace._headers()
    response = await world.client.post("/graphql", json={"query": CREATE}, headers=headers)
    assert (response.status, response.headers["Content-Type"]) == (406, "application/json; charset=utf-8")
    message = "Accept application/graphql-response+json or application/json."
    assert await response.json() == {"errors": [{"message": message, "extensions": {"code": "BAD_REQUEST"}}]}
    assert await kit.contacts(world.grace) == before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND"])
async def test_other_methods_are_refused(method: str, world: World) -> None:
    response = await world.client.request(method, "/graphql", data=orjson.dumps({"query": OK}), headers=SENT)
    assert (response.status, response.headers["Allow"], response.content_type) == (405, "GET,POST", JSON)
    if method != "HEAD":
        assert (await response.json())["errors"][0]["extensions"] == {"code": "METHOD_NOT_ALLOWED"}


@pytest.mark.parametrize("accept", [JSON, RESPONSE, "*/*"])
async def test_get_is_for_queries_alone(accept: str, world: World) -> None:
    before = await kit.contacts(world.grace)
    for more in ({"query": CREATE}, {"query": f"query Q {OK} {CREATE}", "operationName": "M"}):
        response = await world.client.get("/graphql", params=more, headers={"Accept": accept} | world.grace._headers())
        assert (response.status, response.headers["Allow"]) == (405, "POST")
        assert (await response.json(content_type=None))["errors"][0]["extensions"] == {"code": "METHOD_NOT_ALLOWED"}
    assert await kit.contacts(world.grace) == before


async def test_no_header_makes_it_tell_more(world: World) -> None:
    for name in ("X-Apollo-Tracing", "Apollo-Federation-Include-Trace", "X-Debug", "X-GraphQL-Trace"):
        told = (await kit.told(world, orjson.dumps({"query": OK}), **{name: "ftv1"}))[2]
        assert (set(told), set(told["extensions"])) == ({"data", "extensions"}, {"cost"})


async def test_without_graphiql_there_is_no_page_anywhere(serve: Serve) -> None:
    client = await serve(graphiql=False)
    for path in ("/graphql", "/graphiql", "/playground", "/altair", "/voyager", "/graphql/console"):
        response = await client.get(path, headers={"Accept": "text/html"})
        assert (response.status, response.content_type) == (406 if path == "/graphql" else 404, JSON)


async def test_an_array_is_refused_unless_it_is_asked_for(world: World) -> None:
    status, _, told = await kit.told(world, orjson.dumps([{"query": OK}] * 11))
    assert (status, told["errors"][0]["message"]) == (400, "Send one operation, and no array.")


async def test_an_array_is_answered_one_by_one(serve: Serve, world: World) -> None:
    client = await serve(graphql_batch=4, cost_per_minute_user=10_000)
    batch: list[Any] = [
        {"query": OK},
        {"query": "{ nothing }"},
        1,
        {"query": "query A { a: __typename } query B { b: __typename }", "operationName": "B"},
    ]
    response = await client.post("/graphql", json=batch, headers={"Accept": RESPONSE})
    assert (response.status, response.content_type) == (200, RESPONSE)
    told = await response.json(content_type=None)
    assert [one.get("data") for one in told] == [{"__typename": "Query"}, None, None, {"b": "Query"}]
    assert ["data" in one for one in told] == [True, False, False, True]
    assert told[2] == {"errors": [{"message": "Send an object with a query.", "extensions": {"code": "BAD_REQUEST"}}]}
    left = [one["extensions"]["cost"]["remaining"] for one in told if "extensions" in one]
    assert len(left) == 3
    assert 10_000 > left[0] > left[1] > left[2]  # each document was new
    for many in ([], [{"query": CREATE}] * 5, [{"query": CREATE}] * 100):
        refused = await client.post("/graphql", json=many, headers=world.grace._headers())
        assert (refused.status, (await refused.json())["errors"][0]["message"]) == (400, "Send an array of 1 to 4 operations.")
    assert await kit.contacts(world.grace) == 0


async def test_logins_of_an_array_are_counted_one_by_one(serve: Serve, world: World) -> None:
    await world.admin.execute("UPDATE tenants SET login_attempts_per_minute = 3 WHERE slug = 'acme'")
    client = await serve(graphql_batch=10)
    login = 'mutation { login(input: {tenant: "acme", usernameOrEmail: "ada", password: "wrong"}) { userErrors { code } } }'
    told = await (await client.post("/graphql", json=[{"query": login}] * 10)).json()
    assert sum("errors" not in one for one in told) == 3
    assert {error["extensions"]["code"] for one in told for error in one.get("errors", ())} == {"RATE_LIMITED"}


@pytest.mark.parametrize(
    ("body", "audited", "later"),
    [
        ({"query": OK}, 200, 200),
        ({"query": "{"}, 400, 400),
        ({"query": "{ nothing }"}, 400, 422),
        ({"query": "query($i: ID!) { node(id: $i) { id } }"}, 400, 422),
        ({"query": "query A { __typename } query B { __typename }"}, 400, 422),
        ({"query": "subscription { x }"}, 400, 422),
        ({"query": 1}, 400, 422),
        ({"query": "{ __schema { queryType { name } } contacts { totalCount } }"}, 200, 294),
        ({"query": '{ node(id: "x") { id } }'}, 401, 401),
        ({"query": "{" + "viewer {" * 20 + "id" + "}" * 20 + "}"}, 400, 422),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_the_later_statuses_are_a_setting(body: dict[str, Any], audited: int, later: int, serve: Serve) -> None:
    for client, status in ((await serve(), audited), (await serve(graphql_later_statuses=True), later)):
        assert (await client.post("/graphql", json=body, headers={"Accept": RESPONSE})).status == status


async def test_the_later_statuses_do_not_reach_well_formed_requests_of_old_clients(serve: Serve) -> None:
    client = await serve(graphql_later_statuses=True)
    for query in ("{", "{ nothing }", "{ __schema { queryType { name } } contacts { totalCount } }"):
        assert (await client.post("/graphql", json={"query": query}, headers={"Accept": JSON})).status == 200
    assert (await client.post("/graphql", data=b"{", headers=SENT)).status == 400


def test_bytes_are_answered_as_they_are() -> None:
    made = protocol.response(b'{"data":{}}', RESPONSE)
    assert (made.status, made.body, made.headers["Content-Type"]) == (200, b'{"data":{}}', f"{RESPONSE}; charset=utf-8")


def test_statuses_stand_in_the_protocol_alone() -> None:
    for room in ("view.py", "trusted.py", "context.py"):
        assert re.findall(r"\b[2-5]\d\d\b", (ROOT / "gql" / room).read_text(encoding="utf-8")) == [], room
