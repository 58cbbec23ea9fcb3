"""The runner of the web server: how many connections and requests there are at once, how they end when the process is to, and
the answers to what is no HTTP, which are JSON with a code like all others."""

from __future__ import annotations

from asyncio import BaseTransport
from collections.abc import Callable, Coroutine
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from aiohttp import HttpVersion11, hdrs, web, web_urldispatcher
from aiohttp.http_parser import RawRequestMessage
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_server import Server

from observability.logging import logger
from server.heads import Head, Heads
from server.middlewares import PLACE, SECURE, bare
from server.places import LARGE, Places, Tenant

_log = logger(__name__)
_PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics", "/health", "/api/health", "/api/health/status"})
"""These need no place: who looks after a process is answered most of all while it is busy."""

_Finished = Coroutine[Any, Any, tuple[web.StreamResponse, bool]]


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
    """An AppRunner whose connections speak as ours do. Without `places` there is no end of them."""

    def __init__(self, app: web.Application, places: Places | None = None, **options: Any) -> None:
        super().__init__(app, **options)
        self._places = places

    def drain(self) -> None:
        """From now on each answer is the last of its connection, and says so: who wants more connects to somebody else."""
        if isinstance(self.server, _Server):
            self.server.draining = True
            for connection in self.server.connections:
                if connection._current_request is not None:
                    _part(connection._current_request)

    @property
    def answering(self) -> bool:
        """Whether somebody waits for an answer."""
        return self.server is not None and any(one._request_in_progress or one._messages for one in self.server.connections)

    async def _make_server(self) -> Server:
        server = await super()._make_server()
        server.__class__ = _Server  # aiohttp has no place where a handler of one's own is named
        server.places, server.draining, server.heads = self._places, False, Heads()  # type: ignore[attr-defined]
        return server


class _Server(Server):
    places: Places | None
    draining: bool
    heads: Heads

    def __call__(self) -> RequestHandler:
        return _Handler(self, loop=self._loop, **self._kwargs)


class _Handler(RequestHandler):
    """A connection. A request has its place from when it is whole until it is answered; who sends or reads slowly holds none."""

    __slots__ = ("_asked", "_clean", "_place", "_places", "_server")

    def __init__(self, server: _Server, **options: Any) -> None:
        super().__init__(server, **options)
        self._server, self._places = server, server.places
        self._place: Tenant | None = None
        self._asked = False
        """Whether a request was taken up and its answer is not begun."""
        self._clean = False
        """Whether the parser is known to be between two requests."""

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        if self._places is not None and len(self._server._connections) > self._places.connections:
            self._places.refused(connection=True)
            self.transport.write(self._places.refusal(close=True))  # type: ignore[union-attr]
            self.force_close()

    def data_received(self, data: bytes) -> None:
        """Refuses on the spot what has no place, where it came whole and alone: the ordinary way it would cost what many an answer
        costs. What is not decided here is when its turn comes."""
        places = self._places
        ends = self._close or self._force_close  # then nothing more is heard, and a place would be kept for good
        if places is None or ends or self._messages or self._asked or self._request_in_progress:
            self._clean = self._clean and not data
            super().data_received(data)
            return
        known = self._server.heads.of(data) if self._clean else None
        self._clean = known is not None
        if known is not None:
            self._place = places.take(known.authorization)
            if self._place is None and self._open():
                self._refuse(places, known)
                return
        waiter, self._waiter = self._waiter, None  # not to be woken yet; there is none where the last answer has just been sent
        super().data_received(data)
        self._waiter = waiter
        if len(self._messages) == 1 and self._place is None:
            message, payload = self._messages[0]
            if payload.is_eof() and type(message) is RawRequestMessage and message.path not in _PROBES:
                self._place = places.take(message.headers.get(hdrs.AUTHORIZATION))
                if self._place is None and _plain(message) and self._open():
                    head = Head.of(message)
                    self._clean = self._server.heads.keep(data, message, head)
                    self._refuse(places, head)
                    self._messages.clear()
                    self._parser.message_consumed()  # type: ignore[union-attr]
        if self._messages and waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def start(self) -> None:
        try:
            await super().start()
        finally:
            self._leave()  # of who hung up

    def _handle_request(self, request: Any, start_time: float | None, request_handler: Any) -> _Finished:
        if self._place is None and self._places is not None and request._message.path not in _PROBES:
            request[PLACE] = partial(self._take, self._places, request)
        if self._server.draining:
            _part(request)
        self._asked = True
        return super()._handle_request(request, start_time, request_handler)

    def finish_response(self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None) -> _Finished:
        place, body = self._place, getattr(resp, "_body", None)
        self._asked = False
        self._leave()
        if place is not None and type(body) is bytes and len(body) > LARGE:
            return self._sent(place, len(body), partial(super().finish_response, request, resp, start_time))
        return super().finish_response(request, resp, start_time)

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

    async def _sent(self, place: Tenant, size: int, send: Callable[[], _Finished]) -> tuple[web.StreamResponse, bool]:
        """Sends a large answer, and returns when it was read; where too much is unread already, closes the connection instead."""
        places = self._places
        if places is None or not places.sends(place, size):
            _log.warning("not sent, since too much is left unread", bytes=size)
            raise ConnectionError("too much is left unread")
        try:
            return await send()
        finally:
            places.sent(place, size)

    def _open(self) -> bool:
        """Whether a refusal needs nothing but to be written: the connection goes on, and nothing waits to be sent."""
        return (
            not self._server.draining
            and self._keepalive_handle is not None
            and self.transport is not None
            and self.transport.get_write_buffer_size() == 0
        )

    def _refuse(self, places: Places, head: Head) -> None:
        places.refused()
        self.transport.write(places.refusal(head.path, head.accept, head.origin))  # type: ignore[union-attr]
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout

    def _take(self, places: Places, request: web.BaseRequest) -> bool:
        """Takes a place for a request; False where there is none."""
        self._place = places.take(request.headers.get(hdrs.AUTHORIZATION))
        if self._place is None:
            places.refused()
        return self._place is not None

    def _leave(self) -> None:
        if self._place is not None and self._places is not None:
            self._places.leave(self._place)
            self._place = None


def _plain(message: RawRequestMessage) -> bool:
    """Whether an answer to it may be like that to any other: no other end of the connection."""
    return message.method in {hdrs.METH_GET, hdrs.METH_POST} and not message.should_close and not message.upgrade


def _part(request: web.BaseRequest) -> None:
    """Makes the answer to a request the last of its connection, as if its client had asked for that."""
    request._message = request._message._replace(should_close=True)
