"""How many attempts from outside are let through, and what goes on record when there are too many."""

from __future__ import annotations

from auth.desk import FROM_A_NETWORK
from auth.tokens import RefreshToken
from tests.world import PASSWORD, Answer, World

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
