"""The viewer's budget of points: charged before a document is read and before an operation runs, and told with every answer."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import strawberry

from auth.budget import Left
from gql.context import Context, Info
from models.errors import TooManyAttempts


@strawberry.type(
    description="The viewer's budget, in points of cost: their own or their tenant's, whichever has less left. The cost of an "
    "operation and what is left stand in extensions.cost of every answer."
)
class RateLimit:
    """What is left once this operation has been charged."""

    limit: int = strawberry.field(description="Points a minute.")
    remaining: int = strawberry.field(description="Points that are left.")
    reset_at: datetime = strawberry.field(description="When all of them will be there again, if nothing is asked until then.")


@strawberry.type
class BudgetQueries:
    """The root field that tells of the budget."""

    @strawberry.field(description="The viewer's budget; null for a caller without a token.")
    async def rate_limit(self, info: Info) -> RateLimit | None:
        """What is left of it."""
        context = info.context
        if context.maybe_caller is None:
            return None
        left = context.left or await context.desk.budget.left(context.signed_in, context.origin)
        return RateLimit(limit=left.limit, remaining=left.remaining, reset_at=_reset_at(left))


async def charge(context: Context, points: int) -> None:
    """Charges points before they are spent, one at the least; with the first of them the request. Raises TooManyAttempts."""
    budget = context.desk.budget
    try:
        context.left = await budget.charge(context.signed_in, context.origin, points or 1, 0 if context.left else 1)
    except TooManyAttempts:
        context.desk.metrics.throttle("budget")
        context.left = await budget.left(context.signed_in, context.origin)
        raise


def cost_extension(context: Context, allowed: int) -> dict[str, Any] | None:
    """`extensions.cost`: what the operation costs, and what is left of the budget; None for what could not be measured."""
    if context.cost is None:
        return None
    told: dict[str, Any] = {"requested": context.cost, "allowed": allowed}
    if context.left is not None:
        told["remaining"] = context.left.remaining
        if context.left.seconds:
            told["resetAt"] = _told(int(time.time() + context.left.seconds))
    return told


async def measured_only(context: Context, allowed: int) -> dict[str, Any]:
    """The body of an answer to `Prefer: cost-only`: what the operation would cost, which is not charged, since nothing runs."""
    context.left = await context.desk.budget.left(context.signed_in, context.origin)
    return {"extensions": {"cost": cost_extension(context, allowed)}}


def prefers_cost_only(values: Iterable[str]) -> bool:
    """Whether the values of the header Prefer (RFC 7240) ask for the cost alone; the answer then says so in Preference-Applied."""
    return any(one.partition(";")[0].strip().lower() == "cost-only" for value in values for one in value.split(","))


@lru_cache(maxsize=256)
def _told(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")


def _reset_at(left: Left) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=left.seconds)
