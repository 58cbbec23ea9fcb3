"""Offers load to a server on loopback: `python -m tests.drills.generator PORT FILE clients|rate N SECONDS`.

With `clients` so many ask one thing after another, and wait where they are told to (a closed loop); with `rate` so many requests
a second are due whatever comes back (an open loop), and each is timed from the moment it was due. A process of its own, with raw
requests on kept connections, so that one core can offer several times what a server on another core can do. Prints JSON: a row
for each request (when it was due in seconds, how long it took in milliseconds, its status, which of the file it was), how many
refusals did not say when to come again, and some of the unexpected answers.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import sys
from collections import deque
from pathlib import Path
from typing import Final, cast

import orjson
import uvloop

WITH_ERRORS: Final = 1
"""The status of a 200 with errors in it."""
LOST: Final = 0
"""The status of what was not answered: the connection broke, or nothing came in time."""
NONE: Final = -1
"""In place of a request that was not sent, or not answered in the end."""

_CONNECTIONS: Final = 512
"""At the most, of an open loop; beyond it requests wait for one, and the wait counts."""
_PATIENCE_SECONDS: Final = 3.0
"""Who has had to wait so long for a connection gives up, and is not sent."""
_LAST_SECONDS: Final = 20.0
"""For so long the last answers are waited for."""
_TICK_SECONDS: Final = 0.001
_RETRY_AFTER: Final = re.compile(rb"\r\nretry-after: (\d+)", re.IGNORECASE)
_LENGTH: Final = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)


def read(path: Path) -> list[bytes]:
    """The requests of a file: each a line with its length, then that many bytes."""
    data, place, found = path.read_bytes(), 0, list[bytes]()
    while place < len(data):
        line = data.index(b"\n", place)
        place = line + 1 + int(data[place:line])
        found.append(data[line + 1 : place])
    return found


class Load:
    """What is due, what is under way, and what came back."""

    def __init__(self, port: int, requests: list[bytes], seconds: float) -> None:
        self._port, self._requests, self.seconds = port, itertools.cycle(enumerate(requests)), seconds
        self.loop = asyncio.get_running_loop()
        self.began = self.loop.time()
        self._idle: list[Connection] = []
        self._waiting: deque[float] = deque()
        self._open = 0
        self._under_way = 0
        self._again = False
        self._opening: set[asyncio.Task[object]] = set()
        self.rows: list[tuple[float, float, int, int]] = []
        self.unsaid = 0
        self.odd: list[str] = []

    async def clients(self, number: int) -> None:
        """A closed loop."""
        self._again = True
        for _ in range(number):
            self._due(self.began)
        await asyncio.sleep(self.seconds)
        self._again = False
        await self._last()

    async def rate(self, per_second: float) -> None:
        """An open loop."""
        number, total = 0, int(self.seconds * per_second)
        while number < total:
            while number < total and (due := self.began + number / per_second) <= self.loop.time():
                self._due(due)
                number += 1
            await asyncio.sleep(_TICK_SECONDS)
        await self._last()

    def _due(self, due: float) -> None:
        self._under_way += 1
        if self._idle:
            self._idle.pop().send(due, *next(self._requests))
            return
        self._waiting.append(due)
        self._one_more()

    def _one_more(self) -> None:
        if self._open < _CONNECTIONS:
            self._open += 1
            task: asyncio.Task[object] = self.loop.create_task(self._connect())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _connect(self) -> None:
        try:
            await self.loop.create_connection(lambda: Connection(self), "127.0.0.1", self._port)
        except OSError:
            self._open -= 1
            if self._waiting:
                self.took(self._waiting.popleft(), LOST, NONE, b"")

    def idle(self, connection: Connection) -> None:
        """A connection has nothing to do: it takes what has been due for longest."""
        while self._waiting:
            due = self._waiting.popleft()
            if self.loop.time() - due < _PATIENCE_SECONDS:
                connection.send(due, *next(self._requests))
                return
            self.took(due, LOST, NONE, b"gave up")
        self._idle.append(connection)

    def closed(self, connection: Connection) -> None:
        """A connection is gone."""
        self._open -= 1
        if connection in self._idle:
            self._idle.remove(connection)
        if self._waiting:
            self._one_more()

    def took(self, due: float, status: int, which: int, answer: bytes) -> None:
        """A request was answered, or is lost."""
        now = self.loop.time()
        self._under_way -= 1
        self.rows.append((round(due - self.began, 4), round((now - due) * 1_000, 2), status, which))
        wait = 0
        if status in {503, 429}:
            said = _RETRY_AFTER.search(answer.partition(b"\r\n\r\n")[0])
            wait = int(said[1]) if said else 0
            self.unsaid += not said
        elif status != 200 and len(self.odd) < 5:
            self.odd.append(answer[:2_000].decode(errors="replace"))
        if self._again:
            self.loop.call_later(wait, self._next)

    def _next(self) -> None:
        if self._again:
            self._due(self.loop.time())

    async def _last(self) -> None:
        until = self.loop.time() + _LAST_SECONDS
        while self._under_way and self.loop.time() < until:  # noqa: ASYNC110 - an event would be looked at with each answer
            await asyncio.sleep(0.01)
        self.rows += [(self.seconds, _LAST_SECONDS * 1_000, LOST, NONE)] * self._under_way


class Connection(asyncio.Protocol):
    """One kept connection with at most one request under way."""

    __slots__ = ("_answer", "_due", "_load", "_transport", "_wanted", "_which")

    def __init__(self, load: Load) -> None:
        self._load, self._due, self._which, self._answer, self._wanted = load, 0.0, NONE, b"", 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast("asyncio.Transport", transport)
        self._load.idle(self)

    def send(self, due: float, which: int, request: bytes) -> None:
        """Sends a request that was due at this time."""
        self._due, self._which, self._answer, self._wanted = due, which, b"", 0
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """A piece of the answer has come."""
        self._answer += data
        if not self._wanted:
            end = self._answer.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(self._answer, 0, end)
            self._wanted = end + 4 + int(length[1] if length else 0)
        if len(self._answer) < self._wanted:
            return
        answer, due, which, self._due = self._answer, self._due, self._which, 0.0
        status = int(answer[9:12])
        if status == 200 and b'"errors":[' in answer:
            status = WITH_ERRORS
        if b"\r\nconnection: close" in answer[:1_000].lower():
            self._transport.close()
        else:
            self._load.idle(self)
        self._load.took(due, status, which, answer)

    def connection_lost(self, _: Exception | None) -> None:
        """It is closed."""
        due, self._due = self._due, 0.0
        self._load.closed(self)
        if due:
            self._load.took(due, LOST, self._which, self._answer)


async def _offered(port: str, path: str, kind: str, number: str, seconds: str) -> None:
    load = Load(int(port), read(Path(path)), float(seconds))
    await (load.rate(float(number)) if kind == "rate" else load.clients(int(number)))
    sys.stdout.buffer.write(orjson.dumps({"rows": load.rows, "unsaid": load.unsaid, "odd": load.odd}))


if __name__ == "__main__":
    uvloop.run(_offered(*sys.argv[1:]))
