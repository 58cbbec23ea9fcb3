"""Batches within one operation: what many nodes need is read once. A loader dies with its operation, or it would leak."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from strawberry.dataloader import DataLoader

from auth.caller import Caller
from models.values import Row
from resolvers import contacts, labels


class Loaders:
    """The loaders of one operation, whose `caller` may sign in on the way."""

    def __init__(self, caller: Callable[[], Caller]) -> None:
        self._caller = caller
        self.labels_of_contact: DataLoader[UUID, list[Row]] = DataLoader(self._labels_of_contact)
        self.contacts_with_label: DataLoader[UUID, int] = DataLoader(self._contacts_with_label)

    async def _labels_of_contact(self, contact_ids: list[UUID]) -> list[list[Row]]:
        found = await contacts.labels_of(self._caller(), contact_ids)
        return [found[contact_id] for contact_id in contact_ids]

    async def _contacts_with_label(self, label_ids: list[UUID]) -> list[int]:
        found = await labels.counts(self._caller(), label_ids)
        return [found.get(label_id, 0) for label_id in label_ids]
