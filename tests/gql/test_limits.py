"""What bounds a document before it runs."""

from __future__ import annotations

import pytest

from gql.limits import TOKENS
from tests.conftest import Serve
from tests.world import Person, World

_TWO = "query A { a: __typename } query B { b: __typename }"


async def test_a_document_has_so_many_tokens_at_most(world: World) -> None:
    fits = "{ " + " ".join(f"a{n}: __typename" for n in range((TOKENS - 3) // 3)) + " }"
    assert "too many" not in (await world.ada.gql(fits)).text.lower()
    answer = await world.ada.gql("{ " + "viewer { id } " * TOKENS + "}")
    assert (answer.data, answer.codes) == (None, ["BAD_REQUEST"])
    assert f"more than {TOKENS}" in answer.errors[0]["message"]


async def test_the_operation_is_named_where_there_are_several(world: World) -> None:
    for name, data in (("A", {"a": "Query"}), ("B", {"b": "Query"})):
        response = await world.client.post("/graphql", json={"query": _TWO, "operationName": name})
        assert await response.json(content_type=None) == {"data": data}
    answer = await world.stranger.gql(_TWO)
    assert (answer.status, answer.data, answer.codes) == (400, None, ["BAD_REQUEST"])
    assert answer.errors[0]["message"] == "Name the operation to execute by operationName."


@pytest.mark.parametrize("field", ['__type(name: "User") { name }', "__schema { types { name } }"])
async def test_the_schema_may_be_kept_from_strangers(field: str, world: World, serve: Serve) -> None:
    query = f"{{ {field} }}"
    assert (await world.stranger.gql(query)).codes == []
    client = await serve(introspection=False)
    answer = await Person(client).gql(query)
    assert (answer.data, set(answer.codes)) == (None, {"BAD_REQUEST"})
    assert (await Person(client).gql("{ __typename viewer { __typename } }")).codes == []
    for person in (world.linus, world.mallory):
        assert (await Person(client, token=person.token).gql(query)).codes == []
    assert set((await Person(client, token="x.y.z").gql(query)).codes) == {"BAD_REQUEST"}
