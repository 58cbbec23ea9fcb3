"""What people do with contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from auth.caller import Caller
from auth.permissions import Permission
from models import legacy, rules
from models.audit import AuditEntry
from models.contact import Contact
from models.contact_search import ContactQuery
from models.errors import NotFound
from models.idempotency import IdempotencyKey
from models.label import ContactLabel, Label
from models.paging import Page, Window
from models.retries import retried
from models.tenancy import through, within
from models.tenant import Tenant
from models.values import Row


async def find(caller: Caller, contact_id: UUID, columns: frozenset[str] | None = None) -> Row | None:
    """The contact, in the trash or not, with these of its columns; None where the tenant has none of this id."""
    async with through(caller.to(Permission.CONTACTS_READ)):
        return await Contact.maybe(contact_id, columns)


async def many(caller: Caller, contact_ids: Sequence[UUID]) -> dict[UUID, Row]:
    """Those of the contacts that the tenant has, by id."""
    async with within(caller.to(Permission.CONTACTS_READ)):
        return await Contact.many(contact_ids)


async def search(caller: Caller, query: ContactQuery, window: Window, columns: frozenset[str] | None = None) -> Page:
    """One page of the contacts that are asked for, with these of their columns."""
    async with through(caller.to(Permission.CONTACTS_READ)):
        return await query.page(window, columns)


async def count(caller: Caller, query: ContactQuery) -> int:
    """How many contacts are asked for."""
    async with through(caller.to(Permission.CONTACTS_READ)):
        return await query.count()


async def labels_of(caller: Caller, contact_ids: Sequence[UUID], columns: frozenset[str] | None = None) -> dict[UUID, list[Row]]:
    """Each contact's labels, by name, with these of their columns."""
    async with through(caller.to(Permission.LABELS_READ)):
        return await Label.of_contacts(contact_ids, columns)


@retried
async def add(
    caller: Caller,
    values: Mapping[str, Any],
    label_ids: Sequence[UUID | None] = (),
    columns: frozenset[str] | None = None,
    key: str | None = None,
) -> Row:
    """A new contact with these labels; answers with these columns. Refuses with a field's rule, or NotFound for a label.

    With an idempotency key it may be called again, and refuses with IdempotencyKeyReused where the input is another one.
    """
    if key is not None:
        return (await _add_once(caller, key, values, label_ids))[0]
    door = within if label_ids else through
    async with door(caller.to(Permission.CONTACTS_WRITE)):
        row = await Contact.add(values, columns)
        if label_ids:
            await ContactLabel.put(row["id"], label_ids, "contact", "labelIds")
        return row


@retried
async def change(
    caller: Caller,
    contact_id: UUID | None,
    values: Mapping[str, Any],
    *,
    label_ids: Sequence[UUID | None] | None = None,
    expected_version: int | None = None,
) -> Row:
    """The contact after the change; where labels are given, they are the new ones. Refuses with NotFound or StaleVersion."""
    async with within(caller.to(Permission.CONTACTS_WRITE)):
        if contact_id is None:
            raise NotFound("There is no such contact.", ("id",))
        row = await Contact.change(contact_id, values, expected_version)
        if label_ids is not None:
            await ContactLabel.put(row["id"], label_ids, "contact", "labelIds")
        return row


@retried
async def delete(caller: Caller, contact_ids: Sequence[UUID | None], *, permanently: bool) -> None:
    """Puts contacts into the trash, or removes them for good, all or none. Refuses with NotFound and the path of the first miss, or
    with NotAllowed what is for good under legal hold.
    """
    permission = Permission.CONTACTS_DELETE if permanently else Permission.CONTACTS_WRITE
    async with within(caller.to(permission)):
        if permanently:
            await Tenant.refuse_held()
        found = await _all(contact_ids)
        if not permanently:
            await Contact.trash(found)
            return
        await Contact.remove(found)
        await AuditEntry.append("contacts.deleted", caller.origin, actor=caller.user, count=len(found))


@retried
async def restore(caller: Caller, contact_ids: Sequence[UUID | None]) -> list[Row]:
    """The contacts, taken out of the trash, all or none. Refuses with NotFound and the path of the first miss."""
    async with within(caller.to(Permission.CONTACTS_WRITE)):
        found = await _all(contact_ids)
        await Contact.restore(found)
        rows = await Contact.many(found)
        return [rows[contact_id] for contact_id in found]


async def by_number(caller: Caller, number: int) -> Row:
    """The contact that the old routes call by this number. Refuses with NotFound."""
    async with within(caller.to(Permission.CONTACTS_READ)):
        return await _numbered(number)


async def numbered(caller: Caller, query: ContactQuery, *, after: int, offset: int, limit: int) -> list[Row]:
    """Contacts for the old routes, by number: at most `limit` above `after`, with `offset` skipped."""
    async with through(caller.to(Permission.CONTACTS_READ)):
        return await query.numbered(after, offset, limit)


async def add_numbered(caller: Caller, values: Mapping[str, Any], key: str | None = None) -> tuple[Row, bool]:
    """A new contact under the old rules too, and whether it was there already. Refuses with the first that is broken.

    With an idempotency key it may be called again, and refuses with IdempotencyKeyReused where the input is another one.
    """
    async with through(caller.to(Permission.CONTACTS_WRITE)):
        legacy.contact(values)
        if key is None:
            return await Contact.add(values), False
    return await _add_once(caller, key, values, ())


@retried
async def change_numbered(caller: Caller, number: int, values: Mapping[str, Any], expected_version: int | None) -> Row:
    """The contact of this number after the change, under the old rules too. Refuses with a rule, NotFound or StaleVersion."""
    async with within(caller.to(Permission.CONTACTS_WRITE)):
        legacy.contact(values)
        return await Contact.change((await _numbered(number))["id"], values, expected_version)


@retried
async def delete_numbered(caller: Caller, number: int, expected_version: int | None) -> None:
    """Puts the contact of this number into the trash. Refuses with NotFound or StaleVersion."""
    async with within(caller.to(Permission.CONTACTS_WRITE)):
        row = await _numbered(number)
        if expected_version is not None:
            await Contact.change(row["id"], {}, expected_version)
        await Contact.trash([row["id"]])


@retried
async def _add_once(caller: Caller, key: str, values: Mapping[str, Any], label_ids: Sequence[UUID | None]) -> tuple[Row, bool]:
    """The contact that was made with this key, and whether that was before."""
    async with within(caller.to(Permission.CONTACTS_WRITE)):
        kept = Contact.checked(values)
        made = await IdempotencyKey.claim(caller.user, key, kept, label_ids)
        if made.number is not None:
            return Contact.drafted(kept, made), True
        row = await Contact.add(kept, made=made)
        if label_ids:
            await ContactLabel.put(made.id, label_ids, "contact", "labelIds")
        await IdempotencyKey.settle(row)
        return row, False


async def _numbered(number: int) -> Row:
    row = await Contact.maybe_by_number(number)
    if row is None:
        raise NotFound(f"Person with id {number} not found", ("id",))
    return row


async def _all(contact_ids: Sequence[UUID | None]) -> list[UUID]:
    rules.at_most(contact_ids, rules.IDS_AT_ONCE, "ids")
    known = await Contact.lock([contact_id for contact_id in contact_ids if contact_id is not None])
    found: list[UUID] = []
    for position, contact_id in enumerate(contact_ids):
        if contact_id is None or contact_id not in known:
            raise NotFound("There is no such contact.", ("ids", str(position)))
        if contact_id not in found:
            found.append(contact_id)
    return found
