"""The watch over the suite sees what it is there for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from tests.watched import Watched
from tests.world import PASSWORD, World

LINE = {"time": "2026-01-31T12:00:00Z", "level": "info", "event": "request"}


async def _faults(status: int, body: Any) -> list[str]:
    watch = Watched()
    await watch.answered(make_mocked_request("POST", "/graphql"), web.json_response(body, status=status))
    return watch.faults


async def test_a_5xx_is_seen_but_503() -> None:
    assert await _faults(500, {}) == ["POST /graphql: 500"]
    assert await _faults(503, {}) == []


async def test_the_last_refusals_are_kept_for_a_failure_to_tell() -> None:
    watch = Watched()
    for status, body in ((200, {"data": {}}), (503, {"code": "BUSY"}), (200, {"errors": [{"message": "no"}]})):
        await watch.answered(make_mocked_request("POST", "/graphql"), web.json_response(body, status=status))
    assert list(watch.refusals) == ['POST /graphql: 503 {"code": "BUSY"}', 'POST /graphql: 200 {"errors": [{"message": "no"}]}']


async def test_no_way_of_answering_goes_past_the_watch(world: World, watched: Watched) -> None:
    await world.ada.gql("{ nothing }")
    await world.ada.rest("GET", "/api/nothing")
    assert [refusal.partition(" {")[0] for refusal in watched.refusals] == ["POST /graphql: 400", "GET /api/nothing: 404"]


@pytest.mark.parametrize("text", ["SELECT 1", "KeyError: x", "/usr/lib/python3/x.py", 'relation "users" does not exist'])
async def test_what_we_say_may_not_tell_of_our_insides(text: str) -> None:
    assert await _faults(200, {"errors": [{"message": text}]}) == [f"POST /graphql: 200 {text}"]
    assert await _faults(200, {"data": {"login": {"userErrors": [{"message": text}]}}}) == [f"POST /graphql: 200 {text}"]
    assert await _faults(200, {"data": {"contact": {"name": text}}}) == []


@pytest.mark.parametrize(
    "secret",
    [
        PASSWORD,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x",
        "$2b$12$",
        "ada@example.org",
        "Ab-_" * 16,
        "otpauth://totp/x",
        "postgresql://u:hush@h/d",
    ],
)
def test_a_secret_in_the_log_is_seen(secret: str) -> None:
    watch = Watched()
    watch.logged(json.dumps(LINE | {"said": f"see {secret} there"}).encode() + b"\n")
    assert len(watch.faults) == 1


@pytest.mark.parametrize("harmless", ["0f" * 32, "[redacted]", "postgresql://u:[redacted]@h/d", "ada at example.org"])
def test_what_is_harmless_passes(harmless: str) -> None:
    watch = Watched()
    watch.logged(json.dumps(LINE | {"said": harmless}).encode() + b"\n")
    assert watch.faults == []


@pytest.mark.parametrize("line", [b'{"event":"x"}\n', json.dumps(LINE).encode(), 2 * (json.dumps(LINE).encode() + b"\n")])
def test_what_is_no_single_line_is_seen(line: bytes) -> None:
    watch = Watched()
    watch.logged(line)
    assert len(watch.faults) == 1
