"""The limit: what handwritten aiohttp, asyncpg and orjson do for the same answers. `python -m bench.limit PORT bare|door`.

It knows an operation by its name, reads no GraphQL and validates nothing. With `door` each statement opens the tenant's door, as
ours does; without it only the WHERE keeps to the tenant. Environment: DATABASE_URL, JWT_SECRET, POOL.
"""

from __future__ import annotations

import asyncio
import base64
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
import jwt
import orjson
from aiohttp import web
from uuid_utils import compat

_READERS: Final = ["OWNER", "ADMIN", "EDITOR", "VIEWER"]
_WRITERS: Final = ["OWNER", "ADMIN", "EDITOR"]
_TOKENS: Final = 10_000

Record = Any
Caller = tuple[UUID, UUID, UUID, int]
"""Tenant, session, user, and when the token ends."""


class Server:
    """Connections in a stack, tokens that were verified, and an answer for each operation."""

    def __init__(self, door: bool) -> None:
        folder = Path(__file__).parent / "sql" / ("door" if door else "bare")
        self.sql = {path.stem: path.read_text() for path in folder.glob("*.sql")}
        self.door = door
        self.tokens: dict[str, Caller] = {}
        self.idle: list[asyncpg.Connection] = []
        self.slots = asyncio.Semaphore(int(os.environ["POOL"]))
        self.answers: dict[str, Callable[[Caller, dict[str, Any]], Awaitable[Any]]] = {
            "Me": self.viewer,
            "One": self.contact,
            "Page": self.page,
            "Labelled": self.labelled,
            "Add": self.create,
        }

    async def handle(self, request: web.Request) -> web.Response:
        """Answers one operation."""
        caller = self.caller(request.headers["Authorization"][7:])
        asked = orjson.loads(await request.read())
        data = await self.answers[asked["operationName"]](caller, asked["variables"])
        return web.Response(body=orjson.dumps({"data": data}, option=orjson.OPT_UTC_Z), content_type="application/json")

    def caller(self, token: str) -> Caller:
        """Who holds the token; its signature is verified once."""
        caller = self.tokens.get(token)
        if caller is None:
            claims = jwt.decode(token, os.environ["JWT_SECRET"], ["HS256"], audience="address-book", issuer="address-book")
            if len(self.tokens) >= _TOKENS:
                self.tokens.clear()
            caller = self.tokens[token] = UUID(claims["tid"]), UUID(claims["sid"]), UUID(claims["sub"]), claims["exp"]
        if caller[3] <= time.time():
            raise web.HTTPUnauthorized
        return caller

    async def fetch(self, statement: str, caller: Caller, roles: list[str], *values: Any) -> list[Record]:
        """The rows of one statement."""
        async with self.slots:
            connection = self.idle.pop() if self.idle else await asyncpg.connect(os.environ["DATABASE_URL"])
            try:
                if self.door:
                    return await connection.fetch(self.sql[statement], caller[0], caller[1], roles, *values)
                return await connection.fetch(self.sql[statement], caller[0], *values)
            finally:
                self.idle.append(connection)

    async def viewer(self, caller: Caller, _given: dict[str, Any]) -> Any:
        """Q1."""
        [row] = await self.fetch("viewer", caller, _READERS, caller[2])
        user = {"id": f"user_{row['id'].hex}", "username": row["username"], "email": row["email"], "role": row["role"]}
        tenant = {"id": f"tenant_{caller[0].hex}", "name": row["name"]}
        return {"viewer": {"id": f"session_{caller[1].hex}", "user": user, "tenant": tenant}}

    async def contact(self, caller: Caller, given: dict[str, Any]) -> Any:
        """Q2."""
        rows = await self.fetch("contact", caller, _READERS, UUID(given["id"][8:]))
        return {"contact": _contact(rows[0]) if rows else None}

    async def page(self, caller: Caller, given: dict[str, Any]) -> Any:
        """Q3."""
        rows, more = await self._page(caller, given)
        return _connection(rows, more, [_contact(row) for row in rows], caller)

    async def labelled(self, caller: Caller, given: dict[str, Any]) -> Any:
        """Q4."""
        rows, more = await self._page(caller, given)
        labels: dict[UUID, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
        for label in await self.fetch("labels", caller, _READERS, list(labels)):
            labels[label["contact_id"]].append({"id": f"label_{label['id'].hex}", "name": label["name"], "color": label["color"]})
        return _connection(rows, more, [_contact(row) | {"labels": labels[row["id"]]} for row in rows], caller)

    async def create(self, caller: Caller, given: dict[str, Any]) -> Any:
        """M1."""
        new = given["input"]["contact"]
        values = compat.uuid7(), new["name"].strip(), new.get("email"), new.get("phone"), new.get("organization")
        [row] = await self.fetch("create", caller, _WRITERS, *values)
        return {"createContact": {"contact": _contact(row), "userErrors": []}}

    async def _page(self, caller: Caller, given: dict[str, Any]) -> tuple[list[Record], bool]:
        size, after = given["first"], given["after"]
        if after is None:
            rows = await self.fetch("page", caller, _READERS, size + 1)
        else:
            _, _, [key], last = orjson.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
            rows = await self.fetch("after", caller, _READERS, size + 1, key, UUID(last))
        return rows[:size], len(rows) > size


def _contact(row: Record) -> dict[str, Any]:
    return {
        "id": f"contact_{row['id'].hex}",
        "name": row["name"],
        "email": row["email"],
        "phone": row["phone"],
        "organization": row["organization"],
        "favorite": row["favorite"],
        "updatedAt": row["updated_at"],
    }


def _connection(rows: list[Record], more: bool, nodes: list[dict[str, Any]], caller: Caller) -> Any:
    scope = caller[0].hex[:16]
    edges = [{"cursor": _cursor(row, scope), "node": node} for row, node in zip(rows, nodes, strict=True)]
    return {"contacts": {"edges": edges, "pageInfo": {"hasNextPage": more, "endCursor": edges[-1]["cursor"] if edges else None}}}


def _cursor(row: Record, scope: str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([1, scope, [row["name_key"]], row["id"].hex])).rstrip(b"=").decode()


def main() -> None:
    """Serves until it is ended."""
    app = web.Application()
    app.router.add_post("/graphql", Server(sys.argv[2] == "door").handle)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
