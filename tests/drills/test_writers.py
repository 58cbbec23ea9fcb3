"""The writers see what a server does: what it loses, doubles, and how it fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from models.values import new_id
from tests.abuse.server import serving
from tests.conftest import Database
from tests.drills.report import CONNECTION, FOUND, LEAST, Report, judged
from tests.drills.writers import Writers, editor
from tests.world import tenant


class Lossy:
    """A server that acknowledges each create, and does not keep one of `every`."""

    def __init__(self, admin: asyncpg.Pool, home: UUID, every: int) -> None:
        self._admin, self._home, self._every, self._asked = admin, home, every, 0

    async def answer(self, request: web.Request) -> web.Response:
        """To a createContact."""
        name, contact = (await request.json())["variables"]["c"]["name"], new_id()
        self._asked += 1
        if self._asked % self._every:
            await self._admin.execute("INSERT INTO contacts (tenant_id, id, name) VALUES ($1, $2, $3)", self._home, contact, name)
        payload = {"contact": {"id": f"contact_{contact.hex}"}, "userErrors": []}
        return web.json_response({"data": {"createContact": payload}})


@asynccontextmanager
async def _serving(database: Database, admin: asyncpg.Connection, every: int) -> AsyncIterator[str]:
    home, app = await tenant(admin, "acme"), web.Application()
    async with asyncpg.create_pool(database.admin, min_size=1, max_size=4) as pool:
        app.router.add_post("/graphql", Lossy(pool, home, every).answer)
        async with TestServer(app) as server:
            yield str(server.make_url("")).rstrip("/")


async def _drilled(url: str, admin: str, acknowledged: int = LEAST) -> Report:
    async with Writers([url], "none", per_second=5_000).at_work() as writers:
        await writers.until(acknowledged)
    return await writers.report(admin)


async def test_a_lossy_server_is_found_out(database: Database, admin: asyncpg.Connection) -> None:
    async with _serving(database, admin, every=100) as url:
        report = await _drilled(url, database.admin)
    assert len(report.lost) == len(report.acknowledged) // 100
    with pytest.raises(AssertionError, match=r"lost: \d+: "):
        judged(report, lambda *_: None, "a lossy server", slowest=60)


async def test_a_server_that_loses_nothing_is_not(database: Database, admin: asyncpg.Connection) -> None:
    async with _serving(database, admin, every=1_000_000) as url:
        report = await _drilled(url, database.admin)
    judged(report, lambda *_: None, "a good server", slowest=60)


async def test_writers_go_to_the_next_server_where_one_fails_and_readers_find_what_was_acknowledged(
    database: Database, admin: asyncpg.Connection, tmp_path: Path
) -> None:
    async with serving(database.app, tmp_path) as first, serving(database.app, tmp_path) as second:
        token = await editor(database.admin, second.url)
        async with Writers([first.url, second.url], token, readers=2, per_second=200).at_work() as writers:
            await writers.until(30)
            with writers.fault():
                first.process.kill()
                first.process.wait()
            await writers.until(50)
        report = await writers.report(database.admin)
    (fault,) = report.faults
    before, after = ({one.url for one in report.acknowledged if (one.ended < fault.began) is early} for early in (True, False))
    assert (before, after - {first.url}) == ({first.url, second.url}, {second.url})
    assert len(report.acknowledged) >= 80
    assert (report.lost, report.duplicated) == ([], [])
    assert {one.outcome for one in report.asked if not one.name} >= {FOUND}
    assert {outcome.split()[0] for outcome in report.errors} == {CONNECTION}


_REFUSED = {"errors": [{"message": "", "extensions": {"code": "UNAVAILABLE"}}], "data": None}
_INPUT = {"data": {"createContact": {"contact": None, "userErrors": [{"code": "TOO_LONG"}]}}}


@pytest.mark.parametrize(
    ("status", "headers", "body", "outcome"),
    [
        (503, {"Retry-After": "1"}, _REFUSED, "503 UNAVAILABLE"),
        (503, {}, _REFUSED, "503 UNAVAILABLE without Retry-After"),
        (200, {}, _REFUSED, "200 UNAVAILABLE"),
        (200, {}, _INPUT, "200 TOO_LONG"),
        (200, {}, {"data": {"createContact": {"contact": None, "userErrors": []}}}, "200 MISSING"),
        (502, {}, None, "502 without JSON of ours"),
        (504, {}, ["timed out"], "504 without JSON of ours"),
    ],
)
async def test_a_failure_is_taken_down_as_it_was_told(status: int, headers: dict[str, str], body: object, outcome: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="Bad gateway" if body is None else json.dumps(body), status=status, headers=headers)

    app = web.Application()
    app.router.add_post("/graphql", answer)
    async with TestServer(app) as server, Writers([str(server.make_url("")).rstrip("/")], "none").at_work() as writers:
        while not writers.asked:  # noqa: ASYNC110 - what others do is awaited
            await asyncio.sleep(0.01)
    assert {one.outcome for one in writers.asked} == {outcome}
    assert writers.acknowledged == 0
