"""What is no HTTP: a JSON answer with a code and the security headers, which quotes nothing and tells no version. And how a crowd
gets in."""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import AsyncIterator

import orjson
import pytest
import uvloop
from aiohttp import web

from observability import logging
from server.middlewares import SECURE
from server.serve import _listen
from server.wire import Runner


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A server on loopback that knows one path."""

    async def hello(_request: web.Request) -> web.Response:
        return web.json_response("hello")

    app = web.Application()
    app.router.add_get("/", hello)
    runner = Runner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def _spoken(port: int, request: bytes) -> tuple[bytes, dict[str, str], bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    return status, dict(line.decode().split(": ", 1) for line in lines), body


async def test_http_is_answered_as_ever(port: int) -> None:
    status, _, body = await _spoken(port, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert (status, body) == (b"HTTP/1.1 200 OK", b'"hello"')


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /secretcanary\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: secretcanary\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer secretcanary" + b"x" * 20_000 + b"\r\n\r\n",
        b"secretcanary\r\n\r\n",
        b"SECRETCANARY / HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_refused_in_json_and_quoted_nowhere(request_bytes: bytes, port: int) -> None:
    told = io.StringIO()
    logging.configure("DEBUG", stream=told)
    status, headers, body = await _spoken(port, request_bytes)
    assert status.endswith(b" 400 Bad Request")
    answer = orjson.loads(body)
    assert answer == {
        "message": "Bad Request",
        "data": "",
        "errors": [{"message": "Bad Request", "extensions": {"code": "BAD_REQUEST"}}],
    }
    assert SECURE.items() <= headers.items()
    assert "secretcanary" not in told.getvalue().lower()
    assert '"event":"not understood"' in told.getvalue()


def test_a_crowd_that_connects_is_taken_in_a_few_rounds_of_the_loop() -> None:
    async def rounds() -> int:
        runner = Runner(web.Application())
        await runner.setup()
        await _listen(runner, "HOST, PORT", "127.0.0.1", 0)
        crowd = [socket.create_connection(runner.addresses[0][:2]) for _ in range(50)]
        passed = 0
        while runner.server is not None and len(runner.server.connections) < len(crowd):
            await asyncio.sleep(0)
            passed += 1
        for one in crowd:
            one.close()
        await runner.cleanup()
        return passed

    assert uvloop.run(rounds()) < 10
