"""A label: a name, and perhaps a colour, by which a tenant sorts its contacts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from tortoise import Model, fields

from models import rules
from models.errors import NotFound, TooMany
from models.tenancy import TenantManager, ask, behind, chosen, create, own
from models.values import Row, new_id, now


class Label(Model):
    """What is kept of a label."""

    id = fields.UUIDField(primary_key=True)
    tenant_id = fields.UUIDField()
    name = fields.TextField()
    color = fields.TextField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "labels"
        manager = TenantManager()

    @classmethod
    async def add(cls, name: str, color: str | None) -> Row:
        """A new label. Refuses with LabelTaken or TooMany."""
        if await cls.all().count() >= rules.LABELS_A_TENANT:
            raise TooMany(f"A tenant has at most {rules.LABELS_A_TENANT} labels.", ("name",))
        return await create(
            cls,
            id=new_id(),
            name=rules.required(name, rules.LABEL_LENGTH, "name"),
            color=rules.color(color, "color"),
            created_at=now(),
        )

    @classmethod
    async def maybe(cls, label_id: UUID) -> Row | None:
        """The label's row, or None."""
        return await cls.filter(id=label_id).first().values()

    @classmethod
    async def many(cls, label_ids: Sequence[UUID]) -> dict[UUID, Row]:
        """The rows of those labels that exist, by id."""
        return {row["id"]: row for row in await cls.filter(id__in=list(label_ids)).values()}

    @classmethod
    async def everyone(cls) -> list[Row]:
        """All labels by name, at most 500."""
        return await ask(
            behind(f"SELECT l.* FROM labels l WHERE {own('l')} ORDER BY l.name_key, l.id LIMIT {rules.LABELS_A_TENANT}")
        )

    @classmethod
    async def of_contacts(cls, contact_ids: Sequence[UUID], columns: frozenset[str] | None = None) -> dict[UUID, list[Row]]:
        """Each contact's labels by name, with these of their columns, in one statement."""
        rows = await ask(_of_contacts(columns), list(contact_ids))
        found: dict[UUID, list[Row]] = {contact_id: [] for contact_id in contact_ids}
        for row in rows:
            found[row["contact_id"]].append(row)
        return found

    @classmethod
    async def counts(cls, label_ids: Sequence[UUID]) -> dict[UUID, int]:
        """How many contacts outside the trash carry each label, in one statement."""
        rows = await ask(
            behind(
                "SELECT x.label_id, count(*) AS n FROM contact_labels x "
                "JOIN contacts c ON c.tenant_id = x.tenant_id AND c.id = x.contact_id AND c.deleted_at IS NULL "
                f"WHERE {own('x')} AND x.label_id = ANY ($4::uuid[]) GROUP BY x.label_id OFFSET 0"
            ),
            list(label_ids),
        )
        return dict.fromkeys(label_ids, 0) | {row["label_id"]: row["n"] for row in rows}

    @classmethod
    async def change(cls, label_id: UUID, **values: Any) -> Row:
        """The row after these columns took their new values. Refuses with NotFound or LabelTaken."""
        if "name" in values:
            values["name"] = rules.required(values["name"], rules.LABEL_LENGTH, "name")
        if "color" in values:
            values["color"] = rules.color(values["color"], "color")
        if values:
            await cls.filter(id=label_id).update(**values)
        row = await cls.maybe(label_id)
        if row is None:
            raise NotFound("There is no such label.", ("id",))
        return row

    @classmethod
    async def remove(cls, label_id: UUID) -> None:
        """Removes a label from the tenant and from all its contacts. Refuses with NotFound."""
        if not await cls.filter(id=label_id).delete():
            raise NotFound("There is no such label.", ("id",))


@lru_cache(256)
def _of_contacts(columns: frozenset[str] | None) -> str:
    return behind(
        f"SELECT x.contact_id, {chosen(Label, 'l', columns)} FROM contact_labels x "
        "JOIN labels l ON l.tenant_id = x.tenant_id AND l.id = x.label_id "
        f"WHERE {own('x')} AND x.contact_id = ANY ($4::uuid[]) ORDER BY l.name_key, l.id OFFSET 0"
    )


class ContactLabel(Model):
    """That a contact carries a label. An explicit model: an implicit many-to-many would not write the tenant."""

    contact_id = fields.UUIDField(primary_key=True)
    tenant_id = fields.UUIDField()
    label_id = fields.UUIDField()

    class Meta:
        table = "contact_labels"
        manager = TenantManager()

    @classmethod
    async def put(cls, contact_id: UUID, label_ids: Sequence[UUID | None], *path: str) -> bool:
        """Makes these the contact's labels; whether that changed anything. An unknown label (None too) is refused as NotFound."""
        rules.at_most(label_ids, rules.LABELS_A_CONTACT, *path)
        wanted = set(label_ids)
        known = await Label.many([label_id for label_id in wanted if label_id is not None])
        for position, label_id in enumerate(label_ids):
            if label_id not in known:
                raise NotFound("There is no such label.", (*path, str(position)))
        present = set(await cls.filter(contact_id=contact_id).values_list("label_id", flat=True))
        if gone := present - wanted:
            await cls.filter(contact_id=contact_id, label_id__in=list(gone)).delete()
        for label_id in wanted - present:
            await create(cls, contact_id=contact_id, label_id=label_id)
        return present != wanted
