"""A day's traffic in small: people of the demo tenant who read, write and sign in, by both transports, and some who fail to."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any, Final

import aiohttp

from server.demo import PASSWORD, SLUG

_LOGIN: Final = """mutation Login($i: LoginInput!) {
  login(input: $i) { tokens { accessToken refreshToken } userErrors { code } } }"""
_REFRESH: Final = """mutation Refresh($t: String!) {
  refresh(input: {refreshToken: $t}) { tokens { refreshToken } userErrors { code } } }"""
_SIGNUP: Final = "mutation SignUp($i: SignupInput!) { signup(input: $i) { userErrors { code } } }"
_RESET: Final = "mutation ForgotPassword($i: MailRequestInput!) { requestPasswordReset(input: $i) { ok userErrors { code } } }"
_TENANT: Final = "mutation Settings { updateTenant(input: {loginAttemptsPerMinute: 100}) { userErrors { code } } }"
_READS: Final = (
    "query Page { contacts(first: 50) { nodes { id name email phone labels { name } } totalCount } }",
    'query Search { contacts(first: 20, search: "mu") { nodes { id name organization } } }',
    "query Me { viewer { user { username role } } }",
    "query Labels { labels { nodes { id name } } }",
)
_CREATE: Final = (
    "mutation Create($n: String!) { createContact(input: {contact: {name: $n}}) { contact { id } userErrors { code } } }"
)


class Traffic:
    """Clients of one server, who stop when told."""

    def __init__(self, base: str, http: aiohttp.ClientSession, *, per_second: float) -> None:
        self._base, self._http, self._per_second = base, http, per_second
        self._dice = random.Random(7)
        self._token = self._refresh = ""

    async def run(self, seconds: float) -> None:
        """So long, so many a second; what a server refuses, or cannot answer, is part of it."""
        signed_in = await self._login("olga")
        self._token = signed_in["accessToken"]
        await self._gql(_TENANT)
        tokens = await self._login("ada")
        self._token, self._refresh = tokens["accessToken"], tokens["refreshToken"]
        until, turn, running = time.monotonic() + seconds, 0, set[asyncio.Task[None]]()
        while time.monotonic() < until:
            task = asyncio.create_task(self._once(turn))
            running.add(task)
            task.add_done_callback(running.discard)
            turn += 1
            await asyncio.sleep(self._dice.expovariate(self._per_second))
        await asyncio.gather(*running)

    async def _once(self, turn: int) -> None:
        """One of each kind in forty turns, and reads in between."""
        ways = {
            3: lambda: self._gql(_LOGIN, i=_given("adam")),
            7: lambda: self._gql(_LOGIN, i=_given("vera", "not her password")),
            11: self._spend,
            13: lambda: self._gql(_CREATE, n=f"Contact {turn}"),
            17: lambda: self._rest(
                "POST", "/api/auth/login", {"username_or_email": "ada", "password": PASSWORD, "tenant_id": SLUG}
            ),
            19: lambda: self._rest("GET", "/api/address-book"),
            23: lambda: self._gql(_RESET, i={"tenant": SLUG, "email": f"{self._dice.choice(('ada', 'vera'))}@demo.example"}),
            29: lambda: self._gql(_SIGNUP, i=_newcomer(turn)),
            31: lambda: self._gql("query Mistake { contacts(first: 5) { nodes { nickname } } }"),
            37: lambda: self._rest("PUT", "/api/users/1", {"username": "olga"}),
        }
        try:
            if turn % 200 == 50:
                await self._insist()
            await ways.get(turn % 40, lambda: self._gql(self._dice.choice(_READS)))()
        except (aiohttp.ClientError, TimeoutError):
            await asyncio.sleep(0)  # the server is away: its metrics say so

    async def _insist(self) -> None:
        """Until it is told to wait."""
        for _ in range(150):
            answer = await self._gql(_RESET, i={"tenant": SLUG, "email": "nobody@demo.example"})
            if "errors" in answer:
                return

    async def _spend(self) -> None:
        answer = await self._gql(_REFRESH, t=self._refresh)
        tokens = ((answer.get("data") or {}).get("refresh") or {}).get("tokens")
        if tokens:
            self._refresh = tokens["refreshToken"]

    async def _login(self, username: str) -> dict[str, str]:
        answer = await self._gql(_LOGIN, i=_given(username))
        tokens: dict[str, str] = answer["data"]["login"]["tokens"]
        return tokens

    async def _gql(self, query: str, **variables: Any) -> dict[str, Any]:
        body = {"query": query, "variables": variables, "operationName": query.split("(", maxsplit=1)[0].split()[1]}
        async with self._http.post(f"{self._base}/graphql", json=body, headers=self._headers()) as answer:
            told: dict[str, Any] = await answer.json(content_type=None)
            return told

    async def _rest(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        async with self._http.request(method, f"{self._base}{path}", json=body, headers=self._headers()) as answer:
            await answer.read()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}


def _given(username: str, password: str = PASSWORD) -> dict[str, str]:
    return {"tenant": SLUG, "usernameOrEmail": username, "password": password}


def _newcomer(turn: int) -> dict[str, str]:
    name = f"newcomer{turn}"
    return {"tenant": SLUG, "username": name, "email": f"{name}@demo.example", "password": PASSWORD}


async def flow(base: str, seconds: float, per_second: float = 12) -> None:
    """Traffic to a server for so long."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(10)) as http:
        await Traffic(base, http, per_second=per_second).run(seconds)
