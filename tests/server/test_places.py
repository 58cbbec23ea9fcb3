"""How many requests are answered at once, and what is told to those for whom there is no place."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import orjson
import pytest
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from observability.tracing import PerSecond
from server import places
from server.app import PLACES, create_app
from server.middlewares import BUSY
from server.places import Places
from server.settings import Settings
from server.wire import Runner

TENANTS = {"Bearer ada": "acme", "Bearer grace": "acme", "Bearer mallory": "other"}


class Service:
    """A server of four places and eight connections, whose `/slow` answers once it may. `shed` is what it counted."""

    def __init__(self) -> None:
        self.shed: Counter[str] = Counter()
        self.may, self.inside = asyncio.Event(), asyncio.Semaphore(0)
        self.newcomers: list[str] = []
        self.places = Places(
            4, 8, lambda given: TENANTS.get(given or ""), self._newcomer, self._count, {"https://ours.example": "X-Shared: yes\r\n"}
        )
        self.port = 0
        self.runner: Runner | None = None
        self._held: list[asyncio.StreamWriter] = []

    def _count(self, full: str, times: int) -> None:
        self.shed[full] += times

    def _newcomer(self, given: str) -> str | None:
        self.newcomers.append(given)
        return "acme" if given == "Bearer linus" else None

    async def slow(self, _request: web.Request) -> web.Response:
        self.inside.release()
        await self.may.wait()
        return web.json_response("done")

    async def fast(self, _request: web.Request) -> web.Response:
        return web.json_response("fast")

    async def large(self, _request: web.Request) -> web.Response:
        return web.Response(body=bytes(8_000_000))

    async def busy(self, *bearers: str) -> list[asyncio.StreamWriter]:
        """Takes a place for each of these, and returns all connections that hold one."""
        for bearer in bearers:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(_request("/slow", f"Authorization: {bearer}"))
            async with asyncio.timeout(5):
                await self.inside.acquire()
            self._held.append(writer)  # one that nobody holds is closed
        return self._held


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    service, app = Service(), web.Application()
    app.router.add_get("/slow", service.slow)
    app.router.add_get("/large", service.large)
    app.router.add_route("*", "/{fast:.*}", service.fast)
    runner = Runner(app, service.places, access_log=None, shutdown_timeout=1.0, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.runner = runner
    service.port = runner.addresses[0][1]
    yield service
    service.may.set()
    await runner.cleanup()
    assert service.places.taken == 0
    assert {one.taken for one in service.places._tenants.values()} <= {0}


def _request(path: str, *lines: str, method: str = "GET", body: str = "") -> bytes:
    head = [f"{method} {path} HTTP/1.1", "Host: a", *lines, *([f"Content-Length: {len(body)}"] if body else [])]
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    async with asyncio.timeout(5):
        status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        return int(status.split()[1]), headers, await reader.readexactly(int(headers["Content-Length"]))


async def _asked(service: Service, request: bytes) -> tuple[int, dict[str, str], bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(request)
    try:
        return await _answer(reader)
    finally:
        writer.close()


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 - what is awaited are sockets
            await asyncio.sleep(0.01)


def _unread(service: Service) -> list[int]:
    return [one.unread for one in service.places._tenants.values() if one.unread]


FULL = ("Bearer ada", "Bearer grace", "Bearer mallory", "Bearer mallory")


async def test_beyond_the_places_a_request_is_refused_at_once_and_its_connection_goes_on(service: Service) -> None:
    held = await service.busy(*FULL)
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    for _ in range(2):
        writer.write(_request("/graphql", method="POST", body="{}"))
        status, headers, body = await _answer(reader)
        seconds = int(headers["Retry-After"])
        assert (status, headers["Content-Type"], headers["Connection"]) == (503, "application/json", "keep-alive")
        assert seconds in {1, 2, 3}
        told = {"message": BUSY, "extensions": {"code": "UNAVAILABLE", "retryAfterSeconds": seconds}}
        assert orjson.loads(body) == {"errors": [told]}
        assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    service.may.set()
    for one in held:
        one.close()
    async with asyncio.timeout(5):
        while service.places.taken:  # noqa: ASYNC110 - what is awaited are sockets
            await asyncio.sleep(0.01)
    writer.write(_request("/graphql"))
    assert (await _answer(reader))[0] == 200
    writer.close()


async def test_who_asks_again_at_once_is_refused_on_the_spot_too(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is sent, and the task of the connection has not come back to wait for more: so it is under load."""
    await service.busy(*FULL)
    answered = RequestHandler.finish_response

    async def then_asked_again(self: Any, *given: Any) -> Any:
        try:
            return await answered(self, *given)
        finally:
            asyncio.get_running_loop().call_soon(self.data_received, _request("/graphql"))

    monkeypatch.setattr(RequestHandler, "finish_response", then_asked_again)
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(_request("/healthz"))
    assert (await _answer(reader))[0] == 200
    assert (await _answer(reader))[0] == 503
    writer.close()


async def test_a_head_that_was_refused_before_is_not_parsed_again(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    await service.busy(*FULL)
    parsed, parse = list[bytes](), RequestHandler.data_received

    def watched(self: RequestHandler, data: bytes) -> None:
        parsed.append(data)
        parse(self, data)

    monkeypatch.setattr(RequestHandler, "data_received", watched)
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    for body in ("{1}", "{2}", "{3}"):
        writer.write(_request("/graphql", "Authorization: Bearer ada", method="POST", body=body))
        assert (await _answer(reader))[0] == 503
    longer = _request("/graphql", "Authorization: Bearer ada", method="POST", body="{10}")
    writer.write(longer)
    assert (await _answer(reader))[0] == 503
    assert parsed == [_request("/graphql", "Authorization: Bearer ada", method="POST", body="{1}"), longer]
    service.may.set()
    await _until(lambda: not service.places.taken)
    writer.write(longer)
    assert (await _answer(reader))[0] == 200
    writer.close()


KNOWN = _request("/graphql", method="POST", body="{}")
HALF = b"POST /api/a HTTP/1.1\r\nHost: a\r\nX-A: "


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        pytest.param([KNOWN[:20], KNOWN[20:], KNOWN], ["503", "503"], id="in two pieces"),
        pytest.param([KNOWN + HALF, b"b\r\n\r\n", KNOWN], ["503", "SRV-503", "503"], id="one and a half"),
        pytest.param([HALF, KNOWN], ["400"], id="the end of another one, with two hosts"),
        pytest.param([_request("/a", f"Content-Length: {len(KNOWN)}"), KNOWN], ["200"], id="the body of another one"),
        pytest.param([KNOWN[:-2], KNOWN], ["200", "400"], id="one too long"),
    ],
)
async def test_what_looks_like_a_known_head_and_is_none_is_parsed(service: Service, pieces: list[bytes], told: list[str]) -> None:
    """Here 200 is the ordinary way, and 503 that on the spot: without our middlewares nobody is refused later."""
    await service.busy(*FULL)
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    for piece in (KNOWN, KNOWN, *pieces):
        writer.write(piece)
        await asyncio.sleep(0.05)
    answers = [await _answer(reader) for _ in range(2 + len(told))]
    assert ["SRV-503" if b"SRV-503" in body else str(status) for status, _, body in answers] == ["503", "503", *told]
    with suppress(TimeoutError):
        assert await asyncio.wait_for(reader.read(), 0.1) == b""
    writer.close()


async def test_what_comes_while_a_connection_ends_takes_no_place(service: Service) -> None:
    await service.busy(*FULL)
    _, writer = await asyncio.open_connection("127.0.0.1", service.port)
    for _ in range(2):
        writer.write(KNOWN)
        await asyncio.sleep(0.05)
    assert service.runner is not None
    assert service.runner.server is not None
    (ending,) = (one for one in service.runner.server.connections if one._clean)  # type: ignore[attr-defined]
    service.may.set()
    await _until(lambda: not service.places.taken)
    ending.force_close()
    ending.data_received(KNOWN)
    assert service.places.taken == 0
    writer.close()


async def test_a_refusal_has_the_shape_of_its_transport(service: Service) -> None:
    await service.busy(*FULL)
    status, _, body = await _asked(service, _request("/api/address-book"))
    told = orjson.loads(body)
    assert (status, told["message"], told["data"]["code"], told["data"]["status"]) == (503, BUSY, "SRV-503", 503)
    kind = "application/graphql-response+json"
    assert (await _asked(service, _request("/graphql", f"Accept: {kind}, application/json")))[1]["Content-Type"] == kind
    assert (await _asked(service, _request("/graphql", "Origin: https://ours.example")))[1]["X-Shared"] == "yes"
    assert "X-Shared" not in (await _asked(service, _request("/graphql", "Origin: https://mallory.example")))[1]


async def test_a_tenant_takes_half_of_the_places_and_so_do_strangers(service: Service) -> None:
    await service.busy("Bearer ada", "Bearer grace")
    assert (await _asked(service, _request("/graphql", "Authorization: Bearer ada")))[0] == 503
    assert (await _asked(service, _request("/graphql", "Authorization: Bearer mallory")))[0] == 200
    await service.busy("Bearer who-knows", "nonsense")
    assert (await _asked(service, _request("/graphql")))[0] == 503


async def test_a_crowd_of_strangers_keeps_out_nobody_whose_token_is_new(service: Service) -> None:
    await service.busy("nonsense", "nonsense")
    assert service.newcomers == []  # as long as there are places, nothing is verified before its turn
    assert (await _asked(service, _request("/graphql", "Authorization: Bearer linus")))[0] == 200
    assert (await _asked(service, _request("/graphql", "Authorization: Bearer forged")))[0] == 503
    assert (await _asked(service, _request("/graphql")))[0] == 503
    assert service.newcomers == ["Bearer linus", "Bearer forged"]
    await service.busy("Bearer ada", "Bearer linus")
    assert (await _asked(service, _request("/graphql", "Authorization: Bearer linus")))[0] == 503  # the process is full
    assert len(service.newcomers) == 3


async def test_a_crowd_with_forged_tokens_costs_little(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service.places, "_newcomers", PerSecond(1))
    monkeypatch.setattr("observability.tracing.time.monotonic", lambda: 7.0)
    await service.busy("nonsense", "nonsense")
    for _ in range(5):
        assert service.places.take("Bearer forged") is None
    assert service.newcomers == ["Bearer forged"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/health", "/api/health"])
async def test_probes_are_never_refused(path: str, service: Service) -> None:
    await service.busy(*FULL)
    assert (await _asked(service, _request(path)))[0] == 200


async def test_what_was_refused_is_counted_and_told_once(
    service: Service, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_TELL_SECONDS", 0.3)
    await service.busy(*FULL)
    for _ in range(5):
        await _asked(service, _request("/graphql"))
    async with asyncio.timeout(5):
        while not service.shed:  # noqa: ASYNC110 - a timer is awaited
            await asyncio.sleep(0.01)
    assert service.shed == {"process": 5}
    told = [line for line in map(orjson.loads, logged.getvalue().splitlines()) if line["event"] == "shed"]
    assert [(line["level"], line["process"]) for line in told] == [("warning", 5)]


async def test_who_sends_slowly_or_hangs_up_holds_no_place(service: Service) -> None:
    slow = [await asyncio.open_connection("127.0.0.1", service.port) for _ in range(4)]
    for _, writer in slow:
        writer.write(_request("/graphql", "Content-Length: 10", method="POST"))
    await asyncio.sleep(0.05)
    assert service.places.taken == 0
    held = await service.busy("Bearer ada")
    assert service.places.taken == 1
    for writer in (*held, *(writer for _, writer in slow)):
        writer.close()
    async with asyncio.timeout(5):
        while service.places.taken:  # noqa: ASYNC110 - what is awaited are sockets
            await asyncio.sleep(0.01)


async def test_who_leaves_large_answers_unread_gets_no_more_of_them(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "UNREAD", 80_000_000)  # two and a half of these for a tenant
    lazy = [await asyncio.open_connection("127.0.0.1", service.port, limit=1) for _ in range(4)]
    for number, (_, writer) in enumerate(lazy):
        writer.write(_request("/large", "Authorization: Bearer mallory"))
        await _until(lambda number=number: len(_unread(service)) == 1 and _unread(service)[0] >= 8_000_000 * min(number + 1, 2))
    assert await asyncio.wait_for(lazy[2][0].read(), 5) == b""  # it is hung up on
    assert service.places.taken == 0
    assert len((await _asked(service, _request("/large", "Authorization: Bearer ada")))[2]) == 8_000_000
    assert (await _asked(service, _request("/small", "Authorization: Bearer mallory")))[0] == 200
    for _, writer in lazy:
        writer.transport.abort()
    await _until(lambda: service.places.unread == 0)
    assert len((await _asked(service, _request("/large", "Authorization: Bearer mallory")))[2]) == 8_000_000
    assert {one.unread for one in service.places._tenants.values()} == {0}


async def test_requests_that_come_together_are_answered_in_turn_by_one_place(service: Service) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(_request("/a") * 8)
    assert [(await _answer(reader))[0] for _ in range(8)] == [200] * 8
    writer.close()


async def test_a_connection_too_many_is_told_so(service: Service) -> None:
    open_ones = [await asyncio.open_connection("127.0.0.1", service.port) for _ in range(8)]
    await asyncio.sleep(0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    status, headers, body = await _answer(reader)
    assert (status, headers["Connection"], orjson.loads(body)["errors"][0]["message"]) == (503, "close", BUSY)
    assert await reader.read() == b""
    writer.close()
    for _, one in open_ones:
        one.close()


async def test_what_came_in_pieces_is_refused_in_full_dress(settings: Settings, admin: object) -> None:
    """Whoever could not be refused on the spot is, with the request's id and a line of the log, once the request is whole."""
    app = create_app(settings.model_copy(update={"requests_at_once": 2}))
    runner = Runner(app, app[PLACES], access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    place = app[PLACES].take(None)
    for path, code in (("/graphql", "UNAVAILABLE"), ("/api/address-book", "SRV-503")):
        reader, writer = await asyncio.open_connection("127.0.0.1", runner.addresses[0][1])
        writer.write(_request(path, "Content-Length: 2", "Content-Type: application/json", method="POST"))
        await asyncio.sleep(0.1)
        assert app[PLACES].taken == 1
        writer.write(b"{}")
        status, headers, body = await _answer(reader)
        assert (status, headers["Retry-After"], code in body.decode(), BUSY in body.decode()) == (503, "1", True, True)
        assert "X-Request-ID" in headers
        writer.close()
    app[PLACES].leave(place)
    await runner.cleanup()
    assert app[PLACES].taken == 0
