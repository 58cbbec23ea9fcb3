"""Postgres is where sessions stand. While it is away or hangs, nobody is let in and nobody is told that their session ended."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp.test_utils import TestClient
from pydantic import SecretStr

from tests.conftest import Database, Serve
from tests.proxy import Proxy
from tests.world import LOGIN, PASSWORD, Person, World

REFRESH = "mutation($t: String!) { refresh(input: {refreshToken: $t}) { tokens { refreshToken } userErrors { code } } }"
QUERIES = {
    "viewer": ("{ viewer { user { id } } }", {}),
    "contacts": ("{ contacts(first: 1) { nodes { id } } }", {}),
    "login": (LOGIN, {"input": {"tenant": "acme", "usernameOrEmail": "ada", "password": PASSWORD}}),
    "logout": ("mutation { logout { ok } }", {}),
}


@pytest.fixture
async def client(serve: Serve, database: Database, line: Proxy) -> TestClient:
    """A server whose line to Postgres is that one. It gives up after a second."""
    return await serve(database_url=SecretStr(database.through(line)), statement_timeout_ms=500, operation_seconds=1.0)


async def _let_in(world: World, client: TestClient) -> None:
    """Everything is as usual."""
    ada = Person(client, "acme", "ada", token=world.ada.token)
    for query, variables in (QUERIES["viewer"], QUERIES["contacts"], QUERIES["login"]):
        answer = await ada.gql(query, **variables)
        assert (answer.status, answer.errors) == (200, [])
    assert (await ada.rest("GET", "/api/address-book")).status == 200


async def _refused(world: World, client: TestClient, code: str) -> None:
    """Each is told to come again: never 401, never data, and nothing that the client would throw its tokens away for."""
    ada = Person(client, "acme", "ada", token=world.ada.token)
    asked = QUERIES | {"refresh": (REFRESH, {"t": world.ada.refresh})}
    for name, (query, variables) in asked.items():
        answer = await ada.gql(query, **variables)
        assert (name, answer.status, answer.codes) == (name, 503, [code])
        assert answer.data is None or set(answer.data.values()) == {None}, name
        if name != "logout":
            assert int(answer.headers["Retry-After"]) >= 1, name
    old = {"tenant_id": "acme", "username_or_email": "ada", "password": PASSWORD}
    for method, path, body in (
        ("GET", "/api/address-book", None),
        ("GET", "/api/auth/me", None),
        ("POST", "/api/auth/login", old),
        ("POST", "/api/auth/refresh-token", {"refresh_token": world.ada.refresh, "tenant_id": "acme"}),
        ("POST", "/api/auth/refresh", None),
    ):
        reply = await ada.rest(method, path, body)
        assert (path, reply.status) == (path, 503)
        assert int(reply.headers["Retry-After"]) >= 1, path


async def test_with_sessions_out_of_reach_everybody_is_told_to_come_again(world: World, client: TestClient, line: Proxy) -> None:
    await _let_in(world, client)
    async with line.away():
        async with asyncio.timeout(30):
            await _refused(world, client, "UNAVAILABLE")
        assert (await client.get("/healthz")).status == 200
        assert (await client.get("/readyz")).status == 503
        # Whoever forges a token is refused for that alone, with or without a database.
        assert (await Person(client, token="x.y.z").gql("{ viewer { id } }")).status == 401
    async with asyncio.timeout(10):
        while (await client.get("/readyz")).status != 200:  # noqa: ASYNC110 - what is awaited is the server
            await asyncio.sleep(0.1)
    await _let_in(world, client)
    again = await Person(client).gql(REFRESH, t=world.ada.refresh)  # it was not spent meanwhile
    assert again.data["refresh"]["userErrors"] == []
    assert await world.admin.fetchval("SELECT count(*) FROM sessions WHERE ended_at IS NOT NULL") == 0


async def test_with_sessions_that_hang_everybody_is_told_so_in_time(world: World, client: TestClient, line: Proxy) -> None:
    await _let_in(world, client)
    line.black_hole()
    ada = Person(client, "acme", "ada", token=world.ada.token)
    for name in ("viewer", "contacts", "login"):
        query, variables = QUERIES[name]
        async with asyncio.timeout(6):
            answer = await ada.gql(query, **variables)
        assert (name, answer.status) == (name, 503)
        assert answer.codes[0] in {"TIMEOUT", "UNAVAILABLE"}
    line.mend()
    async with asyncio.timeout(20):
        while (await client.get("/readyz")).status != 200:  # noqa: ASYNC110 - what is awaited is the server
            await asyncio.sleep(0.1)
    await _let_in(world, client)
