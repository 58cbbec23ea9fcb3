"""The audit log holds one entry for each act of its list, by either way, and none for others; it tells no secret and no name."""

from __future__ import annotations

import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from models.actions import ACTIONS
from models.values import new_id
from tests.world import PASSWORD, Answer, Person, World

Act = Callable[[World], Awaitable[Any]]

NEW = "violet-harbour-lantern-29"
CANARY = "canary"
"""Stands in each name and address that the acts write: none of it may come to the log."""


@dataclass(frozen=True)
class Told:
    """What an entry must say. `actor` and `target` are attributes of the world: a person, or a tenant; `details` in full."""

    action: str
    actor: str | None
    target: str | None = None
    details: dict[str, Any] | None = None


def _gql(who: str, field: str, given: str, **values: Any) -> Act:
    async def act(world: World) -> Any:
        document = f"mutation($i: {given}!) {{ {field}(input: $i) {{ userErrors {{ code }} }} }}"
        return await getattr(world, who).gql(document, i=values)

    return act


def _rest(who: str, method: str, path: str, **values: Any) -> Act:
    async def act(world: World) -> Any:
        return await getattr(world, who).rest(method, path, values or None)

    return act


async def _number(world: World, name: str) -> int:
    number: int = await world.admin.fetchval("SELECT number FROM users WHERE username = $1", name)
    return number


def _of(person: Person) -> str:
    assert person.user is not None
    return f"user_{person.user.hex}"


async def _contact(world: World) -> str:
    document = 'mutation { createContact(input: {contact: {name: "canary"}}) { contact { id } } }'
    return str((await world.grace.gql(document)).data["createContact"]["contact"]["id"])


async def _reused(world: World) -> Any:
    token = world.ada.refresh
    await world.admin.execute("UPDATE refresh_tokens SET used_at = now() - interval '1 hour', successor = digest")
    return await _gql("stranger", "refresh", "RefreshInput", refreshToken=token)(world)


async def _refresh(world: World) -> Any:
    return await _gql("stranger", "refresh", "RefreshInput", refreshToken=world.ada.refresh)(world)


async def _refresh_of_old(world: World) -> Any:
    return await world.stranger.rest("POST", "/api/auth/refresh-token", {"refresh_token": world.ada.refresh, "tenant_id": "acme"})


async def _limited(world: World) -> Any:
    await world.admin.execute("UPDATE tenants SET login_attempts_per_minute = 1")
    await world.admin.execute("DELETE FROM audit_entries")
    for _ in range(4):
        await _gql("stranger", "login", "LoginInput", tenant="acme", usernameOrEmail="nobody", password="wrong")(world)
    deleted = await world.admin.execute("DELETE FROM audit_entries WHERE action = 'login.failed'")
    assert deleted == "DELETE 1"


async def _for_good(world: World) -> Any:
    given = {"ids": [await _contact(world), await _contact(world)], "permanently": True}
    return await _gql("adam", "deleteContacts", "DeleteContactsInput", **given)(world)


async def _label(world: World) -> Any:
    made = await world.grace.gql('mutation { createLabel(input: {name: "canary"}) { label { id } } }')
    return await _gql("grace", "deleteLabel", "DeleteLabelInput", id=made.data["createLabel"]["label"]["id"])(world)


async def _job(world: World) -> Any:
    job = new_id()
    await world.admin.execute("INSERT INTO jobs (tenant_id, id, kind) VALUES ($1, $2, 'MAIL')", world.acme, job)
    return await _gql("adam", "cancelJob", "CancelJobInput", id=f"job_{job.hex}")(world)


async def _session(world: World) -> Any:
    session = await world.admin.fetchval("SELECT id FROM sessions WHERE user_id = $1", world.grace.user)
    return await _gql("grace", "revokeSessions", "RevokeSessionsInput", sessionId=f"session_{session.hex}")(world)


async def _promoted(world: World) -> Any:
    return await _gql("ada", "updateUser", "UpdateUserInput", id=_of(world.grace), role="ADMIN", username="canary")(world)


async def _user_of_old(world: World) -> Any:
    given = {"username": "canary1", "email": "canary@example.org", "active": False}
    return await world.adam.rest("PUT", f"/api/users/{await _number(world, 'linus')}", given)


async def _user_deleted(world: World) -> Any:
    return await _gql("adam", "deleteUser", "DeleteUserInput", id=_of(world.linus))(world)


async def _user_deleted_of_old(world: World) -> Any:
    return await world.adam.rest("DELETE", f"/api/users/{await _number(world, 'linus')}")


async def _suspended(world: World) -> Any:
    return await _gql("oskar", "suspendTenant", "TenantIdInput", id=f"tenantsummary_{world.acme.hex}")(world)


async def _resumed(world: World) -> Any:
    return await _gql("oskar", "resumeTenant", "TenantIdInput", id=f"tenantsummary_{world.acme.hex}")(world)


async def _tenant_made(world: World) -> Any:
    return await _gql("oskar", "createTenant", "CreateTenantInput", slug="fresh", name="canary")(world)


async def _edits(world: World) -> Any:
    contact = await _contact(world)
    await _gql("grace", "updateContact", "UpdateContactInput", id=contact, contact={"name": "canary"})(world)
    await _gql("grace", "deleteContacts", "DeleteContactsInput", ids=[contact])(world)
    await _gql("grace", "restoreContacts", "RestoreContactsInput", ids=[contact])(world)
    await _gql("grace", "createLabel", "CreateLabelInput", name="canary")(world)
    await world.grace.gql("{ viewer { id } contacts { nodes { name } } }")
    await world.adam.gql("{ auditLog { nodes { id actor { username } } } }")
    await _gql("linus", "updateTenant", "UpdateTenantInput", name="canary")(world)  # he may not


_RIGHT = {"tenant": "acme", "usernameOrEmail": "grace", "password": PASSWORD}
_OLD_RIGHT = {"tenant_id": "acme", "username_or_email": "grace", "password": PASSWORD}
_SIGNUP = {"tenant": "acme", "username": "canary1", "email": "canary@example.org", "password": NEW}
_OLD_SIGNUP = {"tenant_id": "acme", "username": "canary1", "email": "canary@example.org", "password": "Violet-harbour-29"}
_BY_OPERATOR = {"by": "operator"}

LIST: dict[str, tuple[Act, list[Told]]] = {
    "login": (_gql("stranger", "login", "LoginInput", **_RIGHT), [Told("login.succeeded", "grace", "session", {})]),
    "login, of old": (
        _rest("stranger", "POST", "/api/auth/login", **_OLD_RIGHT),
        [Told("login.succeeded", "grace", "session", {})],
    ),
    "a wrong password": (
        _gql("stranger", "login", "LoginInput", **_RIGHT | {"password": CANARY}),
        [Told("login.failed", None, "grace", {})],
    ),
    "a wrong password, of old": (
        _rest("stranger", "POST", "/api/auth/login", **_OLD_RIGHT | {"password": CANARY}),
        [Told("login.failed", None, "grace", {})],
    ),
    "an unknown name": (
        _gql("stranger", "login", "LoginInput", **_RIGHT | {"usernameOrEmail": CANARY}),
        [Told("login.failed", None, None, {})],
    ),
    "an unknown tenant": (_gql("stranger", "login", "LoginInput", **_RIGHT | {"tenant": CANARY}), []),
    "a limit": (_limited, [Told("limit.reached", None, None, {"kind": "login"})]),
    "signup": (_gql("stranger", "signup", "SignupInput", **_SIGNUP), [Told("user.signed_up", "canary1", "canary1", {})]),
    "signup, of old": (
        _rest("stranger", "POST", "/api/auth/signup", **_OLD_SIGNUP),
        [Told("user.signed_up", "canary1", "canary1", {})],
    ),
    "refresh": (_refresh, [Told("refresh.succeeded", "ada", "session", {})]),
    "refresh, of old": (_refresh_of_old, [Told("refresh.succeeded", "ada", "session", {})]),
    "renewal, of old": (_rest("ada", "POST", "/api/auth/refresh"), [Told("refresh.renewed", "ada", "session", {})]),
    "a refresh token that means nothing": (_gql("stranger", "refresh", "RefreshInput", refreshToken=CANARY), []),
    "reuse": (_reused, [Told("refresh.reused", "ada", "session", {})]),
    "logout": (
        lambda world: world.ada.gql("mutation { logout { ok } }"),
        [Told("logout", "ada", "session", {})],
    ),
    "logout, of old": (_rest("ada", "POST", "/api/auth/logout"), [Told("logout", "ada", "session", {})]),
    "one session ended": (_session, [Told("session.revoked", "grace", "session", {"count": 1})]),
    "the other sessions ended": (
        _gql("grace", "revokeSessions", "RevokeSessionsInput", scope="OTHERS"),
        [Told("sessions.revoked", "grace", "grace", {"count": 0})],
    ),
    "a new password": (
        _gql("grace", "changePassword", "ChangePasswordInput", currentPassword=PASSWORD, newPassword=NEW),
        [Told("password.changed", "grace", "grace", {"sessions_ended": 0})],
    ),
    "a new password, without the old one": (
        _gql("grace", "changePassword", "ChangePasswordInput", currentPassword=CANARY, newPassword=NEW),
        [Told("password.refused", "grace", "grace", {})],
    ),
    "a role": (_promoted, [Told("user.changed", "ada", "grace", {"fields": ["role", "username"], "role": "ADMIN"})]),
    "a user, of old": (
        _user_of_old,
        [Told("user.changed", "adam", "linus", {"fields": ["active", "email", "username"], "active": "False"})],
    ),
    "a user removed": (_user_deleted, [Told("user.deleted", "adam", "linus", {"role": "VIEWER"})]),
    "a user removed, of old": (_user_deleted_of_old, [Told("user.deleted", "adam", "linus", {"role": "VIEWER"})]),
    "contacts removed for good": (_for_good, [Told("contacts.deleted", "adam", None, {"count": 2})]),
    "a job cancelled": (_job, [Told("job.cancelled", "adam", "job", {"kind": "MAIL"})]),
    "a label removed": (_label, [Told("label.deleted", "grace", "label", {})]),
    "settings": (
        _gql("adam", "updateTenant", "UpdateTenantInput", name=CANARY, loginAttemptsPerMinute=20),
        [Told("tenant.changed", "adam", "acme", {"fields": ["login_attempts_per_minute", "name"]})],
    ),
    "a tenant renamed, of old": (
        _rest("oskar", "PUT", "/api/admin/tenants/acme", name=CANARY),
        [Told("tenant.changed", "oskar", "acme", _BY_OPERATOR)],
    ),
    "a tenant closed, of old": (
        _rest("oskar", "DELETE", "/api/admin/tenants/acme"),
        [Told("tenant.closed", "oskar", "acme", _BY_OPERATOR)],
    ),
    "a tenant suspended": (_suspended, [Told("tenant.suspended", "oskar", "acme", _BY_OPERATOR)]),
    "a tenant resumed": (_resumed, [Told("tenant.resumed", "oskar", "acme", _BY_OPERATOR)]),
    "a tenant made": (_tenant_made, [Told("tenant.created", "oskar", "fresh", _BY_OPERATOR)]),
    "what is not on the list": (_edits, []),
}
"""Each act, and exactly what it must leave in the log."""


async def _entries(world: World) -> list[Any]:
    return await world.admin.fetch("SELECT * FROM audit_entries ORDER BY at, id")


async def _ids(world: World) -> dict[str, str]:
    """The names of people and tenants by their ids in hexadecimal."""
    rows = await world.admin.fetch("SELECT id, username AS name FROM users UNION ALL SELECT id, slug FROM tenants")
    return {row["id"].hex: row["name"] for row in rows}


@pytest.mark.parametrize("name", LIST)
async def test_each_act_is_told_exactly_once(name: str, world: World) -> None:
    act, expected = LIST[name]
    before = await _ids(world)
    await world.admin.execute("TRUNCATE audit_entries, audit_seals")
    for person in vars(world).values():
        if isinstance(person, Person):
            person.headers["X-Request-ID"] = "the-request"
    await act(world)
    names = await _ids(world) | before
    found = []
    for entry in await _entries(world):
        told = json.loads(entry["details"])
        kind = ACTIONS[entry["action"]].target
        target = None if entry["target_id"] is None else names.get(entry["target_id"], kind)
        actor = entry["actor_id"] and names[entry["actor_id"].hex]
        found.append(Told(entry["action"], actor, target, told))
        assert (entry["request_id"], entry["ip_prefix"]) == ("the-request", "127.0.0.0/24")
        assert names[entry["tenant_id"].hex] == (target if kind == "tenant" else "acme")
        assert set(told) <= set(ACTIONS[entry["action"]].details.replace("`", " ").replace(",", " ").replace(";", " ").split())
        text = str(dict(entry))
        assert not [secret for secret in (CANARY, PASSWORD, NEW, "@") if secret in text], text
    assert found == expected


async def test_every_action_of_the_api_is_on_the_list() -> None:
    told = {one.action for _, expected in LIST.values() for one in expected}
    at_the_console = {"operator.added", "operator.removed", "user.activated", "user.created", "user.deactivated"}
    assert told == ACTIONS.keys() - at_the_console


async def test_the_request_id_of_an_answer_finds_its_line_and_its_entry(world: World, logged: io.StringIO) -> None:
    """For an act that is refused, too: its entry survives."""
    answer = await world.stranger.gql(
        "mutation($i: LoginInput!) { login(input: $i) { userErrors { code } } }", i=_RIGHT | {"password": "x"}
    )
    assert answer.data["login"]["userErrors"] == [{"code": "INVALID_CREDENTIALS"}]
    request_id = answer.headers["X-Request-ID"]
    lines = [json.loads(line) for line in logged.getvalue().splitlines() if request_id in line]
    assert [line["route"] for line in lines if line["event"] == "request"] == ["/graphql"]
    (entry,) = [entry for entry in await _entries(world) if entry["request_id"] == request_id]
    assert entry["action"] == "login.failed"
    query = "{ auditLog(first: 1) { nodes { action requestId } } }"
    shown: Answer = await world.adam.gql(query)
    assert shown.data["auditLog"]["nodes"] == [{"action": "login.failed", "requestId": request_id}]
