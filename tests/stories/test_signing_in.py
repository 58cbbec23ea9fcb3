"""Signing up, in and out: what lets somebody in, what ends a session, and who learns nothing by trying."""

from __future__ import annotations

import asyncio
import base64
import unicodedata
from collections import Counter
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from auth.passwords import _hash
from tests.conftest import Serve
from tests.world import PASSWORD, Answer, Person, World, add_user, tenant

SIGNUP = """
mutation($i: SignupInput!) { signup(input: $i) {
  tokens { accessToken refreshToken } viewer { user { id username email role active emailVerified } tenant { slug } }
  userErrors { __typename code message path }
} }
"""
LOGIN = """
mutation($i: LoginInput!) { login(input: $i) {
  tokens { accessToken refreshToken accessTokenExpiresAt refreshTokenExpiresAt } viewer { user { username } }
  userErrors { __typename code message path }
} }
"""
REFRESH = """
mutation($i: RefreshInput!) { refresh(input: $i) {
  tokens { accessToken refreshToken } viewer { id user { username } } userErrors { code path }
} }
"""
REVOKE = "mutation($i: RevokeSessionsInput!) { revokeSessions(input: $i) { revokedCount userErrors { code path } } }"
CHANGE = "mutation($i: ChangePasswordInput!) { changePassword(input: $i) { ok userErrors { code path } } }"
VIEWER = "{ viewer { id user { username } } }"
NEW = "wooden-lantern-quartz"


async def _signup(person: Person, **given: Any) -> Any:
    account = {"tenant": "acme", "username": "eve", "email": "eve@example.org", "password": PASSWORD} | given
    return (await person.gql(SIGNUP, i=account)).data["signup"]


async def _login(person: Person, name: str, password: str = PASSWORD, home: str = "acme") -> Answer:
    return await person.gql(LOGIN, i={"tenant": home, "usernameOrEmail": name, "password": password})


async def _refresh(client: Any, token: str | None) -> Any:
    return (await Person(client).gql(REFRESH, i={"refreshToken": token})).data["refresh"]


async def _lives(person: Person, client: Any = None) -> bool:
    answer = await Person(client or person.client, token=person.token).gql(VIEWER)
    assert answer.codes in ([], ["UNAUTHENTICATED"])
    return answer.codes == []


async def _tables(world: World) -> dict[str, int]:
    return {name: await world.admin.fetchval(f"SELECT count(*) FROM {name}") for name in ("users", "sessions", "refresh_tokens")}


def _codes(payload: Any) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


# Signing up


async def test_signup_makes_an_editor_and_signs_them_in(world: World) -> None:
    payload = await _signup(world.stranger)
    assert payload["userErrors"] == []
    user = payload["viewer"]["user"]
    assert payload["viewer"] == {
        "user": {
            "id": user["id"],
            "username": "eve",
            "email": "eve@example.org",
            "role": "EDITOR",
            "active": True,
            "emailVerified": False,
        },
        "tenant": {"slug": "acme"},
    }
    eve = Person(world.client, token=payload["tokens"]["accessToken"])
    assert (await eve.gql(VIEWER)).data["viewer"]["user"] == {"username": "eve"}
    assert (await world.mallory.gql("query($id: ID!) { node(id: $id) { id } }", id=user["id"])).data == {"node": None}


async def test_closed_suspended_and_unknown_tenants_refuse_signup_alike(world: World) -> None:
    await tenant(world.admin, "closed", signup="INVITATION")
    await tenant(world.admin, "asleep")
    await world.admin.execute("UPDATE tenants SET status = 'SUSPENDED' WHERE slug = 'asleep'")
    before = await _tables(world)
    answers = [
        await _signup(person, tenant=slug)
        for person in (world.stranger, world.mallory)
        for slug in ("closed", "asleep", "ghost", "", "a\x00")
    ]
    assert answers == [answers[0]] * 10
    told = {"__typename": "RefusedError", "code": "SIGNUP_CLOSED", "message": "This tenant takes no sign-ups.", "path": ["tenant"]}
    assert answers[0] == {"tokens": None, "viewer": None, "userErrors": [told]}
    assert await _tables(world) == before


@pytest.mark.parametrize("username", ["RENÉE", "Ｒｅｎéｅ", "rene\u0301e", "  renée ", "re\u200bnée", "RE\u00adNE\u0301E"])
async def test_a_taken_username_is_taken_in_every_spelling(username: str, world: World) -> None:
    assert _codes(await _signup(world.stranger, username="renée", email="r@example.org")) == []
    before = await _tables(world)
    payload = await _signup(world.stranger, username=username)
    unseen = "\u200b" in username or "\u00ad" in username
    code = "INVALID" if unseen else "ALREADY_EXISTS"
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [(code, ["username"])]
    assert await _tables(world) == before
    if not unseen:
        assert _codes(await _signup(world.mallory, username=username, tenant="evil")) == []


@pytest.mark.parametrize("email", ["EVE@EXAMPLE.ORG", " eve@example.org ", "ｅve@example.org", "Eve@Example.org"])
async def test_a_taken_address_is_taken_in_every_spelling(email: str, world: World) -> None:
    assert _codes(await _signup(world.stranger)) == []
    before = await _tables(world)
    payload = await _signup(world.mallory, username="somebody", email=email)
    assert payload["userErrors"][0]["path"] == ["email"]
    assert _codes(payload) in (["ALREADY_EXISTS"], ["INVALID"])
    assert await _tables(world) == before


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"password": ""}, "WEAK_PASSWORD", "password"),
        ({"password": "password"}, "WEAK_PASSWORD", "password"),
        ({"password": "eve@example.org"}, "WEAK_PASSWORD", "password"),
        ({"password": "x" * 5_000}, "WEAK_PASSWORD", "password"),
        ({"username": ""}, "REQUIRED", "username"),
        ({"username": "ab"}, "INVALID", "username"),
        ({"username": "x" * 51}, "TOO_LONG", "username"),
        ({"username": "a\x00da"}, "INVALID", "username"),
        ({"username": "a\x1bda"}, "INVALID", "username"),
        ({"username": "ada@example.org"}, "INVALID", "username"),
        ({"username": "\u200b\u200b\u200b"}, "INVALID", "username"),
        ({"email": ""}, "REQUIRED", "email"),
        ({"email": "nobody"}, "INVALID", "email"),
        ({"email": "a\x00b@example.org"}, "INVALID", "email"),
        ({"email": "x" * 250 + "@x.org"}, "TOO_LONG", "email"),
    ],
)
async def test_signup_names_what_to_mend(given: dict[str, str], code: str, field: str, world: World) -> None:
    before = await _tables(world)
    payload = await _signup(world.stranger, **given)
    assert [(e["__typename"], e["code"], e["path"]) for e in payload["userErrors"]] == [("InvalidInputError", code, [field])]
    assert await _tables(world) == before


async def test_ten_at_once_of_one_name_make_one_account(world: World) -> None:
    payloads = await asyncio.gather(
        *(
            _signup(world.stranger, username=name, email=f"e{n}@example.org")
            for n, name in enumerate(["eve", "EVE", "ｅve", "Eve", "evE"] * 2)
        )
    )
    assert sorted(str(_codes(payload)) for payload in payloads) == ["['ALREADY_EXISTS']"] * 9 + ["[]"]
    assert await world.admin.fetchval("SELECT count(*) FROM users WHERE username_key = 'eve'") == 1


# Signing in


@pytest.mark.parametrize("name", ["ada", "ADA", "ａｄａ", " a\u200bda ", "ada@example.org", "ADA@EXAMPLE.ORG", "ada@ｅxample.org"])
async def test_people_sign_in_by_their_name_or_address_in_any_spelling(name: str, world: World) -> None:
    answer = await _login(world.stranger, name)
    assert answer.data["login"]["userErrors"] == []
    assert answer.data["login"]["viewer"] == {"user": {"username": "ada"}}
    tokens = answer.data["login"]["tokens"]
    left = datetime.fromisoformat(tokens["accessTokenExpiresAt"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)
    left = datetime.fromisoformat(tokens["refreshTokenExpiresAt"]) - datetime.now(UTC)
    assert timedelta(days=29) < left <= timedelta(days=30)


async def test_a_refused_sign_in_tells_nobody_why(world: World) -> None:
    await add_user(world.admin, world.acme, "gone", "EDITOR", active=False)
    await tenant(world.admin, "asleep")
    await world.admin.execute("UPDATE tenants SET status = 'SUSPENDED' WHERE slug = 'asleep'")
    before = await _tables(world)
    tries = [("ada", "wrong", "acme"), ("ghost", PASSWORD, "acme"), ("gone", PASSWORD, "acme"), ("mallory", PASSWORD, "acme")]
    tries += [
        ("ada", PASSWORD, "ghost"),
        ("ada", PASSWORD, "asleep"),
        ("", "", ""),
        ("ada", "", "acme"),
        ("ada", "x" * 5_000, "acme"),
    ]
    answers = [await _login(person, *each) for person in (world.stranger, world.mallory) for each in tries]
    assert len({(answer.status, answer.text.partition('"extensions"')[0]) for answer in answers}) == 1
    varying = {"Date", "X-Request-ID"}
    assert len({str(sorted((k, v) for k, v in a.headers.items() if k not in varying)) for a in answers}) == 1
    told = {"__typename": "RefusedError", "code": "INVALID_CREDENTIALS", "message": "Wrong username or password.", "path": None}
    assert answers[0].data["login"] == {"tokens": None, "viewer": None, "userErrors": [told]}
    assert await _tables(world) == before


@pytest.mark.parametrize(
    ("right", "twin"),
    [("a" * 72 + "Xq7!", "a" * 72 + "Yq7!"), ("é" * 36 + "Xq7!", "é" * 36 + "Yq7!"), ("pear\0tree", "pear\0twig")],
)
async def test_the_whole_password_counts(right: str, twin: str, world: World) -> None:
    await world.admin.execute("UPDATE users SET password_hash = $1 WHERE username = 'ada'", _hash(right, 4))
    assert _codes((await _login(world.stranger, "ada", twin)).data["login"]) == ["INVALID_CREDENTIALS"]
    assert _codes((await _login(world.stranger, "ada", right)).data["login"]) == []


async def test_a_password_is_the_same_in_every_normal_form(world: World) -> None:
    password = "größter-Käse-im-Äther"
    assert _codes(await _signup(world.stranger, password=password)) == []
    answer = await _login(world.stranger, "eve", unicodedata.normalize("NFD", password))
    assert answer.data["login"]["viewer"] == {"user": {"username": "eve"}}


async def test_a_hash_of_another_cost_is_renewed_at_sign_in(world: World) -> None:
    await world.admin.execute("UPDATE users SET password_hash = $1 WHERE username = 'ada'", _hash(PASSWORD, 5))
    assert _codes((await _login(world.stranger, "ada")).data["login"]) == []
    stored = await world.admin.fetchval("SELECT password_hash FROM users WHERE username = 'ada'")
    assert stored.startswith("$2b$04$")
    assert _codes((await _login(world.stranger, "ada")).data["login"]) == []


async def test_one_network_that_tries_tenants_without_end_locks_nobody_out(serve: Serve, admin: asyncpg.Connection) -> None:
    """Each tenant that is not there has counts of its own, so no throttle ends this."""
    client = await serve(bcrypt_cost=8, operation_seconds=20, database_pool=20, trusted_proxies=[ip_network("127.0.0.0/8")])
    await World.made(client, admin)
    mallory, ada = [Person(client, headers={"X-Forwarded-For": address}) for address in ("203.0.113.7", "198.51.100.7")]
    full, stop, told = asyncio.Event(), asyncio.Event(), Counter[int]()

    async def flood(first: int) -> None:
        number = first
        while not stop.is_set():
            status = (await _login(mallory, "ada", home=f"t{number}")).status
            told[status] += 1
            number += 100
            if status == 503:
                full.set()
                await asyncio.sleep(0.05)

    crowd = [asyncio.create_task(flood(first)) for first in range(30)]
    await full.wait()
    assert [(await _login(ada, "ada")).status for _ in range(5)] == [200] * 5
    stop.set()
    await asyncio.gather(*crowd)
    assert told.keys() == {200, 503}


async def test_a_stale_token_hinders_nobody_who_signs_in(world: World) -> None:
    await world.ada.gql("mutation { logout { ok } }")
    for token in ("rubbish", world.ada.token):
        person = Person(world.client, token=token)
        assert _codes((await _login(person, "linus")).data["login"]) == []
        assert _codes(await _signup(person, username=f"eve{len(str(token))}", email=f"{len(str(token))}@example.org")) == []
        linus = await world.linus.login()
        assert _codes((await person.gql(REFRESH, i={"refreshToken": linus.refresh})).data["refresh"]) == []
        assert (await person.gql(VIEWER)).codes == ["UNAUTHENTICATED"]


async def test_the_viewer_is_null_without_a_token(world: World) -> None:
    answer = await world.stranger.gql(VIEWER)
    assert (answer.status, answer.data, answer.errors) == (200, {"viewer": None}, [])
    dead = await Person(world.client, token="x.y.z").gql(VIEWER)
    assert (dead.status, dead.data, dead.codes) == (401, {"viewer": None}, ["UNAUTHENTICATED"])


# Refreshing


async def test_a_refresh_gives_the_next_tokens_of_the_same_session(world: World) -> None:
    first = await _refresh(world.client, world.ada.refresh)
    assert first["userErrors"] == []
    second = await _refresh(world.client, first["tokens"]["refreshToken"])
    before = (await world.ada.gql(VIEWER)).data["viewer"]["id"]
    assert first["viewer"] == second["viewer"] == {"id": before, "user": {"username": "ada"}}
    assert len({world.ada.refresh, first["tokens"]["refreshToken"], second["tokens"]["refreshToken"]}) == 3
    assert await _lives(Person(world.client, token=second["tokens"]["accessToken"]))
    assert await _lives(world.ada)


async def test_twenty_at_once_on_two_servers_get_one_successor(world: World, serve: Serve) -> None:
    servers = [await serve(database_pool=12) for _ in range(2)]
    # Connections are opened beforehand: the race is about the token, not about who waits for the pool.
    for client in servers:
        await asyncio.gather(*(Person(client).gql(REFRESH, i={"refreshToken": "A" * 64}) for _ in range(20)))
    token = world.ada.refresh
    for _ in range(3):
        payloads = await asyncio.gather(*(_refresh(servers[n % 2], token) for n in range(20)))
        assert [_codes(payload) for payload in payloads] == [[]] * 20
        successors = {payload["tokens"]["refreshToken"] for payload in payloads}
        assert len(successors) == 1
        token = successors.pop()
    assert await world.admin.fetchval("SELECT count(*) FROM sessions WHERE ended_at IS NOT NULL") == 0


async def test_a_lost_answer_may_be_asked_for_again_within_ten_seconds(world: World) -> None:
    first = await _refresh(world.client, world.ada.refresh)
    again = await _refresh(world.client, world.ada.refresh)
    assert again["tokens"]["refreshToken"] == first["tokens"]["refreshToken"]
    await world.admin.execute("UPDATE refresh_tokens SET used_at = used_at - interval '11 seconds' WHERE used_at IS NOT NULL")
    assert _codes(await _refresh(world.client, world.ada.refresh)) == ["TOKEN_REUSED"]


@pytest.mark.parametrize("late", [False, True])
async def test_a_replay_ends_its_session_at_once_and_no_other(late: bool, world: World, serve: Serve) -> None:
    other = await serve()
    second = await world.ada.login()
    r1 = (await _refresh(world.client, world.ada.refresh))["tokens"]
    last = r1
    if late:
        await world.admin.execute("UPDATE refresh_tokens SET used_at = used_at - interval '1 minute' WHERE used_at IS NOT NULL")
    else:
        last = (await _refresh(world.client, r1["refreshToken"]))["tokens"]
    fresh = Person(world.client, token=last["accessToken"])
    assert await _lives(fresh)
    for _ in range(3):
        assert _codes(await _refresh(other, world.ada.refresh))[0] in {"TOKEN_REUSED", "TOKEN_INVALID"}
    assert _codes(await _refresh(world.client, last["refreshToken"])) == ["TOKEN_INVALID"]
    for client in (world.client, other):
        assert not await _lives(fresh, client)
        assert not await _lives(world.ada, client)
        assert await _lives(second, client)
    assert _codes(await _refresh(world.client, second.refresh)) == []
    audited = await world.admin.fetch("SELECT * FROM audit_entries WHERE action = 'refresh.reused'")
    assert [(row["tenant_id"], row["actor_id"]) for row in audited] == [(world.acme, world.ada.user)]
    assert audited[0]["ip_prefix"] == "127.0.0.0/24"
    assert str(world.ada.refresh) not in str(audited)
    sessions = (await second.gql("{ viewer { sessions { current endedReason } } }")).data["viewer"]["sessions"]
    assert sorted((s["current"], str(s["endedReason"])) for s in sessions) == [(False, "TOKEN_REUSED"), (True, "None")]


async def test_the_database_holds_no_usable_token(world: World) -> None:
    token = str(world.ada.refresh)
    secret = base64.urlsafe_b64decode(token)
    rows = await world.admin.fetch("SELECT * FROM refresh_tokens")
    assert len(rows) == 6
    for row in rows:
        for value in row.values():
            if isinstance(value, bytes):
                assert len(value) == 32
                assert value not in secret
                assert secret[16:] not in value
                assert _codes(await _refresh(world.client, base64.urlsafe_b64encode(world.acme.bytes + value).decode())) == [
                    "TOKEN_INVALID"
                ]
    assert token not in str([dict(row) for row in rows])


async def test_one_kind_of_token_never_does_for_the_other(world: World) -> None:
    assert not await _lives(Person(world.client, token=world.ada.refresh))
    for text in (world.ada.token, "", "x" * 64, "A" * 64, world.ada.refresh + "=" if world.ada.refresh else "", "é", "x" * 100_000):
        payload = await _refresh(world.client, text)
        assert payload == {"tokens": None, "viewer": None, "userErrors": [{"code": "TOKEN_INVALID", "path": ["refreshToken"]}]}
    assert await _lives(world.ada)


async def test_an_expired_session_is_over(world: World) -> None:
    second = await world.ada.login()
    await world.admin.execute(
        "UPDATE sessions SET expires_at = now() - interval '1 second' WHERE user_id = $1 AND id <> $2",
        world.ada.user,
        UUID((await second.gql(VIEWER)).data["viewer"]["id"].removeprefix("session_")),
    )
    assert not await _lives(world.ada)
    assert _codes(await _refresh(world.client, world.ada.refresh)) == ["TOKEN_INVALID"]
    sessions = (await second.gql("{ viewer { sessions { endedAt expiresAt endedReason } } }")).data["viewer"]["sessions"]
    assert [s["endedReason"] for s in sessions] == [None, "EXPIRED"]
    assert sessions[1]["endedAt"] == sessions[1]["expiresAt"]


# Signing out


async def test_logout_ends_this_session_in_every_server(world: World, serve: Serve) -> None:
    other = await serve()
    second = await world.ada.login()
    assert (await world.ada.gql("mutation { logout { ok userErrors { code } } }")).data == {
        "logout": {"ok": True, "userErrors": []}
    }
    for client in (world.client, other):
        assert not await _lives(world.ada, client)
        assert _codes(await _refresh(client, world.ada.refresh)) == ["TOKEN_INVALID"]
        assert await _lives(second, client)
    assert (await world.ada.gql("mutation { logout { ok } }")).codes == ["UNAUTHENTICATED"]
    assert await _lives(world.mallory)


async def test_people_end_their_own_sessions_alone(world: World) -> None:
    second, third = await world.ada.login(), await world.ada.login()
    foreign = (await world.mallory.gql(VIEWER)).data["viewer"]["id"]
    colleague = (await world.linus.gql(VIEWER)).data["viewer"]["id"]
    for text in (foreign, colleague, "session_" + "0" * 32, "rubbish"):
        payload = (await world.ada.gql(REVOKE, i={"sessionId": text})).data["revokeSessions"]
        assert payload == {"revokedCount": 0, "userErrors": [{"code": "NOT_FOUND", "path": ["sessionId"]}]}
    assert await _lives(world.mallory)
    assert await _lives(world.linus)
    mine = (await second.gql(VIEWER)).data["viewer"]["id"]
    payload = (await world.mallory.gql(REVOKE, i={"sessionId": mine})).data["revokeSessions"]
    assert _codes(payload) == ["NOT_FOUND"]
    assert await _lives(second)
    assert (await world.ada.gql(REVOKE, i={"sessionId": mine})).data["revokeSessions"] == {"revokedCount": 1, "userErrors": []}
    assert (await world.ada.gql(REVOKE, i={"sessionId": mine})).data["revokeSessions"]["revokedCount"] == 0
    assert [await _lives(one) for one in (world.ada, second, third)] == [True, False, True]
    assert (await world.ada.gql(REVOKE, i={"scope": "OTHERS"})).data["revokeSessions"]["revokedCount"] == 1
    assert [await _lives(one) for one in (world.ada, third)] == [True, False]
    assert (await world.ada.gql(REVOKE, i={"scope": "ALL"})).data["revokeSessions"]["revokedCount"] == 1
    assert not await _lives(world.ada)
    assert await _lives(world.linus)
    assert (await world.linus.gql(REVOKE, i={"scope": "ALL", "sessionId": colleague})).codes == ["BAD_REQUEST"]
    assert (await world.linus.gql(REVOKE, i={})).codes == ["BAD_REQUEST"]
    assert await _lives(world.linus)


async def test_a_changed_password_ends_the_other_sessions(world: World) -> None:
    second = await world.ada.login()
    wrong = (await world.ada.gql(CHANGE, i={"currentPassword": "wrong", "newPassword": NEW})).data["changePassword"]
    assert wrong == {"ok": False, "userErrors": [{"code": "INVALID_CREDENTIALS", "path": ["currentPassword"]}]}
    weak = (await world.ada.gql(CHANGE, i={"currentPassword": PASSWORD, "newPassword": "adaadaada"})).data["changePassword"]
    assert weak == {"ok": False, "userErrors": [{"code": "WEAK_PASSWORD", "path": ["newPassword"]}]}
    assert await _lives(second)
    assert _codes((await _login(world.stranger, "ada")).data["login"]) == []
    done = (await world.ada.gql(CHANGE, i={"currentPassword": PASSWORD, "newPassword": NEW})).data["changePassword"]
    assert done == {"ok": True, "userErrors": []}
    assert await _lives(world.ada)
    assert _codes(await _refresh(world.client, world.ada.refresh)) == []
    assert not await _lives(second)
    assert _codes(await _refresh(world.client, second.refresh)) == ["TOKEN_INVALID"]
    assert _codes((await _login(world.stranger, "ada")).data["login"]) == ["INVALID_CREDENTIALS"]
    assert _codes((await _login(world.stranger, "ada", NEW)).data["login"]) == []
    assert await world.admin.fetchval("SELECT count(*) FROM audit_entries WHERE action = 'password.changed'") == 1
    assert (await world.stranger.gql(CHANGE, i={"currentPassword": NEW, "newPassword": PASSWORD})).codes == ["UNAUTHENTICATED"]


async def test_a_session_tells_where_it_came_from(world: World) -> None:
    person = Person(world.client, "acme", "linus", headers={"User-Agent": "Lynx/2.9 \u00e9" + "x" * 400})
    person = await person.login()
    query = "{ viewer { id session { id current userAgent ipPrefix } sessions { id current } } node: viewer { session { id } } }"
    viewer = (await person.gql(query)).data["viewer"]
    assert viewer["session"]["ipPrefix"] == "127.0.0.0/24"
    assert viewer["session"]["userAgent"].startswith("Lynx/2.9")
    assert len(viewer["session"]["userAgent"]) == 300
    assert [s["current"] for s in viewer["sessions"]] == [True, False]
    for text in (s["id"] for s in viewer["sessions"]):
        node = "query($id: ID!) { node(id: $id) { ... on Session { current } } }"
        assert (await person.gql(node, id=text)).data["node"] is not None
        assert (await world.mallory.gql(node, id=text)).data["node"] is None
        assert (await world.ada.gql(node, id=text)).data["node"] is None


# What others do


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE users SET active = false WHERE username = 'grace'",
        "UPDATE tenants SET status = 'SUSPENDED' WHERE slug = 'acme'",
        "DELETE FROM users WHERE username = 'grace'",
    ],
)
async def test_who_may_not_go_on_is_out_with_the_next_statement(deed: str, world: World, serve: Serve) -> None:
    other = await serve()
    assert await _lives(world.grace, other)
    await world.admin.execute(deed)
    for client in (world.client, other):
        assert not await _lives(world.grace, client)
        create = 'mutation { createContact(input: {contact: {name: "x"}}) { contact { id } } }'
        assert (await Person(client, token=world.grace.token).gql(create)).codes == ["UNAUTHENTICATED"]
        assert _codes(await _refresh(client, world.grace.refresh)) == ["TOKEN_INVALID"]
    assert await world.admin.fetchval("SELECT count(*) FROM contacts") == 0
    assert await _lives(world.mallory, other)


async def test_a_lowered_role_bites_with_the_next_statement(world: World, serve: Serve) -> None:
    other = await serve()
    create = 'mutation { createContact(input: {contact: {name: "x"}}) { contact { id } } }'
    user = (await world.grace.gql("{ viewer { user { id } } }")).data["viewer"]["user"]["id"]
    change = "mutation($i: UpdateUserInput!) { updateUser(input: $i) { user { role } userErrors { code } } }"
    await world.ada.gql(change, i={"id": user, "role": "VIEWER"})
    for client in (world.client, other):
        assert (await Person(client, token=world.grace.token).gql(create)).codes == ["FORBIDDEN"]
    assert await world.admin.fetchval("SELECT count(*) FROM contacts") == 0
    await world.ada.gql(change, i={"id": user, "role": "EDITOR"})
    assert (await Person(other, token=world.grace.token).gql(create)).codes == []
