"""Bodies that are too large, compressed, or never come."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from pathlib import Path

import pytest

from tests.abuse.server import Pulse, Server, endured, running
from tests.abuse.told import Told, request, sent
from tests.conftest import JWT_KEYS, Database

_JSON = "Content-Type: application/json"
_QUERY = b'{"query":"{__typename}"}'
_PATHS = ("/graphql", "/api/auth/login", "/nothing")


@pytest.mark.parametrize("length", [10**8, 10**10, 10**19])
async def test_a_length_that_is_too_large_is_refused_before_the_body_comes(length: int, server: Server) -> None:
    async def abuse() -> list[Told]:
        heads = [request("POST", path, _JSON, f"Content-Length: {length}", body=None) + b"x" for path in _PATHS]
        return await asyncio.gather(*(sent(server.port, head, seconds=1) for head in heads))

    assert [told.status for told in await endured(server, abuse)] == [413] * 3


@pytest.mark.parametrize(
    "body",
    [
        request("POST", "/graphql", _JSON, body=b"x" * 20_000_000),
        request("POST", "/api/auth/login", _JSON, body=b"x" * 20_000_000),
        request("POST", "/graphql", _JSON, "Transfer-Encoding: chunked", body=None)
        + (b"10000\r\n" + b"x" * 65_536 + b"\r\n") * 300
        + b"0\r\n\r\n",
        request("POST", "/graphql", _JSON, "Transfer-Encoding: chunked", body=None) + b"1\r\nx\r\n" * 300_000 + b"0\r\n\r\n",
    ],
    ids=["plain", "plain, REST", "chunked", "in chunks of a byte"],
)
async def test_a_body_of_many_megabytes_is_refused_soon(body: bytes, server: Server) -> None:
    async def abuse() -> list[Told]:
        return [await sent(server.port, body)]

    (told,) = await endured(server, abuse)
    assert (told.status, told.closed) == (413, True)


def _raw_deflate(data: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-15)
    return squeeze.compress(data) + squeeze.flush()


COMPRESSED = {
    "100 MB in 100 kB": ("gzip", gzip.compress(b" " * 100_000_000)),
    "100 MB deflated": ("deflate", zlib.compress(b" " * 100_000_000)),
    "empty members": ("gzip", gzip.compress(b"", 0) * 11_000),
    "45,000 empty members": ("gzip", gzip.compress(b"", 0) * 45_000),
    "no gzip": ("gzip", _QUERY),
    "cut gzip": ("gzip", gzip.compress(_QUERY)[:-9]),
    "bad sum": ("gzip", gzip.compress(_QUERY)[:-8] + b"\0" * 8),
    "no zlib": ("deflate", _raw_deflate(_QUERY)[1:]),
    "no brotli": ("br", b"\xff" * 100),
    "no zstd": ("zstd", b"\xff" * 100),
    "twice": ("gzip, gzip", gzip.compress(gzip.compress(_QUERY))),
    "of no name": ("nothing", _QUERY),
    "right": ("gzip", gzip.compress(_QUERY)),
}


@pytest.mark.parametrize(("coding", "body"), COMPRESSED.values(), ids=COMPRESSED)
async def test_a_compressed_body_is_not_even_inflated(coding: str, body: bytes, server: Server) -> None:
    async def abuse() -> list[Told]:
        one = request("POST", "/graphql", _JSON, f"Content-Encoding: {coding}", body=body)
        return await asyncio.gather(*(sent(server.port, one) for _ in range(5)))

    for told in await endured(server, abuse, seconds=1):
        assert told.status == (415 if len(body) <= 262_144 else 413)
        if told.status == 415:
            assert told.headers["accept-encoding"] == "identity"


async def test_who_leaves_before_the_body_has_come_is_no_error_of_ours(server: Server) -> None:
    for path in _PATHS:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request("POST", path, _JSON, "Content-Length: 100", body=None) + b"{")
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.transport.abort()
    await asyncio.sleep(0.2)
    assert server.complaints() == []


_STALLED = (
    b"",
    b"POST /graphql HT",
    b"POST /graphql HTTP/1.1\r\nHost: a\r\nX: ",
    request("POST", "/graphql", _JSON, "Content-Length: 100", body=None) + b"{",
    request("POST", "/api/auth/login", _JSON, "Transfer-Encoding: chunked", body=None) + b"5\r\n{",
)


async def _stalled(server: Server, seconds: float) -> list[Told]:
    """80 connections that begin and never go on, until the server closes them."""
    return await asyncio.gather(*(sent(server.port, _STALLED[n % len(_STALLED)], seconds=seconds) for n in range(80)))


async def test_slow_clients_are_let_go_in_time(database: Database, admin: object, tmp_path: Path) -> None:
    patch = (
        "import server.middlewares, server.serve\nserver.middlewares._READ_SECONDS = 1.0\nserver.serve._KEEP_ALIVE_SECONDS = 0.5"
    )
    with running(database.app, JWT_KEYS, tmp_path, patch=patch) as server, Pulse(server.port).taken() as pulse:
        answers = await _stalled(server, 6)
    assert [n for n, told in enumerate(answers) if not told.closed] == []
    assert pulse.statuses == {200}
    assert pulse.slowest <= 0.5 + pulse.late


@pytest.mark.long
async def test_80_slow_clients_are_let_go_within_35_seconds(server: Server) -> None:
    with Pulse(server.port).taken() as pulse:
        answers = await _stalled(server, 35)
    assert [n for n, told in enumerate(answers) if not told.closed] == []
    assert pulse.statuses == {200}
    assert pulse.slowest <= 0.5 + pulse.late
