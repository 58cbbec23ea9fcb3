"""Requests that two servers could read differently (RFC 9112, section 6.3), odd methods, oversize heads, and Expect."""

from __future__ import annotations

import asyncio

import pytest

from tests.abuse.server import Server, endured
from tests.abuse.told import Told, posted, request, sent

_HEAD = "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
_BODY = '{"query":"{__typename}"}'
_LENGTH = f"Content-Length: {len(_BODY)}"
_CHUNKED = "Transfer-Encoding: chunked"
_SMUGGLED = "GET /api/ping HTTP/1.1\r\nHost: a\r\n\r\n"

SHAPES = {
    "both lengths": f"{_HEAD}{_LENGTH}\r\n{_CHUNKED}\r\n\r\n0\r\n\r\n",
    "two lengths": f"{_HEAD}{_LENGTH}\r\nContent-Length: 0\r\n\r\n{_BODY}",
    "a list of lengths": f"{_HEAD}{_LENGTH}, 0\r\n\r\n{_BODY}",
    "a signed length": f"{_HEAD}Content-Length: +{len(_BODY)}\r\n\r\n{_BODY}",
    "a negative length": f"{_HEAD}Content-Length: -1\r\n\r\n",
    "a length in hexadecimal": f"{_HEAD}Content-Length: 0x0\r\n\r\n",
    "an underscore in the length": f"{_HEAD}Content-Length: 2_4\r\n\r\n{_BODY}",
    "another coding": f"{_HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked is not the last": f"{_HEAD}{_CHUNKED}, identity\r\n\r\n0\r\n\r\n",
    "chunked twice": f"{_HEAD}{_CHUNKED}\r\n{_CHUNKED}\r\n\r\n0\r\n\r\n",
    "a tab of another kind": f"{_HEAD}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "a blank before the colon": f"{_HEAD}Content-Length: 0\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a folded line": f"{_HEAD}Content-Length: 0\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": f"{_HEAD.replace('1.1', '1.0')}{_CHUNKED}\r\n\r\n0\r\n\r\n",
    "lines without a carriage return": f"{_HEAD}{_LENGTH}\r\n\r\n{_BODY}".replace("\r\n", "\n"),
    "a bare carriage return": f"{_HEAD}X: a\rContent-Length: 0\r\n\r\n",
    "a NUL": f"{_HEAD}X: a\x00b\r\nContent-Length: 0\r\n\r\n",
    "a chunk's size in another spelling": f"{_HEAD}{_CHUNKED}\r\n\r\n0x0\r\n\r\n",
    "a chunk's size below zero": f"{_HEAD}{_CHUNKED}\r\n\r\n-1\r\n\r\n",
    "a chunk's size over 64 bits": f"{_HEAD}{_CHUNKED}\r\n\r\nffffffffffffffff0\r\n\r\n",
    "a line feed ends a chunk's size": f"{_HEAD}{_CHUNKED}\r\n\r\n0\n\n",
    "a line feed in a chunk's extension": f"{_HEAD}{_CHUNKED}\r\n\r\n0;a\nb\r\n\r\n",
    "a chunk longer than its size": f"{_HEAD}{_CHUNKED}\r\n\r\n2\r\n{{}}0\r\n\r\n",
    "two hosts": "GET /api/ping HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "no host": "GET /api/ping HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
async def test_what_could_be_read_in_two_ways_is_refused_and_nothing_behind_it_is_read(shape: str, server: Server) -> None:
    async def abuse() -> list[Told]:
        return [await sent(server.port, (shape + _SMUGGLED).encode("latin-1"))]

    (told,) = await endured(server, abuse)
    assert (told.statuses, told.closed) == ([400], True)
    assert told.codes == ["BAD_REQUEST"]


async def test_the_same_in_one_reading_is_answered_and_so_is_what_follows(server: Server) -> None:
    for framing in (f"{_LENGTH}\r\n\r\n{_BODY}", f"{_CHUNKED}\r\n\r\n{len(_BODY):x}\r\n{_BODY}\r\n0\r\n\r\n"):
        last = _SMUGGLED.replace("Host: a", "Host: a\r\nConnection: close")
        told = await sent(server.port, (_HEAD + framing + last).encode())
        assert (told.statuses, told.closed) == ([200, 200], True)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
async def test_another_method_is_refused_and_the_right_ones_are_told(method: str, server: Server) -> None:
    async def abuse() -> list[Told]:
        return [
            await sent(server.port, request(method, path, "X-Canary: kanarienvogel"))
            for path in ("/graphql", "/healthz", "/readyz", "/api/auth/login")
        ]

    answers = await endured(server, abuse)
    assert [answer.status for answer in answers] == [405] * 4
    assert [answer.headers["allow"] for answer in answers] == ["GET,POST", "GET,HEAD", "GET,HEAD", "POST"]
    assert not any("kanarienvogel" in answer.body for answer in answers)


async def test_a_method_that_is_none_is_no_request(server: Server) -> None:
    async def abuse() -> list[Told]:
        return [await sent(server.port, request("FOO", path)) for path in ("/graphql", "/healthz", "/api/auth/login")]

    assert [(answer.status, answer.codes, answer.closed) for answer in await endured(server, abuse)] == [
        (400, ["BAD_REQUEST"], True)
    ] * 3


@pytest.mark.parametrize(
    "head",
    [
        request("GET", "/graphql?query=" + "x" * 100_000),
        request("GET", "/api/" + "x" * 100_000),
        request("GET", "/healthz", "X: " + "x" * 65_536),
        request("GET", "/healthz", *[f"X-{n}: x" for n in range(2_000)]),
        request("GET", "/healthz", "Cookie: " + "; ".join(f"a{n}=b" for n in range(4_000))),
        request("GET", "/healthz", *["Cookie: a=b"] * 4_000),
        request("GET", "/healthz", "Authorization: Bearer " + "x" * 65_536),
    ],
    ids=["URL", "path", "header", "headers", "cookies", "cookie headers", "token"],
)
async def test_an_oversize_head_is_refused(head: bytes, server: Server) -> None:
    async def abuse() -> list[Told]:
        return [await sent(server.port, head)]

    (told,) = await endured(server, abuse)
    assert (told.statuses, told.closed) == ([400], True)


async def test_as_many_cookies_as_fit_are_read_soon(server: Server) -> None:
    async def abuse() -> list[Told]:
        return [await sent(server.port, posted("{ __typename }", "Cookie: " + "; ".join(f"a{n}=" for n in range(1_100))))]

    (told,) = await endured(server, abuse)
    assert (told.status, told.json["data"]) == (200, {"__typename": "Query"})


async def test_a_body_that_will_be_refused_is_not_waited_for(server: Server) -> None:
    announced = ("Content-Type: application/json", "Expect: 100-continue", "Content-Length: 1000000000")

    async def abuse() -> list[Told]:
        return [
            await sent(server.port, request("POST", path, *announced, body=None), seconds=1)
            for path in ("/graphql", "/api/auth/login", "/nothing")
        ]

    for told in await endured(server, abuse):
        assert told.status == 413
        assert b"100 Continue" not in told.raw


async def test_a_body_that_will_be_read_is_asked_for_once(server: Server) -> None:
    waiting = request("POST", "/graphql", "Content-Type: application/json", "Expect: 100-continue", _LENGTH, body=None)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(waiting)
    assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 2) == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(_BODY.encode())
    assert (await asyncio.wait_for(reader.read(), 2)).startswith(b"HTTP/1.1 200 OK\r\n")
    writer.close()


async def test_another_expectation_is_quoted_nowhere(server: Server) -> None:
    async def abuse() -> list[Told]:
        return [await sent(server.port, posted("{ __typename }", "Expect: kanarienvogel"))]

    (told,) = await endured(server, abuse)
    assert "kanarienvogel" not in told.body
    assert told.headers["content-type"].startswith("application/json")
    assert told.headers["x-content-type-options"] == "nosniff"
