"""The throttle: exact counts, a clock of our own, and a bounded memory that floods do not wash clean."""

import asyncio

import pytest

from auth.throttle import Throttle
from models.errors import TooManyAttempts


class Clock:
    """The loop's clock, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(asyncio.get_running_loop(), "time", clock)
    return clock


async def passed(throttle: Throttle, key: str, per_minute: float, tries: int = 60) -> int:
    through = 0
    for _ in range(tries):
        try:
            await throttle.check("login", "acme", key, per_minute)
            through += 1
        except TooManyAttempts:
            pass
    return through


async def test_as_many_pass_as_the_threshold_says(clock: Clock) -> None:
    throttle = Throttle()
    assert await passed(throttle, "acme ada", 5) == 5
    assert await passed(throttle, "globex mallory", 50) == 50


@pytest.mark.parametrize(("per_minute", "wait"), [(5, 12), (7, 9), (60, 1), (600, 1), (1, 60), (0.5, 120)])
async def test_a_refusal_says_when_one_more_passes(clock: Clock, per_minute: float, wait: int) -> None:
    throttle = Throttle()
    await passed(throttle, "ada", per_minute, 601)
    with pytest.raises(TooManyAttempts) as refusal:
        await throttle.check("login", "acme", "ada", per_minute)
    assert refusal.value.retry_after == wait
    assert type(refusal.value.retry_after) is int
    clock.seconds += wait
    await throttle.check("login", "acme", "ada", per_minute)


async def test_a_refused_attempt_does_not_count(clock: Clock) -> None:
    throttle = Throttle()
    assert await passed(throttle, "ada", 5, 500) == 5
    clock.seconds += 12
    assert await passed(throttle, "ada", 5, 500) == 1


async def test_a_threshold_of_nothing_lets_nobody_through(clock: Clock) -> None:
    assert await passed(Throttle(), "ada", 0) == 0
    assert await passed(Throttle(), "ada", -1) == 0


async def test_kinds_and_keys_are_counted_apart(clock: Clock) -> None:
    throttle = Throttle()
    assert await passed(throttle, "ada", 5) == 5
    await throttle.check("refresh", "acme", "ada", 5)
    await throttle.check("login", "acme", "grace", 5)
    with pytest.raises(TooManyAttempts):
        await throttle.check("login", "acme", "ada", 5)


async def test_a_changed_threshold_holds_at_once(clock: Clock) -> None:
    throttle = Throttle()
    assert await passed(throttle, "ada", 5) == 5
    assert await passed(throttle, "ada", 20) == 20
    assert await passed(throttle, "ada", 3) == 3
    assert len(throttle._buckets) == 1


async def test_it_never_waits() -> None:
    throttle = Throttle()
    started = asyncio.get_running_loop().time()
    assert await passed(throttle, "ada", 1, 100) == 1
    assert asyncio.get_running_loop().time() - started < 0.5


async def test_parallel_attempts_share_one_count(clock: Clock) -> None:
    throttle = Throttle()
    results = await asyncio.gather(*(throttle.check("login", "acme", "ada", 5) for _ in range(30)), return_exceptions=True)
    assert results.count(None) == 5


async def test_a_flood_of_names_keeps_memory_bounded_and_the_hot_name_refused(clock: Clock) -> None:
    throttle = Throttle(most=100)
    assert await passed(throttle, "ada", 5) == 5
    for name in range(1000):
        await throttle.check("login", "acme", f"ghost {name}", 5)
        assert len(throttle._buckets) <= 100
    with pytest.raises(TooManyAttempts):
        await throttle.check("login", "acme", "ada", 5)


async def test_an_idle_name_goes_before_one_that_is_counted(clock: Clock) -> None:
    throttle = Throttle(most=10)
    for name in range(9):
        await throttle.check("login", "acme", f"early {name}", 5)
    await throttle.check("login", "acme", "slow", 0.01)
    clock.seconds += 60  # all but the slow one are empty now
    await throttle.check("login", "acme", "new", 5)
    with pytest.raises(TooManyAttempts):
        await throttle.check("login", "acme", "slow", 0.01)
    assert len(throttle._buckets) == 10


async def test_of_the_cool_names_the_one_not_asked_for_longest_goes_first(clock: Clock) -> None:
    throttle = Throttle(most=3)
    for name in ("ada", "grace", "linus"):
        await throttle.check("login", "acme", name, 4)
    await throttle.check("login", "acme", "ada", 4)
    await throttle.check("login", "acme", "mallory", 4)
    assert await passed(throttle, "ada", 4) == 2
    assert await passed(throttle, "linus", 4) == 3
    assert await passed(throttle, "grace", 4) == 4


async def test_a_changed_threshold_pushes_nobody_out(clock: Clock) -> None:
    throttle = Throttle(most=2)
    await throttle.check("login", "acme", "ada", 4)
    await throttle.check("login", "acme", "grace", 4)
    await throttle.check("login", "acme", "grace", 5)
    assert await passed(throttle, "ada", 4) == 3


async def test_where_all_are_hot_memory_is_bounded_still(clock: Clock) -> None:
    throttle = Throttle(most=10)
    for name in range(40):
        assert await passed(throttle, f"ghost {name}", 5) == 5
        assert len(throttle._buckets) == min(name + 1, 10)


async def test_a_long_name_costs_no_memory_and_is_not_kept(clock: Clock) -> None:
    throttle = Throttle()
    await throttle.check("login", "acme", "ada" * 100_000, 5)
    await throttle.check("login", "acme", "\ud800", 5)
    assert [len(key) for _, key in throttle._buckets] == [16, 16]


def test_a_second_event_loop_begins_anew_without_a_warning() -> None:
    throttle = Throttle()
    # The suite turns aiolimiter's RuntimeWarning about reuse into an error.
    assert asyncio.run(passed(throttle, "ada", 5)) == 5
    assert asyncio.run(passed(throttle, "ada", 5)) == 5


def test_it_tells_where_it_counts() -> None:
    assert Throttle().where == "this process"


async def _closing(throttle: Throttle, per_minute: float) -> int:
    """Attempts until it closes; the seconds that this takes."""
    for _ in range(200):
        try:
            await throttle.check("login", "acme", "ada", per_minute)
        except TooManyAttempts as closed:
            return closed.retry_after if closed.news else 0
    raise AssertionError("it never closed")


@pytest.mark.parametrize(
    ("per_minute", "waits"),
    [
        (10, [6, 12, 24, 48, 96, 192, 384, 768, 900, 900]),
        (120, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]),
        (1, [60, 120, 240, 480, 900, 900]),
        (0.01, [6000, 6000]),
    ],
)
async def test_who_closes_it_again_waits_twice_as_long_and_never_more_than_fifteen_minutes(
    per_minute: float, waits: list[int], clock: Clock
) -> None:
    throttle, told = Throttle(), []
    for _ in waits:
        told.append(await _closing(throttle, per_minute))
        clock.seconds += told[-1]
    assert told == waits


async def test_hammering_at_a_closed_one_makes_nothing_worse(clock: Clock) -> None:
    throttle = Throttle()
    assert await _closing(throttle, 10) == 6
    for second in range(6):
        for _ in range(100):
            with pytest.raises(TooManyAttempts) as closed:
                await throttle.check("login", "acme", "ada", 10)
            assert (closed.value.retry_after, closed.value.news) == (6 - second, False)
        clock.seconds += 1
    await throttle.check("login", "acme", "ada", 10)


async def test_after_an_hour_without_a_closing_it_has_forgotten_them(clock: Clock) -> None:
    throttle = Throttle()
    for wait in (6, 12, 24):
        assert await _closing(throttle, 10) == wait
        clock.seconds += wait
    clock.seconds += 3_600
    assert await _closing(throttle, 10) == 48
    clock.seconds += 48 + 3_601
    assert await _closing(throttle, 10) == 6


async def test_who_keeps_below_the_threshold_is_never_refused(clock: Clock) -> None:
    throttle = Throttle()
    for _ in range(600):
        await throttle.check("login", "acme", "ada", 10)
        clock.seconds += 6


async def test_a_flood_of_names_does_not_open_a_closed_one(clock: Clock) -> None:
    throttle = Throttle(most=10)
    for wait in (6, 12, 24, 48, 96):
        assert await _closing(throttle, 10) == wait
        clock.seconds += wait if wait < 96 else 60  # empty by now, and closed still
    for name in range(100):
        await throttle.check("login", "acme", f"ghost {name}", 10)
    with pytest.raises(TooManyAttempts) as closed:
        await throttle.check("login", "acme", "ada", 10)
    assert closed.value.retry_after == 36
