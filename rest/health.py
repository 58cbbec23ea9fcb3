"""What the old service told of its health to anybody. The truth for orchestrators is at /readyz, the figures are at /metrics."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from rest import bodies, errors
from rest.call import Call, Reply

_UNMEASURED: Final = {
    "total_operations": 0,
    "error_rate": 0.0,
    "slowest_operation": {"secs": 0, "nanos": 0},
    "highest_memory_usage": 0,
    "operation_types_tracked": 0,
    "monitoring_enabled": False,
}
"""The old key's shape. Strangers are told no figures: those are for Prometheus."""

_CHECKS: Final = ["authentication", "tenant_isolation", "api_endpoints", "error_handling", "cors", "performance"]


async def health(call: Call) -> Reply:
    """GET /health and /api/health: 200 also where something is amiss, as old probes expect."""
    return Reply(await _state(call, performance=None))


async def status(call: Call) -> Reply:
    """GET /api/health/status: the same, and its state at the top level."""
    state = await _state(call, performance=None)
    return Reply(state, beside={"status": state["status"]})


async def detailed(call: Call) -> Reply:
    """GET /api/health/detailed: no tenant is named to strangers."""
    return Reply(await _state(call, performance=_UNMEASURED))


async def performance(call: Call) -> Reply:
    """GET /api/health/performance: the old shape. Nothing is counted here, so nothing is reset."""
    asked = call.query(bodies.Performance)
    summary = {"total_operations": 0, "average_duration_ms": 0.0, "total_memory_allocated_mb": 0.0, "operations_by_type": []}
    told: dict[str, Any] = {"performance_health": "healthy", "metrics_summary": summary, "timestamp": _now()}
    if asked.include_history:
        told["historical_data"] = []
    if asked.reset_counters:
        told["counters_reset"] = False
    return Reply(told)


async def compatibility(call: Call) -> Reply:
    """GET /api/health/compatibility: the old text. No test is ever run, whatever is asked."""
    call.query(bodies.Compatibility)
    told = {
        "status": "Ready to run tests",
        "available_tests": _CHECKS,
        "usage": "GET /api/health/compatibility",
        "note": "Tests are run by the project's own suite, and never by a serving process",
    }
    return Reply(told)


async def ping(_call: Call) -> Reply:
    """GET /api/ping."""
    return Reply({"message": "pong", "status": "ok"}, bare=True)


async def logs(_call: Call) -> Reply:
    """GET /api/logs: the log is shown to nobody."""
    return Reply("", "Log streaming disabled", status=errors.NOT_ALLOWED)


async def _state(call: Call, performance: dict[str, Any] | None) -> dict[str, Any]:
    faults = await call.faults()
    return {
        "status": "unhealthy" if faults else "healthy",
        "timestamp": _now(),
        "components": {"database": "unhealthy" if "database" in faults else "healthy", "cache": "healthy"},
        "tenants": None,
        "performance": performance,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat()
