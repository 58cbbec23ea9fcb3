"""Users over /api: by number, in the caller's tenant, under the roles."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rest.kit import NOBODY, said
from tests.world import Person, World


async def _number(world: World, person: Person) -> int:
    return int(await world.admin.fetchval("SELECT number FROM users WHERE id = $1", person.user))


def _body(name: str, **changed: Any) -> dict[str, Any]:
    return {"username": name, "email": f"{name}@example.org", "active": True} | changed


async def test_users_are_listed_by_number_with_exactly_the_old_keys(world: World) -> None:
    answer = await (await world.linus.rest("GET", "/api/users?limit=2&offset=1")).json()
    told = [
        {"id": await _number(world, person), "username": name, "email": f"{name}@example.org", "active": True}
        for person, name in ((world.adam, "adam"), (world.grace, "grace"))
    ]
    assert answer == {"message": "ok", "data": told, "metadata": {"pagination": {"limit": 2, "offset": 1, "count": 2}}}
    one = await world.linus.rest("GET", f"/api/users/{told[0]['id']}")
    assert await one.json() == {"message": "ok", "data": told[0]}


@pytest.mark.parametrize(
    ("query", "limit", "offset"),
    [
        ("limit=0", 1, 0),
        ("limit=999", 500, 0),
        ("limit=x&offset=x", 50, 0),
        ("offset=-3", 50, 0),
        ("offset=99999999999", 50, 2**31 - 1),
    ],
)
async def test_the_page_of_users_keeps_its_bounds(world: World, query: str, limit: int, offset: int) -> None:
    pagination = (await (await world.linus.rest("GET", f"/api/users?{query}")).json())["metadata"]["pagination"]
    assert (pagination["limit"], pagination["offset"]) == (limit, offset)


async def test_an_admin_changes_and_removes_a_user_who_has_signed_in(world: World) -> None:
    number = await _number(world, world.grace)
    answer = await world.adam.rest("PUT", f"/api/users/{number}", _body("gracie"))
    assert (answer.status, await answer.json()) == (200, {"message": "ok", "data": ""})
    assert (await (await world.adam.rest("GET", f"/api/users/{number}")).json())["data"]["username"] == "gracie"
    answer = await world.adam.rest("DELETE", f"/api/users/{number}")
    assert (answer.status, await answer.json()) == (200, {"message": "ok", "data": ""})
    assert await said(await world.adam.rest("GET", f"/api/users/{number}")) == (404, "User not found")
    assert (await world.grace.rest("GET", "/api/auth/me")).status == 401


async def test_a_deactivated_user_is_out_at_once(world: World) -> None:
    answer = await world.adam.rest("PUT", f"/api/users/{await _number(world, world.grace)}", _body("grace", active=False))
    assert answer.status == 200
    assert (await world.grace.rest("GET", "/api/address-book")).status == 401


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"username": ""}, "Username cannot be empty"),
        ({"username": "ab"}, "Username too short (min 3 characters)"),
        ({"email": ""}, "Email cannot be empty"),
        ({"email": "nobody"}, "Invalid email format"),
        ({"email": "ada@example.org"}, "This e-mail address is taken."),
        ({"username": "ADA"}, "This username is taken."),
        ({"active": "yes"}, "Json deserialize error: active: Input should be a valid boolean"),
        ({"active": None}, "Json deserialize error: active: Input should be a valid boolean"),
    ],
)
async def test_a_change_that_breaks_a_rule_is_400_and_changes_nothing(world: World, changed: dict[str, Any], message: str) -> None:
    number = await _number(world, world.grace)
    assert await said(await world.adam.rest("PUT", f"/api/users/{number}", _body("grace") | changed)) == (400, message)
    assert await world.admin.fetchval("SELECT username FROM users WHERE number = $1", number) == "grace"


async def test_nobody_reaches_above_themselves(world: World) -> None:
    for person in (world.ada, world.adam):
        number = await _number(world, person)
        expected = 403 if person is world.ada else 200
        assert (await world.adam.rest("PUT", f"/api/users/{number}", _body(person.username))).status == expected
    answer = await world.ada.rest("DELETE", f"/api/users/{await _number(world, world.ada)}")
    assert (answer.status, (await answer.json())["data"]["code"]) == (409, "REQ-409")


async def test_mallory_gets_nothing_by_acmes_numbers_and_changes_nothing(world: World) -> None:
    number = await _number(world, world.linus)
    for method, body in (("GET", None), ("PUT", _body("mallory-was-here")), ("DELETE", None)):
        for given in (number, NOBODY):
            assert await said(await world.mallory.rest(method, f"/api/users/{given}", body)) == (404, "User not found")
    assert "linus" not in await (await world.mallory.rest("GET", "/api/users")).text()
    assert await world.admin.fetchval("SELECT username FROM users WHERE number = $1", number) == "linus"
