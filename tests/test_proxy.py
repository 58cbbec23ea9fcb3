"""The proxy does to a line what networks do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from tests.proxy import Proxy


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line)
    writer.write(b"you said goodbye\n")
    writer.close()


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """In front of somebody who says what he hears."""
    server = await asyncio.start_server(_echo, "127.0.0.1")
    async with Proxy("127.0.0.1", server.sockets[0].getsockname()[1]).listening() as one:
        yield one
    server.close()


class Line:
    """One connection through the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def of(cls, proxy: Proxy) -> Line:
        return cls(*await asyncio.open_connection("127.0.0.1", proxy.port))

    async def heard(self, said: bytes = b"", seconds: float = 5.0) -> bytes:
        """The next line after this was said; raises TimeoutError where none comes."""
        if said:
            self.writer.write(said)
        async with asyncio.timeout(seconds):
            return await self.reader.readline()


async def test_it_passes_on_what_is_said_both_ways(proxy: Proxy) -> None:
    line = await Line.of(proxy)
    assert [await line.heard(b"one\n"), await line.heard(b"two\n")] == [b"one\n", b"two\n"]
    line.writer.write_eof()
    assert (await line.heard(), await line.reader.read()) == (b"you said goodbye\n", b"")
    assert proxy.connections == 1


async def test_it_delays_each_piece_and_then_no_more(proxy: Proxy) -> None:
    line, proxy.delay, began = await Line.of(proxy), 0.2, time.monotonic()
    assert await line.heard(b"slow\n") == b"slow\n"
    assert time.monotonic() - began >= 0.4  # there and back
    proxy.mend()
    assert proxy.delay == 0


async def test_a_black_hole_says_nothing_to_old_and_new_until_it_is_mended(proxy: Proxy) -> None:
    old = await Line.of(proxy)
    await old.heard(b"before\n")
    proxy.black_hole()
    new = await Line.of(proxy)
    for line, said in ((old, b"old\n"), (new, b"new\n")):
        with pytest.raises(TimeoutError):
            await line.heard(said, seconds=0.2)
    proxy.mend()
    assert [await old.heard(), await new.heard()] == [b"old\n", b"new\n"]


async def test_a_reset_cuts_every_line_and_no_later_one(proxy: Proxy) -> None:
    lines = [await Line.of(proxy) for _ in range(2)]
    for line in lines:
        await line.heard(b"before\n")
    proxy.reset()
    for line in lines:
        with pytest.raises(ConnectionResetError):
            await line.heard(b"after\n")
    assert await (await Line.of(proxy)).heard(b"later\n") == b"later\n"


async def test_while_it_is_away_lines_are_cut_and_nobody_is_let_in(proxy: Proxy) -> None:
    line = await Line.of(proxy)
    await line.heard(b"before\n")
    async with proxy.away():
        with pytest.raises(ConnectionResetError):
            await line.heard(b"after\n")
        with pytest.raises(ConnectionRefusedError):
            await Line.of(proxy)
    assert await (await Line.of(proxy)).heard(b"later\n") == b"later\n"


async def test_a_half_closed_line_says_nothing_more(proxy: Proxy) -> None:
    line = await Line.of(proxy)
    await line.heard(b"before\n")
    proxy.half_close()
    assert await line.heard() == b""


async def test_who_is_away_cuts_the_line(proxy: Proxy) -> None:
    async with Proxy("127.0.0.1", 1).listening() as nowhere:
        line = await Line.of(nowhere)
        with pytest.raises(ConnectionResetError):
            await line.heard(b"hello\n")
