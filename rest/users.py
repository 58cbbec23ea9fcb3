"""/api/users: the people of the caller's tenant, by number."""

from __future__ import annotations

from typing import Any

from models.values import Row
from resolvers import users
from rest import bodies
from rest.call import Call, Reply


async def listed(call: Call) -> Reply:
    """GET /api/users, by id."""
    limit = call.loosely("limit", 50, 1, 500)
    offset = call.loosely("offset", 0, 0, 2**31 - 1)
    rows = await users.numbered(call.caller, offset, limit)
    return Reply([_told(row) for row in rows], metadata={"pagination": {"limit": limit, "offset": offset, "count": len(rows)}})


async def one(call: Call) -> Reply:
    """GET /api/users/{id}."""
    return Reply(_told(await users.by_number(call.caller, call.number)))


async def change(call: Call) -> Reply:
    """PUT /api/users/{id}."""
    given = await call.body(bodies.User)
    await users.change_numbered(call.desk, call.caller, call.number, given.model_dump())
    return Reply()


async def remove(call: Call) -> Reply:
    """DELETE /api/users/{id}."""
    await users.remove_numbered(call.caller, call.number)
    return Reply()


def _told(row: Row) -> dict[str, Any]:
    return {"id": row["number"], "username": row["username"], "email": row["email"], "active": row["active"]}
