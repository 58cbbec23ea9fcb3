"""What wrk cannot ask, since each answer decides the next request, or since it is no GraphQL: login, refresh, and the old route."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import ClientSession

from bench.processes import Failed
from bench.rounds import Runner
from bench.seed import PASSWORD, Tenant

CLIENTS: Final = 8
_TOKENS: Final = "tokens { accessToken refreshToken } userErrors { code }"
_LOGIN: Final = f"mutation Login($input: LoginInput!) {{ login(input: $input) {{ {_TOKENS} }} }}"
_REFRESH: Final = f"mutation Refresh($input: RefreshInput!) {{ refresh(input: $input) {{ {_TOKENS} }} }}"


@dataclass(frozen=True)
class Figures:
    """What was seen of one kind of request; times in milliseconds, CPU in microseconds a request."""

    title: str
    rate: float
    cpu: float
    p50: float
    p99: float


class Client:
    """One client, that does one thing after the other."""

    def __init__(self, session: ClientSession, base: str, tenant: Tenant) -> None:
        self.session, self.base, self.tenant = session, base, tenant
        self.refresh_token = ""

    async def login(self) -> None:
        """Signs in."""
        given = {"tenant": self.tenant.slug, "usernameOrEmail": "owner", "password": PASSWORD}
        self.refresh_token = await self._signed("login", _LOGIN, given)

    async def refresh(self) -> None:
        """Spends the token that the last answer gave."""
        self.refresh_token = await self._signed("refresh", _REFRESH, {"refreshToken": self.refresh_token})

    async def listing(self) -> None:
        """The old list."""
        headers = {"Authorization": f"Bearer {self.tenant.token}", "X-Tenant-ID": self.tenant.slug}
        async with self.session.get(f"{self.base}/api/address-book", headers=headers) as answer:
            said = await answer.json()
            if answer.status != 200 or not said["data"]:
                raise Failed(f"/api/address-book: {answer.status} {str(said)[:300]}")

    async def _signed(self, field: str, document: str, given: dict[str, str]) -> str:
        async with self.session.post(f"{self.base}/graphql", json={"query": document, "variables": {"input": given}}) as answer:
            said = await answer.json(content_type=None)
            if answer.status != 200 or "errors" in said or said["data"][field]["userErrors"]:
                raise Failed(f"{field}: {answer.status} {str(said)[:300]}")
            return str(said["data"][field]["tokens"]["refreshToken"])


async def figures(runner: Runner, tenants: Sequence[Tenant], logins: int = 5, each: int = 50) -> list[Figures]:
    """Each of the three, by clients of as many tenants against the first process of our server."""
    process = runner.processes[0]
    async with ClientSession() as session:
        clients = [Client(session, f"http://127.0.0.1:{process.port}", tenant) for tenant in tenants[:CLIENTS]]
        kinds: list[tuple[str, Callable[[Client], Awaitable[Any]], int]] = [
            ("login (bcrypt of cost 12)", Client.login, logins),
            ("refresh", Client.refresh, each),
            ("GET /api/address-book", Client.listing, each),
        ]
        found = []
        for title, act, count in kinds:
            before, began = process.cpu(), time.monotonic()
            spans = [span for own in await asyncio.gather(*(_timed(act, one, count) for one in clients)) for span in own]
            seconds = time.monotonic() - began
            p50, p99 = (statistics.quantiles(spans, n=100)[n - 1] * 1000 for n in (50, 99))
            found.append(Figures(title, len(spans) / seconds, (process.cpu() - before) / len(spans) * 1e6, p50, p99))
        return found


async def _timed(act: Callable[[Client], Awaitable[Any]], client: Client, count: int) -> list[float]:
    spans = []
    for _ in range(count):
        began = time.monotonic()
        await act(client)
        spans.append(time.monotonic() - began)
    return spans
