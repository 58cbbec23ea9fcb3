"""The deadline of a request."""

from __future__ import annotations

import asyncio

import pytest

from models.errors import TimedOut
from resolvers.deadline import Deadlines


async def _work(deadlines: Deadlines, seconds: float) -> str:
    with deadlines(reads=True):
        await asyncio.sleep(seconds)
    return "done"


async def test_what_is_in_time_ends_as_it_would() -> None:
    deadlines = Deadlines(0.2)
    assert await asyncio.gather(*(_work(deadlines, 0.01) for _ in range(20))) == ["done"] * 20
    await asyncio.sleep(0.2)
    assert (len(deadlines._running), deadlines._watching) == (0, False)
    assert await _work(deadlines, 0.01) == "done"


async def test_what_takes_too_long_is_given_up_and_nothing_else() -> None:
    deadlines = Deadlines(0.2)
    late, early = asyncio.create_task(_work(deadlines, 10)), asyncio.create_task(_work(deadlines, 0.1))
    with pytest.raises(TimedOut):
        await asyncio.wait_for(late, 1)
    assert await early == "done"
    assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]  # a test is a task


async def test_who_is_cancelled_by_somebody_else_is_cancelled() -> None:
    deadlines = Deadlines(5)
    work = asyncio.create_task(_work(deadlines, 10))
    await asyncio.sleep(0.01)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


async def test_an_error_inside_stays_what_it_is() -> None:
    deadlines = Deadlines(0.2)
    with pytest.raises(LookupError), deadlines(reads=True):
        raise LookupError


async def test_a_task_goes_on_after_its_deadline() -> None:
    deadlines = Deadlines(0.05)

    async def twice() -> list[str]:
        told = []
        for _ in range(2):
            try:
                told.append(await _work(deadlines, 5))
            except TimedOut:
                told.append("late")
        await asyncio.sleep(0.01)
        return told

    assert await asyncio.wait_for(asyncio.create_task(twice()), 1) == ["late", "late"]


@pytest.mark.parametrize(("reads", "again"), [(True, 1), (False, None)])
async def test_only_who_reads_is_told_to_come_again(reads: bool, again: int | None) -> None:
    deadlines = Deadlines(0.05)
    with pytest.raises(TimedOut) as told, deadlines(reads=reads):
        await asyncio.sleep(5)
    assert (told.value.code, told.value.retry_after) == ("TIMEOUT", again)
