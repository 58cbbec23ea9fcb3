"""/api/admin/tenants and /api/tenants: tenants for operators, by the slug that the old service calls their id."""

from __future__ import annotations

from datetime import UTC
from typing import Any, Final

from models.errors import BadRequest, InvalidInput
from models.values import Row, TenantStatus
from resolvers import tenants
from rest import bodies, errors
from rest.call import Call, Reply
from rest.tenant_filter import Conditions

DB_URL: Final = "postgresql://address-book"
"""What `db_url` answers for every tenant: they all live in one database, whose address nobody is told."""


async def listed(call: Call) -> Reply:
    """GET …/tenants, a page by offset."""
    key = "offset" if "offset" in call.request.query else "cursor"
    offset = call.loosely(key, 0, -1, 2**31 - 1)
    limit = call.loosely("limit", 50, -1, 500)
    rows = await tenants.listed(call.caller)
    if offset < 0 or limit < 0:
        raise BadRequest("Failed to fetch tenants: offset and limit may not be negative")
    page = rows[offset : offset + limit]
    data = {
        "data": [_told(row) for row in page],
        "total": len(rows),
        "offset": offset,
        "limit": limit,
        "count": len(page),
        "next_cursor": offset + limit if page and offset + limit < len(rows) else None,
    }
    return Reply(data)


async def filtered(call: Call) -> Reply:
    """GET …/tenants/filter, a page by its index from 0, with the page's figures at the top level."""
    rows = await tenants.listed(call.caller)
    conditions = Conditions.of(call.request.query)
    size = call.loosely("page_size", 10, 1, 10_000)
    index = call.loosely("cursor" if "cursor" in call.request.query else "page_num", 0, -1, 2**31 - 1)
    if index < 0:
        raise BadRequest("Failed to filter tenants: cursor may not be negative")
    found = [told for told in map(_told, rows) if conditions.hold(told)]
    beside = {
        "current_cursor": index,
        "page_size": size,
        "total_elements": None,
        "next_cursor": index + 1 if (index + 1) * size < len(found) else None,
    }
    return Reply(found[index * size : (index + 1) * size], beside=beside)


async def one(call: Call) -> Reply:
    """GET …/tenants/{id}."""
    return Reply(_told(await tenants.by_slug(call.caller, _slug(call))))


async def create(call: Call) -> Reply:
    """POST …/tenants: open for sign-up, and without an owner until an operator gives it one."""
    given = await call.body(bodies.NewTenant)
    return Reply(_told(await tenants.create_named(call.desk, call.caller, given.id, given.name)), status=errors.CREATED)


async def change(call: Call) -> Reply:
    """PUT …/tenants/{id}: the name; `db_url` is taken and ignored."""
    given = await call.body(bodies.TenantPatch)
    tenant = await tenants.by_slug(call.caller, _slug(call))
    if given.name is None and given.db_url is None:
        raise InvalidInput("Nothing to change: give a name")
    return Reply(_told(tenant if given.name is None else await tenants.rename(call.caller, tenant["id"], given.name)))


async def delete(call: Call) -> Reply:
    """DELETE …/tenants/{id}: it serves nobody any more; its data stays."""
    tenant = await tenants.by_slug(call.caller, _slug(call))
    await tenants.close(call.caller, tenant["id"])
    return Reply()


async def stats(call: Call) -> Reply:
    """GET /api/admin/tenant/stats: counts, and of people nothing else."""
    rows = await tenants.listed(call.caller)
    counted = await tenants.statistics(call.caller)
    told = {
        "total_tenants": len(rows),
        "active_tenants": sum(map(_serves, rows)),
        "total_users": counted["users"],
        "logged_in_users": counted["signed_in"],
        "tenant_stats": [
            {"tenant_id": row["slug"], "name": row["name"], "status": "active" if _serves(row) else "inactive"} for row in rows
        ],
    }
    return Reply(told, bare=True)


async def health(call: Call) -> Reply:
    """GET /api/admin/tenant/health."""
    rows = await tenants.listed(call.caller)
    told = [
        {
            "tenant_id": row["slug"],
            "name": row["name"],
            "status": _serves(row),
            "error_message": None if _serves(row) else "The tenant is suspended",
        }
        for row in rows
    ]
    return Reply(told, bare=True)


async def status(call: Call) -> Reply:
    """GET /api/admin/tenant/status."""
    return Reply({row["slug"]: _serves(row) for row in await tenants.listed(call.caller)}, bare=True)


def _slug(call: Call) -> str:
    return call.request.match_info["id"]


def _serves(row: Row) -> bool:
    return bool(row["status"] == TenantStatus.ACTIVE)


def _told(row: Row) -> dict[str, Any]:
    times = {key: row[key].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") for key in ("created_at", "updated_at")}
    return {"id": row["slug"], "name": row["name"], "db_url": DB_URL, **times}
