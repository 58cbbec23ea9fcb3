"""What a stranger writes who adds a field with a permission: a function that opens the door, and a field. Nothing for a road."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest
import strawberry
from graphql import OperationType
from strawberry.schema.config import StrawberryConfig

from auth.budget import UNBOUNDED, Budgets
from auth.caller import Caller
from auth.permissions import Permission
from gql.context import Context, Info
from gql.engine.engine import Engine, Road
from gql.limits import Limits
from gql.nodes import read
from models.contact import Contact
from models.tenancy import within
from models.values import Origin, new_id
from tests.world import add_user, tenant


async def forgotten(caller: Caller) -> int:
    """The resolver: how many contacts the tenant has, for those who may delete for good."""
    async with within(caller.to(Permission.CONTACTS_DELETE)):
        return await Contact.count()


@strawberry.type
class Query:
    """The root, with the new field."""

    @strawberry.field(description="How many contacts there are; for ADMIN and above.")
    async def forgotten(self, info: Info) -> int | None:
        """The field."""
        return await forgotten(info.context.caller)


@pytest.fixture
async def people(admin: asyncpg.Connection, tortoise: None) -> dict[str, Caller]:
    """An OWNER and a VIEWER of acme, signed in."""
    home, found = await tenant(admin, "acme"), {}
    for name, role in (("ada", "OWNER"), ("linus", "VIEWER")):
        user, session = await add_user(admin, home, name, role), new_id()
        await admin.execute(
            "INSERT INTO sessions (tenant_id, id, user_id, expires_at) VALUES ($1, $2, $3, now() + interval '1 hour')",
            home,
            session,
            user,
        )
        found[name] = Caller(user, home, session, "acme", name, Origin())
    return found


async def test_a_field_with_a_permission_is_declared_once_for_both_roads(people: dict[str, Caller]) -> None:
    schema = strawberry.Schema(query=Query, config=StrawberryConfig(info_class=Info, default_resolver=read))
    desk: Any = type("Desk", (), {"budget": Budgets(UNBOUNDED, UNBOUNDED)})
    for plans in (True, False):
        taken: list[Road] = []
        engine = Engine(schema, Limits(), plans=plans, took=taken.append)
        told = {}
        for name, caller in people.items():
            context = Context(desk, caller.origin, caller)
            result = await engine.execute("{ forgotten }", None, None, context, {OperationType.QUERY})
            told[name] = result.data, [(error.message, error.path) for error in result.errors or ()]
        refusal = ("Your role does not allow this.", ["forgotten"])
        assert told == {"ada": ({"forgotten": 0}, []), "linus": ({"forgotten": None}, [refusal])}
        assert taken == (["plan", "replay"] if plans else ["core", "core"])
