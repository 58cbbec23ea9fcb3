"""Signing up, in and out over /api: the old texts, both keys of the token, and the holes that are closed."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.conftest import Serve
from tests.rest.kit import GONE, said
from tests.world import PASSWORD, Person, World, add_user, tenant

STRONG = "Correct-Horse-9-Battery"
NEW = {"username": "nora", "email": "nora@example.org", "password": STRONG, "tenant_id": "acme"}


def _login(**changed: Any) -> dict[str, Any]:
    return {"username_or_email": "ada", "password": PASSWORD, "tenant_id": "acme"} | changed


async def _signed_in(person: Person, **changed: Any) -> Person:
    answer = await person.rest("POST", "/api/auth/login", _login(**changed))
    data = (await answer.json())["data"]
    return Person(person.client, "acme", token=data["access_token"], refresh=data["refresh_token"])


async def test_login_answers_the_token_under_both_keys(world: World) -> None:
    answer = await world.stranger.rest("POST", "/api/auth/login", _login())
    told = await answer.json()
    data = told["data"]
    assert answer.status == 200
    assert (told["message"], told["metadata"]) == ("Login successfully", {"tenant_id": "acme"})
    assert set(data) == {"access_token", "refresh_token", "token_type", "token"}
    assert data["token"] == data["access_token"]
    assert data["token_type"] == "bearer"


async def test_the_ui_can_read_the_claims_of_the_token(world: World) -> None:
    ada = await _signed_in(world.stranger)
    part = (ada.token or "").split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert (claims["user"], claims["tenant_id"]) == ("ada", "acme")
    assert claims["exp"] - claims["iat"] == 604_800
    me = (await (await ada.rest("GET", "/api/auth/me")).json())["data"]
    assert me == {"username": "ada", "login_session": claims["login_session"], "tenant_id": "acme"}


async def test_login_takes_the_e_mail_address_and_the_older_key(world: World) -> None:
    by_mail = await world.stranger.rest("POST", "/api/auth/login", _login(username_or_email="ADA@example.org"))
    older = {"username": "ada", "password": PASSWORD, "tenant_id": "acme"}
    by_key = await world.stranger.rest("POST", "/api/auth/login", older)
    assert (by_mail.status, by_key.status) == (200, 200)
    neither = await world.stranger.rest("POST", "/api/auth/login", {"password": PASSWORD, "tenant_id": "acme"})
    assert await said(neither) == (400, "Json deserialize error: missing field `username_or_email`")


@pytest.mark.parametrize(
    "changed",
    [
        {"password": "wrong"},
        {"username_or_email": "nobody"},
        {"username_or_email": "mallory"},
        {"username_or_email": "", "password": ""},
        {"username_or_email": "a\x00b"},
        {"username_or_email": "x" * 10_000},
        {"password": "x" * 10_000},
    ],
)
async def test_a_failed_login_always_says_the_same(world: World, changed: dict[str, Any]) -> None:
    answer = await world.stranger.rest("POST", "/api/auth/login", _login(**changed))
    assert await said(answer) == (401, "Wrong username or password, please try again")
    data = (await answer.json())["data"]
    assert (data["code"], data["status"], data["tags"]) == ("AUTH-401", 401, ["functional_query"])


async def test_a_deactivated_user_cannot_sign_in_and_is_out_at_once(world: World) -> None:
    ada = await _signed_in(world.stranger)
    await world.admin.execute("UPDATE users SET active = false WHERE username = 'ada'")
    assert (await world.stranger.rest("POST", "/api/auth/login", _login())).status == 401
    answer = await ada.rest("GET", "/api/auth/me")
    assert (answer.status, await answer.json()) == (401, GONE)
    renewed = await ada.rest("POST", "/api/auth/refresh-token", {"refresh_token": ada.refresh, "tenant_id": "acme"})
    assert await said(renewed) == (401, "Invalid refresh token")


@pytest.mark.parametrize("slug", ["nobody", "", "a\x00b", "x" * 5_000, "ACME"])
async def test_an_unknown_tenant_is_told_as_before(world: World, slug: str) -> None:
    for path, body in (
        ("login", _login(tenant_id=slug)),
        ("signup", NEW | {"tenant_id": slug}),
        ("refresh-token", {"refresh_token": "x", "tenant_id": slug}),
    ):
        answer = await world.stranger.rest("POST", f"/api/auth/{path}", body)
        assert await said(answer) == (400, "Tenant not found")
        assert (await answer.json())["data"]["tags"] == ["tenant"]


async def test_asking_for_tenants_that_do_not_exist_is_throttled(world: World) -> None:
    statuses = set()
    for n in range(35):
        body = {"refresh_token": "x", "tenant_id": f"guess-{n}"}
        statuses.add((await world.stranger.rest("POST", "/api/auth/refresh-token", body)).status)
    assert statuses == {400, 429}


async def test_login_is_throttled_and_says_when_to_come_again(world: World) -> None:
    await add_user(world.admin, await tenant(world.admin, "strict", attempts=2), "sue", "EDITOR")
    body = _login(username_or_email="sue", tenant_id="strict", password="wrong")
    answers = [await world.stranger.rest("POST", "/api/auth/login", body) for _ in range(3)]
    assert [answer.status for answer in answers] == [401, 401, 429]
    assert answers[2].headers["Retry-After"] == "30"
    assert (await answers[2].json())["data"]["code"] == "AUTH-429"


async def test_a_second_login_leaves_the_first_session_alive(world: World) -> None:
    first, second = await _signed_in(world.stranger), await _signed_in(world.stranger)
    assert [(await person.rest("GET", "/api/auth/me")).status for person in (first, second)] == [200, 200]


async def test_logout_ends_the_session_with_its_refresh_token(world: World) -> None:
    ada = await _signed_in(world.stranger)
    answer = await ada.rest("POST", "/api/auth/logout")
    assert (answer.status, await answer.json()) == (200, {"message": "Logout successfully", "data": ""})
    assert (await ada.rest("GET", "/api/auth/me")).status == 401
    again = await world.stranger.rest("POST", "/api/auth/refresh-token", {"refresh_token": ada.refresh, "tenant_id": "acme"})
    assert await said(again) == (401, "Invalid refresh token")


async def test_the_ui_is_answered_an_empty_object_at_logout(world: World) -> None:
    answer = await (await world.ada.login()).rest("POST", "/api/auth/logout", **{"X-Tenant-ID": "acme"})
    assert await answer.json() == {"message": "Logout successfully", "data": {}}


async def test_refresh_gives_new_tokens_of_the_same_session(world: World) -> None:
    ada = await _signed_in(world.stranger)
    answer = await ada.rest("POST", "/api/auth/refresh")
    told = await answer.json()
    assert (answer.status, told["message"], "metadata" in told) == (200, "ok", False)
    assert told["data"]["token"] == told["data"]["access_token"]
    renewed = Person(world.client, token=told["data"]["access_token"])
    sessions = [(await (await p.rest("GET", "/api/auth/me")).json())["data"]["login_session"] for p in (ada, renewed)]
    assert sessions[0] == sessions[1]
    body = {"refresh_token": told["data"]["refresh_token"], "tenant_id": "acme"}
    assert (await world.stranger.rest("POST", "/api/auth/refresh-token", body)).status == 200


async def test_a_refresh_token_needs_no_access_token_and_is_spent(world: World) -> None:
    ada = await _signed_in(world.stranger)
    body = {"refresh_token": ada.refresh, "tenant_id": "acme"}
    answer = await world.stranger.rest("POST", "/api/auth/refresh-token", body)
    told = await answer.json()
    assert (answer.status, told["message"], told["metadata"]) == (200, "ok", {"tenant_id": "acme"})
    assert told["data"]["refresh_token"] != ada.refresh
    stale = await world.stranger.rest("POST", "/api/auth/refresh-token", body, Authorization="Bearer x")
    assert stale.status == 200  # a racer within ten seconds gets the same successor
    await world.admin.execute("UPDATE refresh_tokens SET used_at = used_at - interval '1 minute' WHERE used_at IS NOT NULL")
    reused = await world.stranger.rest("POST", "/api/auth/refresh-token", body)
    assert await said(reused) == (401, "Invalid refresh token")
    assert (await ada.rest("GET", "/api/auth/me")).status == 401


@pytest.mark.parametrize("token", ["", "x", "x" * 64, "a\x00b"])
async def test_a_bad_refresh_token_is_refused(world: World, token: str) -> None:
    answer = await world.stranger.rest("POST", "/api/auth/refresh-token", {"refresh_token": token, "tenant_id": "acme"})
    assert await said(answer) == (401, "Invalid refresh token")


async def test_a_refresh_token_is_of_its_own_tenant_alone(world: World) -> None:
    ada = await _signed_in(world.stranger)
    answer = await world.stranger.rest("POST", "/api/auth/refresh-token", {"refresh_token": ada.refresh, "tenant_id": "evil"})
    assert await said(answer) == (401, "Invalid refresh token")
    as_access = await world.stranger.rest("GET", "/api/auth/me", Authorization=f"Bearer {ada.refresh}")
    assert as_access.status == 401


async def test_signing_up_makes_an_editor_and_no_session(world: World) -> None:
    answer = await world.stranger.rest("POST", "/api/auth/signup", NEW | {"role": "OWNER", "operator": True})
    assert (answer.status, await answer.json()) == (
        200,
        {"message": "Signup successfully", "data": "", "metadata": {"tenant_id": "acme"}},
    )
    row = await world.admin.fetchrow("SELECT id, tenant_id, role, operator, password_hash FROM users WHERE username = 'nora'")
    assert (row["tenant_id"], row["role"], row["operator"], row["password_hash"][:4]) == (world.acme, "EDITOR", False, "$2b$")
    assert await world.admin.fetchval("SELECT count(*) FROM sessions WHERE user_id = $1", row["id"]) == 0
    assert (await world.stranger.rest("POST", "/api/auth/login", _login(username_or_email="nora", password=STRONG))).status == 200


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"username": "  "}, "Username cannot be empty"),
        ({"username": "ab"}, "Username too short (min 3 characters)"),
        ({"username": "é" * 26}, "Username too long (max 50 characters)"),
        ({"username": "ab", "password": "x", "email": ""}, "Username too short (min 3 characters)"),
        ({"password": "Aa1", "email": ""}, "Password too short (min 8 characters)"),
        ({"password": "Aa1" * 22}, "Password too long (max 64 characters)"),
        ({"password": "correct-horse-9"}, "Password must contain at least one uppercase letter"),
        ({"password": "CORRECT-HORSE-9"}, "Password must contain at least one lowercase letter"),
        ({"password": "Correct-Horse"}, "Password must contain at least one number"),
        ({"email": " "}, "Email cannot be empty"),
        ({"email": "nora@example"}, "Invalid email format"),
        ({"email": "no ra@example.org"}, "Invalid email format"),
        ({"email": f"{'x' * 250}@example.org"}, "Email too long (max 255 characters)"),
        ({"username": "ada"}, "User 'ada' is already registered"),
        ({"username": "ＡＤＡ"}, "User 'ＡＤＡ' is already registered"),
        ({"email": "ada@example.org"}, "User 'nora' is already registered"),
        ({"username": "ada@example.org"}, "username may hold an @ only where it is the e-mail address itself."),
    ],
)
async def test_signing_up_follows_the_old_rules_in_their_order(world: World, changed: dict[str, Any], message: str) -> None:
    answer = await world.stranger.rest("POST", "/api/auth/signup", NEW | changed)
    assert await said(answer) == (400, message)
    assert await world.admin.fetchval("SELECT count(*) FROM users") == 6


async def test_an_easy_password_is_refused_though_the_old_rules_took_it(world: World) -> None:
    answer = await world.stranger.rest("POST", "/api/auth/signup", NEW | {"password": "Password1"})
    status, message = await said(answer)
    assert (status, message.split(".")[0]) == (400, "This password is too easy to guess")


@pytest.mark.parametrize("key", ["username", "email", "password", "tenant_id"])
async def test_signing_up_wants_every_key(world: World, key: str) -> None:
    body = {name: value for name, value in NEW.items() if name != key}
    answer = await world.stranger.rest("POST", "/api/auth/signup", body)
    assert await said(answer) == (400, f"Json deserialize error: missing field `{key}`")


async def test_a_tenant_that_invites_takes_no_sign_ups(world: World) -> None:
    await tenant(world.admin, "closed", signup="INVITATION")
    answer = await world.stranger.rest("POST", "/api/auth/signup", NEW | {"tenant_id": "closed"})
    assert await said(answer) == (403, "This tenant takes no sign-ups.")


async def test_a_dead_token_does_not_hinder_signing_in(world: World) -> None:
    answer = await world.stranger.rest("POST", "/api/auth/login", _login(), Authorization="Bearer dead", **{"X-Tenant-ID": "evil"})
    assert answer.status == 200


async def test_the_lifetime_of_the_old_tokens_is_a_setting(serve: Serve, admin: Any) -> None:
    world = await World.made(await serve(legacy_access_token_seconds=120), admin)
    part = ((await _signed_in(world.stranger)).token or "").split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert claims["exp"] - claims["iat"] == 120
