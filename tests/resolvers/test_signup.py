"""What a sign-up costs, and what it leaves on record."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from auth.passwords import MAX_RAW
from tests.world import PASSWORD, World

_SIGNUP = "mutation($i: SignupInput!) { signup(input: $i) { userErrors { code } } }"
_EVE = {"username": "eve", "email": "eve@example.org", "password": PASSWORD}


@pytest.mark.parametrize("field", ["username", "email", "password", "tenant"])
async def test_nothing_is_normalised_before_it_is_bounded(field: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [0]
    normalize = unicodedata.normalize

    def spy(form: Any, text: str) -> str:
        seen.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", spy)
    hostile = _EVE | {"tenant": "acme", field: "Aa1" + "\u0301\u0316" * 2_000}
    answer = await world.stranger.gql(_SIGNUP, i=hostile)
    assert len(answer.data["signup"]["userErrors"]) == 1
    tenant = hostile.pop("tenant")
    assert (await world.stranger.rest("POST", "/api/auth/signup", hostile | {"tenant_id": tenant})).status == 400
    assert max(seen) <= MAX_RAW


async def test_an_account_is_on_record_with_whoever_made_it(world: World) -> None:
    await world.stranger.gql(_SIGNUP, i=_EVE | {"tenant": "acme"})
    old = {"tenant_id": "acme", "username": "adele", "email": "adele@example.org", "password": "Wooden-Lantern-7"}
    assert (await world.stranger.rest("POST", "/api/auth/signup", old)).status == 200
    rows = await world.admin.fetch(
        "SELECT u.username FROM audit_entries a JOIN users u ON u.id = a.actor_id WHERE action = 'user.signed_up' ORDER BY a.at"
    )
    assert [row["username"] for row in rows] == ["eve", "adele"]
