"""Work that nobody waits for: it ends, and the server ends after it."""

from __future__ import annotations

import asyncio
import io

import pytest

from observability import logging
from resolvers.background import afterwards, finished, settled


async def test_an_attempt_goes_on_to_its_end_though_its_caller_has_gone() -> None:
    go, done = asyncio.Event(), []

    async def attempt() -> None:
        await go.wait()
        done.append(True)

    caller = asyncio.create_task(finished(attempt()))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert done == []
    go.set()
    await settled()
    assert done == [True]


async def test_whoever_waits_for_an_attempt_has_its_outcome() -> None:
    async def attempt(text: str) -> int:
        return int(text)

    assert await finished(attempt("7")) == 7
    with pytest.raises(ValueError, match="seven"):
        await finished(attempt("seven"))


async def test_what_fails_after_the_answer_is_told_in_the_log() -> None:
    lines = io.StringIO()
    logging.configure("INFO", stream=lines)

    async def work() -> None:
        raise RuntimeError("out of reach")

    afterwards(work())
    assert lines.getvalue() == ""
    await settled()
    assert '"event":"not done after the answer"' in lines.getvalue()
