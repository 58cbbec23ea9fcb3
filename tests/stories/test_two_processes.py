"""Two `serve` processes over one database: what is true in one is true in the other."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from tests.abuse.server import Server, running
from tests.conftest import Database
from tests.world import PASSWORD, add_user, tenant

LOGIN = "mutation($i: LoginInput!) { login(input: $i) { tokens { accessToken refreshToken } userErrors { code } } }"
REFRESH = "mutation($t: String!) { refresh(input: {refreshToken: $t}) { tokens { refreshToken } userErrors { code } } }"
VIEWER = "{ viewer { id } }"
OLD = {"kid": "old", "key": "9u6pG2Yx0Vh1mQ7sZ4kR8tW3aB5nC6dE-test-only"}
NEW = {"kid": "new", "key": "q3Zt8Lw5Xk2Rb7Wc4Ny9Ld1Hg6Jf0SpV-test-only"}


@dataclass
class Two:
    """Both servers, and the file that their keys come from."""

    servers: list[Server]
    keys: Path
    http: aiohttp.ClientSession

    async def ask(self, which: int, query: str, token: str | None = None, **variables: Any) -> tuple[int, Any]:
        """What one of them answers: the status and the body."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"http://127.0.0.1:{self.servers[which].port}/graphql"
        async with self.http.post(url, json={"query": query, "variables": variables}, headers=headers) as answer:
            return answer.status, await answer.json()

    async def login(self, which: int = 0) -> tuple[str, str]:
        """An access token and a refresh token of ada's."""
        given = {"tenant": "acme", "usernameOrEmail": "ada", "password": PASSWORD}
        _, body = await self.ask(which, LOGIN, i=given)
        tokens = body["data"]["login"]["tokens"]
        return tokens["accessToken"], tokens["refreshToken"]


@pytest.fixture
async def two(database: Database, admin: asyncpg.Connection, tmp_path: Path) -> AsyncIterator[Two]:
    """Two processes whose keys stand in one file."""
    await add_user(admin, await tenant(admin, "acme"), "ada", "OWNER")
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps([OLD | {"active": True}]))
    with ExitStack() as stack:
        start = {"JWT_KEYS_FILE": str(keys), "DATABASE_POOL": "12", "BCRYPT_COST": "12", "LOG_LEVEL": "INFO"}
        servers = [await asyncio.to_thread(stack.enter_context, running(database.app, "", tmp_path, **start)) for _ in range(2)]
        async with aiohttp.ClientSession() as http:
            yield Two(servers, keys, http)


async def test_twenty_refreshes_of_one_token_at_once_get_one_successor_ten_times(two: Two, admin: asyncpg.Connection) -> None:
    _, token = await two.login()
    for _ in range(10):
        answers = await asyncio.gather(*(two.ask(n % 2, REFRESH, t=token) for n in range(20)))
        assert {status for status, _ in answers} == {200}
        payloads = [body["data"]["refresh"] for _, body in answers]
        assert [payload["userErrors"] for payload in payloads] == [[]] * 20
        successors = {payload["tokens"]["refreshToken"] for payload in payloads}
        assert len(successors) == 1
        token = successors.pop()
    assert await admin.fetchval("SELECT count(*) FROM sessions WHERE ended_at IS NOT NULL") == 0


async def test_a_logout_in_one_is_a_logout_in_the_other_at_once(two: Two) -> None:
    access, refresh = await two.login()
    assert (await two.ask(1, VIEWER, access))[1]["data"]["viewer"] is not None
    assert (await two.ask(0, "mutation { logout { ok } }", access))[1]["data"] == {"logout": {"ok": True}}
    for which in (1, 0):
        _, body = await two.ask(which, VIEWER, access)
        assert body["errors"][0]["extensions"]["reason"] == "LOGGED_OUT"
        _, body = await two.ask(which, REFRESH, t=refresh)
        assert body["data"]["refresh"]["userErrors"] == [{"code": "TOKEN_INVALID"}]


async def _until(two: Two, expected: str) -> None:
    """Until both processes have told so."""
    for _ in range(100):
        if all(expected in server.log.read_text(encoding="utf-8") for server in two.servers):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(expected)


async def test_signing_keys_rotate_without_one_refused_request(two: Two) -> None:
    """In three steps, under load: a key is known everywhere before it signs, and dropped when nothing needs it any more."""
    before, _ = await two.login()
    refused: list[Any] = []
    tokens = [before]
    stop = asyncio.Event()

    async def load(which: int) -> None:
        while not stop.is_set():
            for token in tokens[-2:]:
                status, body = await two.ask(which, VIEWER, token)
                if status != 200 or not body["data"]["viewer"]:
                    refused.append(body)
            await asyncio.sleep(0.02)

    running_loads = [asyncio.create_task(load(which)) for which in (0, 1)]
    for step in ([OLD | {"active": True}, NEW], [NEW | {"active": True}, OLD]):
        two.keys.write_text(json.dumps(step))
        kids = [key["kid"] for key in sorted(step, key=lambda key: not key.get("active"))]
        await _until(two, f'"kids":{json.dumps(kids, separators=(",", ":"))}')
        tokens += [(await two.login(which))[0] for which in (0, 1)]
    stop.set()
    await asyncio.gather(*running_loads)
    assert refused == []
    two.keys.write_text(json.dumps([NEW | {"active": True}]))
    dropped = time.monotonic()
    while (await two.ask(0, VIEWER, before))[1]["data"]["viewer"] or (await two.ask(1, VIEWER, before))[1]["data"]["viewer"]:
        assert time.monotonic() - dropped < 5
        await asyncio.sleep(0.1)
    for which in (0, 1):
        assert (await two.ask(which, VIEWER, tokens[-1]))[1]["data"]["viewer"]


async def test_keys_that_are_no_keys_are_told_and_not_taken(two: Two) -> None:
    access, _ = await two.login()
    two.keys.write_text('[{"kid": "old", "key": "hush-hush"}]')
    await _until(two, "the settings as they are now are not taken")
    for server in two.servers:
        told = server.log.read_text(encoding="utf-8")
        assert "JWT_KEYS: key 1 is shorter than 32 bytes; " in told
        assert "hush-hush" not in told
    assert (await two.ask(1, VIEWER, access))[1]["data"]["viewer"]
