"""Relay connections over keyset pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Generic, TypeVar, cast

import strawberry

from gql.cost import COUNTS, weighs
from models.paging import Page
from models.values import Row

T = TypeVar("T")

First = Annotated[
    int | None,
    strawberry.argument(description="How many from the beginning: 1 to 100, 25 where neither first nor last is given."),
]
After = Annotated[str | None, strawberry.argument(description="Begin behind this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="How many from the end: 1 to 100.")]
Before = Annotated[str | None, strawberry.argument(description="End in front of this cursor.")]


@strawberry.type(description="What lies around a page.")
class PageInfo:
    """As Relay's cursor connections specification has it."""

    has_next_page: bool = strawberry.field(description="Whether more follows.")
    has_previous_page: bool = strawberry.field(description="Whether something stands before.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first item.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last item: the `after` of the next page.")


@strawberry.type(description="One item of a page, with its cursor.")
class Edge(Generic[T]):
    """An edge tells nothing beyond its node."""

    page: strawberry.Private[Page]

    @strawberry.field(description="Opaque; of use under the same order and filter alone.")
    def cursor(self) -> str:
        """Made where it is selected."""
        return self.page.cursor(cast("Row", self.node))

    node: T = strawberry.field(description="The item.")


@strawberry.type(description="One page of a list.")
class Listing(Generic[T]):
    """Made from a keyset page."""

    page: strawberry.Private[Page]

    @strawberry.field(description="The items with their cursors.")
    def edges(self) -> list[Edge[T]]:
        """One edge a row."""
        return [Edge(page=self.page, node=cast("Any", row)) for row in self.page.rows]

    @strawberry.field(description="The items alone.")
    def nodes(self) -> list[T]:
        """The rows."""
        return cast("list[T]", self.page.rows)

    @strawberry.field(description="What lies around the page.")
    def page_info(self) -> PageInfo:
        """The cursors of both ends."""
        rows = self.page.rows
        return PageInfo(
            has_next_page=self.page.has_next,
            has_previous_page=self.page.has_previous,
            start_cursor=self.page.cursor(rows[0]) if rows else None,
            end_cursor=self.page.cursor(rows[-1]) if rows else None,
        )


@strawberry.type(description="One page of a list.")
class Connection(Listing[T]):
    """A listing with a way to count, which is used where totalCount is selected."""

    counting: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="How many there are in all. Counted only where it is selected.", directives=[weighs(COUNTS)])
    async def total_count(self) -> int:
        """Asks the database."""
        return await self.counting()
