"""What strangers are told of the service's health: the old shapes, and nothing else."""

from __future__ import annotations

from datetime import datetime

import pytest
from aiohttp.test_utils import make_mocked_request

from auth.caller import Identity
from models.values import Origin
from rest import health
from rest.call import Call
from tests.rest.kit import said
from tests.world import World


@pytest.mark.parametrize("path", ["/health", "/api/health"])
async def test_health_has_the_old_shape(world: World, path: str) -> None:
    answer = await world.stranger.rest("GET", path)
    data = (await answer.json())["data"]
    assert datetime.fromisoformat(data.pop("timestamp")).tzinfo is not None
    assert answer.status == 200
    parts = {"database": "healthy", "cache": "healthy"}
    assert data == {"status": "healthy", "components": parts, "tenants": None, "performance": None}


async def test_health_is_200_also_where_it_is_bad() -> None:
    async def faults() -> list[str]:
        return ["database"]

    request = make_mocked_request("GET", "/health")
    call = Call(request, None, Identity(Origin()), faults, ui=False)  # type: ignore[arg-type]  # no desk is needed here
    reply = await health.health(call)
    assert (reply.status, reply.data["status"], reply.data["components"]) == (
        200,
        "unhealthy",
        {"database": "unhealthy", "cache": "healthy"},
    )


async def test_the_status_stands_at_the_top_level_too(world: World) -> None:
    told = await (await world.stranger.rest("GET", "/api/health/status")).json()
    assert (told["status"], told["data"]["status"]) == ("healthy", "healthy")


async def test_details_name_no_tenant_and_no_figures(world: World) -> None:
    data = (await (await world.stranger.rest("GET", "/api/health/detailed")).json())["data"]
    assert data["tenants"] is None
    assert data["performance"] == {
        "total_operations": 0,
        "error_rate": 0.0,
        "slowest_operation": {"secs": 0, "nanos": 0},
        "highest_memory_usage": 0,
        "operation_types_tracked": 0,
        "monitoring_enabled": False,
    }


async def test_counters_are_never_reset(world: World) -> None:
    path = "/api/health/performance?reset_counters=true&include_history=true&operation_type=x"
    data = (await (await world.stranger.rest("GET", path)).json())["data"]
    assert (data["counters_reset"], data["historical_data"]) == (False, [])
    bad = await world.stranger.rest("GET", "/api/health/performance?reset_counters=1")
    assert bad.status == 400


async def test_compatibility_runs_no_tests(world: World) -> None:
    plain = await (await world.stranger.rest("GET", "/api/health/compatibility")).json()
    asked = await (await world.stranger.rest("GET", "/api/health/compatibility?run_tests=true&test_category=authentication")).json()
    assert plain == asked
    assert plain["data"]["status"] == "Ready to run tests"
    assert len(plain["data"]["available_tests"]) == 6
    assert await world.admin.fetchval("SELECT count(*) FROM users") == 6


async def test_ping_and_logs(world: World) -> None:
    ping = await world.stranger.rest("GET", "/api/ping")
    assert (ping.status, await ping.json()) == (200, {"message": "pong", "status": "ok"})
    logs = await world.ada.rest("GET", "/api/logs")
    assert await said(logs) == (405, "Log streaming disabled")
