"""Where refresh tokens go, and which pages may use the cookie."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Serve
from tests.world import PASSWORD, Person, World

_LOGIN = """
mutation($i: LoginInput!) { login(input: $i) {
  tokens { accessToken refreshToken } viewer { id session { current } } userErrors { code }
} }
"""
_SIGNUP = """
mutation($i: SignupInput!) { signup(input: $i) {
  tokens { refreshToken } viewer { sessions { current } } userErrors { code }
} }
"""
_REFRESH = "mutation { refresh(input: {}) { tokens { accessToken refreshToken } viewer { id } userErrors { code path } } }"
_ADA = {"tenant": "acme", "usernameOrEmail": "ada", "password": PASSWORD, "refreshTokenIn": "COOKIE"}
_UI = "https://ui.example.org"


def _cookie(answer: Any) -> str:
    """The value of the one cookie that was set, with its attributes checked to the letter."""
    name, _, rest = answer.headers.getall("Set-Cookie")[0].partition("=")
    value, _, attributes = rest.partition("; ")
    assert len(answer.headers.getall("Set-Cookie")) == 1
    assert name == "__Host-refresh_token"
    assert sorted(attributes.split("; ")) == ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]
    return str(value)


async def _spent(world: World) -> int:
    found = await world.admin.fetchval("SELECT count(*) FROM refresh_tokens WHERE used_at IS NOT NULL")
    return int(found)


def _browser(world: World, cookie: str | None, origin: str | None) -> Person:
    headers = {} if cookie is None else {"Cookie": f"__Host-refresh_token={cookie}"}
    return Person(world.client, headers=headers if origin is None else headers | {"Origin": origin})


def _own(world: World) -> str:
    return f"http://{world.client.host}:{world.client.port}"


async def test_a_cookie_takes_the_place_of_the_token_in_the_answer(world: World) -> None:
    answer = await world.stranger.gql(_LOGIN, i=_ADA)
    login = answer.data["login"]
    assert login["userErrors"] == []
    assert login["tokens"]["refreshToken"] is None
    assert login["viewer"]["session"] == {"current": True}
    cookie = _cookie(answer)
    assert len(cookie) == 64
    assert cookie not in answer.text
    refreshed = await _browser(world, cookie, _own(world)).gql(_REFRESH)
    assert refreshed.data["refresh"]["userErrors"] == []
    assert refreshed.data["refresh"]["tokens"]["refreshToken"] is None
    assert refreshed.data["refresh"]["viewer"] == {"id": login["viewer"]["id"]}
    assert _cookie(refreshed) not in {cookie, ""}


async def test_signup_puts_its_token_into_the_cookie_too(world: World) -> None:
    account = {"tenant": "acme", "username": "eve", "email": "eve@example.org", "password": PASSWORD, "refreshTokenIn": "COOKIE"}
    answer = await world.stranger.gql(_SIGNUP, i=account)
    signup = {"tokens": {"refreshToken": None}, "viewer": {"sessions": [{"current": True}]}, "userErrors": []}
    assert answer.data == {"signup": signup}
    assert len(_cookie(answer)) == 64


async def test_a_token_in_the_answer_sets_no_cookie(world: World) -> None:
    answer = await world.stranger.gql(_LOGIN, i=_ADA | {"refreshTokenIn": "BODY"})
    assert len(answer.data["login"]["tokens"]["refreshToken"]) == 64
    assert "Set-Cookie" not in answer.headers
    refused = await world.stranger.gql(_LOGIN, i=_ADA | {"password": "wrong"})
    assert refused.data["login"]["userErrors"] == [{"code": "INVALID_CREDENTIALS"}]
    assert "Set-Cookie" not in refused.headers


@pytest.mark.parametrize(
    "origin", [None, "null", "", "https://evil.example.org", _UI, "http://127.0.0.1", "http://[::1", "127.0.0.1"]
)
async def test_a_page_of_another_origin_may_not_use_the_cookie(origin: str | None, world: World) -> None:
    cookie = _cookie(await world.stranger.gql(_LOGIN, i=_ADA))
    answer = await _browser(world, cookie, origin).gql(_REFRESH)
    assert (answer.status, answer.data, answer.codes) == (403, None, ["FORBIDDEN"])
    assert "Set-Cookie" not in answer.headers
    assert await _spent(world) == 0
    assert (await _browser(world, cookie, _own(world)).gql(_REFRESH)).data["refresh"]["userErrors"] == []


@pytest.mark.parametrize(("credentials", "spent"), [(True, 1), (False, 0)])
async def test_a_named_origin_uses_the_cookie_where_credentials_are_allowed(
    credentials: bool, spent: int, world: World, serve: Serve
) -> None:
    client = await serve(cors_allowed_origins=[_UI], cors_allow_credentials=credentials)
    cookie = _cookie(await Person(client).gql(_LOGIN, i=_ADA))
    headers = {"Cookie": f"__Host-refresh_token={cookie}", "Origin": _UI}
    answer = await Person(client, headers=headers).gql(_REFRESH)
    assert answer.status == (200 if credentials else 403)
    assert answer.headers["Access-Control-Allow-Origin"] == _UI
    assert answer.headers.get("Access-Control-Allow-Credentials") == ("true" if credentials else None)
    assert await _spent(world) == spent
    foreign = await Person(client, headers=headers | {"Origin": "https://ui.example.org.evil.org"}).gql(_REFRESH)
    assert foreign.codes == ["FORBIDDEN"]
    assert "Access-Control-Allow-Origin" not in foreign.headers
    assert await _spent(world) == spent


async def test_without_a_cookie_there_is_nothing_to_spend(world: World) -> None:
    answer = await _browser(world, None, _own(world)).gql(_REFRESH)
    assert answer.data["refresh"]["userErrors"] == [{"code": "TOKEN_INVALID", "path": ["refreshToken"]}]
    assert await _spent(world) == 0


async def test_logout_takes_the_cookie_away(world: World) -> None:
    answer = await world.stranger.gql(_LOGIN, i=_ADA)
    cookie, token = _cookie(answer), answer.data["login"]["tokens"]["accessToken"]
    person = Person(world.client, token=token, headers={"Cookie": f"__Host-refresh_token={cookie}"})
    answer = await person.gql("mutation { logout { ok } }")
    assert answer.data == {"logout": {"ok": True}}
    [header] = answer.headers.getall("Set-Cookie")
    assert header.startswith('__Host-refresh_token=""; ')
    assert "Max-Age=0" in header
    assert "Path=/" in header
    refused = await _browser(world, cookie, _own(world)).gql(_REFRESH)
    assert refused.data["refresh"]["userErrors"] == [{"code": "TOKEN_INVALID", "path": ["refreshToken"]}]
    plain = await world.linus.gql("mutation { logout { ok } }")
    assert "Set-Cookie" not in plain.headers


@pytest.mark.parametrize(
    ("which", "taken"), [({"scope": "ALL"}, True), ({"scope": "OTHERS"}, False), ("current", True), ("other", False)]
)
async def test_who_revokes_the_current_session_loses_its_cookie(which: Any, taken: bool, world: World) -> None:
    other = (await world.ada.gql("{ viewer { id } }")).data["viewer"]["id"]
    answer = await world.stranger.gql(_LOGIN, i=_ADA)
    login = answer.data["login"]
    headers = {"Cookie": f"__Host-refresh_token={_cookie(answer)}"}
    person = Person(world.client, token=login["tokens"]["accessToken"], headers=headers)
    given = which if isinstance(which, dict) else {"sessionId": login["viewer"]["id"] if which == "current" else other}
    revoke = "mutation($i: RevokeSessionsInput!) { revokeSessions(input: $i) { userErrors { code } } }"
    answer = await person.gql(revoke, i=given)
    assert answer.data == {"revokeSessions": {"userErrors": []}}
    assert [header[:24] for header in answer.headers.getall("Set-Cookie", [])] == ['__Host-refresh_token=""; '[:24]] * taken
