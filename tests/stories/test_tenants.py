"""Tenants: what their own people see and set, and what operators do with all of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.world import PASSWORD, Person, World

_UPDATE = """
mutation($i: UpdateTenantInput!) { updateTenant(input: $i) {
  tenant { name settings { signup loginAttemptsPerMinute requestsPerMinute } } userErrors { __typename code path }
} }
"""
_CREATE = "mutation($i: CreateTenantInput!) { createTenant(input: $i) { tenant { id slug name status } userErrors { code path } } }"
_SUSPEND = "mutation($id: ID!) { suspendTenant(input: {id: $id}) { tenant { slug status } userErrors { code path } } }"
_RESUME = "mutation($id: ID!) { resumeTenant(input: {id: $id}) { tenant { slug status } userErrors { code path } } }"
_LIST = """
query($first: Int, $after: String, $search: String) {
  tenants(first: $first, after: $after, search: $search) {
    totalCount nodes { id slug name status createdAt } pageInfo { endCursor }
  }
}
"""
_VIEWER = "{ viewer { id tenant { id name } } }"


def _told(payload: Any) -> list[tuple[str, list[str] | None]]:
    return [(error["code"], error["path"]) for error in payload["userErrors"]]


def _summary(tenant: Any) -> str:
    return f"tenantsummary_{tenant.hex}"


async def _rows(world: World) -> list[Any]:
    return [dict(row) for row in await world.admin.fetch("SELECT * FROM tenants ORDER BY id")]


async def _update(person: Person, **values: Any) -> Any:
    return (await person.gql(_UPDATE, i=values)).data["updateTenant"]


async def test_an_admin_changes_the_tenants_name_and_settings(world: World) -> None:
    kept = {"name": "Acme", "settings": {"signup": "OPEN", "loginAttemptsPerMinute": 10_000, "requestsPerMinute": 60_000}}
    assert await _update(world.adam) == {"tenant": kept, "userErrors": []}
    assert (await _update(world.adam, name="Acme & Söhne"))["tenant"] == kept | {"name": "Acme & Söhne"}
    changed = {"name": "Acme & Söhne", "settings": {"signup": "INVITATION", "loginAttemptsPerMinute": 1, "requestsPerMinute": 10}}
    assert (await _update(world.ada, signup="INVITATION", loginAttemptsPerMinute=1, requestsPerMinute=10))["tenant"] == changed
    assert (await world.mallory.gql(_VIEWER)).data["viewer"]["tenant"]["name"] == "Evil"
    assert await world.admin.fetchval("SELECT count(*) FROM audit_entries WHERE action = 'tenant.changed'") == 3


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"name": None}, ("REQUIRED", ["name"])),
        ({"name": " "}, ("REQUIRED", ["name"])),
        ({"name": "x" * 201}, ("TOO_LONG", ["name"])),
        ({"name": "a\x00b"}, ("INVALID", ["name"])),
        ({"signup": None}, ("REQUIRED", ["signup"])),
        ({"loginAttemptsPerMinute": None}, ("REQUIRED", ["loginAttemptsPerMinute"])),
        ({"loginAttemptsPerMinute": 0}, ("INVALID", ["loginAttemptsPerMinute"])),
        ({"name": "New", "loginAttemptsPerMinute": 10_001}, ("INVALID", ["loginAttemptsPerMinute"])),
        ({"requestsPerMinute": None}, ("REQUIRED", ["requestsPerMinute"])),
        ({"requestsPerMinute": 9}, ("INVALID", ["requestsPerMinute"])),
        ({"name": "New", "requestsPerMinute": 1_000_001}, ("INVALID", ["requestsPerMinute"])),
    ],
)
async def test_a_setting_that_breaks_a_rule_is_named_and_not_kept(values: Any, told: tuple[str, list[str]], world: World) -> None:
    before = await _rows(world)
    payload = await _update(world.ada, **values)
    assert payload["tenant"] is None
    assert _told(payload) == [told]
    assert payload["userErrors"][0]["__typename"] == "InvalidInputError"
    assert await _rows(world) == before


async def test_editors_viewers_and_operators_change_no_settings(world: World) -> None:
    before = await _rows(world)
    for person, code in (
        (world.grace, "FORBIDDEN"),
        (world.linus, "FORBIDDEN"),
        (world.oskar, "FORBIDDEN"),
        (world.stranger, "UNAUTHENTICATED"),
    ):
        assert (await person.gql(_UPDATE, i={"name": "x"})).codes == [code]
    assert await _rows(world) == before


async def test_a_tenant_is_seen_by_its_own_people_alone(world: World) -> None:
    own = (await world.linus.gql(_VIEWER)).data["viewer"]["tenant"]["id"]
    query = "query($id: ID!) { node(id: $id) { id ... on Tenant { name } } }"
    assert (await world.linus.gql(query, id=own)).data["node"] == {"id": own, "name": "Acme"}
    for person in (world.mallory, world.oskar):
        assert (await person.gql(query, id=own)).data["node"] is None


async def test_operators_list_and_search_tenants(world: World) -> None:
    listed = (await world.oskar.gql(_LIST)).data["tenants"]
    assert [node["slug"] for node in listed["nodes"]] == ["acme", "evil", "house"]
    assert listed["nodes"][0]["id"] == _summary(world.acme)
    assert {node["status"] for node in listed["nodes"]} == {"ACTIVE"}
    assert listed["totalCount"] == 3
    page = (await world.oskar.gql(_LIST, first=2)).data["tenants"]
    rest = (await world.oskar.gql(_LIST, after=page["pageInfo"]["endCursor"])).data["tenants"]
    assert [node["slug"] for node in rest["nodes"]] == ["house"]
    for search, slugs in (
        ("ACM", ["acme"]),
        ("é", ["acme", "evil", "house"]),
        ("evil Evil", ["evil"]),
        ("%", []),
        ("acme evil", []),
    ):
        found = (await world.oskar.gql(_LIST, search=search)).data["tenants"]
        assert ([node["slug"] for node in found["nodes"]], found["totalCount"]) == (slugs, len(slugs))
    assert (await world.oskar.gql(_LIST, search="\x00")).codes == ["BAD_REQUEST"]
    assert (await world.oskar.gql(_LIST, search="acme", after=page["pageInfo"]["endCursor"])).codes == ["BAD_REQUEST"]


async def test_only_operators_meet_other_tenants(world: World) -> None:
    before = await _rows(world)
    for person, code in (
        (world.ada, "FORBIDDEN"),
        (world.mallory, "FORBIDDEN"),
        (world.linus, "FORBIDDEN"),
        (world.stranger, "UNAUTHENTICATED"),
    ):
        assert (await person.gql(_LIST)).codes == [code]
        assert (await person.gql(_CREATE, i={"slug": "new", "name": "New"})).codes == [code]
        for home in (world.acme, world.evil):
            assert (await person.gql(_SUSPEND, id=_summary(home))).codes == [code]
            assert (await person.gql(_RESUME, id=_summary(home))).codes == [code]
    assert await _rows(world) == before


async def test_an_operator_sees_nobodys_people_or_data(world: World) -> None:
    await world.grace.gql('mutation { createContact(input: {contact: {name: "Zoë"}}) { contact { id } } }')
    query = "{ contacts { totalCount } labels { name } viewer { tenant { users { nodes { username } } } } }"
    seen = (await world.oskar.gql(query)).data
    assert seen == {
        "contacts": {"totalCount": 0},
        "labels": [],
        "viewer": {"tenant": {"users": {"nodes": [{"username": "oskar"}]}}},
    }


async def test_an_operator_makes_a_tenant(world: World) -> None:
    made = (await world.oskar.gql(_CREATE, i={"slug": "New_1-x", "name": "New"})).data["createTenant"]
    tenant = made["tenant"]
    assert made == {"tenant": {"id": tenant["id"], "slug": "New_1-x", "name": "New", "status": "ACTIVE"}, "userErrors": []}
    row = await world.admin.fetchrow("SELECT signup, login_attempts_per_minute FROM tenants WHERE slug = 'New_1-x'")
    assert tuple(row) == ("INVITATION", 10)
    again = (await world.oskar.gql(_CREATE, i={"slug": "New_1-x", "name": "Other"})).data["createTenant"]
    assert (again["tenant"], _told(again)) == (None, [("ALREADY_EXISTS", ["slug"])])
    for slug in ("", "a b", "x" * 37, "é", "a/b", "a\n", "a\x00"):
        assert _told((await world.oskar.gql(_CREATE, i={"slug": slug, "name": "x"})).data["createTenant"]) == [
            ("INVALID", ["slug"])
        ]
    assert _told((await world.oskar.gql(_CREATE, i={"slug": "ok", "name": ""})).data["createTenant"]) == [("REQUIRED", ["name"])]
    assert await world.admin.fetchval("SELECT count(*) FROM tenants") == 4
    audited = "SELECT count(*) FROM audit_entries WHERE action = 'tenant.created' AND target_id = $1"
    assert await world.admin.fetchval(audited, tenant["id"].removeprefix("tenantsummary_")) == 1


async def test_a_suspended_tenant_serves_nobody_until_it_is_resumed(world: World) -> None:
    suspended = (await world.oskar.gql(_SUSPEND, id=_summary(world.acme))).data["suspendTenant"]
    assert suspended == {"tenant": {"slug": "acme", "status": "SUSPENDED"}, "userErrors": []}
    for person in (world.ada, world.grace, world.linus):
        assert (await person.gql(_VIEWER)).codes == ["UNAUTHENTICATED"]
    login = "mutation($i: LoginInput!) { login(input: $i) { userErrors { code } } }"
    account = {"tenant": "acme", "usernameOrEmail": "ada", "password": PASSWORD}
    assert _code(await world.stranger.gql(login, i=account)) == "INVALID_CREDENTIALS"
    refresh = "mutation($i: RefreshInput!) { refresh(input: $i) { userErrors { code } } }"
    assert _code(await world.stranger.gql(refresh, i={"refreshToken": world.ada.refresh})) == "TOKEN_INVALID"
    assert (await world.mallory.gql(_VIEWER)).codes == []
    reasons = await world.admin.fetch("SELECT DISTINCT ended_reason FROM sessions WHERE tenant_id = $1", world.acme)
    assert [row["ended_reason"] for row in reasons] == ["TENANT_SUSPENDED"]
    resumed = (await world.oskar.gql(_RESUME, id=_summary(world.acme))).data["resumeTenant"]
    assert resumed == {"tenant": {"slug": "acme", "status": "ACTIVE"}, "userErrors": []}
    assert (await world.ada.gql(_VIEWER)).codes == ["UNAUTHENTICATED"]
    ada = await world.ada.login()
    sessions = (await ada.gql("{ viewer { sessions { current endedReason } } }")).data["viewer"]["sessions"]
    assert [(s["current"], s["endedReason"]) for s in sessions] == [(True, None), (False, "TENANT_SUSPENDED")]
    actions = await world.admin.fetch(
        "SELECT action FROM audit_entries WHERE tenant_id = $1 AND action LIKE 'tenant.%' ORDER BY id", world.acme
    )
    assert [row["action"] for row in actions] == ["tenant.suspended", "tenant.resumed"]


def _code(answer: Any) -> str:
    [payload] = answer.data.values()
    return str(payload["userErrors"][0]["code"])


async def test_a_tenant_that_is_not_there_is_not_found(world: World) -> None:
    own = (await world.oskar.gql(_VIEWER)).data["viewer"]["tenant"]["id"]
    before = await _rows(world)
    for text in ("rubbish", "tenantsummary_" + "0" * 32, own, f"tenant_{world.acme.hex}"):
        for query in (_SUSPEND, _RESUME):
            [payload] = (await world.oskar.gql(query, id=text)).data.values()
            assert payload == {"tenant": None, "userErrors": [{"code": "NOT_FOUND", "path": ["id"]}]}
    assert await _rows(world) == before


async def test_what_is_unique_is_so_in_each_tenant(world: World) -> None:
    signup = "mutation($i: SignupInput!) { signup(input: $i) { userErrors { code } } }"
    account = {"username": "eve", "email": "eve@example.org", "password": PASSWORD}
    for person, home in ((world.grace, "acme"), (world.mallory, "evil")):
        assert (await world.stranger.gql(signup, i=account | {"tenant": home})).data["signup"]["userErrors"] == []
        label = await person.gql('mutation { createLabel(input: {name: "Friends"}) { userErrors { code } } }')
        assert label.data["createLabel"]["userErrors"] == []


async def test_no_operator_locks_themselves_out(world: World) -> None:
    own = (await world.oskar.gql('{ tenants(search: "house") { nodes { id } } }')).data["tenants"]["nodes"][0]["id"]
    answer = await world.oskar.gql("mutation($id: ID!) { suspendTenant(input: {id: $id}) { userErrors { code path } } }", id=own)
    assert answer.data == {"suspendTenant": {"userErrors": [{"code": "NOT_ALLOWED", "path": ["id"]}]}}
    assert (await world.oskar.gql("{ viewer { tenant { status } } }")).data == {"viewer": {"tenant": {"status": "ACTIVE"}}}


async def test_a_tenant_that_is_being_deleted_is_neither_suspended_nor_resumed(world: World) -> None:
    await world.admin.execute("UPDATE tenants SET status = 'DELETING' WHERE id = $1", world.acme)
    summary = f"tenantsummary_{world.acme.hex}"
    for deed in ("suspendTenant", "resumeTenant"):
        answer = await world.oskar.gql(
            f"mutation($id: ID!) {{ {deed}(input: {{id: $id}}) {{ userErrors {{ code }} }} }}", id=summary
        )
        assert answer.data == {deed: {"userErrors": [{"code": "NOT_ALLOWED"}]}}
    assert await world.admin.fetchval("SELECT status FROM tenants WHERE id = $1", world.acme) == "DELETING"
