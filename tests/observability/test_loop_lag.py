"""How late the event loop is, is seen."""

from __future__ import annotations

import asyncio
import time

import pytest

from observability import loop_lag


async def test_what_holds_the_loop_up_is_told_and_nothing_after_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_lag, "LOOK_SECONDS", 0.02)
    late: list[float] = []
    with loop_lag.watched(late.append):
        await asyncio.sleep(0.05)
        seen = len(late)
        assert seen > 0
        time.sleep(0.3)  # noqa: ASYNC251 - on purpose
        await asyncio.sleep(0)
        await asyncio.sleep(0.01)
    assert max(late[seen:]) >= 0.27
    assert min(late) >= 0
    told = len(late)
    await asyncio.sleep(0.06)
    assert len(late) == told
