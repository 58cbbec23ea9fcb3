"""What every request passes, whatever it asks for."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient

from server import middlewares
from tests.conftest import Serve
from tests.world import World

ORIGIN = "https://app.example"
VIEWER = {"query": "{ viewer { user { username } } }"}

SECURE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Cache-Control": "no-store",
    "Server": "address-book",
}


def exact(answer: ClientResponse) -> dict[str, str]:
    """The headers that do not differ from one request to the next."""
    varying = {"Date", "X-Request-ID", "Content-Length"}
    return {name: ", ".join(answer.headers.getall(name)) for name in answer.headers if name not in varying}


def error(message: str, code: str) -> dict[str, object]:
    """The body of a refusal outside both transports."""
    return {"message": message, "data": "", "errors": [{"message": message, "extensions": {"code": code}}]}


async def broken(_self: object, _request: web.Request) -> web.Response:
    """A handler with a bug."""
    raise RuntimeError("the secret cause")


@pytest.fixture
async def client(serve: Serve) -> TestClient[web.Request, web.Application]:
    """A server of small bodies that one origin may call."""
    return await serve(body_limit=2_048, cors_allowed_origins=[ORIGIN])


async def test_security_headers_are_exact_on_an_answer_and_on_each_refusal(
    client: TestClient[web.Request, web.Application],
) -> None:
    common = SECURE | {"Vary": "Origin, Authorization"}
    json_type = {"Content-Type": "application/json; charset=utf-8"}
    ok = await client.get("/healthz")
    assert (ok.status, exact(ok)) == (200, common | json_type)
    missing = await client.get("/nowhere")
    assert (missing.status, exact(missing)) == (404, common | {"Content-Type": "application/json"})
    assert await missing.json() == error("Not Found", "NOT_FOUND")
    wrong = await client.delete("/healthz")
    assert (wrong.status, exact(wrong)) == (405, common | {"Content-Type": "application/json", "Allow": "GET,HEAD"})
    assert await wrong.json() == error("Method Not Allowed", "METHOD_NOT_ALLOWED")


@pytest.mark.unwatched
async def test_a_bug_is_told_by_its_request_id_alone(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.health.Health.live", broken)
    client = await serve()
    answer = await client.get("/healthz", headers={"X-Request-ID": "mine-1"})
    assert answer.status == 500
    assert await answer.json() == error("Something went wrong on our side. Tell us the request id mine-1.", "INTERNAL")
    assert exact(answer) == SECURE | {"Vary": "Origin, Authorization", "Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("given", "kept"), [("mine-1", True), ("a" * 64, True), ("a" * 65, False), ("no blank", False), ("é", False)]
)
async def test_a_request_keeps_its_id_or_gets_one(client: TestClient[web.Request, web.Application], given: str, kept: bool) -> None:
    answer = await client.get("/healthz", headers={"X-Request-ID": given})
    said = answer.headers["X-Request-ID"]
    assert (said == given) is kept
    assert len(said) == 32 or kept


async def test_a_body_too_large_is_refused_in_json(client: TestClient[web.Request, web.Application]) -> None:
    fits = json.dumps(VIEWER | {"variables": {"x": "x" * 1_500}})
    assert (await client.post("/graphql", data=fits, headers={"Content-Type": "application/json"})).status == 200
    answer = await client.post("/graphql", data=fits + " " * 1_000, headers={"Content-Type": "application/json"})
    assert answer.status == 413
    assert await answer.json() == error("Request Entity Too Large", "TOO_LARGE")
    assert exact(answer) == SECURE | {"Vary": "Origin, Authorization", "Content-Type": "application/json"}


async def test_who_sends_slowly_is_told_so_and_let_go(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middlewares, "_READ_SECONDS", 0.2)
    client = await serve()
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    async with asyncio.timeout(5):
        status = await reader.readline()
        assert status == b"HTTP/1.1 408 Request Timeout\r\n"
        headers = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        body = await reader.readexactly(int(headers.partition("content-length: ")[2].partition("\r")[0]))
    assert json.loads(body) == error("Request Timeout", "BAD_REQUEST")
    writer.close()


@pytest.mark.unwatched
async def test_a_time_out_of_our_own_is_not_told_as_the_senders(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    async def late(_self: object, _request: web.Request) -> web.Response:
        raise TimeoutError

    monkeypatch.setattr("server.health.Health.live", late)
    assert (await (await serve()).get("/healthz")).status == 500


async def test_one_bearer_counts_and_two_are_nobody(world: World) -> None:
    async def ask(*values: str) -> tuple[object, list[str]]:
        headers = [("Authorization", value) for value in values]
        answer = await (await world.client.post("/graphql", json=VIEWER, headers=headers)).json()
        return answer["data"]["viewer"], [fault["extensions"]["code"] for fault in answer.get("errors", [])]

    token = world.ada.token
    ada = ({"user": {"username": "ada"}}, [])
    assert await ask() == (None, [])
    assert await ask(f"Bearer {token}") == ada
    assert await ask(f"bEARER   {token}") == ada
    dead: tuple[object, list[str]] = (None, ["UNAUTHENTICATED"])
    for values in (
        (f"Bearer {token}", f"Bearer {token}"),
        (f"Bearer {token}", f"Bearer {world.mallory.token}"),
        (f"Bearer {token} x",),
        (f"Bearer {token}x",),
        (f"Basic {token}",),
        (f"{token}",),
        ("Bearer",),
        ("",),
    ):
        assert await ask(*values) == dead, values


LIMITS = "ratelimit-limit ratelimit-remaining ratelimit-reset"
EXPOSED = ", ".join(f"authorization content-type x-tenant-id etag x-request-id idempotent-replayed retry-after {LIMITS}".split())


async def test_a_named_origin_may_call_and_another_learns_nothing(client: TestClient[web.Request, web.Application]) -> None:
    named = await client.get("/healthz", headers={"Origin": ORIGIN})
    assert named.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert named.headers["Access-Control-Expose-Headers"] == EXPOSED
    assert "Access-Control-Allow-Credentials" not in named.headers
    for origin in ("https://app.example.evil", "http://app.example", "null"):
        other = await client.get("/healthz", headers={"Origin": origin})
        assert [name for name in other.headers if name.startswith("Access-Control")] == []


async def test_a_preflight_is_answered_with_200_and_nothing_in_it(serve: Serve) -> None:
    client = await serve(cors_allowed_origins=[ORIGIN], cors_allow_credentials=True)
    asked = {"Access-Control-Request-Method": "PUT"}
    answer = await client.options("/api/address-book/1", headers={"Origin": ORIGIN, **asked})
    assert (answer.status, await answer.read()) == (200, b"")
    granted = {name: value for name, value in answer.headers.items() if name.startswith("Access-Control")}
    assert granted == {
        "Access-Control-Allow-Origin": ORIGIN,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, OPTIONS",
        "Access-Control-Allow-Headers": "authorization, accept, content-type, x-tenant-id, x-request-id, if-match, "
        "if-none-match, idempotency-key, prefer",
        "Access-Control-Expose-Headers": EXPOSED,
        "Access-Control-Max-Age": "3600",
    }
    stranger = await client.options("/api/address-book/1", headers={"Origin": "https://evil.example", **asked})
    assert stranger.status == 200
    assert [name for name in stranger.headers if name.startswith("Access-Control")] == []


async def test_the_old_clients_own_addresses_may_call_in_development_alone(serve: Serve) -> None:
    client = await serve()
    answer = await client.get("/healthz", headers={"Origin": "http://localhost:5173"})
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:5173"


async def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(world: World) -> None:
    reader, writer = await asyncio.open_connection(world.client.host, world.client.port)
    writer.write(b"POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000000\r\n\r\n{")
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    writer.close()
    assert head.startswith(b"HTTP/1.1 413 ")
