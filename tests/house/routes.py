"""The routes of the shim, as the router has them, and what is sent to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from tests.world import PASSWORD, Person, World


def routes(world: World) -> Iterator[tuple[str, str]]:
    """Method and path of every route under /api, `{id}` where a path names something; HEAD goes with GET."""
    app = world.client.app
    assert app is not None
    for resource in app.router.resources():
        if resource.canonical.startswith("/api") and isinstance(resource, web.PlainResource | web.DynamicResource):
            for route in resource:
                if route.method not in {"*", "HEAD", "OPTIONS"}:
                    yield route.method, resource.canonical


def body(person: Person, refresh: str | None = None) -> dict[str, Any]:
    """One body that is right for every route: unknown keys are ignored there."""
    return {
        "username": person.username or "newcomer",
        "username_or_email": person.username,
        "password": PASSWORD,
        "tenant_id": person.tenant,
        "refresh_token": refresh,
        "email": f"{person.username or 'newcomer'}@example.org",
        "active": True,
        "name": "Mallory was here",
        "gender": None,
        "age": 1,
        "address": "1 Some Street",
        "phone": "+1 555 0100",
        "id": "another",
        "db_url": "postgresql://ignored",
    }


async def sent(person: Person, method: str, path: str, given: dict[str, Any] | None) -> tuple[int, str]:
    """Status and text of an answer, without what differs from one request to the next."""
    response = await person.rest(method, path, given if method in {"POST", "PUT", "PATCH"} else None)
    text = re.sub(r'"timestamp": ?"?[^",}]+"?|"correlation_id": ?"[^"]*"', "", await response.text())
    return response.status, text
