"""Where lines go: whatever the stream does, nobody waits for it, lines stay whole, and what is lost is counted."""

from __future__ import annotations

import asyncio
import fcntl
import io
import json
import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from observability import output as module
from observability.output import Output

MOMENT = datetime(2026, 1, 31, 12, tzinfo=UTC)


def event(number: int) -> dict[str, Any]:
    """A line."""
    return {"event": f"line {number}", "level": "info", "time": MOMENT}


def numbers(text: str) -> list[int]:
    """Which lines there are; each is a whole one."""
    return [int(json.loads(line)["event"].removeprefix("line ")) for line in text.splitlines()]


@pytest.fixture
def output() -> Output:
    """One of the test's own."""
    return Output()


@pytest.fixture
def pipe() -> Iterator[tuple[int, Any]]:
    """The end to read from, and a stream into the other one."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        yield reading, stream
    os.close(reading)


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is awaited is a thread
            await asyncio.sleep(0.005)


class Chunks(io.StringIO):
    """A stream that keeps what each write brought."""

    def __init__(self) -> None:
        super().__init__()
        self.chunks: list[str] = []

    def write(self, text: str) -> int:
        """Keeps it."""
        self.chunks.append(text)
        return super().write(text)


async def test_lines_of_a_moment_are_written_together_and_in_order(output: Output) -> None:
    stream = Chunks()
    output.to(stream)
    with output.gathered():
        for number in range(5):
            output.put(event(number))
        assert stream.chunks == []
        await _until(lambda: stream.chunks)
        output.put(event(5))
        await _until(lambda: len(stream.chunks) == 2)
    assert [numbers(chunk) for chunk in stream.chunks] == [[0, 1, 2, 3, 4], [5]]
    output.put(event(6))
    assert numbers(stream.chunks[-1]) == [6]


async def test_a_flush_hands_on_what_waits_though_the_loop_does_not_turn(output: Output) -> None:
    stream, written = Chunks(), threading.Event()
    output.to(stream)
    write = output.write
    output.write = lambda lines: (write(lines), written.set())[0]  # type: ignore[method-assign]
    with output.gathered():
        output.put(event(1))
        output.flush()
        assert written.wait(5)  # blocks the loop
        assert numbers(stream.getvalue()) == [1]


async def test_what_other_threads_log_at_the_same_time_is_all_written(output: Output) -> None:
    stream = Chunks()
    output.to(stream)

    def log(start: int) -> None:
        for number in range(start, start + 500):
            output.put(event(number))

    with output.gathered():
        await asyncio.gather(*(asyncio.to_thread(log, start) for start in range(0, 2_000, 500)))
        log(2_000)
    assert sorted(numbers(stream.getvalue())) == list(range(2_500))


async def test_the_end_writes_what_is_left(output: Output) -> None:
    stream = Chunks()
    output.to(stream)
    with output.gathered():
        output.put(event(1))
    assert numbers(stream.getvalue()) == [1]


async def test_a_stream_that_hangs_costs_lines_and_nobodys_time(
    output: Output, pipe: tuple[int, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, stream = pipe
    monkeypatch.setattr(module, "WAITING_BYTES", 200_000)
    monkeypatch.setattr(module, "_END_SECONDS", 0.1)
    output.to(stream)
    with output.gathered():
        for number in range(100):
            for line in range(100):
                output.put(event(number * 100 + line))
            output.flush()
            await asyncio.sleep(0)  # the loop goes on, though nobody reads
    lost = output.lost
    assert lost > 5_000
    received = bytearray()
    while received.count(b"\n") < 10_000 - lost:
        received += os.read(reading, 65_536)
    there = numbers(received.decode())
    assert there == sorted(set(there))


def test_a_full_device_loses_lines_and_counts_them(output: Output) -> None:
    with open("/dev/full", "w") as stream:  # noqa: PTH123 - a device
        output.to(stream)
        output.put(event(1))
        output.write(output.rendered([event(2), event(3)]))
    assert output.lost == 3


def test_a_closed_pipe_loses_lines_and_counts_them(output: Output, pipe: tuple[int, Any]) -> None:
    reading, stream = pipe
    os.dup2(os.open("/dev/null", os.O_RDONLY), reading)
    output.to(stream)
    output.put(event(1))
    assert output.lost == 1


def test_a_line_that_was_cut_off_ends_before_the_next_one_begins(output: Output, tmp_path: Path) -> None:
    class Small(io.RawIOBase):
        """A disk with so much room."""

        room, kept = 100, bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            if not self.room:
                raise OSError(28, "No space left on device")
            taken = bytes(data)[: self.room]
            self.kept += taken
            self.room -= len(taken)
            return len(taken)

    disk = Small()
    stream = io.TextIOWrapper(io.BufferedWriter(disk))
    output.to(stream)
    output.write(output.rendered([event(1), event(2), event(3)]))  # of 64 bytes each
    assert output.lost == 2
    output.put(event(4))
    assert output.lost == 3
    disk.room = 1_000
    output.put(event(5))
    first, cut, last = disk.kept.decode().splitlines()
    assert numbers(first) == [1]
    assert numbers(last) == [5]
    assert output.rendered([event(2)]).startswith(cut.encode())
    assert len(cut) == 36


def test_a_pipe_that_does_not_block_and_is_full_is_waited_for(output: Output, pipe: tuple[int, Any]) -> None:
    reading, stream = pipe
    fcntl.fcntl(stream.fileno(), fcntl.F_SETFL, os.O_NONBLOCK)
    output.to(stream)
    received = bytearray()

    def read() -> None:
        while received.count(b"\n") < 3_000:
            received.extend(os.read(reading, 4_096))

    thread = threading.Thread(target=read)
    thread.start()
    output.write(output.rendered(map(event, range(3_000))))
    thread.join(10)
    assert numbers(received.decode()) == list(range(3_000))
    assert output.lost == 0
