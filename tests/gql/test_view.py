"""GraphQL over HTTP: media types, statuses, and the page for a browser."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.conftest import Serve
from tests.world import PASSWORD, World

_RESPONSE, _JSON = "application/graphql-response+json", "application/json"
_OK, _REFUSED, _INVALID = "{ __typename }", "{ contacts { totalCount } }", "{ nothing }"


async def _post(world: World, query: Any, accept: str | None, **more: Any) -> tuple[int, str, Any]:
    headers = {} if accept is None else {"Accept": accept}
    response = await world.client.post("/graphql", json={"query": query} | more, headers=headers)
    assert response.charset == "utf-8"
    return response.status, response.content_type, orjson.loads(await response.read())


@pytest.mark.parametrize(
    ("accept", "media"),
    [(None, _JSON), ("*/*", _JSON), (_RESPONSE, _RESPONSE), (_JSON, _JSON), (f"{_RESPONSE}, {_JSON};q=0.9", _RESPONSE)],
)
async def test_the_answer_has_the_media_type_that_was_asked_for(accept: str | None, media: str, world: World) -> None:
    status, kind, body = await _post(world, _OK, accept)
    assert (status, kind, body["data"]) == (200, media, {"__typename": "Query"})


@pytest.mark.parametrize(
    ("query", "statuses"),
    [
        (_OK, (200, 200)),
        (_REFUSED, (401, 401)),
        ("{ __typename contacts { totalCount } }", (401, 401)),  # a root's name is no data, though some clients always ask for it
        (_INVALID, (400, 200)),
        ("{", (400, 200)),
    ],
)
async def test_the_status_tells_what_became_of_the_operation(query: str, statuses: tuple[int, int], world: World) -> None:
    for accept, status in zip((_RESPONSE, _JSON), statuses, strict=True):
        assert (await _post(world, query, accept))[0] == status


async def test_data_is_absent_where_execution_never_began(world: World) -> None:
    assert "data" not in (await _post(world, _INVALID, None))[2]
    assert (await _post(world, _REFUSED, None))[2]["data"] == {"contacts": None}
    assert (await _post(world, _REFUSED.replace("}", "} viewer { id }", 1), None))[2]["data"] == {"contacts": None, "viewer": None}


async def test_what_was_answered_in_part_is_a_200(world: World) -> None:
    status, _, body = await _post(world, "{ __schema { queryType { name } } contacts { totalCount } }", None)
    assert (status, body["data"]) == (200, {"__schema": {"queryType": {"name": "Query"}}, "contacts": None})
    assert body["errors"] == [
        {
            "message": "Sign in first.",
            "extensions": {"code": "UNAUTHENTICATED"},
            "locations": [{"line": 1, "column": 35}],
            "path": ["contacts"],
        }
    ]


async def test_a_browser_gets_the_page_unless_it_asks_a_query(world: World) -> None:
    page = await world.client.get("/graphql", headers={"Accept": "text/html,*/*"})
    assert (page.status, page.content_type) == (200, "text/html")
    query = await world.client.get("/graphql", params={"query": _OK}, headers={"Accept": "text/html,*/*"})
    assert (await query.json())["data"] == {"__typename": "Query"}
    named = await world.client.get("/graphql", params={"documentId": "x"}, headers={"Accept": "text/html,*/*"})
    assert named.content_type == _JSON
    assert (await world.client.get("/graphql")).status == 400


async def test_an_answer_is_for_its_caller_alone(world: World) -> None:
    for person, name in ((world.ada, "ada"), (world.mallory, "mallory"), (world.ada, "ada")):
        answer = await person.gql("{ viewer { user { username } } }")
        assert answer.data == {"viewer": {"user": {"username": name}}}
        assert "Authorization" in ", ".join(answer.headers.getall("Vary"))
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers


async def test_null_members_are_as_if_omitted(world: World) -> None:
    body = (await _post(world, _OK, None, variables=None, operationName=None, extensions=None))[2]
    assert body["data"] == {"__typename": "Query"}


async def test_variables_are_counted_before_anything_is_made_of_them(world: World) -> None:
    query = "query($f: ContactFilter) { contacts(filter: $f, first: 1) { nodes { id } } }"
    for many in ({"and": [{}] * 30_000}, {"or": [{"or": [{}] * 50}] * 50}):
        status, _, answer = await _post(world, query, None, variables={"f": many})
        assert (status, answer["errors"][0]["message"]) == (400, "variables may hold at most 2000 values.")
    refused = await world.linus.gql(query, f={"or": [{}] * 60})
    assert (refused.codes, refused.errors[0]["message"]) == (["BAD_REQUEST"], "filter takes at most 50 conditions.")


async def test_a_page_of_somewhere_else_queries_by_nothing(world: World) -> None:
    for origin, status in (("https://evil.example", 403), ("null", 403), (f"http://{world.client.host}:{world.client.port}", 200)):
        answer = await world.client.get("/graphql", params={"query": _OK}, headers={"Origin": origin})
        assert answer.status == status


async def test_an_array_puts_the_cookie_of_its_login_into_the_answer(serve: Serve, world: World) -> None:
    client = await serve(graphql_batch=2)
    given = f'{{tenant: "acme", usernameOrEmail: "ada", password: "{PASSWORD}", refreshTokenIn: COOKIE}}'
    batch = [{"query": f"mutation {{ login(input: {given}) {{ userErrors {{ code }} }} }}"}, {"query": _OK}]
    answer = await client.post("/graphql", json=batch)
    assert [one["data"] for one in await answer.json()] == [{"login": {"userErrors": []}}, {"__typename": "Query"}]
    assert [line.partition("=")[0] for line in answer.headers.getall("Set-Cookie")] == ["__Host-refresh_token"]


async def test_a_client_may_prefer_to_be_told_the_cost_alone(world: World) -> None:
    query = "{ contacts(first: 10) { nodes { name } } }"
    asked = {"json": {"query": query}, "headers": {"Prefer": "cost-only", "Authorization": f"Bearer {world.ada.token}"}}
    answer = await world.ada.client.post("/graphql", **asked)
    assert (answer.status, answer.headers["Preference-Applied"]) == (200, "cost-only")
    told = await answer.json()
    assert told.keys() == {"extensions"}
    cost = told["extensions"]["cost"]
    assert (cost["requested"], cost["allowed"]) == (11, 10_000)
    again = (await (await world.ada.client.post("/graphql", **asked)).json())["extensions"]["cost"]
    assert again["remaining"] == cost["remaining"]
    asked["json"] = {"query": 'mutation { createLabel(input: {name: "x"}) { label { id } } }'}
    assert (await (await world.ada.client.post("/graphql", **asked)).json())["extensions"]["cost"]["requested"] > 0
    assert await world.admin.fetchval("SELECT count(*) FROM labels") == 0
    asked["json"] = {"query": "{ nothing }"}
    refused = await world.ada.client.post("/graphql", **asked)
    assert (await refused.json())["errors"][0]["message"] == "Cannot query field 'nothing' on type 'Query'."
