"""What administrators do with people is on record: roles and states, never names or addresses."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
import pytest

from auth.caller import Caller
from models.errors import NotAllowed, NotFound
from models.values import Origin
from resolvers import users
from server.app import DESK
from tests.world import World

_UPDATE = "mutation($i: UpdateUserInput!) { updateUser(input: $i) { userErrors { code } } }"
_DELETE = "mutation($i: DeleteUserInput!) { deleteUser(input: $i) { userErrors { code } } }"


async def _entries(world: World) -> list[tuple[str, Any, Any, Any]]:
    rows = await world.admin.fetch("SELECT * FROM audit_entries WHERE action LIKE 'user.%' ORDER BY at")
    return [(row["action"], row["actor_id"], row["target_id"], orjson.loads(row["details"])) for row in rows]


async def test_changes_and_removals_are_on_record(world: World) -> None:
    assert world.grace.user is not None
    grace, target = f"user_{world.grace.user.hex}", world.grace.user.hex
    await world.ada.gql(_UPDATE, i={"id": grace, "role": "VIEWER", "email": "secret@example.org"})
    await world.ada.gql(_UPDATE, i={"id": grace, "active": False, "role": "VIEWER"})
    await world.adam.gql(_DELETE, i={"id": grace})
    assert await _entries(world) == [
        ("user.changed", world.ada.user, target, {"fields": ["email", "role"], "role": "VIEWER"}),
        ("user.changed", world.ada.user, target, {"fields": ["active", "role"], "active": "False"}),
        ("user.deleted", world.adam.user, target, {"role": "VIEWER"}),
    ]


async def test_what_was_refused_leaves_no_entry(world: World) -> None:
    assert world.ada.user is not None
    ada = f"user_{world.ada.user.hex}"
    for person in (world.adam, world.mallory, world.grace):
        await person.gql(_UPDATE, i={"id": ada, "active": False})
        await person.gql(_DELETE, i={"id": ada})
    await world.ada.gql(_DELETE, i={"id": ada})
    assert await _entries(world) == []
    assert await world.admin.fetchval("SELECT active FROM users WHERE username = 'ada'") is True


async def test_people_are_reached_by_their_numbers_under_the_same_rules(world: World, tortoise: None) -> None:
    caller = Caller(world.adam.user, world.acme, await _session(world), "acme", "adam", Origin())  # type: ignore[arg-type]  # signed in
    rows = {row["username"]: row for row in await users.numbered(caller, 0, 10)}
    assert list(rows) == ["ada", "adam", "grace", "linus"]
    assert (await users.by_number(caller, rows["grace"]["number"]))["id"] == world.grace.user
    values = {"username": "Grace H", "email": "gh@example.org", "active": True}
    desk = world.client.app[DESK]
    assert (await users.change_numbered(desk, caller, rows["grace"]["number"], values))["username"] == "Grace H"
    with pytest.raises(NotAllowed):
        await users.remove_numbered(caller, rows["ada"]["number"])
    await users.remove_numbered(caller, rows["grace"]["number"])
    foreign = await world.admin.fetchval("SELECT number FROM users WHERE username = 'mallory'")
    for number in (rows["grace"]["number"], foreign):
        for work in (users.by_number(caller, number), users.remove_numbered(caller, number)):
            with pytest.raises(NotFound):
                await work
    assert await users.count(caller) == 3


async def _session(world: World) -> UUID:
    found: UUID = await world.admin.fetchval("SELECT id FROM sessions WHERE user_id = $1", world.adam.user)
    return found
