"""The answer of /graphql, whose usual head goes out as one block."""

from __future__ import annotations

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http_writer import StreamWriter


class Answer(web.Response):
    """A response in JSON. Where it got no headers but those that all have, `seal` spares aiohttp from collecting and writing them
    one by one, which takes longer than to read the request."""

    _head = ""

    def __init__(self, body: bytes, kind: str, status: int) -> None:
        self._kind = f"{kind}; charset=utf-8"
        super().__init__(body=body, status=status, headers={hdrs.CONTENT_TYPE: self._kind})

    def seal(self, request: web.BaseRequest, usual: str) -> bool:
        """Whether the block `usual`, of lines as they are sent, is all that it lacks; then it is sent so, as aiohttp would."""
        if len(self.headers) > 1 or self._cookies or request.version != HttpVersion11 or not request.keep_alive:
            return False
        self._head = f"HTTP/1.1 {self.status} {self.reason}\r\nContent-Type: {self._kind}\r\n{usual}"
        return True

    async def _start(self, request: web.BaseRequest) -> AbstractStreamWriter:
        writer = request._payload_writer
        if not self._head or type(writer) is not StreamWriter:
            return await super()._start(request)
        self._req, self._payload_writer, self._keep_alive = request, writer, True
        length = len(self._body)  # type: ignore[arg-type]  # it is bytes
        head = f"{self._head}Content-Length: {length}\r\nDate: {rfc822_formatted_time()}\r\n\r\n"
        writer._headers_buf = head.encode()  # it leaves together with the body
        return writer
