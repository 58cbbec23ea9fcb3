"""The runner of the web server: what aiohttp's parser refuses is answered like everything else, in JSON, with a code."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import HttpVersion11, hdrs, web, web_urldispatcher
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_server import Server

from observability.logging import logger
from server.middlewares import SECURE, bare

_log = logger(__name__)


async def _expected(request: web.Request) -> None:
    """Tells a client that waits (RFC 9110, section 10.1.1) to go on, unless what it announces would be refused.

    Another expectation is none to us.
    """
    waits = request.headers.get(hdrs.EXPECT, "").lower() == "100-continue" and request.version == HttpVersion11
    if waits and (request.content_length or 0) <= request.client_max_size:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0


web_urldispatcher._default_expect_handler = _expected  # for paths that no route is of, too


class Runner(web.AppRunner):
    """An AppRunner whose connections speak as ours do."""

    async def _make_server(self) -> Server:
        server = await super()._make_server()
        server.__class__ = _Server  # aiohttp has no place where a handler of one's own is named
        return server


class _Server(Server):
    __slots__ = ()

    def __call__(self) -> RequestHandler:
        return _Handler(self, loop=self._loop, **self._kwargs)


class _Handler(RequestHandler):
    __slots__ = ()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, _message: str | None = None
    ) -> web.StreamResponse:
        """The answer to what is no HTTP, or to a bug outside every middleware; their texts quote the request and are not told."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was begun already")
        if status >= 500:
            _log.error("unexpected error", exc_info=exc)
        else:
            _log.info("not understood", status=status, kind=type(exc).__name__)
        response = bare(status, HTTPStatus(status).phrase)
        response.headers.update(SECURE)
        response.force_close()
        return response
