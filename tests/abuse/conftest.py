"""One server as in production for all abuses of a worker."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import aiohttp
import asyncpg
import pytest

from tests.abuse.server import Server, running
from tests.conftest import JWT_KEYS, Database
from tests.world import World


@pytest.fixture(scope="session")
def server(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server."""
    with running(database.app, JWT_KEYS, tmp_path_factory.mktemp("abuse")) as one:
        yield one


@pytest.fixture
async def people(server: Server, admin: asyncpg.Connection) -> AsyncIterator[World]:
    """The people, signed in at that server."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}", headers={"User-Agent": "a browser"}) as client:
        yield await World.made(client, admin)  # type: ignore[arg-type]  # it asks as a TestClient does
