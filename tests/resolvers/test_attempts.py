"""How many attempts from outside are let through, and what goes on record when there are too many."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from auth.desk import FROM_A_NETWORK
from auth.tokens import RefreshToken
from tests.conftest import Serve
from tests.world import PASSWORD, Answer, Person, World

_LOGIN = "mutation($i: LoginInput!) { login(input: $i) { userErrors { code } } }"
_REFRESH = "mutation($i: RefreshInput!) { refresh(input: $i) { userErrors { code } } }"


def _limited(answers: list[Answer]) -> int:
    return sum(answer.codes == ["RATE_LIMITED"] for answer in answers)


async def _closings(world: World) -> list[tuple[str, str]]:
    rows = await world.admin.fetch(
        "SELECT t.slug, a.details ->> 'kind' AS kind FROM audit_entries a JOIN tenants t ON t.id = a.tenant_id "
        "WHERE action = 'limit.reached'"
    )
    return [(row["slug"], row["kind"]) for row in rows]


async def test_a_limit_that_closes_is_on_record_once_and_in_its_tenant(world: World) -> None:
    await world.admin.execute("UPDATE tenants SET login_attempts_per_minute = 2")
    for home in ("acme", "ghost"):
        given = {"tenant": home, "usernameOrEmail": "ada", "password": "wrong"}
        assert _limited([await world.stranger.gql(_LOGIN, i=given) for _ in range(15)]) >= 5
    assert await _closings(world) == [("acme", "login")]


async def test_a_name_too_long_for_anybody_is_limited_too(world: World) -> None:
    await world.admin.execute("UPDATE tenants SET login_attempts_per_minute = 2")
    given = {"tenant": "acme", "usernameOrEmail": "x" * 5_000, "password": PASSWORD}
    assert _limited([await world.stranger.gql(_LOGIN, i=given) for _ in range(4)]) == 2


async def test_well_formed_guesses_of_a_token_count_against_their_network(world: World) -> None:
    await world.admin.execute("UPDATE tenants SET login_attempts_per_minute = 3")
    guesses = [RefreshToken.new(world.acme).text for _ in range(FROM_A_NETWORK + 2)]
    assert _limited([await world.stranger.gql(_REFRESH, i={"refreshToken": text}) for text in guesses]) == 2
    assert await _closings(world) == [("acme", "refresh")]
    assert (await world.stranger.gql(_REFRESH, i={"refreshToken": world.ada.refresh})).codes == []


async def test_asking_whether_tenants_exist_is_limited(world: World) -> None:
    answers = [
        await world.stranger.rest("POST", "/api/auth/login", {"tenant_id": f"t{n}", "username_or_email": "ada", "password": "x"})
        for n in range(FROM_A_NETWORK + 2)
    ]
    assert [answer.status for answer in answers] == [400] * FROM_A_NETWORK + [429] * 2


def _from(world: World, network: int) -> Person:
    """A stranger in one of many networks, behind a proxy of ours."""
    return Person(world.client, headers={"X-Forwarded-For": f"198.18.{network}.7"})


async def _try(person: Person, name: str, proof: str = "wrong", home: str = "acme") -> Answer:
    return await person.gql(_LOGIN, i={"tenant": home, "usernameOrEmail": name, "password": proof})


@pytest.fixture
async def behind(world: World, serve: Serve) -> World:
    """The people, behind a proxy of ours. Ada has signed in from network 1, mallory at her own tenant from network 66."""
    world.client = await serve(trusted_proxies=[ip_network("127.0.0.0/8")])
    await world.admin.execute("UPDATE tenants SET login_attempts_per_minute = 4")
    for network, name, home in ((1, "ada", "acme"), (66, "mallory", "evil")):
        assert (await _try(_from(world, network), name, PASSWORD, home)).data == {"login": {"userErrors": []}}
    return world


@pytest.mark.parametrize("name", ["ada", "grace", "ghost"])
async def test_strangers_in_many_networks_close_a_name_for_strangers_alone(name: str, behind: World) -> None:
    if name == "ada":
        await behind.admin.execute("UPDATE tenants SET login_attempts_per_minute = 5")  # a full measure again
    most = 5 if name == "ada" else 4
    answers = [await _try(_from(behind, network), name) for network in range(100, 110)]
    assert [answer.codes for answer in answers] == [[]] * most + [["RATE_LIMITED"]] * (10 - most)
    assert (await _try(_from(behind, 66), name, PASSWORD)).codes == ["RATE_LIMITED"]  # another tenant's people are strangers
    # From the network where ada signed in they are let through as far as that network's own count goes, whoever they are.
    password = "wrong" if name == "ghost" else PASSWORD
    home = [await _try(_from(behind, 1), name, password) for _ in range(most + 1)]
    assert [answer.codes for answer in home] == [[]] * most + [["RATE_LIMITED"]]
    if name != "ghost":
        assert home[0].data == {"login": {"userErrors": []}}
    assert await _closings(behind) == [("acme", "login")] * 2


async def test_a_network_that_hammers_at_a_name_closes_it_for_itself_alone(behind: World) -> None:
    assert _limited([await _try(_from(behind, 100), "grace") for _ in range(40)]) == 36
    await behind.admin.execute("UPDATE tenants SET login_attempts_per_minute = 6")
    assert _limited([await _try(_from(behind, 100), "grace") for _ in range(40)]) == 34
    assert _limited([await _try(_from(behind, 100), f"ghost{n}") for n in range(20)]) == 0


async def test_a_network_is_familiar_for_ninety_days(behind: World) -> None:
    for network in range(100, 105):
        await _try(_from(behind, network), "grace")
    assert (await _try(_from(behind, 1), "grace")).codes == []
    await behind.admin.execute("UPDATE login_history SET at = now() - interval '91 days'")
    assert (await _try(_from(behind, 1), "grace")).codes == ["RATE_LIMITED"]
