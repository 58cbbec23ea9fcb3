"""Slow statements are told of, by whichever way they went, and never with their text or their values."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from tortoise.exceptions import OperationalError

from models.tenancy import ask, fetch, lobby, through, within
from models.values import Pass
from observability.logging import bound
from observability.statements import digest
from server.database import opened
from tests.conftest import VAULT, Database
from tests.world import World

SLEEP = "SELECT pg_sleep($1) IS NULL AS woke, $2::text AS canary"
BEHIND = (
    "SELECT d.tenant, s.* FROM enter($1, $2, $3::text::text[]) AS d(tenant) CROSS JOIN LATERAL (SELECT pg_sleep($4) IS NULL) AS s"
)


@pytest.fixture
async def watching(database: Database, admin: asyncpg.Connection) -> AsyncIterator[None]:
    """The models, where 100 ms are slow."""
    async with opened(database.app, VAULT, pool=2, slow_statement_ms=100):
        yield


def told(logged: io.StringIO) -> list[dict[str, Any]]:
    """The lines of slow statements."""
    lines = map(json.loads, logged.getvalue().splitlines())
    return [line for line in lines if line["event"] == "slow statement"]


async def test_a_slow_statement_of_a_transaction_is_a_warning_with_its_request(watching: None, logged: io.StringIO) -> None:
    with bound(request_id="r1", operation="Contacts"):
        async with lobby():
            await fetch(SLEEP, 0.0, "hush-hush")
            await fetch(SLEEP, 0.15, "hush-hush")
    (line,) = told(logged)
    assert line["milliseconds"] >= 150
    expected = {"level": "warning", "request_id": "r1", "operation": "Contacts", "statement": digest(SLEEP)}
    assert {name: line[name] for name in expected} == expected
    assert digest(SLEEP) == hashlib.sha256(SLEEP.encode()).hexdigest()[:16]
    assert "pg_sleep" not in logged.getvalue()
    assert "hush-hush" not in logged.getvalue()


async def test_so_is_one_that_opens_the_door_for_itself_and_one_that_fails(
    world: World, watching: None, logged: io.StringIO
) -> None:
    row = await world.admin.fetchrow("SELECT tenant_id, id FROM sessions WHERE user_id = $1", world.ada.user)
    assert row is not None
    async with through(Pass(row["tenant_id"], row["id"], ("OWNER",))):
        assert len(await ask(BEHIND, 0.15)) == 1
    assert [line["statement"] for line in told(logged)] == [digest(BEHIND)]
    with pytest.raises(OperationalError):
        async with lobby():
            await fetch("SELECT 1 / (SELECT 0 FROM pg_sleep(0.15))")
    assert len(told(logged)) == 2


async def test_without_a_threshold_none_is(tortoise: None, world: World, logged: io.StringIO) -> None:
    async with within(world.acme):
        await fetch(SLEEP, 0.15, "x")
    assert told(logged) == []
