"""What the HAProxy that is deployed does with a request that went wrong, and what it says and logs by itself."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bench.processes import free_port
from tests.drills.haproxy import Balancer, haproxy

pytestmark = pytest.mark.skipif(shutil.which("haproxy") is None, reason="there is no haproxy here")


class _Server:
    """Stands for one of ours: it hangs up at the first request of each method, and answers the later ones."""

    def __init__(self) -> None:
        self.asked = Counter[str]()
        self.forwarded: list[str] = []
        self.ready = True

    async def answer(self, request: web.Request) -> web.Response:
        """What it was asked is counted, and where the request is said to come from is kept."""
        if request.path in {"/readyz", "/healthz"}:
            return web.Response(status=200 if self.ready or request.path == "/healthz" else 503)
        self.asked[request.method] += 1
        self.forwarded += request.headers.getall("X-Forwarded-For")
        if self.asked[request.method] == 1 and request.transport is not None:
            request.transport.abort()
        return web.Response()


@pytest.fixture
async def server() -> AsyncIterator[tuple[_Server, int]]:
    """The stand-in, and its port."""
    stand_in, app = _Server(), web.Application()
    app.router.add_route("*", "/{path:.*}", stand_in.answer)
    async with TestServer(app) as running:
        assert running.port is not None
        yield stand_in, running.port


def _two(port: int) -> dict[str, str]:
    """Both servers of the configuration at one place."""
    return {"SERVER_A": f"127.0.0.1:{port}", "SERVER_B": f"127.0.0.1:{port}"}


async def test_what_reads_is_asked_again_and_what_may_have_been_done_is_not(server: tuple[_Server, int], tmp_path: Path) -> None:
    stand_in, port = server
    with haproxy("haproxy", tmp_path, "API_BIND", **_two(port)) as balancer:
        async with aiohttp.ClientSession(
            f"http://127.0.0.1:{balancer.port}", connector=aiohttp.TCPConnector(force_close=True)
        ) as http:
            headers = {"X-Forwarded-For": "203.0.113.7"}
            async with http.get("/graphql?query=secret", headers=headers) as answer:
                assert (answer.status, stand_in.asked["GET"]) == (200, 2)
            async with http.post("/graphql", headers=headers) as answer:
                assert (answer.status, stand_in.asked["POST"]) == (502, 1)
                assert (await answer.json())["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}
            assert set(stand_in.forwarded) == {"127.0.0.1"}
        async with asyncio.timeout(10):
            while "POST /graphql 502" not in _said(balancer):  # noqa: ASYNC110 - it is written when HAProxy comes to it
                await asyncio.sleep(0.05)
        assert "GET /graphql 200" in _said(balancer)
        assert "secret" not in _said(balancer)


async def test_where_none_is_ready_those_that_live_are_asked(server: tuple[_Server, int], tmp_path: Path) -> None:
    stand_in, port = server
    stand_in.ready = False
    with haproxy("haproxy", tmp_path, "API_BIND", **_two(port)) as balancer:
        await balancer.up("ready")
        async with aiohttp.ClientSession(f"http://127.0.0.1:{balancer.port}") as http, http.get("/graphql") as answer:
            assert answer.status == 200


async def test_where_none_lives_it_says_when_to_come_again(tmp_path: Path) -> None:
    with haproxy("haproxy", tmp_path, "API_BIND", **_two(free_port())) as balancer:
        await balancer.up("ready")
        await balancer.up("alive")
        async with aiohttp.ClientSession(f"http://127.0.0.1:{balancer.port}") as http, http.post("/graphql") as answer:
            body = await answer.json()
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        message = "The service is not available for the moment. Try again soon."
        assert body == {"message": message, "data": "", "errors": [{"message": message, "extensions": {"code": "UNAVAILABLE"}}]}


def _said(balancer: Balancer) -> str:
    return balancer.log.read_text(encoding="utf-8")


async def test_who_sends_slowly_takes_no_connection_to_a_server(server: tuple[_Server, int], tmp_path: Path) -> None:
    stand_in, port = server
    head = b"PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{"
    with haproxy("haproxy", tmp_path, "API_BIND", **_two(port)) as balancer:
        reader, writer = await asyncio.open_connection("127.0.0.1", balancer.port)
        writer.write(head)
        await asyncio.sleep(1)
        assert stand_in.asked["PUT"] == 0
        writer.write(b"}")
        assert (await reader.readline()).startswith(b"HTTP/1.1 ")
        assert stand_in.asked["PUT"] == 1
        writer.close()
