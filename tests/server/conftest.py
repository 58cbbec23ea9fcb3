"""What tests of commands share: a database of before."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.conftest import copied, named
from tests.then import Then


@pytest.fixture
async def then(worker_id: str, admin: asyncpg.Connection) -> AsyncIterator[Then]:
    """A database for what was."""
    name = named(f"then_{worker_id}")
    yield Then(await copied(name), admin)
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
