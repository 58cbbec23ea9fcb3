"""The generator counts what came back as it was: good, refused, refused without a word, with errors, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.drills.generator import LOST, NONE, WITH_ERRORS
from tests.drills.load import PATIENCE_MS, Offered, offered
from tests.drills.seeds import written

ANSWERS = {
    b"good": b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"data":{}}',
    b"errors": b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"errors":[]}',
    b"busy": b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    b"silent": b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
    b"gone": b"",
}


@asynccontextmanager
async def _server(seconds: float = 0.0) -> AsyncIterator[int]:
    """Answers each kind of request so many seconds after it has come; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (asked := await reader.read(100)) and (answer := ANSWERS[asked]):
            await asyncio.sleep(seconds)
            writer.writelines((answer[:20], answer[20:]))  # it may come in pieces
            await writer.drain()
            if b"close" in answer:
                break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def test_each_answer_is_counted_as_what_it_is(tmp_path: Path) -> None:
    async with _server() as port:
        seen = await offered(port, written(tmp_path / "asked", list(ANSWERS)), 0.5, rate=40)
    assert seen.statuses == {200: 4, WITH_ERRORS: 4, 503: 8, LOST: 4}
    assert seen.unsaid == 4
    assert {(which, status) for _, _, status, which in seen.rows} == {(0, 200), (1, WITH_ERRORS), (2, 503), (3, 503), (4, LOST)}


async def test_an_open_loop_asks_on_schedule_whatever_comes_back(tmp_path: Path) -> None:
    asked = written(tmp_path / "asked", [b"good"])
    async with _server(0.3) as port:
        seen = await offered(port, asked, 0.5, rate=100)
        closed = await offered(port, asked, 0.5, clients=2)
    assert [due for due, *_ in sorted(seen.rows)] == [round(n / 100, 4) for n in range(50)]
    assert seen.statuses == {200: 50}
    assert seen.slowest(0, 200) > 290
    assert 2 <= closed.statuses[200] <= 4  # the next one only when the last one has come


async def test_a_server_that_is_not_there_answers_nothing(tmp_path: Path) -> None:
    async with _server() as port:
        pass
    seen = await offered(port, written(tmp_path / "asked", [b"good"]), 0.2, rate=50)
    assert seen.statuses == {LOST: 10}


def test_goodput_is_of_what_comes_in_time_and_between_two_moments() -> None:
    rows = [
        (0.0, 900.0, 200, 0),
        (0.0, 1_000.0, 200, 1),
        (0.5, 700.0, 503, 2),
        (1.0, 1_000.0, 200, 3),
        (0.0, PATIENCE_MS + 1, 200, 4),
    ]
    seen = Offered([*rows, (1.9, 5.0, LOST, NONE)], 0, ())
    assert seen.goodput(1, 2) == 1
    assert seen.goodput(0, 4) == 0.75
    assert (seen.slowest(0.5, 200), seen.slowest(0.99, 200, of={0, 1}), seen.slowest(0.99, 503, 429)) == (1_000.0, 1_000.0, 700.0)
    assert seen.slowest(0.99, 429) == 0
