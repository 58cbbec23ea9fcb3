"""Where the lines of the log go: each at once, or while a server runs gathered and written together by a thread of their own."""

from __future__ import annotations

import asyncio
import json as stdlib_json
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from queue import SimpleQueue
from typing import IO, Any, Final

import orjson
import structlog

Event = dict[str, Any]
"""One line, ready to be written: redacted, with its level and its time."""

GATHER_SECONDS: Final = 0.05
"""How long a line may wait for others. So much a process that is killed (SIGKILL) may lose of them; SIGTERM loses none."""
WAITING_BYTES: Final = 4_000_000
"""How much may wait for a stream that takes nothing; what comes beyond it is lost, and counted."""
_END_SECONDS: Final = 2.0
_FULL_SECONDS: Final = 0.01
# Some readers split lines at these too; JSON may carry them only inside a string, where the escape means the same.
_LINE_BREAKS: Final = ((b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"), (b"\xc2\x85", b"\\u0085"))
_console = structlog.dev.ConsoleRenderer(colors=False)


class Output:
    """Where the lines go. A stream that fails or hangs loses lines and never a request; `lost` counts such lines."""

    def __init__(self) -> None:
        self.level = 20
        self.lost = 0
        self.json = True
        self._stream: IO[Any] | None = None
        self._torn = False
        self._gathering: _Gathering | None = None
        self._counting = threading.Lock()

    def to(self, stream: IO[Any]) -> None:
        """Write to a text stream from now on."""
        self._stream = stream

    def put(self, event: Event) -> None:
        """Take one line."""
        if self._gathering is None:
            self.write(self.rendered([event]))
        else:
            self._gathering.add(event)

    def flush(self) -> None:
        """Hand on what was gathered: it is written within moments, whatever becomes of the event loop."""
        if self._gathering is not None:
            self._gathering.hand_on()

    def last(self) -> None:
        """Write what is left, for who ends the process now. A stream that hangs is not waited for any longer than a moment."""
        if self._gathering is not None:
            self._gathering.end()

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Within the block, which runs in an event loop, lines are written together, and nobody waits for the stream."""
        self._gathering = gathering = _Gathering(self, asyncio.get_running_loop())
        try:
            yield
        finally:
            self._gathering = None
            gathering.end()

    def write(self, lines: bytes) -> None:
        """Write whole lines."""
        stream: IO[Any] = sys.stdout if self._stream is None else self._stream
        buffer = getattr(stream, "buffer", None)
        # Past its buffer, which would keep what failed, and write it in pieces when nobody expects it any more.
        write = _writing_text(stream) if buffer is None else getattr(buffer, "raw", buffer).write
        left = memoryview(lines)
        try:
            if self._torn:
                write(b"\n")
                self._torn = False
            while left:
                written = write(left)
                if written is None:  # a pipe that does not block, and is full
                    time.sleep(_FULL_SECONDS)
                else:
                    left = left[written:]
        except (OSError, ValueError):  # full disk, broken pipe, closed file
            self.lose(bytes(left).count(b"\n"))
            done = len(lines) - len(left)
            self._torn = self._torn or (done > 0 and lines[done - 1 : done] != b"\n")

    def lose(self, lines: int) -> None:
        """Count lines that nobody will read."""
        with self._counting:
            self.lost += lines

    def rendered(self, events: Iterable[Event]) -> bytes:
        """Each as a line."""
        return b"".join(map(_line if self.json else _for_a_person, events))


class _Gathering:
    """What is gathered in the loop's thread, and written in another one."""

    def __init__(self, output: Output, loop: asyncio.AbstractEventLoop) -> None:
        self._output, self._loop = output, loop
        self._events: deque[Event] = deque()
        self._armed = False
        self._chunks: SimpleQueue[bytes | None] = SimpleQueue()
        self._handing = threading.Lock()
        self._handed = self._written = 0  # bytes
        # A daemon: a stream that hangs does not keep the process from ending.
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def add(self, event: Event) -> None:
        """From any thread. `hand_on` clears `_armed` before it takes what there is, so that none is left behind."""
        self._events.append(event)
        if self._armed:
            return
        self._armed = True
        if asyncio._get_running_loop() is self._loop:
            self._loop.call_later(GATHER_SECONDS, self.hand_on)
        else:
            self.hand_on()

    def hand_on(self) -> None:
        """Give what was gathered to the thread that writes. Many lines are rendered in one go: that takes less than one by one."""
        self._armed = False
        with self._handing:
            events = [self._events.popleft() for _ in range(len(self._events))]
            chunk = self._output.rendered(events)
            if self._handed + len(chunk) - self._written > WAITING_BYTES:
                self._output.lose(len(events))
            elif chunk:
                self._handed += len(chunk)
                self._chunks.put(chunk)

    def end(self) -> None:
        """Write what is left. A stream that hangs is not waited for any longer than a moment."""
        self.hand_on()
        self._chunks.put(None)
        self._thread.join(_END_SECONDS)

    def _write(self) -> None:
        while (chunk := self._chunks.get()) is not None:
            self._output.write(chunk)
            self._written += len(chunk)


def _line(event: Event) -> bytes:
    try:
        line = orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)
    except TypeError:  # a lone surrogate or an integer beyond 64 bits, which the standard library can write
        line = (stdlib_json.dumps(event, default=_said) + "\n").encode()
    if not line.isascii():
        for raw, escaped in _LINE_BREAKS:
            line = line.replace(raw, escaped)
    return line


def _for_a_person(event: Event) -> bytes:
    told = {**event, "time": _said(event["time"])}
    return f"{_console(None, event['level'], told)}\n".encode(errors="backslashreplace")


def _said(value: Any) -> str:
    return f"{value.isoformat()}" if isinstance(value, date) else str(value)


def _writing_text(stream: IO[str]) -> Callable[[bytes | memoryview], int]:
    """For a stream without bytes below it, such as a test's."""

    def write(lines: bytes | memoryview) -> int:
        stream.write(bytes(lines).decode())
        stream.flush()
        return len(lines)

    return write
