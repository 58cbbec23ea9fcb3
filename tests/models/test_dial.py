"""Whom it calls, in which order, and for how long."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from models import dial
from models.dial import Dial, is_read_only
from tests.conftest import Database


@pytest.fixture
def place(database: Database) -> tuple[str, int]:
    parts = urlsplit(database.app)
    return parts.hostname or "", parts.port or 5432


@pytest.fixture
def known(database: Database) -> dict[str, Any]:
    """Who calls, and for which database."""
    parts = urlsplit(database.app)
    return {"user": parts.username, "password": parts.password, "database": parts.path[1:]}


@pytest.fixture
async def mute() -> AsyncIterator[tuple[tuple[str, int], list[int]]]:
    """A place where somebody takes calls and says nothing, and a list that grows with each."""
    calls: list[int] = []

    async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(1)
        while await reader.read(1_000):
            pass
        writer.close()

    server = await asyncio.start_server(taken, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[:2], calls
    server.close()


async def test_a_host_that_says_nothing_has_its_share_of_the_time_and_is_called_last_then(
    place: tuple[str, int], known: dict[str, Any], mute: tuple[tuple[str, int], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dial, "CONNECT_SECONDS", 3.0)
    call = Dial([mute[0], ("127.0.0.1", 1), place], strict=True, **known)
    for _ in range(3):
        async with asyncio.timeout(10):
            connection = await call()
        assert await connection.fetchval("SELECT 7") == 7
        connection.terminate()
    assert len(mute[1]) == 1


async def test_where_nobody_answers_the_last_failure_is_told(
    mute: tuple[tuple[str, int], list[int]], known: dict[str, Any]
) -> None:
    async with asyncio.timeout(10):
        with pytest.raises(TimeoutError):
            await Dial([("127.0.0.1", 1), mute[0]], strict=False, **known)()
    with pytest.raises(ConnectionRefusedError):
        await Dial([("127.0.0.1", 1)], strict=False, **known)()


@pytest.mark.parametrize("strict", [False, True])
async def test_a_server_that_takes_no_writes_is_for_those_who_read(
    place: tuple[str, int], known: dict[str, Any], *, strict: bool
) -> None:
    call = Dial([place], strict=strict, server_settings={"default_transaction_read_only": "on"}, **known)
    if strict:
        with pytest.raises(asyncpg.TargetServerAttributeNotMatched):
            await call()
    else:
        connection = await call()
        assert await is_read_only(connection)
        connection.terminate()


async def test_where_a_pooler_keeps_it_back_the_server_is_asked(
    place: tuple[str, int], known: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asyncpg.Connection, "get_settings", lambda _connection: object())
    for said, expected in (("off", False), ("on", True)):
        connection = await Dial([place], strict=False, server_settings={"default_transaction_read_only": said}, **known)()
        assert await is_read_only(connection) is expected
        connection.terminate()


async def test_the_kernel_notices_a_dead_line(place: tuple[str, int], known: dict[str, Any]) -> None:
    connection = await Dial([place], strict=True, **known)()
    line = connection._transport.get_extra_info("socket")  # type: ignore[attr-defined]
    assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert {name: line.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in dial._KEEPALIVE} == dial._KEEPALIVE
    connection.terminate()
