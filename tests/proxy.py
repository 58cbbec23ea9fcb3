"""A TCP proxy between two of us, whose line can be made slow, dead or broken while it runs."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

_CHUNK: Final = 65_536
_AT_ONCE: Final = struct.pack("ii", 1, 0)
"""SO_LINGER of no seconds: what is closed then is reset."""


class Proxy:
    """Passes on what comes to `port`, both ways, each piece after `delay` seconds; all of it can be changed at run time.

    A black hole takes everything and passes nothing on, new connections too, as where a machine lost its network: nobody is told.
    """

    def __init__(self, host: str, port: int) -> None:
        self._there = (host, port)
        self._open = asyncio.Event()
        self._open.set()
        self._lines: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._tasks: set[asyncio.Future[None]] = set()
        self._away = False
        self.port = 0
        self.delay = 0.0
        self.connections = 0
        """How many there have been."""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Proxy]:
        """While the block lasts; then every line is cut."""
        await self._listen()
        try:
            yield self
        finally:
            self.mend()
            self._leave()
            await asyncio.gather(*self._tasks)

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """While the block lasts every line is cut and nobody is let in; then it listens where it did before."""
        self._leave()
        try:
            yield
        finally:
            await self._listen()

    def black_hole(self) -> None:
        """From now on nothing goes through, and what comes meanwhile waits."""
        self._open.clear()

    def mend(self) -> None:
        """All is well again: without delay, and what waited goes through."""
        self.delay = 0.0
        self._open.set()

    def reset(self) -> None:
        """Every line is cut at once (RST)."""
        for line in tuple(self._lines):
            for writer in line:
                _cut(writer)

    def half_close(self) -> None:
        """Who asked hears that nothing more will come, and may go on talking."""
        for near, _ in tuple(self._lines):
            near.write_eof()

    async def _listen(self) -> None:
        self._away = False
        self._server = await asyncio.start_server(self._called, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _leave(self) -> None:
        self._away = True
        self._server.close()
        self.reset()

    def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._tasks.add(task := asyncio.ensure_future(self._connected(reader, writer)))
        task.add_done_callback(self._tasks.discard)

    async def _connected(self, near_reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        await self._open.wait()
        try:
            far_reader, far = await asyncio.open_connection(*self._there)
        except OSError:
            _cut(near)
            return
        if self._away:
            _cut(near)
            _cut(far)
            return
        self._lines.add(line := (near, far))
        await asyncio.gather(self._pumped(near_reader, far), self._pumped(far_reader, near))
        self._lines.discard(line)
        for writer in line:
            writer.close()

    async def _pumped(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(_CHUNK):
                await asyncio.sleep(self.delay)
                await self._open.wait()
                writer.write(piece)
                await writer.drain()
            writer.write_eof()
        except OSError:
            _cut(writer)


def _cut(writer: asyncio.StreamWriter) -> None:
    if not writer.transport.is_closing():
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        writer.transport.abort()
