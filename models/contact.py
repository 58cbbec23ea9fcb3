"""A contact: one row, as people keep it in their tenant's address book."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from tortoise import Model, fields
from tortoise.expressions import F

from models import rules
from models.errors import NotFound, StaleVersion
from models.tenancy import DOOR, TenantManager, ask, behind, chosen, own, record
from models.values import Gender, Made, Row, now

_CHECKS: Final[dict[str, Callable[[Any], Any]]] = {
    "name": lambda value: rules.required(value, rules.NAME_LENGTH, "contact", "name"),
    "given_name": lambda value: rules.optional(value, rules.NAME_LENGTH, "contact", "givenName"),
    "family_name": lambda value: rules.optional(value, rules.NAME_LENGTH, "contact", "familyName"),
    "nickname": lambda value: rules.optional(value, rules.NAME_LENGTH, "contact", "nickname"),
    "gender": lambda value: value,
    "age": lambda value: rules.age(value, "contact", "age"),
    "email": lambda value: rules.optional_email(value, "contact", "email"),
    "phone": lambda value: rules.phone(value, "contact", "phone"),
    "address": lambda value: rules.optional(value, rules.ADDRESS_LENGTH, "contact", "address"),
    "organization": lambda value: rules.optional(value, rules.TITLE_LENGTH, "contact", "organization"),
    "job_title": lambda value: rules.optional(value, rules.TITLE_LENGTH, "contact", "jobTitle"),
    "notes": lambda value: rules.optional(value, rules.NOTES_LENGTH, "contact", "notes"),
    "favorite": lambda value: rules.flag(value, "contact", "favorite"),
}


class Contact(Model):
    """What is kept of a contact. `number` is the int32 of the old routes; Postgres makes the columns for order and search."""

    id = fields.UUIDField(primary_key=True)
    tenant_id = fields.UUIDField()
    number = fields.IntField(generated=True)
    version = fields.IntField(default=1)
    name = fields.TextField()
    given_name = fields.TextField(null=True)
    family_name = fields.TextField(null=True)
    nickname = fields.TextField(null=True)
    gender = fields.CharEnumField(Gender, max_length=20, null=True)
    age = fields.IntField(null=True)
    age_recorded_at = fields.DatetimeField(null=True)
    email = fields.TextField(null=True)
    phone = fields.TextField(null=True)
    address = fields.TextField(null=True)
    organization = fields.TextField(null=True)
    job_title = fields.TextField(null=True)
    notes = fields.TextField(null=True)
    favorite = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "contacts"
        manager = TenantManager()

    @classmethod
    def check(cls, column: str, value: Any) -> Any:
        """What to keep of a value in this column. Refuses with the column's rule."""
        return _CHECKS[column](value)

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """What to keep of these values. Refuses with the first rule that is broken."""
        return {column: _CHECKS[column](value) for column, value in values.items()}

    @classmethod
    async def add(cls, values: Mapping[str, Any], columns: frozenset[str] | None = None, made: Made | None = None) -> Row:
        """A new contact from its columns, what is left out is empty; answers with these of them. Refuses with the field's rule."""
        row = cls.drafted(values, made or Made.now())
        return (await ask(_add(columns), *(row[column] for column in _ADDED)))[0]

    @classmethod
    def drafted(cls, values: Mapping[str, Any], made: Made) -> Row:
        """The row of a new contact, as the database answers it when it keeps it. Refuses with the field's rule."""
        row: Row = {**_EMPTY, **cls.checked({"name": None, **values})}
        row |= {"id": made.id, "number": made.number, "created_at": made.at, "updated_at": made.at}
        row["age_recorded_at"] = None if row["age"] is None else made.at
        return row

    @classmethod
    async def maybe(cls, contact_id: UUID, columns: frozenset[str] | None = None) -> Row | None:
        """The contact's row, in the trash or not, with these of its columns; or None."""
        rows = await ask(_one(columns), contact_id)
        return rows[0] if rows else None

    @classmethod
    async def many(cls, contact_ids: Sequence[UUID]) -> dict[UUID, Row]:
        """The rows of those contacts that exist, by id."""
        return {row["id"]: row for row in await cls.filter(id__in=list(contact_ids)).values()}

    @classmethod
    async def maybe_by_number(cls, number: int) -> Row | None:
        """The row of the contact that the old routes call by this number, or None; what lies in the trash is gone for them."""
        return await cls.filter(number=number, deleted_at=None).first().values()

    @classmethod
    async def change(cls, contact_id: UUID, values: Mapping[str, Any], expected_version: int | None) -> Row:
        """The row after these columns took their new values. Refuses with NotFound, StaleVersion, or the field's rule.

        Inside one transaction the row is locked first, so that of two writers with one expected version one wins.
        """
        kept = cls.checked(values)
        row = await cls._locked(contact_id, expected_version)
        if "age" in kept and kept["age"] != row["age"]:
            kept["age_recorded_at"] = None if kept["age"] is None else now()
        return await cls._write(row, **kept)

    @classmethod
    async def trash(cls, contact_ids: Sequence[UUID]) -> None:
        """Puts contacts into the trash; those that lie there stay as they are."""
        moment = now()
        await cls.filter(id__in=list(contact_ids), deleted_at=None).update(
            deleted_at=moment, updated_at=moment, version=F("version") + 1
        )

    @classmethod
    async def restore(cls, contact_ids: Sequence[UUID]) -> None:
        """Takes contacts out of the trash; those outside it stay as they are."""
        await cls.filter(id__in=list(contact_ids), deleted_at__not_isnull=True).update(
            deleted_at=None, updated_at=now(), version=F("version") + 1
        )

    @classmethod
    async def remove(cls, contact_ids: Sequence[UUID]) -> None:
        """Removes contacts for good."""
        await cls.filter(id__in=list(contact_ids)).delete()

    @classmethod
    async def lock(cls, contact_ids: Sequence[UUID]) -> set[UUID]:
        """Which of these exist, locked in one order until the door closes."""
        rows = await ask(
            behind(f"SELECT c.id FROM contacts c WHERE {own('c')} AND c.id = ANY ($4::uuid[]) ORDER BY c.id OFFSET 0 FOR UPDATE"),
            list(contact_ids),
        )
        return {row["id"] for row in rows}

    @classmethod
    async def count(cls) -> int:
        """How many contacts the tenant has, without the trash."""
        return await cls.filter(deleted_at=None).count()

    @classmethod
    async def _locked(cls, contact_id: UUID, expected_version: int | None) -> Row:
        contact = await cls.filter(id=contact_id).select_for_update().first()
        if contact is None:
            raise NotFound("There is no such contact.", ("id",))
        row = record(contact)
        if expected_version is not None and row["version"] != expected_version:
            raise StaleVersion(
                f"The contact has changed: it is at version {row['version']}, not {expected_version}.",
                ("expectedVersion",),
                row,
            )
        return row

    @classmethod
    async def _write(cls, row: Row, **values: Any) -> Row:
        values |= {"version": row["version"] + 1, "updated_at": now()}
        await cls.filter(id=row["id"]).update(**values)
        changed: Row = {**row, **values}
        return changed


_ADDED: Final = ("id", "created_at", "updated_at", "age_recorded_at", *_CHECKS)
"""The columns that a new contact is given; the database gives it the others."""

_EMPTY: Final[Row] = {**dict.fromkeys(_CHECKS), "favorite": False, "version": 1, "deleted_at": None}
"""What stands in a new contact where nothing was given."""


@lru_cache(256)
def _add(columns: frozenset[str] | None) -> str:
    values = ", ".join(f"${n}" for n in range(4, 4 + len(_ADDED)))
    return (
        f"INSERT INTO contacts (tenant_id, {', '.join(_ADDED)}) SELECT d.tenant, {values} FROM {DOOR} "
        f"RETURNING {chosen(Contact, 'contacts', columns)}"
    )


@lru_cache(256)
def _one(columns: frozenset[str] | None) -> str:
    return behind(f"SELECT {chosen(Contact, 'c', columns)} FROM contacts c WHERE {own('c')} AND c.id = $4 LIMIT 1")
