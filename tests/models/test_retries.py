"""What is tried again, and how often."""

from __future__ import annotations

import pytest

from models import retries
from models.driver import Fault
from models.errors import Contended, Unavailable
from models.retries import Budget, Unit, retried
from observability.metrics import Metrics


class Uses:
    """A count of uses that is set by hand."""

    def __init__(self) -> None:
        self.metrics, self.many = Metrics(), 0
        self.budget = Budget(lambda: self.many, self.metrics)

    def counted(self, reason: str) -> float | None:
        return self.metrics.registry.get_sample_value("addressbook_db_retries_total", {"reason": reason})


def test_retries_are_a_tenth_of_the_uses_and_ten_saved_up() -> None:
    uses = Uses()
    assert [uses.budget.allows(Fault.LOST, 0) for _ in range(12)] == [True] * 10 + [False] * 2
    assert (uses.counted("lost"), uses.counted("over_budget")) == (10, 2)
    uses.many = 25
    assert [uses.budget.allows(Fault.CONTENDED, 0) for _ in range(3)] == [True, True, False]
    uses.many = 1_000_000
    assert [uses.budget.allows(Fault.CONTENDED, 0) for _ in range(11)] == [True] * 10 + [False]


def test_what_may_have_been_done_is_tried_once_more_and_what_was_not_three_times() -> None:
    uses = Uses()
    assert [uses.budget.allows(Fault.LOST, tried) for tried in range(3)] == [True, False, False]
    assert [uses.budget.allows(Fault.CONTENDED, tried) for tried in range(5)] == [True, True, True, False, False]
    assert not uses.budget.allows(Fault.READ_ONLY, 0)
    assert not uses.budget.allows(None, 0)


async def _tries(times: int, error: type[Unavailable] = Contended, *, kept: bool = False, joined: bool = False) -> int:
    """How often an act is begun whose transaction fails so many times."""
    uses, begun = Uses(), 0

    @retried
    async def act() -> int:
        nonlocal begun
        begun += 1
        unit = retries.unit.get()
        assert unit is not None
        unit.budget, unit.kept = None if joined else uses.budget, kept
        if begun <= times:
            raise error("no")
        return begun

    try:
        assert await act() == times + 1
    except error:
        assert begun <= times
    assert retries.unit.get() is None
    return begun


async def test_a_unit_of_work_that_was_rolled_back_is_done_again_three_times_at_the_most() -> None:
    assert await _tries(0) == 1
    assert await _tries(3) == 4
    assert await _tries(9) == 4


@pytest.mark.parametrize("how", [{"error": Unavailable}, {"kept": True}, {"joined": True}])
async def test_what_was_or_may_be_committed_is_done_once(how: dict[str, object]) -> None:
    assert await _tries(1, **how) == 1  # type: ignore[arg-type]


async def test_within_a_greater_act_that_one_is_done_again() -> None:
    inner, outer = 0, 0

    @retried
    async def part() -> None:
        nonlocal inner
        inner += 1
        unit = retries.unit.get()
        assert isinstance(unit, Unit)
        unit.budget = Uses().budget
        if inner == 1:
            raise Contended("no")

    @retried
    async def whole() -> None:
        nonlocal outer
        outer += 1
        await part()

    await whole()
    assert (outer, inner) == (2, 2)
