"""The people of a tenant: who may change whom, and that somebody always stays who may."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.world import PASSWORD, Person, World, add_user

_UPDATE = """
mutation($i: UpdateUserInput!) { updateUser(input: $i) {
  user { username email emailVerified role active } userErrors { __typename code path }
} }
"""
_DELETE = "mutation($i: DeleteUserInput!) { deleteUser(input: $i) { deletedId userErrors { code path } } }"
_USERS = """
query($first: Int, $after: String) { viewer { tenant {
  users(first: $first, after: $after) { totalCount nodes { username } pageInfo { endCursor hasNextPage } } usage { users contacts }
} } }
"""
_VIEWER = "{ viewer { id } }"


def _id(person: Person) -> str:
    assert person.user is not None
    return f"user_{person.user.hex}"


async def _update(person: Person, whom: str, **values: Any) -> Any:
    answer = await person.gql(_UPDATE, i={"id": whom} | values)
    assert answer.codes == [], answer.text
    return answer.data["updateUser"]


async def _delete(person: Person, whom: str) -> Any:
    return (await person.gql(_DELETE, i={"id": whom})).data["deleteUser"]


def _told(payload: Any) -> list[tuple[str, list[str] | None]]:
    return [(error["code"], error["path"]) for error in payload["userErrors"]]


async def _people(world: World) -> list[Any]:
    return [dict(row) for row in await world.admin.fetch("SELECT * FROM users ORDER BY id")]


async def _another(world: World, name: str, role: str, **given: Any) -> Person:
    return Person(world.client, "acme", name, await add_user(world.admin, world.acme, name, role, **given))


async def test_people_are_listed_by_username(world: World) -> None:
    tenant = (await world.linus.gql(_USERS)).data["viewer"]["tenant"]
    assert [node["username"] for node in tenant["users"]["nodes"]] == ["ada", "adam", "grace", "linus"]
    assert tenant["users"]["totalCount"] == 4
    assert tenant["usage"] == {"users": 4, "contacts": 0}
    page = (await world.linus.gql(_USERS, first=3)).data["viewer"]["tenant"]["users"]
    rest = (await world.linus.gql(_USERS, after=page["pageInfo"]["endCursor"])).data["viewer"]["tenant"]["users"]
    assert [node["username"] for node in rest["nodes"]] == ["linus"]
    assert (await world.mallory.gql(_USERS)).data["viewer"]["tenant"]["users"]["nodes"] == [{"username": "mallory"}]
    assert (await world.mallory.gql(_USERS, after=page["pageInfo"]["endCursor"])).codes == ["BAD_REQUEST"]


async def test_an_admin_changes_those_below(world: World) -> None:
    changed = await _update(world.adam, _id(world.grace), role="VIEWER", username="Grace H", email="gh@example.org")
    assert changed == {
        "user": {"username": "Grace H", "email": "gh@example.org", "emailVerified": False, "role": "VIEWER", "active": True},
        "userErrors": [],
    }
    assert (await _update(world.adam, _id(world.linus), role="EDITOR"))["user"]["role"] == "EDITOR"
    assert (await _delete(world.adam, _id(world.linus))) == {"deletedId": _id(world.linus), "userErrors": []}
    assert (await world.linus.gql(_VIEWER)).codes == ["UNAUTHENTICATED"]
    assert (await world.admin.fetchval("SELECT count(*) FROM audit_entries WHERE action IN ('user.changed', 'user.deleted')")) == 3


async def test_an_admin_reaches_nobody_beside_or_above(world: World) -> None:
    eve = await _another(world, "eve", "ADMIN")
    before = await _people(world)
    for whom in (_id(world.ada), _id(eve)):
        for values in ({"role": "VIEWER"}, {"active": False}, {"username": "somebody"}, {"email": "s@example.org"}, {}):
            assert _told(await _update(world.adam, whom, **values)) == [("NOT_ALLOWED", ["id"])]
        assert _told(await _delete(world.adam, whom)) == [("NOT_ALLOWED", ["id"])]
    for role in ("ADMIN", "OWNER"):
        assert _told(await _update(world.adam, _id(world.grace), role=role)) == [("NOT_ALLOWED", ["role"])]
    assert _told(await _update(world.adam, _id(world.adam), role="OWNER")) == [("NOT_ALLOWED", ["role"])]
    assert await _people(world) == before


async def test_an_admin_may_step_down_and_change_their_own_name(world: World) -> None:
    assert (await _update(world.adam, _id(world.adam), username="Adam B", role="ADMIN"))["user"]["username"] == "Adam B"
    assert (await _update(world.adam, _id(world.adam), role="EDITOR"))["user"]["role"] == "EDITOR"
    assert (await world.adam.gql(_UPDATE, i={"id": _id(world.grace), "role": "VIEWER"})).codes == ["FORBIDDEN"]


async def test_nobody_else_changes_people(world: World) -> None:
    before = await _people(world)
    for person, code in (
        (world.grace, "FORBIDDEN"),
        (world.linus, "FORBIDDEN"),
        (world.oskar, "FORBIDDEN"),
        (world.stranger, "UNAUTHENTICATED"),
    ):
        assert (await person.gql(_UPDATE, i={"id": _id(world.linus), "role": "OWNER"})).codes == [code]
        assert (await person.gql(_DELETE, i={"id": _id(world.linus)})).codes == [code]
    for person, whom in (
        (world.mallory, _id(world.linus)),
        (world.ada, _id(world.mallory)),
        (world.ada, "user_" + "0" * 32),
        (world.ada, "rubbish"),
        (world.ada, _id(world.linus).replace("user", "contact")),
    ):
        assert _told(await _update(person, whom, active=False)) == [("NOT_FOUND", ["id"])]
        assert _told(await _delete(person, whom)) == [("NOT_FOUND", ["id"])]
    assert await _people(world) == before


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"username": None}, ("REQUIRED", ["username"])),
        ({"email": None}, ("REQUIRED", ["email"])),
        ({"role": None}, ("REQUIRED", ["role"])),
        ({"active": None}, ("REQUIRED", ["active"])),
        ({"username": "ab"}, ("INVALID", ["username"])),
        ({"username": "x" * 51}, ("TOO_LONG", ["username"])),
        ({"username": "LINUS"}, ("ALREADY_EXISTS", ["username"])),
        ({"username": "linus@example.org"}, ("INVALID", ["username"])),
        ({"email": "Linus@Example.org"}, ("ALREADY_EXISTS", ["email"])),
        ({"email": "nobody"}, ("INVALID", ["email"])),
        ({"email": "a\x00@example.org"}, ("INVALID", ["email"])),
    ],
)
async def test_what_breaks_a_rule_is_named_and_not_kept(values: dict[str, Any], told: tuple[str, list[str]], world: World) -> None:
    before = await _people(world)
    assert _told(await _update(world.ada, _id(world.grace), **values)) == [told]
    assert await _people(world) == before


async def test_a_username_that_is_the_address_moves_with_it_or_not_at_all(world: World) -> None:
    address = "grace@example.org"
    assert (await _update(world.ada, _id(world.grace), username=address))["user"]["username"] == address
    assert _told(await _update(world.ada, _id(world.grace), email="g@example.org")) == [("INVALID", ["username"])]
    both = await _update(world.ada, _id(world.grace), email="g@example.org", username="g@example.org")
    assert (both["user"]["username"], both["user"]["email"]) == ("g@example.org", "g@example.org")


async def test_an_address_is_unverified_once_it_changes(world: World) -> None:
    await world.admin.execute("UPDATE users SET email_verified = true WHERE username = 'grace'")
    assert (await _update(world.ada, _id(world.grace), email="GRACE@example.org"))["user"]["emailVerified"] is True
    assert (await _update(world.ada, _id(world.grace), email="g@example.org"))["user"]["emailVerified"] is False


async def test_addresses_are_changed_ten_times_a_minute_whatever_the_tenant_allows_itself(world: World) -> None:
    """Each change sends letters to whatever address was given."""
    told = [(await world.adam.gql(_UPDATE, i={"id": _id(world.linus), "email": f"x{n}@example.org"})).codes for n in range(12)]
    assert told == [[]] * 10 + [["RATE_LIMITED"]] * 2
    assert (await world.adam.gql(_UPDATE, i={"id": _id(world.linus), "username": "linus t", "email": "x9@example.org"})).codes == []
    number = await world.admin.fetchval("SELECT number FROM users WHERE id = $1", world.linus.user)
    given = {"username": "linus_t", "email": "y@example.org", "active": True}
    assert (await world.adam.rest("PUT", f"/api/users/{number}", given)).status == 429
    assert (await world.adam.rest("PUT", f"/api/users/{number}", given | {"email": "x9@example.org"})).status == 200
    assert (await _update(world.ada, _id(world.linus), email="y@example.org"))["userErrors"] == []
    assert await world.admin.fetchval("SELECT details->>'kind' FROM audit_entries WHERE action = 'limit.reached'") == "address"


async def test_a_deactivated_user_is_out_and_comes_back_by_a_new_sign_in(world: World) -> None:
    assert (await _update(world.ada, _id(world.grace), active=False))["user"]["active"] is False
    assert (await world.grace.gql(_VIEWER)).codes == ["UNAUTHENTICATED"]
    assert (
        await world.admin.fetchval("SELECT ended_reason FROM sessions WHERE user_id = $1", world.grace.user) == "USER_DEACTIVATED"
    )
    await _update(world.ada, _id(world.grace), active=True)
    assert (await world.grace.gql(_VIEWER)).codes == ["UNAUTHENTICATED"]
    again = await world.grace.login()
    sessions = (await again.gql("{ viewer { sessions { endedReason } } }")).data["viewer"]["sessions"]
    assert [session["endedReason"] for session in sessions] == [None, "USER_DEACTIVATED"]


async def test_the_last_owner_cannot_leave(world: World) -> None:
    await _another(world, "idle", "OWNER", active=False)
    before = await _people(world)
    for values in ({"role": "ADMIN"}, {"role": "VIEWER"}, {"active": False}, {"role": "ADMIN", "active": False}):
        assert _told(await _update(world.ada, _id(world.ada), **values)) == [("LAST_OWNER", ["id"])]
    assert _told(await _delete(world.ada, _id(world.ada))) == [("LAST_OWNER", ["id"])]
    assert await _people(world) == before
    assert (await world.ada.gql(_VIEWER)).codes == []
    assert (await _update(world.ada, _id(world.adam), role="OWNER"))["user"]["role"] == "OWNER"
    assert (await _delete(world.ada, _id(world.ada)))["userErrors"] == []
    assert _told(await _delete(world.adam, _id(world.adam))) == [("LAST_OWNER", ["id"])]


@pytest.mark.parametrize("deed", ["role", "active", "delete", "each other"])
async def test_of_two_owners_who_leave_at_once_one_stays(deed: str, world: World) -> None:
    eve = await (await _another(world, "eve", "OWNER")).login(PASSWORD)

    async def leave(person: Person, whom: Person) -> Any:
        if deed in {"role", "each other"}:
            return await person.gql(_UPDATE, i={"id": _id(whom), "role": "VIEWER"})
        if deed == "active":
            return await person.gql(_UPDATE, i={"id": _id(whom), "active": False})
        return await person.gql(_DELETE, i={"id": _id(whom)})

    pairs = [(world.ada, eve), (eve, world.ada)] if deed == "each other" else [(world.ada, world.ada), (eve, eve)]
    answers = await asyncio.gather(*(leave(*pair) for pair in pairs))
    assert {answer.status for answer in answers} <= {200, 401, 403}
    owners = "SELECT count(*) FROM users WHERE tenant_id = $1 AND role = 'OWNER' AND active"
    assert await world.admin.fetchval(owners, world.acme) == 1


async def test_an_operators_account_is_out_of_an_owners_reach(world: World) -> None:
    await world.admin.execute("UPDATE users SET operator = true WHERE username = 'grace'")
    before = await _people(world)
    for person in (world.ada, world.adam):
        for values in ({"role": "VIEWER"}, {"active": False}, {"email": "mine@example.org"}):
            assert _told(await _update(person, _id(world.grace), **values)) == [("NOT_ALLOWED", ["id"])]
        assert _told(await _delete(person, _id(world.grace))) == [("NOT_ALLOWED", ["id"])]
    assert await _people(world) == before


async def test_two_changes_at_once_both_hold(world: World) -> None:
    await asyncio.gather(
        *(_update(world.ada, _id(world.grace), username="Grace H"), _update(world.adam, _id(world.grace), role="VIEWER"))
    )
    row = await world.admin.fetchrow("SELECT username, role FROM users WHERE id = $1", world.grace.user)
    assert tuple(row) == ("Grace H", "VIEWER")


@pytest.mark.parametrize(
    ("becomes", "code"), [("role = 'EDITOR'", "FORBIDDEN"), ("active = false", "UNAUTHENTICATED"), ("role = 'OWNER'", None)]
)
async def test_who_is_lowered_while_their_deed_waits_does_nothing_any_more(becomes: str, code: str | None, world: World) -> None:
    deeds = [
        asyncio.create_task(world.adam.gql(_UPDATE, i={"id": _id(world.linus), "active": False})),
        asyncio.create_task(world.adam.gql(_DELETE, i={"id": _id(world.linus)})),
    ]
    async with world.admin.transaction():
        await world.admin.execute("SELECT id FROM tenants WHERE slug = 'acme' FOR UPDATE")
        await world.admin.execute(f"UPDATE users SET {becomes} WHERE username = 'adam'")
        await asyncio.sleep(0.5)
        assert not any(deed.done() for deed in deeds)
    for deed in deeds:
        assert (await deed).codes == ([] if code is None else [code])
    linus = await world.admin.fetchval("SELECT active FROM users WHERE username = 'linus'")
    assert linus is (True if code else None)


async def test_who_becomes_an_owner_meanwhile_is_out_of_an_admins_reach(world: World) -> None:
    async with world.admin.transaction():
        await world.admin.execute("UPDATE users SET role = 'OWNER' WHERE id = $1", world.grace.user)
        deed = asyncio.create_task(
            world.adam.gql(
                "mutation($id: ID!) { updateUser(input: {id: $id, active: false}) { userErrors { code } } }",
                id=f"user_{world.grace.user.hex if world.grace.user else ''}",
            )
        )
        await asyncio.sleep(0.3)
        assert not deed.done()
    assert (await deed).data == {"updateUser": {"userErrors": [{"code": "NOT_ALLOWED"}]}}
    assert await world.admin.fetchval("SELECT active FROM users WHERE id = $1", world.grace.user) is True
