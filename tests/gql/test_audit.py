"""The audit log over GraphQL: what is asked for, by whom, page by page, and what each entry tells."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from models.values import now
from tests.world import Person, World

_LOG = """
query($first: Int, $after: String, $filter: AuditFilter) { auditLog(first: $first, after: $after, filter: $filter) {
  nodes { id at action actor { id username } targetId requestId ipPrefix details seal }
  edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor }
} }
"""
_NODE = "query($id: ID!) { node(id: $id) { __typename ... on AuditEntry { action seal targetId actor { username } } } }"
_LOGIN = "mutation($i: LoginInput!) { login(input: $i) { userErrors { code } } }"


async def _log(person: Person, **given: Any) -> Any:
    answer = await person.gql(_LOG, **given)
    assert answer.errors == [], answer.text
    return answer.data["auditLog"]


async def _actions(person: Person, **given: Any) -> list[str]:
    return [node["action"] for node in (await _log(person, filter=given))["nodes"]]


async def test_an_entry_tells_who_did_what_to_whom_and_when(world: World) -> None:
    await world.admin.execute("TRUNCATE audit_entries")
    assert world.grace.user is not None
    user = f"user_{world.grace.user.hex}"
    headers = {"X-Request-ID": "of-the-change"}
    adam = Person(world.client, token=world.adam.token, headers=headers)
    change = "mutation($i: UpdateUserInput!) { updateUser(input: $i) { userErrors { code } } }"
    assert (await adam.gql(change, i={"id": user, "role": "VIEWER"})).data["updateUser"]["userErrors"] == []
    (entry,) = (await _log(world.ada))["nodes"]
    at = entry.pop("at")
    assert at.endswith("Z")
    assert world.adam.user is not None
    assert entry.pop("id").startswith("auditentry_")
    assert entry == {
        "action": "user.changed",
        "actor": {"id": f"user_{world.adam.user.hex}", "username": "adam"},
        "targetId": user,
        "requestId": "of-the-change",
        "ipPrefix": "127.0.0.0/24",
        "details": {"fields": ["role"], "role": "VIEWER"},
        "seal": None,
    }


async def test_a_seal_is_shown_once_there_is_one(world: World) -> None:
    newest, older = (await _log(world.ada, first=2))["nodes"]
    await world.admin.execute(
        "INSERT INTO audit_seals (tenant_id, number, entry_id, seal, latest_at) "
        "SELECT tenant_id, 1, id, $2, at FROM audit_entries WHERE tenant_id = $1 AND id = $3::uuid",
        world.acme,
        bytes(range(32)),
        older["id"].removeprefix("auditentry_"),
    )
    assert [node["seal"] for node in (await _log(world.ada, first=2))["nodes"]] == [None, bytes(range(32)).hex()]
    assert (await world.ada.gql(_NODE, id=older["id"])).data["node"] == {
        "__typename": "AuditEntry",
        "action": "login.succeeded",
        "seal": bytes(range(32)).hex(),
        "targetId": older["targetId"],
        "actor": older["actor"] and {"username": older["actor"]["username"]},
    }
    assert (await world.ada.gql(_NODE, id=newest["id"])).data["node"]["seal"] is None


async def test_it_is_read_by_admins_of_the_tenant_alone(world: World) -> None:
    entry = (await _log(world.adam, first=1))["nodes"][0]["id"]
    for person in (world.grace, world.linus, world.oskar):
        answer = await person.gql(_LOG)
        assert (answer.codes, answer.data) == (["FORBIDDEN"], {"auditLog": None})
        assert (await person.gql(_NODE, id=entry)).data == {"node": None}
    assert (await world.stranger.gql(_LOG)).codes == ["UNAUTHENTICATED"]
    assert {node["actor"]["username"] for node in (await _log(world.mallory))["nodes"]} == {"mallory"}
    assert (await world.mallory.gql(_NODE, id=entry)).data == {"node": None}
    assert world.ada.user is not None
    for actor in (f"user_{world.ada.user.hex}", "user_nonsense", entry):
        assert await _actions(world.mallory, actorId=actor) == []


async def test_the_latest_comes_first_page_by_page(world: World) -> None:
    whole = [node["id"] for node in (await _log(world.ada, first=100))["nodes"]]
    assert len(whole) == 4
    times = [node["at"] for node in (await _log(world.ada, first=100))["nodes"]]
    assert times == sorted(times, reverse=True)
    walked, after, more = [], None, True
    while more:
        page = await _log(world.ada, first=3, after=after)
        walked += [node["id"] for node in page["nodes"]]
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        await world.linus.login()  # what is appended meanwhile moves nothing
    assert walked == whole
    for person, given in ((world.mallory, {}), (world.ada, {"filter": {"action": {"eq": "logout"}}})):
        assert (await person.gql(_LOG, after=after, **given)).codes == ["BAD_REQUEST"]
    for size in (0, 101):
        assert (await world.ada.gql(_LOG, first=size)).codes == ["BAD_REQUEST"]


async def test_filters_hold_together(world: World) -> None:
    began = now()
    wrong = {"tenant": "acme", "usernameOrEmail": "linus", "password": "wrong"}
    await world.stranger.gql(_LOGIN, i=wrong)
    await world.grace.gql("mutation { logout { ok } }")
    assert world.grace.user is not None
    grace = f"user_{world.grace.user.hex}"
    login = ["login.succeeded"] * 4
    assert await _actions(world.ada) == ["logout", "login.failed", *login]
    assert await _actions(world.ada, action={"eq": "login.failed"}) == ["login.failed"]
    assert await _actions(world.ada, action={"in": ["login.failed", "logout"]}) == ["logout", "login.failed"]
    assert await _actions(world.ada, action={"in": []}) == []
    assert await _actions(world.ada, action={"startsWith": "LOGIN."}) == ["login.failed", *login]
    assert await _actions(world.ada, action={"contains": "out"}) == ["logout"]
    assert await _actions(world.ada, action={"isNull": True}) == []
    assert await _actions(world.ada, actorId=grace) == ["logout", "login.succeeded"]
    assert await _actions(world.ada, actorId=grace, action={"startsWith": "login"}) == ["login.succeeded"]
    assert await _actions(world.ada, at={"gte": began.isoformat()}) == ["logout", "login.failed"]
    assert await _actions(world.ada, at={"lt": began.isoformat()}) == login
    assert await _actions(world.ada, at={"gte": (now() + timedelta(hours=1)).isoformat()}) == []
    for bad in ({"eq": "x" * 201}, {"eq": "\x00"}, {"in": ["x"] * 101}):
        assert (await world.ada.gql(_LOG, filter={"action": bad})).codes == ["BAD_REQUEST"], bad


async def test_who_was_removed_is_nobody_and_operators_are_not_shown(world: World) -> None:
    assert world.grace.user is not None
    await world.ada.gql("mutation($i: ID!) { deleteUser(input: {id: $i}) { deletedId } }", i=f"user_{world.grace.user.hex}")
    suspend = "mutation($i: ID!) { suspendTenant(input: {id: $i}) { userErrors { code } } }"
    resume = suspend.replace("suspend", "resume")
    for act in (suspend, resume):
        await world.oskar.gql(act, i=f"tenantsummary_{world.acme.hex}")
    ada = await world.ada.login()
    nodes = (await _log(ada))["nodes"]
    told = [(node["action"], node["actor"] and node["actor"]["username"]) for node in nodes]
    assert told == [
        ("login.succeeded", "ada"),
        ("tenant.resumed", None),
        ("tenant.suspended", None),
        ("user.deleted", "ada"),
        ("login.succeeded", "linus"),
        ("login.succeeded", None),
        ("login.succeeded", "adam"),
        ("login.succeeded", "ada"),
    ]
    assert nodes[1]["details"] == {"by": "operator"}
    assert nodes[3]["targetId"] == f"user_{world.grace.user.hex}"
