"""The head of an answer: the same to the byte, whoever wrote it."""

from __future__ import annotations

import asyncio

import orjson
import pytest
from aiohttp import HttpVersion10
from aiohttp.test_utils import make_mocked_request

from gql.answer import Answer
from tests.world import World


async def _heads(world: World, query: str, *more: str, times: int = 1) -> list[list[bytes]]:
    """The lines of the heads of so many answers on one connection, but for Date, and after their bodies were read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", world.client.port)
    body = orjson.dumps({"query": query})
    lines = ["POST /graphql HTTP/1.1", "Host: a", "Content-Type: application/json", "X-Request-ID: mine-1", *more]
    head = "\r\n".join([*lines, f"Authorization: Bearer {world.grace.token}", f"Content-Length: {len(body)}", "", ""])
    found = []
    for _ in range(times):
        writer.write(head.encode() + body)
        told = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).split(b"\r\n")
        [length] = [int(line.partition(b": ")[2]) for line in told if line.startswith(b"Content-Length: ")]
        answer = orjson.loads(await asyncio.wait_for(reader.readexactly(length), 5))
        assert ("data" in answer) is not ("errors" in answer)
        found.append([line for line in told if not line.startswith(b"Date: ")])
        assert len(told) == len(found[-1]) + 1
    writer.close()
    return found


@pytest.mark.parametrize(
    ("query", "accept", "status"),
    [
        ("{ viewer { id } }", "*/*", b"HTTP/1.1 200 OK"),
        ("{ viewer { id } }", "application/graphql-response+json", b"HTTP/1.1 200 OK"),
        ("{ nothing }", "application/graphql-response+json", b"HTTP/1.1 400 Bad Request"),
    ],
)
async def test_the_block_is_what_aiohttp_would_have_written(query: str, accept: str, status: bytes, world: World) -> None:
    accepts = f"Accept: {accept}"
    ours, again = await _heads(world, query, accepts, times=2)
    [theirs] = await _heads(world, query, accepts, "Connection: close")
    assert ours == again
    assert ours[0] == status
    # What is left of a budget, and when it is whole again, is told in as many letters.
    assert [line for line in theirs if line != b"Connection: close"] == ours
    assert len(theirs) == len(ours) + 1


def test_an_answer_is_sealed_unless_it_needs_more_than_the_usual_head() -> None:
    def made() -> Answer:
        return Answer(b"{}", "application/json", 200)

    request = make_mocked_request("POST", "/graphql")
    assert made().seal(request, "A: b\r\n")
    assert not made().seal(make_mocked_request("POST", "/graphql", closing=True), "")
    assert not made().seal(make_mocked_request("POST", "/graphql", version=HttpVersion10), "")
    told, cookie = made(), made()
    told.headers["Retry-After"] = "1"
    cookie.set_cookie("a", "b")
    assert not told.seal(request, "")
    assert not cookie.seal(request, "")
