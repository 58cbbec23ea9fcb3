"""Batches of one operation: one read for many, and never a value for another operation."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from gql import loaders
from gql.loaders import Loaders

_IDS = [UUID(int=n) for n in range(3)]


async def test_many_nodes_are_one_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    async def labels_of(caller: str, ids: Sequence[UUID]) -> dict[UUID, list[str]]:
        asked.append((caller, list(ids)))
        return {one: [caller] for one in ids}

    async def counts(caller: str, ids: Sequence[UUID]) -> dict[UUID, int]:
        asked.append((caller, list(ids)))
        return {_IDS[0]: 5}

    monkeypatch.setattr(loaders.contacts, "labels_of", labels_of)
    monkeypatch.setattr(loaders.labels, "counts", counts)
    for name in ("ada", "mallory"):
        asked.clear()
        caller: Any = name
        one = Loaders(lambda caller=caller: caller)
        found = await asyncio.gather(*(one.labels_of_contact.load(contact) for contact in [*_IDS, _IDS[0]]))
        assert found == [[name]] * 4
        assert await asyncio.gather(*(one.contacts_with_label.load(label) for label in _IDS)) == [5, 0, 0]
        assert asked == [(name, _IDS)] * 2
