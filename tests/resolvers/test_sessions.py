"""What signing in and out leaves on record, and what happens while a password is being compared."""

from __future__ import annotations

from typing import Any

import pytest

from auth.passwords import Hasher
from tests.world import PASSWORD, World

_LOGIN = "mutation($i: LoginInput!) { login(input: $i) { tokens { refreshToken } userErrors { code } } }"
_REFRESH = "mutation($i: RefreshInput!) { refresh(input: $i) { userErrors { code } } }"
_SIGNUP = "mutation($i: SignupInput!) { signup(input: $i) { userErrors { code } } }"
_CHANGE = "mutation($i: ChangePasswordInput!) { changePassword(input: $i) { ok userErrors { code } } }"
_ADA = {"tenant": "acme", "usernameOrEmail": "ada", "password": PASSWORD}


async def _audited(world: World, where: str = "tenant_id = $1") -> list[str]:
    rows = await world.admin.fetch(f"SELECT action FROM audit_entries WHERE {where} ORDER BY at, id", world.acme)
    return [row["action"] for row in rows]


async def test_each_deed_is_on_record_once(world: World) -> None:
    await world.admin.execute("CREATE TEMP TABLE seen AS SELECT id FROM audit_entries")
    await world.stranger.gql(_LOGIN, i=_ADA)
    await world.stranger.gql(_LOGIN, i=_ADA | {"password": "wrong"})
    await world.stranger.gql(_LOGIN, i=_ADA | {"usernameOrEmail": "ghost"})
    await world.stranger.gql(_REFRESH, i={"refreshToken": world.ada.refresh})
    await world.stranger.gql(_SIGNUP, i={"tenant": "acme", "username": "eve", "email": "e@example.org", "password": PASSWORD})
    await world.ada.gql(_CHANGE, i={"currentPassword": PASSWORD, "newPassword": "wooden-lantern-quartz"})
    await world.ada.gql("mutation { revokeSessions(input: {scope: OTHERS}) { revokedCount } }")
    await world.ada.gql("mutation { logout { ok } }")
    assert await _audited(world, "tenant_id = $1 AND id NOT IN (SELECT id FROM seen)") == [
        "login.succeeded",
        "login.failed",
        "login.failed",
        "refresh.succeeded",
        "user.signed_up",
        "password.changed",
        "sessions.revoked",
        "logout",
    ]
    failed = await world.admin.fetch(
        "SELECT target_id, actor_id, details FROM audit_entries WHERE action = 'login.failed' ORDER BY at"
    )
    assert [row["target_id"] for row in failed] == [world.ada.user.hex if world.ada.user else "", None]
    everything = str([dict(row) for row in await world.admin.fetch("SELECT * FROM audit_entries")])
    for secret in (PASSWORD, "wooden-lantern", "ghost", "e@example.org", str(world.ada.refresh), str(world.ada.token)):
        assert secret not in everything


async def test_a_session_that_is_refused_leaves_no_record_of_success(world: World) -> None:
    await world.admin.execute("UPDATE users SET active = false WHERE username = 'ada'")
    before = await world.admin.fetchval("SELECT count(*) FROM refresh_tokens")
    answer = await world.stranger.gql(_REFRESH, i={"refreshToken": world.ada.refresh})
    assert answer.data == {"refresh": {"userErrors": [{"code": "TOKEN_INVALID"}]}}
    assert "refresh.succeeded" not in await _audited(world)
    assert await world.admin.fetchval("SELECT count(*) FROM refresh_tokens") == before


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE users SET active = false WHERE username = 'ada'",
        "UPDATE users SET password_hash = 'other' WHERE username = 'ada'",
        "DELETE FROM users WHERE username = 'ada'",
        "UPDATE tenants SET status = 'SUSPENDED' WHERE slug = 'acme'",
    ],
)
async def test_what_changed_while_the_password_was_compared_counts(
    deed: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await world.admin.fetchval("SELECT count(*) FROM sessions WHERE user_id <> $1", world.ada.user)
    verify = Hasher.verify

    async def slow(self: Hasher, *given: Any) -> bool:
        right = await verify(self, *given)
        await world.admin.execute(deed)
        return right

    monkeypatch.setattr(Hasher, "verify", slow)
    answer = await world.stranger.gql(_LOGIN, i=_ADA)
    assert answer.data == {"login": {"tokens": None, "userErrors": [{"code": "INVALID_CREDENTIALS"}]}}
    assert await world.admin.fetchval("SELECT count(*) FROM sessions WHERE user_id <> $1", world.ada.user) == before
