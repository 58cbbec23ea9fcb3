"""Acts, and what each must leave in the audit log: the list of `test_audit_log.py`, but for second factors and letters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from unittest.mock import ANY

from models.values import new_id
from resolvers import running
from resolvers.running import Patience
from server.app import DESK
from tests.world import PASSWORD, Person, World

Act = Callable[[World], Awaitable[Any]]

NEW = "violet-harbour-lantern-29"
CANARY = "canary"
"""Stands in each name and address that the acts write: none of it may come to the log."""


@dataclass(frozen=True)
class Told:
    """What an entry must say, and the slug of the tenant in whose log it does. `actor` is a person's name; `target` is one too,
    or a tenant's slug, or the kind of anything else; `details` are all of them.
    """

    action: str
    actor: str | None
    target: str | None = None
    details: dict[str, Any] | None = None
    tenant: str = "acme"


async def forget(world: World) -> None:
    """Empties the log: what went before was to arrange the act."""
    await world.admin.execute("DELETE FROM audit_seals; DELETE FROM audit_entries")  # a lock of the table would meet the worker


def gql(who: str, field: str, given: str, **values: Any) -> Act:
    """A mutation of one of the people, by the type of its input and the values of that."""

    async def act(world: World) -> Any:
        document = f"mutation($i: {given}!) {{ {field}(input: $i) {{ userErrors {{ code }} }} }}"
        return await getattr(world, who).gql(document, i=values)

    return act


def rest(who: str, method: str, path: str, **values: Any) -> Act:
    """A request of one of the people to the old routes."""

    async def act(world: World) -> Any:
        return await getattr(world, who).rest(method, path, values or None)

    return act


async def _number(world: World, name: str) -> int:
    number: int = await world.admin.fetchval("SELECT number FROM users WHERE username = $1", name)
    return number


def of(person: Person) -> str:
    """Their id."""
    assert person.user is not None
    return f"user_{person.user.hex}"


async def _contact(world: World) -> str:
    document = 'mutation { createContact(input: {contact: {name: "canary"}}) { contact { id } } }'
    return str((await world.grace.gql(document)).data["createContact"]["contact"]["id"])


async def _reused(world: World) -> Any:
    token = world.ada.refresh
    await world.admin.execute("UPDATE refresh_tokens SET used_at = now() - interval '1 hour', successor = digest")
    return await gql("stranger", "refresh", "RefreshInput", refreshToken=token)(world)


async def _refresh(world: World) -> Any:
    return await gql("stranger", "refresh", "RefreshInput", refreshToken=world.ada.refresh)(world)


async def _refresh_of_old(world: World) -> Any:
    return await world.stranger.rest("POST", "/api/auth/refresh-token", {"refresh_token": world.ada.refresh, "tenant_id": "acme"})


async def _limited(world: World) -> Any:
    await world.admin.execute("UPDATE tenants SET login_attempts_per_minute = 1")
    for _ in range(4):
        await gql("stranger", "login", "LoginInput", tenant="acme", usernameOrEmail="nobody", password="wrong")(world)
    deleted = await world.admin.execute("DELETE FROM audit_entries WHERE action = 'login.failed'")
    assert deleted == "DELETE 1"


async def _for_good(world: World) -> Any:
    given = {"ids": [await _contact(world), await _contact(world)], "permanently": True}
    return await gql("adam", "deleteContacts", "DeleteContactsInput", **given)(world)


async def _label(world: World) -> Any:
    made = await world.grace.gql('mutation { createLabel(input: {name: "canary"}) { label { id } } }')
    return await gql("grace", "deleteLabel", "DeleteLabelInput", id=made.data["createLabel"]["label"]["id"])(world)


async def _job(world: World) -> Any:
    job = new_id()
    await world.admin.execute("INSERT INTO jobs (tenant_id, id, kind) VALUES ($1, $2, 'MAIL')", world.acme, job)
    return await gql("adam", "cancelJob", "CancelJobInput", id=f"job_{job.hex}")(world)


async def _fetched(world: World) -> Any:
    await gql("adam", "startExport", "StartExportInput", format="TENANT_BUNDLE")(world)
    job = await world.admin.fetchval("SELECT id FROM jobs")
    assert world.client.app is not None
    await running.run(world.client.app[DESK], Patience(), world.acme, job)
    await forget(world)
    answer = await world.ada.rest("GET", f"/exports/job_{job.hex}")
    assert answer.status == 200
    return answer


async def _session(world: World) -> Any:
    session = await world.admin.fetchval("SELECT id FROM sessions WHERE user_id = $1", world.grace.user)
    return await gql("grace", "revokeSessions", "RevokeSessionsInput", sessionId=f"session_{session.hex}")(world)


async def _promoted(world: World) -> Any:
    return await gql("ada", "updateUser", "UpdateUserInput", id=of(world.grace), role="ADMIN", username="canary")(world)


async def _user_of_old(world: World) -> Any:
    given = {"username": "canary1", "email": "canary@example.org", "active": False}
    return await world.adam.rest("PUT", f"/api/users/{await _number(world, 'linus')}", given)


async def _user_deleted(world: World) -> Any:
    return await gql("adam", "deleteUser", "DeleteUserInput", id=of(world.linus))(world)


async def _user_deleted_of_old(world: World) -> Any:
    return await world.adam.rest("DELETE", f"/api/users/{await _number(world, 'linus')}")


async def _suspended(world: World) -> Any:
    return await gql("oskar", "suspendTenant", "TenantIdInput", id=f"tenantsummary_{world.acme.hex}")(world)


async def _resumed(world: World) -> Any:
    return await gql("oskar", "resumeTenant", "TenantIdInput", id=f"tenantsummary_{world.acme.hex}")(world)


async def _tenant_made(world: World) -> Any:
    return await gql("oskar", "createTenant", "CreateTenantInput", slug="fresh", name="canary")(world)


async def _kept(world: World) -> Any:
    await gql("ada", "deleteTenant", "DeleteTenantInput", confirmSlug="acme")(world)
    await forget(world)
    return await world.ada.gql("mutation { cancelTenantDeletion { userErrors { code } } }")


async def _edits(world: World) -> Any:
    contact = await _contact(world)
    await gql("grace", "updateContact", "UpdateContactInput", id=contact, contact={"name": "canary"})(world)
    await gql("grace", "deleteContacts", "DeleteContactsInput", ids=[contact])(world)
    await gql("grace", "restoreContacts", "RestoreContactsInput", ids=[contact])(world)
    await gql("grace", "createLabel", "CreateLabelInput", name="canary")(world)
    await world.grace.gql("{ viewer { id } contacts { nodes { name } } }")
    await world.adam.gql("{ auditLog { nodes { id actor { username } } } }")
    await gql("linus", "updateTenant", "UpdateTenantInput", name="canary")(world)  # he may not


RIGHT = {"tenant": "acme", "usernameOrEmail": "grace", "password": PASSWORD}
OLD_RIGHT = {"tenant_id": "acme", "username_or_email": "grace", "password": PASSWORD}
_SIGNUP = {"tenant": "acme", "username": "canary1", "email": "canary@example.org", "password": NEW}
_OLD_SIGNUP = {"tenant_id": "acme", "username": "canary1", "email": "canary@example.org", "password": "Violet-harbour-29"}
BY_OPERATOR = {"by": "operator"}

LIST: dict[str, tuple[Act, list[Told]]] = {
    "login": (gql("stranger", "login", "LoginInput", **RIGHT), [Told("login.succeeded", "grace", "session", {})]),
    "login, of old": (
        rest("stranger", "POST", "/api/auth/login", **OLD_RIGHT),
        [Told("login.succeeded", "grace", "session", {})],
    ),
    "a wrong password": (
        gql("stranger", "login", "LoginInput", **RIGHT | {"password": CANARY}),
        [Told("login.failed", None, "grace", {})],
    ),
    "a wrong password, of old": (
        rest("stranger", "POST", "/api/auth/login", **OLD_RIGHT | {"password": CANARY}),
        [Told("login.failed", None, "grace", {})],
    ),
    "an unknown name": (
        gql("stranger", "login", "LoginInput", **RIGHT | {"usernameOrEmail": CANARY}),
        [Told("login.failed", None, None, {})],
    ),
    "an unknown tenant": (gql("stranger", "login", "LoginInput", **RIGHT | {"tenant": CANARY}), []),
    "a limit": (_limited, [Told("limit.reached", None, None, {"kind": "login"})]),
    "signup": (gql("stranger", "signup", "SignupInput", **_SIGNUP), [Told("user.signed_up", "canary1", "canary1", {})]),
    "signup, of old": (
        rest("stranger", "POST", "/api/auth/signup", **_OLD_SIGNUP),
        [Told("user.signed_up", "canary1", "canary1", {})],
    ),
    "refresh": (_refresh, [Told("refresh.succeeded", "ada", "session", {})]),
    "refresh, of old": (_refresh_of_old, [Told("refresh.succeeded", "ada", "session", {})]),
    "renewal, of old": (rest("ada", "POST", "/api/auth/refresh"), [Told("refresh.renewed", "ada", "session", {})]),
    "a refresh token that means nothing": (gql("stranger", "refresh", "RefreshInput", refreshToken=CANARY), []),
    "reuse": (_reused, [Told("refresh.reused", "ada", "session", {})]),
    "logout": (
        lambda world: world.ada.gql("mutation { logout { ok } }"),
        [Told("logout", "ada", "session", {})],
    ),
    "logout, of old": (rest("ada", "POST", "/api/auth/logout"), [Told("logout", "ada", "session", {})]),
    "one session ended": (_session, [Told("session.revoked", "grace", "session", {"count": 1})]),
    "the other sessions ended": (
        gql("grace", "revokeSessions", "RevokeSessionsInput", scope="OTHERS"),
        [Told("sessions.revoked", "grace", "grace", {"count": 0})],
    ),
    "a new password": (
        gql("grace", "changePassword", "ChangePasswordInput", currentPassword=PASSWORD, newPassword=NEW),
        [Told("password.changed", "grace", "grace", {"sessions_ended": 0})],
    ),
    "a new password, without the old one": (
        gql("grace", "changePassword", "ChangePasswordInput", currentPassword=CANARY, newPassword=NEW),
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
    "an export": (
        gql("adam", "startExport", "StartExportInput", format="TENANT_BUNDLE"),
        [Told("export.started", "adam", "job", {"format": "TENANT_BUNDLE"})],
    ),
    "an export fetched": (
        _fetched,
        [Told("export.fetched", "ada", "job", {})],
    ),
    "a label removed": (_label, [Told("label.deleted", "grace", "label", {})]),
    "settings": (
        gql("adam", "updateTenant", "UpdateTenantInput", name=CANARY, loginAttemptsPerMinute=20),
        [Told("tenant.changed", "adam", "acme", {"fields": ["login_attempts_per_minute", "name"]})],
    ),
    "how long data is kept": (
        gql("ada", "updateTenant", "UpdateTenantInput", trashDays=60, auditDays=400, legalHold=True),
        [
            Told(
                "tenant.changed",
                "ada",
                "acme",
                {"fields": ["audit_days", "legal_hold", "trash_days"], "audit_days": 400, "legal_hold": True, "trash_days": 60},
            )
        ],
    ),
    "a tenant that is to be deleted": (
        gql("ada", "deleteTenant", "DeleteTenantInput", confirmSlug="acme"),
        [Told("tenant.deletion_requested", "ada", "acme", {"until": ANY})],
    ),
    "a tenant that is kept": (_kept, [Told("tenant.deletion_cancelled", "ada", "acme", {})]),
    "a tenant renamed, of old": (
        rest("oskar", "PUT", "/api/admin/tenants/acme", name=CANARY),
        [Told("tenant.changed", "oskar", "acme", BY_OPERATOR)],
    ),
    "a tenant closed, of old": (
        rest("oskar", "DELETE", "/api/admin/tenants/acme"),
        [Told("tenant.closed", "oskar", "acme", BY_OPERATOR)],
    ),
    "a tenant suspended": (_suspended, [Told("tenant.suspended", "oskar", "acme", BY_OPERATOR)]),
    "a tenant resumed": (_resumed, [Told("tenant.resumed", "oskar", "acme", BY_OPERATOR)]),
    "a tenant made": (_tenant_made, [Told("tenant.created", "oskar", "fresh", BY_OPERATOR, tenant="fresh")]),
    "what is not on the list": (_edits, []),
}
"""Each act, and exactly what it must leave in the log."""
