"""Heads of requests that were read before: whoever comes again while there is no place is refused without being parsed.

No HTTP is read here. The parser has read the very same bytes, and would read them alike.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Self

from aiohttp import hdrs
from aiohttp.http_parser import RawRequestMessage

_MOST: Final = 4_096
"""So many are kept, at the most some 16 MB; then all are forgotten."""

_LONGEST: Final = 2_048
"""Bytes of a head that is kept."""

_END: Final = b"\r\n\r\n"


class Head(NamedTuple):
    """What a refusal depends on."""

    path: str
    authorization: str | None
    accept: str
    origin: str | None

    @classmethod
    def of(cls, message: RawRequestMessage) -> Self:
        """That of a request which was parsed."""
        get = message.headers.get
        return cls(message.path, get(hdrs.AUTHORIZATION), get(hdrs.ACCEPT, ""), get(hdrs.ORIGIN))


class Heads:
    """What is known of heads, by their bytes; each holds the length of its body, too."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[int, Head]] = {}

    def of(self, data: bytes) -> Head | None:
        """The head of these bytes, where they are one request, whole and alone, with a head that is known."""
        known = self._known.get(data[: data.find(_END)])
        return known[1] if known is not None and known[0] == len(data) else None

    def keep(self, data: bytes, message: RawRequestMessage, head: Head) -> bool:
        """Whether the parser, which has just read this one message, whole, stopped at the end of these bytes; then keeps its head.

        Whatever it had read before: a head ends at the first empty line behind the first line of a request.
        """
        end = data.find(_END)
        size = end + len(_END) + int(message.headers.get(hdrs.CONTENT_LENGTH, 0))
        line = f"{message.method} {message.path} HTTP/1.1\r\n".encode(errors="surrogateescape")
        if end < 0 or size != len(data) or message.chunked or not data.startswith(line):
            return False
        if end <= _LONGEST:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[data[:end]] = size, head
        return True
