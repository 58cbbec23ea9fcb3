"""Commands, run as at the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg
import pytest
from typer.testing import CliRunner

from server.__main__ import main
from tests.conftest import Database


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Awaitable[Said]]


@pytest.fixture
def run(database: Database, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command as `python -m server` would, over this test's database; `typed` is what somebody types."""
    for name in ("JWT_KEYS", "JWT_KEYS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", database.app)
    monkeypatch.setenv("BCRYPT_COST", "4")

    def command(*arguments: str, typed: str) -> Said:
        code = 0
        with CliRunner().isolation(input=typed) as (out, err, _):
            try:
                main(arguments)
            except SystemExit as end:
                code = int(end.code or 0)
            return Said(code, out.getvalue().decode(), err.getvalue().decode())

    return lambda *arguments, typed="": asyncio.to_thread(command, *arguments, typed=typed)
