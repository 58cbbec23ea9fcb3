"""Clients that write while something breaks, and remember each answer: what was acknowledged must be there afterwards."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import aiohttp
import asyncpg

from tests.drills.report import ACKNOWLEDGED, CONNECTION, FOUND, LEAST, Asked, Fault, Report
from tests.world import LOGIN, PASSWORD, add_user, tenant

PATIENCE_SECONDS: Final = 10.0
"""After so long a client gives up; a request may take half of it, so it is seen by how much one takes longer."""

SIGN_INS: Final = 10
"""So often it is tried to sign in: a busy machine may take longer for a password than a request may take."""

_CREATE: Final = "mutation($c: ContactDraft!) { createContact(input: {contact: $c}) { contact { id } userErrors { code } } }"
_READ: Final = "query($id: ID!) { contact(id: $id) { id } }"


async def editor(admin: str, url: str) -> str:
    """The token of grace, an EDITOR of acme: both are made, and she is signed in. `admin` is a superuser's DSN."""
    connection = await asyncpg.connect(admin)
    try:
        await add_user(connection, await tenant(connection, "acme"), "grace", "EDITOR")
    finally:
        await connection.close()
    given = {"query": LOGIN, "variables": {"input": {"tenant": "acme", "usernameOrEmail": "grace", "password": PASSWORD}}}
    async with aiohttp.ClientSession() as http:
        for _ in range(SIGN_INS):
            async with http.post(f"{url}/graphql", json=given) as answer:
                body = await answer.json()
            if body.get("data"):
                break
            await asyncio.sleep(1)
    token: str = body["data"]["login"]["tokens"]["accessToken"]
    return token


@dataclass
class _Lane:
    """One client, and which server's turn it is with it."""

    number: int
    server: int


class Writers:
    """So many clients that create contacts, and some that read what was acknowledged last; each keeps its connection.

    Each stays with one of the `urls` until a request fails there, and then asks the next one.
    """

    def __init__(self, urls: Sequence[str], token: str, *, writers: int = 4, readers: int = 0, per_second: float = 100.0) -> None:
        """`per_second` is what all writers together ask at the most, and all readers. The token is that of an EDITOR."""
        self._urls, self._writers, self._readers, self._per_second = urls, writers, readers, per_second
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/graphql-response+json"}
        self._run = secrets.token_hex(4)
        self._stopped = False
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        self.acknowledged = 0
        self.last: UUID | None = None

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[Writers]:
        """They ask while the block lasts; what is under way at its end is waited for."""
        timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout, headers=self._headers) as http,
            asyncio.TaskGroup() as clients,
        ):
            for number in range(self._writers):
                clients.create_task(self._write(http, _Lane(number, number)))
            for number in range(self._readers):
                clients.create_task(self._read(http, _Lane(number, number)))
            try:
                yield self
            finally:
                self._stopped = True

    @contextmanager
    def fault(self) -> Iterator[None]:
        """Around what breaks something and mends it: recovery counts from the end of the block."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.faults.append(Fault(began, time.monotonic()))

    async def until(self, more: int, *, seconds: float = 30.0) -> None:
        """Until so many more writes are acknowledged, or the time is over: then the report will tell."""
        wanted, end = self.acknowledged + more, time.monotonic() + seconds
        while self.acknowledged < wanted and time.monotonic() < end:  # noqa: ASYNC110 - many may wait for different numbers
            await asyncio.sleep(0.02)

    async def enough(self) -> None:
        """Until so many are acknowledged as a drill must have, or half a minute is over."""
        await self.until(LEAST - self.acknowledged)

    async def report(self, admin: str) -> Report:
        """What became of it all, by what is in the database: `admin` is a superuser's DSN."""
        connection = await asyncpg.connect(admin)
        try:
            rows = await connection.fetch("SELECT name, id FROM contacts WHERE starts_with(name, $1)", self._run)
        finally:
            await connection.close()
        return Report(self.asked, self.faults, [(row["name"], row["id"]) for row in rows])

    async def _write(self, http: aiohttp.ClientSession, lane: _Lane) -> None:
        async for number in self._turns(lane.number / self._writers, self._writers / self._per_second):
            name = f"{self._run} {lane.number} {number}"
            one = await self._ask(http, lane, name, _CREATE, {"c": {"name": name}})
            if one.outcome == ACKNOWLEDGED:
                self.acknowledged, self.last = self.acknowledged + 1, one.contact

    async def _read(self, http: aiohttp.ClientSession, lane: _Lane) -> None:
        async for _ in self._turns(lane.number / self._readers, self._readers / self._per_second):
            if self.last:
                await self._ask(http, lane, "", _READ, {"id": f"contact_{self.last.hex}"})

    async def _turns(self, share: float, pace: float) -> AsyncIterator[int]:
        """Numbers, one in `pace` seconds; who was held up does not make up for it."""
        at, number = time.monotonic() + pace * share, 0
        while not self._stopped:
            await asyncio.sleep(max(at - time.monotonic(), 0))
            yield (number := number + 1)
            at = max(at + pace, time.monotonic())

    async def _ask(self, http: aiohttp.ClientSession, lane: _Lane, name: str, query: str, variables: Mapping[str, Any]) -> Asked:
        url, began, contact = self._urls[lane.server % len(self._urls)], time.monotonic(), None
        try:
            async with http.post(f"{url}/graphql", json={"query": query, "variables": variables}) as answer:
                body = await answer.json(content_type=None)
            outcome, contact = _outcome(answer, body, ACKNOWLEDGED if name else FOUND)
        except TimeoutError:
            outcome = f"no answer in {PATIENCE_SECONDS:g} s"
        except (aiohttp.ClientError, OSError) as error:
            outcome = f"{CONNECTION} {type(error).__name__}"
        except ValueError:
            outcome = f"{answer.status} without JSON of ours"
        one = Asked(name, url, began, time.monotonic(), outcome, contact)
        self.asked.append(one)
        lane.server += one.failed
        return one


def _outcome(answer: aiohttp.ClientResponse, body: Any, good: str) -> tuple[str, UUID | None]:
    """In a word, and the contact that it is about."""
    if not isinstance(body, dict) or not {"data", "errors"} & body.keys():
        return f"{answer.status} without JSON of ours", None
    codes = " ".join(error["extensions"]["code"] for error in body.get("errors", ()))
    if answer.status == 200 and not codes:
        payload = body["data"].get("createContact") or body["data"]
        contact = payload.get("contact")
        if contact:
            return good, UUID(contact["id"].removeprefix("contact_"))
        codes = " ".join(error["code"] for error in payload.get("userErrors", ())) or "MISSING"
    told = "" if answer.status not in {429, 503} or "Retry-After" in answer.headers else " without Retry-After"
    return f"{answer.status} {codes}{told}", None
