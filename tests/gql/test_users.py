"""People, as the schema shows them: never what only the house may know."""

from __future__ import annotations

from gql import schema
from tests.world import World


def test_a_user_shows_nothing_secret() -> None:
    shown = set(schema.build()._schema.type_map["User"].fields)  # type: ignore[attr-defined]  # an object type
    assert shown == {"id", "username", "email", "emailVerified", "active", "role", "createdAt"}


async def test_a_user_is_a_node(world: World) -> None:
    assert world.linus.user is not None
    query = "query($id: ID!) { node(id: $id) { ... on User { username role active email emailVerified } } }"
    node = f"user_{world.linus.user.hex}"
    shown = {"username": "linus", "role": "VIEWER", "active": True, "email": "linus@example.org", "emailVerified": False}
    assert (await world.grace.gql(query, id=node)).data == {"node": shown}
    assert (await world.mallory.gql(query, id=node)).data == {"node": None}
