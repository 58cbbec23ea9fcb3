"""A line to a server that can be cut, or hang."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Line:
    """The line to Postgres: a port that passes on whatever comes, until it is cut or hangs."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._to = host, port
        self.port = 0
        self._server: asyncio.Server | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._open: set[asyncio.StreamWriter] = set()
        self._pipes: set[asyncio.Task[None]] = set()

    async def lay(self) -> None:
        """It is whole, at the same port as before."""
        self._flowing.set()
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Every connection breaks, and no new one is taken."""
        assert self._server is not None
        self._server.close()
        for pipe in list(self._pipes):
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)
        for writer in list(self._open):
            writer.transport.abort()

    def hang(self) -> None:
        """Connections stand, new ones are taken, and nothing flows."""
        self._flowing.clear()

    def flow(self) -> None:
        """It goes on."""
        self._flowing.set()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, on = await asyncio.open_connection(self._host, self._to)
        self._open |= {writer, on}
        for source, target in ((reader, on), (back, writer)):
            task = asyncio.create_task(self._pipe(source, target))
            self._pipes.add(task)
            task.add_done_callback(self._pipes.discard)

    async def _pipe(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65_536):
                await self._flowing.wait()
                target.write(data)
                await target.drain()
        self._open.discard(target)
        target.close()
