"""GraphQL over HTTP: media types, statuses, and the page for a browser."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.world import World

_RESPONSE, _JSON = "application/graphql-response+json", "application/json"
_OK, _REFUSED, _INVALID = "{ __typename }", "{ contacts { totalCount } }", "{ nothing }"


async def _post(world: World, query: Any, accept: str | None, **more: Any) -> tuple[int, str, Any]:
    headers = {} if accept is None else {"Accept": accept}
    response = await world.client.post("/graphql", json={"query": query} | more, headers=headers)
    assert response.charset == "utf-8"
    return response.status, response.content_type, orjson.loads(await response.read())


@pytest.mark.parametrize(
    ("accept", "media"),
    [(None, _RESPONSE), ("*/*", _RESPONSE), (_RESPONSE, _RESPONSE), (_JSON, _JSON), (f"{_RESPONSE}, {_JSON};q=0.9", _RESPONSE)],
)
async def test_the_answer_has_the_media_type_that_was_asked_for(accept: str | None, media: str, world: World) -> None:
    assert await _post(world, _OK, accept) == (200, media, {"data": {"__typename": "Query"}})


@pytest.mark.parametrize(
    ("query", "statuses"), [(_OK, (200, 200)), (_REFUSED, (401, 401)), (_INVALID, (400, 200)), ("{", (400, 200))]
)
async def test_the_status_tells_what_became_of_the_operation(query: str, statuses: tuple[int, int], world: World) -> None:
    for accept, status in zip((_RESPONSE, _JSON), statuses, strict=True):
        assert (await _post(world, query, accept))[0] == status


async def test_data_is_absent_where_execution_never_began(world: World) -> None:
    assert "data" not in (await _post(world, _INVALID, None))[2]
    assert (await _post(world, _REFUSED, None))[2]["data"] == {"contacts": None}
    assert (await _post(world, _REFUSED.replace("}", "} viewer { id }", 1), None))[2]["data"] == {"contacts": None, "viewer": None}


async def test_what_was_answered_in_part_is_a_200(world: World) -> None:
    status, _, body = await _post(world, "{ __typename contacts { totalCount } }", None)
    assert (status, body["data"]) == (200, {"__typename": "Query", "contacts": None})
    assert body["errors"] == [
        {
            "message": "Sign in first.",
            "extensions": {"code": "UNAUTHENTICATED"},
            "locations": [{"line": 1, "column": 14}],
            "path": ["contacts"],
        }
    ]


async def test_a_browser_gets_the_page_unless_it_asks_a_query(world: World) -> None:
    page = await world.client.get("/graphql", headers={"Accept": "text/html,*/*"})
    assert (page.status, page.content_type) == (200, "text/html")
    query = await world.client.get("/graphql", params={"query": _OK}, headers={"Accept": "text/html,*/*"})
    assert await query.json(content_type=None) == {"data": {"__typename": "Query"}}
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
    assert body == {"data": {"__typename": "Query"}}


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
