"""What people do with labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from auth.caller import Caller
from auth.permissions import Permission
from models.audit import AuditEntry
from models.errors import NotFound
from models.label import Label
from models.retries import retried
from models.tenancy import through, within
from models.values import Row


async def everyone(caller: Caller) -> list[Row]:
    """All labels by name, at most 500."""
    async with through(caller.to(Permission.LABELS_READ)):
        return await Label.everyone()


async def many(caller: Caller, label_ids: Sequence[UUID]) -> dict[UUID, Row]:
    """Those of the labels that the tenant has, by id."""
    async with within(caller.to(Permission.LABELS_READ)):
        return await Label.many(label_ids)


async def counts(caller: Caller, label_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many contacts outside the trash carry each label."""
    async with through(caller.to(Permission.LABELS_READ)):
        return await Label.counts(label_ids)


@retried
async def add(caller: Caller, name: str, color: str | None) -> Row:
    """A new label. Refuses with LabelTaken, TooMany, or a field's rule."""
    async with within(caller.to(Permission.LABELS_WRITE)):
        return await Label.add(name, color)


@retried
async def change(caller: Caller, label_id: UUID | None, values: dict[str, Any]) -> Row:
    """The label after the change. Refuses with NotFound, LabelTaken, or a field's rule."""
    async with within(caller.to(Permission.LABELS_WRITE)):
        return await Label.change(_known(label_id), **values)


@retried
async def delete(caller: Caller, label_id: UUID | None) -> None:
    """Removes the label from the tenant and from all its contacts. Refuses with NotFound."""
    async with within(caller.to(Permission.LABELS_WRITE)):
        label_id = _known(label_id)
        await Label.remove(label_id)
        await AuditEntry.append("label.deleted", caller.origin, actor=caller.user, target=label_id)


def _known(label_id: UUID | None) -> UUID:
    if label_id is None:
        raise NotFound("There is no such label.", ("id",))
    return label_id
