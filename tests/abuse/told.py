"""HTTP in bytes: what is sent on one connection, and all that comes back."""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True)
class Told:
    """All that came back on one connection, after how long the last of it, and whether the server closed the connection then."""

    raw: bytes
    seconds: float
    closed: bool

    @property
    def statuses(self) -> list[int]:
        """Of each answer; none where it was closed without one."""
        return [int(status) for status in re.findall(rb"(?:^|(?<=[\]}\n]))HTTP/1\.[01] (\d{3})", self.raw)]

    @property
    def status(self) -> int:
        """Of the one answer."""
        (status,) = self.statuses
        return status

    @property
    def headers(self) -> dict[str, str]:
        """Of the first answer, by names in lower case."""
        lines = self.raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    @property
    def body(self) -> str:
        """Of the first answer, with what follows."""
        return self.raw.partition(b"\r\n\r\n")[2].decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """The body, read."""
        return orjson.loads(self.body)

    @property
    def codes(self) -> list[str]:
        """The codes of its errors."""
        return [error["extensions"]["code"] for error in self.json["errors"]]


async def sent(port: int, *pieces: bytes, seconds: float = 8.0) -> Told:
    """What the server says to these bytes until it closes the connection, or `seconds` are over."""
    began = last = time.perf_counter()
    closed = False
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    raw = bytearray()

    async def write() -> None:
        with suppress(ConnectionError):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()

    writing = asyncio.create_task(write())
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while piece := await _read(reader):
                raw += piece
                last = time.perf_counter()
            closed = True
    if closed and not raw:
        last = time.perf_counter()
    elif not raw:
        last = began + seconds
    writing.cancel()
    writer.transport.abort()
    return Told(bytes(raw), last - began, closed)


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(65_536)
    except ConnectionError:  # closed with what we sent unread
        return b""


def request(method: str, path: str, *headers: str, body: bytes | None = b"") -> bytes:
    """A request that asks to be answered and closed; without a Content-Length where the body is None."""
    lines = [f"{method} {path} HTTP/1.1", "Host: a", "Connection: close", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


def posted(query: Any, *headers: str, **more: Any) -> bytes:
    """A POST of an operation."""
    return request("POST", "/graphql", "Content-Type: application/json", *headers, body=orjson.dumps({"query": query} | more))
