"""What changes while the server runs."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator

import pytest

from observability import logging
from server import reload
from server.app import TAKES
from server.settings import BadSettings, Settings
from tests.conftest import Serve


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Files are looked at all the time, and the level is put back."""
    monkeypatch.setattr(reload, "LOOK_SECONDS", 0.01)
    before = logging.output.level
    yield
    logging.output.level = before


async def test_the_level_of_the_log_is_taken_and_a_wrong_one_is_not(serve: Serve, settings: Settings, logged: io.StringIO) -> None:
    takes = (await serve()).app[TAKES]
    logging.set_level("ERROR")
    found: list[str | BadSettings] = ["ERROR"]  # as in `settings`

    def read() -> Settings:
        if isinstance(found[0], BadSettings):
            raise found[0]
        return settings.model_copy(update={"log_level": found[0]})

    async def until(level: int) -> None:
        async with asyncio.timeout(10):
            while logging.output.level > level:  # noqa: ASYNC110 - a thread reads
                await asyncio.sleep(0.01)

    watching = asyncio.create_task(reload.watch(settings, read, takes))
    try:
        await asyncio.sleep(0.05)
        assert logging.output.level == 40
        found[0] = "DEBUG"
        await until(10)
        found[0] = BadSettings("LOG_LEVEL: String should match pattern")
        await asyncio.sleep(0.05)
        assert logging.output.level == 10
        found[0] = "WARNING"
        async with asyncio.timeout(10):
            while logging.output.level != 30:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    finally:
        watching.cancel()
    told = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert [line["least"] for line in told if line["event"] == "setting taken"] == ["DEBUG", "WARNING"]
    assert [line["faults"] for line in told if line["level"] == "error"] == [["LOG_LEVEL: String should match pattern"]]
