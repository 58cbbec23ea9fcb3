"""Ariadne as its documentation has it: a schema, resolvers bound to it, a DataLoader, uvicorn. It runs in a Python of its own."""

from __future__ import annotations

import base64
import os
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import jwt
import orjson
import uvicorn
from aiodataloader import DataLoader
from ariadne import MutationType, ObjectType, QueryType, ScalarType, make_executable_schema
from ariadne.asgi import GraphQL
from starlette.applications import Starlette
from starlette.routing import Route

HERE = Path(__file__).parent
SQL = {path.stem: path.read_text() for path in (HERE / "sql" / "bare").glob("*.sql")}

query, mutation = QueryType(), MutationType()
contact, label = ObjectType("Contact"), ObjectType("Label")
moment = ScalarType("DateTime", serializer=lambda value: value.isoformat().replace("+00:00", "Z"))
pool: asyncpg.Pool
tokens: dict[str, dict[str, Any]] = {}


class Caller:
    """Who calls, and the loader of one request."""

    def __init__(self, claims: dict[str, Any]) -> None:
        self.claims, self.tenant = claims, uuid.UUID(claims["tid"])
        self.labels: DataLoader[uuid.UUID, list[Any]] = DataLoader(self._labels)

    async def _labels(self, ids: list[uuid.UUID]) -> list[list[Any]]:
        found: dict[uuid.UUID, list[Any]] = {one: [] for one in ids}
        for row in await pool.fetch(SQL["labels"], self.tenant, ids):
            found[row["contact_id"]].append(row)
        return [found[one] for one in ids]


def context(request: Any, _data: Any = None) -> Caller:
    """Verifies a token once."""
    token = request.headers["authorization"][7:]
    claims = tokens.get(token)
    if claims is None:
        claims = tokens[token] = jwt.decode(token, os.environ["JWT_SECRET"], ["HS256"], audience="address-book")
    if claims["exp"] <= time.time():
        raise PermissionError
    return Caller(claims)


@query.field("viewer")
async def viewer(_root: Any, info: Any) -> Any:
    """Q1."""
    caller = info.context
    row = await pool.fetchrow(SQL["viewer"], caller.tenant, uuid.UUID(caller.claims["sub"]))
    user = {"id": f"user_{row['id'].hex}", "username": row["username"], "email": row["email"], "role": row["role"]}
    session = uuid.UUID(caller.claims["sid"]).hex
    return {"id": f"session_{session}", "user": user, "tenant": {"id": f"tenant_{caller.tenant.hex}", "name": row["name"]}}


@query.field("contact")
async def one(_root: Any, info: Any, id: str) -> Any:  # noqa: A002
    """Q2."""
    return await pool.fetchrow(SQL["contact"], info.context.tenant, uuid.UUID(id[8:]))


@query.field("contacts")
async def page(_root: Any, info: Any, first: int = 25, after: str | None = None) -> Any:
    """Q3, and with the labels Q4."""
    values: list[Any] = [info.context.tenant, first + 1]
    if after is not None:
        key, last = orjson.loads(base64.urlsafe_b64decode(after))
        values += [key, uuid.UUID(last)]
    found = await pool.fetch(SQL["page" if after is None else "after"], *values)
    edges = [
        {"cursor": base64.urlsafe_b64encode(orjson.dumps([row["name_key"], row["id"].hex])).decode(), "node": row}
        for row in found[:first]
    ]
    return {
        "edges": edges,
        "pageInfo": {"hasNextPage": len(found) > first, "endCursor": edges[-1]["cursor"] if edges else None},
    }


@mutation.field("createContact")
async def create(_root: Any, info: Any, input: dict[str, Any]) -> Any:  # noqa: A002
    """M1."""
    new = input["contact"]
    values = uuid.uuid4(), new["name"], new.get("email"), new.get("phone"), new.get("organization")
    return {"contact": await pool.fetchrow(SQL["create"], info.context.tenant, *values), "userErrors": []}


@contact.field("labels")
async def labels(row: Any, info: Any) -> Any:
    """In one statement for all contacts of an answer."""
    return await info.context.labels.load(row["id"])


contact.set_field("id", lambda row, _info: f"contact_{row['id'].hex}")
contact.set_field("updatedAt", lambda row, _info: row["updated_at"])
for name in ("name", "email", "phone", "organization", "favorite"):
    contact.set_field(name, lambda row, _info, name=name: row[name])
label.set_field("id", lambda row, _info: f"label_{row['id'].hex}")
for name in ("name", "color"):
    label.set_field(name, lambda row, _info, name=name: row[name])


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    """The pool."""
    global pool
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=int(os.environ["POOL"])) as pool:
        yield


schema = make_executable_schema((HERE / "schema.graphql").read_text(), query, mutation, contact, label, moment)
graphql = GraphQL(schema, context_value=context, introspection=False)
app = Starlette(routes=[Route("/graphql", graphql.handle_request, methods=["POST"])], lifespan=lifespan)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_level="warning")
