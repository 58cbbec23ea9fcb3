"""Fields that nobody has written yet: whatever a plan would do otherwise than Strawberry it leaves to graphql-core."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import strawberry
from graphql import ExecutionResult, OperationType
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.schema.config import StrawberryConfig

from auth.budget import UNBOUNDED, Budgets
from gql.context import Context, Info
from gql.engine.engine import Engine, Road
from gql.limits import Limits
from gql.nodes import FromRow, read
from models.values import Origin


class _No(BasePermission):
    message = "No."

    def has_permission(self, *_: Any, **__: Any) -> bool:
        return False


class _Louder(FieldExtension):
    def resolve(self, next_: Callable[..., Any], source: Any, info: Any, **kwargs: Any) -> Any:
        return str(next_(source, info, **kwargs)).upper()


class _LouderLater(FieldExtension):
    async def resolve_async(self, next_: Callable[..., Awaitable[Any]], source: Any, info: Any, **kwargs: Any) -> Any:
        return str(await next_(source, info, **kwargs)).upper()


async def _secrets(_info: Info, ids: list[UUID]) -> dict[UUID, str]:
    return dict.fromkeys(ids, "secret")


async def _secret(root: strawberry.Parent[Any]) -> str | None:
    return str(root["given_name"])


def _initials(root: strawberry.Parent[Any]) -> str | None:
    return f"{root['given_name'][0]}. {root['family_name']}"


@strawberry.type
class Person(FromRow):
    """Reads a row."""

    given_name: str | None
    guarded: str | None = strawberry.field(resolver=_secret, permission_classes=[_No], metadata={"batch": _secrets})
    initials: str | None = strawberry.field(resolver=_initials)
    told: str | None = strawberry.field(resolver=_initials, metadata={"columns": ("given_name", "family_name")})


_ROW = {"id": UUID(int=1), "given_name": "Ada", "family_name": "Lovelace"}


@strawberry.type
class Query:
    """One field for each trap."""

    @strawberry.field
    async def person(self, info: Info) -> Person | None:
        """With the columns that are asked for, as a statement would have it."""
        wanted: Any = _ROW if info.columns is None else {name: _ROW[name] for name in info.columns & _ROW.keys()}
        return wanted  # type: ignore[no-any-return]

    @strawberry.field(permission_classes=[_No])
    def sync_guarded(self) -> str | None:
        """A permission on a plain function."""
        return "secret"

    @strawberry.field(extensions=[_Louder()])
    def sync_extended(self) -> str | None:
        """An extension of a plain function."""
        return "quiet"

    @strawberry.field(extensions=[_LouderLater()])
    async def extended(self) -> str | None:
        """An extension that waits."""
        return "quiet"

    @strawberry.field
    async def path(self, info: Info) -> str | None:
        """More of the info than a plan has."""
        return f"{info.field_name} {info.path.key}"

    @strawberry.field
    async def big(self) -> int | None:
        """No int32."""
        return 2**40

    @strawberry.field
    async def number(self) -> str | None:
        """A number where a text belongs."""
        return 5  # type: ignore[return-value]

    @strawberry.field
    async def letters(self) -> list[str] | None:
        """A text where a list belongs."""
        return "abc"  # type: ignore[return-value]

    @strawberry.field
    async def price(self) -> Decimal | None:
        """A scalar that is not written as it is."""
        return Decimal("1.50")


SCHEMA = strawberry.Schema(query=Query, config=StrawberryConfig(info_class=Info, default_resolver=read))


async def _both(text: str) -> tuple[ExecutionResult, Road]:
    """The answer of both roads, which is one, and the one that was taken where there is a choice."""
    desk: Any = SimpleNamespace(budget=Budgets(UNBOUNDED, UNBOUNDED))
    results, taken = [], list[Road]()
    for plans in (False, True):
        engine = Engine(SCHEMA, Limits(), plans=plans, took=taken.append)
        results.append(await engine.execute(text, None, None, Context(desk, Origin()), {OperationType.QUERY}))
    core, plan = results
    assert plan.data == core.data
    assert [(one.message, one.path) for one in plan.errors or ()] == [(one.message, one.path) for one in core.errors or ()]
    return plan, taken[1]


@pytest.mark.parametrize(
    ("text", "data", "road"),
    [
        ("{ person { guarded } }", {"person": {"guarded": None}}, "core"),
        ("{ syncGuarded }", {"syncGuarded": None}, "core"),
        ("{ syncExtended }", {"syncExtended": "QUIET"}, "core"),
        ("{ extended }", {"extended": "QUIET"}, "plan"),
        ("{ path }", {"path": "path path"}, "core"),
        ("{ big }", {"big": None}, "replay"),
        ("{ number }", {"number": "5"}, "replay"),
        ("{ letters }", {"letters": None}, "replay"),
        ("{ price }", {"price": "1.50"}, "core"),
        ("{ person { initials } }", {"person": {"initials": "A. Lovelace"}}, "plan"),
        ("{ person { told } }", {"person": {"told": "A. Lovelace"}}, "plan"),
        ("{ person { givenName } }", {"person": {"givenName": "Ada"}}, "plan"),
    ],
)
async def test_both_roads_answer_alike(text: str, data: dict[str, Any], road: Road) -> None:
    result, taken = await _both(text)
    assert (result.data, taken) == (data, road)
