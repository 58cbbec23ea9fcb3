"""Batches of one operation: one read for many, and never a value for another operation."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from gql.loaders import Loaders

_IDS = [UUID(int=n) for n in range(3)]


async def test_many_nodes_are_one_read_of_their_own_operation() -> None:
    asked: list[Any] = []

    async def names(info: Any, ids: list[UUID]) -> dict[UUID, str]:
        asked.append((info, ids))
        return {one: f"{info} {one.int}" for one in ids}

    async def sizes(info: Any, ids: list[UUID]) -> dict[UUID, int]:
        asked.append((info, ids))
        return {one: one.int for one in ids}

    for name in ("ada", "mallory"):
        asked.clear()
        info: Any = name
        loaders = Loaders()
        found = await asyncio.gather(*(loaders.load(names, info, one) for one in [*_IDS, _IDS[0]]))
        assert found == [f"{name} 0", f"{name} 1", f"{name} 2", f"{name} 0"]
        assert await asyncio.gather(*(loaders.load(sizes, info, one) for one in _IDS)) == [0, 1, 2]
        assert asked == [(name, _IDS)] * 2
