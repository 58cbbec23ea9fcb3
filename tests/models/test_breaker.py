"""A circuit breaker opens after failures in a row, and lets one probe through when its pause ends."""

from __future__ import annotations

import asyncio
import io

import pytest

from models.breaker import Breaker, BreakerOpen, State
from observability.metrics import Metrics


class Clock:
    """A clock that is set by hand."""

    time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def breaker(metrics: Metrics, clock: Clock) -> Breaker:
    return Breaker("mail", metrics, failures=3, seconds=10.0, now=clock)


async def _fails(breaker: Breaker, error: type[Exception] = OSError) -> None:
    with pytest.raises(error):
        async with breaker.guard(OSError):
            raise error


async def _works(breaker: Breaker) -> None:
    async with breaker.guard(OSError):
        pass


async def test_it_opens_after_failures_in_a_row_and_asks_nobody(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        assert breaker.state is State.CLOSED
        await _fails(breaker)
    assert breaker.state is State.OPEN
    clock.time = 4.0
    with pytest.raises(BreakerOpen) as refused:
        async with breaker.guard(OSError):
            pytest.fail("it was asked")
    assert refused.value.retry_after == 6.0


async def test_a_success_between_failures_starts_the_count_anew(breaker: Breaker) -> None:
    for _ in range(2):
        await _fails(breaker)
    await _works(breaker)
    for _ in range(2):
        await _fails(breaker)
    assert breaker.state is State.CLOSED


async def test_another_exception_is_no_failure(breaker: Breaker) -> None:
    for _ in range(5):
        await _fails(breaker, KeyError)
    assert breaker.state is State.CLOSED


async def test_after_the_pause_one_probe_closes_it_and_meanwhile_nobody_else_is_let_through(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        await _fails(breaker)
    clock.time = 10.0
    release = asyncio.Event()

    async def probe() -> None:
        async with breaker.guard(OSError):
            await release.wait()

    probing = asyncio.create_task(probe())
    await asyncio.sleep(0)
    assert breaker.state is State.HALF_OPEN
    with pytest.raises(BreakerOpen):
        await _works(breaker)
    release.set()
    await probing
    assert breaker.state is State.CLOSED
    await _works(breaker)


async def test_a_probe_that_fails_opens_it_for_another_pause(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        await _fails(breaker)
    clock.time = 10.0
    await _fails(breaker)
    assert breaker.state is State.OPEN
    clock.time = 19.9
    with pytest.raises(BreakerOpen):
        await _works(breaker)
    clock.time = 20.0
    await _works(breaker)
    assert breaker.state is State.CLOSED


async def test_a_probe_that_is_cut_off_leaves_the_place_to_the_next(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        await _fails(breaker)
    clock.time = 10.0

    async def probe() -> None:
        async with breaker.guard(OSError):
            await asyncio.Event().wait()

    probing = asyncio.create_task(probe())
    await asyncio.sleep(0)
    probing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probing
    assert breaker.state is State.HALF_OPEN
    await _works(breaker)
    assert breaker.state is State.CLOSED


async def test_each_change_is_a_metric_and_a_line(breaker: Breaker, clock: Clock, metrics: Metrics, logged: io.StringIO) -> None:
    states = []

    def look() -> None:
        states.append(metrics.registry.get_sample_value("addressbook_breaker_state", {"breaker": "mail"}))

    look()
    for _ in range(3):
        await _fails(breaker)
    look()
    clock.time = 10.0
    await _works(breaker)
    look()
    assert states == [0.0, 2.0, 0.0]
    assert [line.split('"state":"')[1].split('"')[0] for line in logged.getvalue().splitlines()] == ["open", "half-open", "closed"]
