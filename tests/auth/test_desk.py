"""The desk: tokens of one session, and the throttle in front of it as people meet it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from auth.desk import ATTEMPTS_PER_MINUTE, FROM_A_NETWORK, NETWORK, Desk
from auth.passwords import Hasher
from auth.throttle import Throttle
from auth.tokens import Keyring, RefreshToken
from auth.vault import Vault
from models.errors import TooManyAttempts
from observability.metrics import Metrics
from tests.conftest import JWT_KEYS, SECRET_KEYS
from tests.world import PASSWORD, Answer, Person, World

_LOGIN = "mutation($i: LoginInput!) { login(input: $i) { userErrors { code } } }"
_SIGNUP = "mutation($i: SignupInput!) { signup(input: $i) { userErrors { code } } }"
_REFRESH = "mutation($i: RefreshInput!) { refresh(input: $i) { userErrors { code } } }"
_SETTINGS = "mutation($i: UpdateTenantInput!) { updateTenant(input: $i) { userErrors { code path } } }"


@pytest.fixture
def desk() -> Desk:
    """A desk of its own."""
    return Desk(
        Keyring.parse(JWT_KEYS),
        Vault.parse(SECRET_KEYS),
        Hasher(4, 1),
        Throttle(),
        Metrics(),
        access_seconds=60,
        legacy_seconds=600,
    )


@pytest.mark.parametrize(("legacy", "seconds"), [(False, 60), (True, 600)])
def test_issued_tokens_name_the_session_and_live_as_long_as_their_client_needs(legacy: bool, seconds: int, desk: Desk) -> None:
    tenant, user, session = ({"id": uuid4()} for _ in range(3))
    refresh, until = RefreshToken.new(tenant["id"]), datetime(2030, 1, 1, tzinfo=UTC)
    tokens = desk.issue(
        {**tenant, "slug": "acme"}, {**user, "username": "ada"}, {**session, "expires_at": until}, refresh, legacy=legacy
    )
    claims = desk.keys.verify(tokens.access)
    assert (claims.tenant, claims.user, claims.session) == (tenant["id"], user["id"], session["id"])
    assert (claims.tenant_slug, claims.username) == ("acme", "ada")
    assert (tokens.refresh, tokens.refresh_expires_at) == (refresh.text, until)
    assert tokens.access_expires_at.timestamp() == claims.expires_at
    assert claims.expires_at - time.time() == pytest.approx(seconds, abs=2)


async def test_a_tenant_that_is_not_there_has_the_threshold_of_a_new_one(desk: Desk) -> None:
    for _ in range(ATTEMPTS_PER_MINUTE):
        await desk.throttled("login", "acme", None, "ada")
    with pytest.raises(TooManyAttempts):
        await desk.throttled("login", "acme", None, "ada")
    await desk.throttled("login", "acme", None, "linus")
    await desk.throttled("login", "other", None, "ada")
    await desk.throttled("signup", "acme", None, "ada")


async def test_a_network_has_more_attempts_than_an_account(desk: Desk) -> None:
    tenant = {"slug": "acme", "login_attempts_per_minute": 2}
    for number in range(FROM_A_NETWORK):
        await desk.throttled("login", "acme", tenant, f"user{number}", f"{NETWORK}192.0.2.0/24")
    with pytest.raises(TooManyAttempts):
        await desk.throttled("login", "acme", tenant, "another", f"{NETWORK}192.0.2.0/24")
    await desk.throttled("login", "acme", tenant, "another", f"{NETWORK}198.51.100.0/24")
    await desk.throttled("login", "evil", tenant, "another", f"{NETWORK}192.0.2.0/24")


async def test_a_closing_is_news_once(desk: Desk) -> None:
    tenant = {"slug": "acme", "login_attempts_per_minute": 1}
    await desk.throttled("login", "acme", tenant, "ada")
    news = []
    for _ in range(3):
        with pytest.raises(TooManyAttempts) as closed:
            await desk.throttled("login", "acme", tenant, "ada")
        news.append(closed.value.news)
    assert news == [True, False, False]


async def _tries(person: Person, times: int, name: str, home: str = "acme", proof: str = "wrong") -> list[Answer]:
    given = {"tenant": home, "usernameOrEmail": name, "password": proof}
    return [await person.gql(_LOGIN, i=given) for _ in range(times)]


def _limited(answers: list[Answer]) -> int:
    return sum(answer.codes == ["RATE_LIMITED"] for answer in answers)


async def _threshold(person: Person, value: int) -> Any:
    return (await person.gql(_SETTINGS, i={"loginAttemptsPerMinute": value})).data["updateTenant"]["userErrors"]


@pytest.mark.parametrize("name", ["linus", "ghost"])
async def test_guessing_is_stopped_for_known_and_unknown_names_alike(name: str, world: World) -> None:
    assert await _threshold(world.ada, 3) == []
    answers = []
    for number in range(6):
        # An address that the client makes up counts for nothing: no proxy is trusted.
        person = Person(world.client, headers={"X-Forwarded-For": f"192.0.2.{number}"})
        answers += await _tries(person, 1, (name, name.upper(), f" {name}\u200b")[number % 3])
    assert [answer.codes for answer in answers] == [[]] * 3 + [["RATE_LIMITED"]] * 3
    first = answers[3]  # in the moment in which it closes
    assert (first.status, first.data, first.headers["Retry-After"]) == (429, None, "20")
    assert first.errors[0]["extensions"] == {"code": "RATE_LIMITED", "retryAfterSeconds": 20}
    assert (await _tries(world.stranger, 1, name, proof=PASSWORD))[0].codes == ["RATE_LIMITED"]
    assert _limited(await _tries(world.stranger, 3, "adam")) == 0
    assert _limited(await _tries(world.mallory, 6, "linus", "evil")) == 0


async def test_a_new_threshold_holds_from_the_next_attempt(world: World) -> None:
    assert await _threshold(world.ada, 2) == []
    assert _limited(await _tries(world.stranger, 4, "linus")) == 2
    assert await _threshold(world.ada, 5) == []
    assert _limited(await _tries(world.stranger, 7, "linus")) == 2
    for value in (0, -1, 10_001):
        assert await _threshold(world.ada, value) == [{"code": "INVALID", "path": ["loginAttemptsPerMinute"]}]


async def test_sign_ups_are_limited_by_the_tenant(world: World) -> None:
    await world.admin.execute("UPDATE tenants SET login_attempts_per_minute = 3 WHERE slug = 'acme'")
    codes = []
    for number in range(5):
        account = {"tenant": "acme", "username": f"eve{number}", "email": f"e{number}@example.org", "password": PASSWORD}
        codes.append((await world.stranger.gql(_SIGNUP, i=account)).codes)
    assert codes == [[]] * 3 + [["RATE_LIMITED"]] * 2
    assert await world.admin.fetchval("SELECT count(*) FROM users WHERE username LIKE 'eve%'") == 3
    account = {"tenant": "evil", "username": "eve", "email": "e@example.org", "password": PASSWORD}
    assert (await world.stranger.gql(_SIGNUP, i=account)).codes == []


async def test_refreshes_of_one_token_are_limited(world: World) -> None:
    await world.admin.execute("UPDATE tenants SET login_attempts_per_minute = 3 WHERE slug = 'acme'")
    answers = [await world.stranger.gql(_REFRESH, i={"refreshToken": world.ada.refresh}) for _ in range(5)]
    assert [answer.codes for answer in answers] == [[]] * 3 + [["RATE_LIMITED"]] * 2
    assert answers[3].headers["Retry-After"] == "20"
    for person in (world.linus, world.mallory):
        assert (await world.stranger.gql(_REFRESH, i={"refreshToken": person.refresh})).codes == []
    assert await world.admin.fetchval("SELECT count(*) FROM sessions WHERE ended_at IS NOT NULL") == 0


async def test_two_names_of_a_user_are_counted_as_two_names_of_nobody_are(world: World) -> None:
    assert await _threshold(world.ada, 4) == []
    for name in ("linus", "ghost"):
        answers = [(await _tries(world.stranger, 1, one))[0] for one in (name, f"{name}@example.org") * 6]
        assert [answer.codes for answer in answers] == [[]] * 8 + [["RATE_LIMITED"]] * 4, name


async def test_a_name_that_looks_like_a_key_of_ours_counts_as_a_name(world: World) -> None:
    assert await _threshold(world.ada, 3) == []
    for name in (f"{NETWORK}127.0.0.0/24", "at 127.0.0.0/24 as linus", "as linus"):
        assert _limited(await _tries(world.stranger, 5, name)) == 2, name
    assert _limited(await _tries(world.stranger, 3, "linus")) == 0


async def test_a_tenant_that_is_not_there_is_limited_as_one_that_is(world: World) -> None:
    assert await _threshold(world.ada, ATTEMPTS_PER_MINUTE) == []
    for home in ("acme", "no-such"):
        assert _limited(await _tries(world.stranger, ATTEMPTS_PER_MINUTE + 2, "ghost", home)) == 2


async def test_an_office_refreshes_at_once_and_a_guesser_does_not(world: World) -> None:
    await world.admin.execute("UPDATE tenants SET login_attempts_per_minute = 3")
    for person in [await world.linus.login() for _ in range(3)] + [await world.grace.login() for _ in range(3)]:
        assert (await world.stranger.gql(_REFRESH, i={"refreshToken": person.refresh})).codes == []
    guesses = [await world.stranger.gql(_REFRESH, i={"refreshToken": f"guess{n}"}) for n in range(FROM_A_NETWORK + 2)]
    assert _limited(guesses) == 2
