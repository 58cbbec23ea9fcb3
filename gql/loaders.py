"""Batches within one operation: what many nodes need is read once.

A batched field is declared once: a plan calls its batch for all rows at once, graphql-core goes by a loader over the same batch.
A loader dies with its operation, or it would leak.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

if TYPE_CHECKING:
    from gql.context import Info

Batch = Callable[["Info", list[UUID]], Awaitable[dict[UUID, Any]]]
"""The values of a field for many rows, by their ids: one for each of them."""


class Loaders:
    """The loaders of one operation, by their batches."""

    def __init__(self) -> None:
        self._loaders: dict[Batch, DataLoader[UUID, Any]] = {}

    async def load(self, batch: Batch, info: Info, row_id: UUID) -> Any:
        """The value of one row, read together with those of its neighbours."""
        loader = self._loaders.get(batch)
        if loader is None:
            loader = self._loaders[batch] = DataLoader(partial(_many, batch, info))
        return await loader.load(row_id)


async def _many(batch: Batch, info: Info, row_ids: list[UUID]) -> list[Any]:
    found = await batch(info, row_ids)
    return [found[row_id] for row_id in row_ids]


def batched(batch: Batch, *, description: str, directives: Sequence[object] = ()) -> Any:
    """A field of a row whose values are read for many rows at once."""

    async def resolve(root: strawberry.Parent[Any], info: strawberry.Info) -> Any:
        return await info.context.loaders.load(batch, info, root["id"])

    return strawberry.field(resolver=resolve, description=description, directives=directives, metadata={"batch": batch})
