"""The budget as clients of GraphQL meet it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from auth.budget import Budgets
from gql.budget import cost_extension, measured_only, prefers_cost_only
from gql.context import Context
from gql.limits import DEFAULT, measure
from gql.schema import build
from models.values import Origin
from tests.conftest import Serve
from tests.world import Person, World

_LEFT = "{ rateLimit { limit remaining resetAt } }"
_LABELS = "{ labels { contactCount } }"


@pytest.fixture
async def poor(world: World, serve: Serve) -> Person:
    """Ada, at a server on which she has 10,000 points a minute."""
    client = await serve(cost_per_minute_user=10_000)
    return Person(client, token=world.ada.token)


async def test_the_viewer_reads_what_is_left(poor: Person) -> None:
    began = datetime.now(UTC)
    assert (await poor.gql(_LABELS)).codes == []
    left = (await poor.gql(_LEFT)).data["rateLimit"]
    assert (left["limit"], 8_600 <= left["remaining"] < 9_500) == (10_000, True)  # points come back meanwhile
    assert timedelta(seconds=3) < datetime.fromisoformat(left["resetAt"]) - began < timedelta(seconds=9)


async def test_strangers_have_no_figures(world: World) -> None:
    assert (await world.stranger.gql(_LEFT)).data == {"rateLimit": None}
    assert (await Person(world.client, token="x.y.z").gql(_LEFT)).codes == ["UNAUTHENTICATED"]
    left = (await world.ada.gql(_LEFT)).data["rateLimit"]
    assert left["limit"] == 1_000_000_000


async def test_a_spent_budget_refuses_until_it_fills_again(poor: Person, world: World) -> None:
    answers = [await poor.gql(_LABELS) for _ in range(12)]
    assert [answer.codes for answer in answers[:9]] == [[]] * 9
    last = answers[-1]
    assert (last.status, last.data, last.codes) == (429, None, ["RATE_LIMITED"])
    assert 1 <= int(last.headers["Retry-After"]) == last.errors[0]["extensions"]["retryAfterSeconds"] <= 6
    assert (await Person(poor.client, token=world.grace.token).gql(_LABELS)).codes == []


async def _left(person: Person) -> int:
    return int((await person.gql(_LEFT)).data["rateLimit"]["remaining"])


async def test_a_document_that_is_not_known_pays_for_its_reading_whatever_it_is(world: World, serve: Serve) -> None:
    client = await serve(cost_per_minute_user=10_000_000)
    rich = Person(client, token=world.ada.token)
    for query, code in (
        ("{ labels { contacts { nodes { id } } } }", "LIMIT_EXCEEDED"),
        ("{ nope }", "BAD_REQUEST"),
        ("{", "BAD_REQUEST"),
    ):
        poor = Person(await serve(cost_per_minute_user=10_000), token=world.ada.token)
        answers = [await poor.gql(query + " " * n) for n in range(120)]
        assert answers[0].codes == [code]
        assert answers[-1].codes == ["RATE_LIMITED"], query
        assert (await rich.gql(query)).codes == [code]


async def test_a_document_that_is_known_pays_its_cost_alone(poor: Person) -> None:
    await _left(poor)
    before = await _left(poor)
    assert -1 <= before - await _left(poor) <= 1
    for prefer in ({"Prefer": "cost-only"}, {}):
        poor.headers = prefer
        assert (await poor.gql("{ __typename }")).codes == []
    poor.headers = {}
    assert 10 < before - await _left(poor) < 110  # once


async def test_a_tenant_has_a_budget_for_all_its_people(world: World, serve: Serve) -> None:
    client = await serve(cost_per_minute_tenant=10_000)
    for person in (world.ada, world.adam, world.grace, world.linus) * 3:
        answer = await Person(client, token=person.token).gql(_LABELS)
    assert answer.codes == ["RATE_LIMITED"]
    assert (await Person(client, token=world.mallory.token).gql(_LABELS)).codes == []


async def test_the_cost_stands_beside_what_is_left() -> None:
    desk: Any = SimpleNamespace(budget=Budgets(1_000, 600))
    context = Context(desk, Origin())
    assert cost_extension(context, 10_000) is None  # nothing was measured
    document = DEFAULT.parse(_LABELS)
    context.cost = measure(build()._schema, document, document.definitions[0]).cost()  # type: ignore[arg-type]  # it is an operation
    assert cost_extension(context, 10_000) == {"requested": 1_000, "allowed": 10_000}
    body = await measured_only(context, 10_000)
    assert body == {"extensions": {"cost": {"requested": 1_000, "allowed": 10_000, "remaining": 600}}}
    context.left = await context.desk.budget.charge(None, context.origin, 60)
    told = cost_extension(context, 10_000)
    assert told is not None
    assert datetime.fromisoformat(told.pop("resetAt")) - datetime.now(UTC) < timedelta(seconds=7)
    assert told == {"requested": 1_000, "allowed": 10_000, "remaining": 540}


@pytest.mark.parametrize(
    ("values", "prefers"),
    [
        ([], False),
        (["cost-only"], True),
        (["return=minimal, Cost-Only"], True),
        (["wait=10", "cost-only; x=1"], True),
        (["cost-only-not", "x=cost-only"], False),
    ],
)
def test_prefer_is_read_as_the_rfc_has_it(values: list[str], prefers: bool) -> None:
    assert prefers_cost_only(values) is prefers
