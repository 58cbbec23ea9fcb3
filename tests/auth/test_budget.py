"""The budget: a leaky bucket of points for users, tenants and networks."""

from __future__ import annotations

import pytest

from auth.budget import UNBOUNDED, Bucket, Budgets, Left, Requests
from auth.caller import Caller
from models.errors import TooManyAttempts
from models.values import Origin, new_id

HERE, THERE = Origin(ip_prefix="192.0.2.0/24"), Origin(ip_prefix="198.51.100.0/24")


class Clock:
    """A monotonic clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def somebody(tenant: object = None) -> Caller:
    """A user of a tenant, or of one of their own."""
    return Caller(new_id(), tenant or new_id(), new_id(), "acme", "ada", HERE)  # type: ignore[arg-type]  # an id, whatever its type


async def test_points_are_taken_until_none_is_left_and_come_back_over_a_minute() -> None:
    clock = Clock()
    budgets, ada = Budgets(1_000, 600, clock), somebody()
    assert await budgets.charge(ada, HERE, 100) == Left(600, 500, 10.0)
    assert await budgets.charge(ada, HERE, 500) == Left(600, 0, 60.0)
    with pytest.raises(TooManyAttempts, match=r"^The budget of this minute is spent. Try again in 3 s.$") as refused:
        await budgets.charge(ada, HERE, 30)
    assert refused.value.retry_after == 3
    clock.now += 3
    assert await budgets.charge(ada, HERE, 30) == Left(600, 0, 60.0)
    clock.now += 60
    assert await budgets.left(ada, HERE) == Left(600, 600, 0.0)


async def test_a_refused_charge_takes_nothing() -> None:
    budgets, ada = Budgets(1_000, 600, Clock()), somebody()
    for _ in range(3):
        with pytest.raises(TooManyAttempts):
            await budgets.charge(ada, HERE, 601)
    assert await budgets.left(ada, HERE) == Left(600, 600, 0.0)


async def test_the_people_of_a_tenant_share_its_budget_and_nobody_else_does() -> None:
    budgets, tenant = Budgets(1_000, 600, Clock()), new_id()
    ada, grace, mallory = somebody(tenant), somebody(tenant), somebody()
    assert (await budgets.charge(ada, HERE, 600)).remaining == 0
    assert await budgets.charge(grace, HERE, 300) == Left(1_000, 100, pytest.approx(54))  # the tenant's is narrower
    with pytest.raises(TooManyAttempts) as refused:
        await budgets.charge(grace, HERE, 160)
    assert refused.value.retry_after == 4
    assert (await budgets.left(grace, HERE)).remaining == 100
    assert (await budgets.charge(mallory, HERE, 600)).remaining == 0


async def test_strangers_are_charged_by_their_network() -> None:
    budgets = Budgets(1_000, 600, Clock())
    assert await budgets.charge(None, HERE, 600) == Left(600, 0, 60.0)
    with pytest.raises(TooManyAttempts):
        await budgets.charge(None, Origin(ip_prefix="192.0.2.0/24", user_agent="another"), 1)
    assert (await budgets.charge(None, THERE, 600)).remaining == 0
    assert (await budgets.left(somebody(), HERE)).remaining == 600


async def test_small_charges_add_up_exactly() -> None:
    budgets, ada = Budgets(10_000, 997, Clock()), somebody()
    for spent in range(1, 998):
        assert (await budgets.charge(ada, HERE, 1)).remaining == 997 - spent
    with pytest.raises(TooManyAttempts):
        await budgets.charge(ada, HERE, 1)


async def test_a_whole_minute_of_load_leaves_most_of_what_is_not_bounded() -> None:
    budgets = Budgets(UNBOUNDED, UNBOUNDED, Clock())
    assert (await budgets.charge(somebody(), HERE, 200_000_000)).remaining == 800_000_000


def test_a_bucket_forgets_those_who_have_most_left() -> None:
    bucket = Bucket(60, most=4)
    for key, points in (("spent", 60), ("idle", 1), ("half", 30), ("new", 2), ("newer", 3)):
        bucket.keep(key, bucket.after(key, points, 1_000.0))
    assert [bucket.after(key, 0, 1_000.0) - 1_000 for key in ("spent", "half", "idle", "new", "newer")] == [60, 30, 0, 0, 0]


async def _answered(budgets: Budgets, caller: Caller, times: int) -> int:
    answered = 0
    for _ in range(times):
        try:
            await budgets.charge(caller, HERE, 1)
            answered += 1
        except TooManyAttempts:
            pass
    return answered


async def test_a_tenant_has_the_requests_a_minute_that_were_learned_and_nobody_else_is_limited() -> None:
    clock = Clock()
    budgets, ada, mallory = Budgets(UNBOUNDED, UNBOUNDED, clock), somebody(), somebody()
    budgets.requests.learn({ada.tenant: 30, mallory.tenant: 100})
    assert (await _answered(budgets, ada, 200), await _answered(budgets, mallory, 200)) == (30, 100)
    with pytest.raises(TooManyAttempts, match=r"^Your tenant has spent its requests of this minute. Try again in 2 s.$") as refused:
        await budgets.charge(ada, HERE, 1)
    assert refused.value.retry_after == 2
    clock.now += 2
    assert await _answered(budgets, ada, 200) == 1
    budgets.requests.learn({ada.tenant: 60})  # of a whole minute's measure nothing is left, whatever the measure is
    clock.now += 30
    assert await _answered(budgets, ada, 200) == 30


async def test_a_request_that_was_counted_is_charged_again_without_being_counted() -> None:
    budgets, ada = Budgets(1_000, 1_000, Clock()), somebody()
    budgets.requests.learn({ada.tenant: 10})
    assert await _answered(budgets, ada, 10) == 10
    assert (await budgets.charge(ada, HERE, 100, 0)).remaining == 890


async def test_requests_that_are_refused_take_no_points_and_points_that_are_refused_no_requests() -> None:
    budgets, ada = Budgets(100, 100, Clock()), somebody()
    budgets.requests.learn({ada.tenant: 10})
    for _ in range(20):
        with pytest.raises(TooManyAttempts, match="budget"):
            await budgets.charge(ada, HERE, 101)
    assert await _answered(budgets, ada, 20) == 10
    assert (await budgets.left(ada, HERE)).remaining == 90


async def test_of_an_unknown_tenant_the_usual_is_taken() -> None:
    budgets, ada = Budgets(UNBOUNDED, UNBOUNDED, Clock()), somebody()
    assert await _answered(budgets, ada, Requests.USUAL + 5) == Requests.USUAL


async def test_the_tenants_of_the_last_minute_are_those_that_matter() -> None:
    clock = Clock()
    budgets, ada, mallory = Budgets(UNBOUNDED, UNBOUNDED, clock), somebody(), somebody()
    await budgets.charge(ada, HERE, 1)
    clock.now += 40
    await budgets.charge(mallory, HERE, 1)
    await budgets.charge(None, HERE, 1)
    assert budgets.requests.seen(clock.now) == [ada.tenant, mallory.tenant]
    clock.now += 40
    assert budgets.requests.seen(clock.now) == [mallory.tenant]
