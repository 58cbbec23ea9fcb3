"""Thresholds are learned while a server runs, and what was learned stays while the database is away."""

from __future__ import annotations

import asyncio
import io
from uuid import UUID

import pytest

from auth.budget import UNBOUNDED, Budgets
from auth.caller import Caller
from models.errors import TooManyAttempts, Unavailable
from models.values import Origin, new_id
from server import thresholds
from tests.world import World

_VIEWER = "{ viewer { id } }"
_UPDATE = "mutation($i: UpdateTenantInput!) { updateTenant(input: $i) { userErrors { code } } }"


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks often."""
    monkeypatch.setattr(thresholds, "LEARN_SECONDS", 0.05)


async def test_a_tenant_that_asks_too_often_is_told_so_by_both_transports_and_others_are_not(world: World) -> None:
    assert (await world.ada.gql(_UPDATE, i={"requestsPerMinute": 10})).data == {"updateTenant": {"userErrors": []}}
    await asyncio.sleep(0.3)
    answers = [await world.ada.gql(_VIEWER) for _ in range(20)]
    limited = [answer for answer in answers if answer.codes == ["RATE_LIMITED"]]
    assert 9 <= len(limited) <= 11
    assert (limited[0].status, limited[0].data) == (429, None)
    assert 1 <= int(limited[0].headers["Retry-After"]) <= 6
    assert limited[0].errors[0]["message"].startswith("Your tenant has spent its requests of this minute. Try again in ")
    assert (await world.grace.gql(_VIEWER)).codes == ["RATE_LIMITED"]  # it is the tenant's
    old = await world.linus.rest("GET", "/api/auth/me")
    assert (old.status, 1 <= int(old.headers["Retry-After"]) <= 6) == (429, True)
    assert [(await world.mallory.gql(_VIEWER)).codes for _ in range(20)] == [[]] * 20
    await world.admin.execute("UPDATE tenants SET requests_per_minute = 1000000")
    await asyncio.sleep(0.3)
    assert (await world.ada.gql(_VIEWER)).codes == []


async def test_while_the_database_is_away_what_was_learned_stays_and_that_is_told_once(
    monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    budgets, ada = Budgets(UNBOUNDED, UNBOUNDED), Caller(new_id(), new_id(), new_id(), "acme", "ada", Origin())
    away = False
    asked: list[list[UUID]] = []

    async def found(tenants: list[UUID]) -> dict[UUID, int]:
        asked.append(tenants)
        if away:
            raise Unavailable("away")
        return dict.fromkeys(tenants, 10)

    monkeypatch.setattr(thresholds.tenants, "requests_per_minute", found)
    async with thresholds.learning(budgets):
        await asyncio.sleep(0.2)
        assert asked == []  # nobody came
        await budgets.charge(ada, Origin(), 1)
        await asyncio.sleep(0.2)
        away = True
        await asyncio.sleep(0.3)
        assert len(asked) >= 4
        assert set(map(tuple, asked)) == {(ada.tenant,)}
        for _ in range(10):  # the one of before was charged as the usual says
            await budgets.charge(ada, Origin(), 1)
        with pytest.raises(TooManyAttempts):
            await budgets.charge(ada, Origin(), 1)
    assert logged.getvalue().count("thresholds are not learned") == 1
    count = len(asked)
    await asyncio.sleep(0.2)
    assert len(asked) == count  # it has ended
