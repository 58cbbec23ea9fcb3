"""Contacts and their labels, as GraphQL shows them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from gql.contacts_input import ContactDraft, ContactFilter, ContactOrder, ContactPatch, columns
from gql.context import Info
from gql.cost import CHANGES, PAGED, at_most, weighs
from gql.enums import Gender
from gql.errors import Refusals, UserError, user_errors
from gql.loaders import batched
from gql.nodes import NOBODY, Node, identity, parse_id
from gql.paging import After, Before, Connection, First, Last
from models.contact_search import EVERYTHING, ContactQuery
from models.paging import Window
from models.rules import IDS_AT_ONCE, LABELS_A_CONTACT
from models.values import Row
from resolvers import contacts as resolver

if TYPE_CHECKING:
    from gql.labels import Label


LazyLabel = Annotated["Label", strawberry.lazy("gql.labels")]


async def _labels_of(info: Info, contact_ids: list[UUID]) -> dict[UUID, list[Row]]:
    return await resolver.labels_of(info.context.caller, contact_ids, info.columns)


@strawberry.type(description="A person or a company in the address book.")
class Contact(Node):
    """Reads a row of `contacts`."""

    id: strawberry.ID = identity("contact")
    version: int = strawberry.field(
        description="Grows by one with each change; pass it as expectedVersion to refuse a lost update. REST sends it as the ETag."
    )
    name: str = strawberry.field(description="How the contact is called in full; never empty, at most 200 characters.")
    given_name: str | None = strawberry.field(description="At most 200 characters.")
    family_name: str | None = strawberry.field(description="At most 200 characters.")
    nickname: str | None = strawberry.field(description="At most 200 characters.")
    gender: Gender | None = strawberry.field(description="Null where nothing was told.")
    age: int | None = strawberry.field(description="In years, as it was recorded, on ageRecordedAt.")
    age_recorded_at: datetime | None = strawberry.field(description="When the age was recorded.")
    email: str | None = strawberry.field(description="One address, at most 254 characters.")
    phone: str | None = strawberry.field(description="As people write it, at most 40 characters.")
    address: str | None = strawberry.field(description="At most 500 characters.")
    organization: str | None = strawberry.field(description="At most 200 characters.")
    job_title: str | None = strawberry.field(description="At most 200 characters.")
    notes: str | None = strawberry.field(description="At most 10,000 characters.")
    favorite: bool = strawberry.field(description="Whether somebody of the tenant marked it.")
    labels: list[LazyLabel] = batched(_labels_of, description="At most 50, by name.", directives=[at_most(LABELS_A_CONTACT)])
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it last changed.")
    deleted_at: datetime | None = strawberry.field(description="Set while the contact lies in the trash.")


@strawberry.input(description="A new contact.")
class CreateContactInput:
    """Input of createContact."""

    contact: ContactDraft = strawberry.field(description="What to keep.")
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="1 to 255 printable characters of ASCII, fresh for each contact: replays the first answer for 24 hours; the "
        "same key with another input is IDEMPOTENCY_KEY_REUSED.",
    )


@strawberry.input(description="A change of a contact.")
class UpdateContactInput:
    """Input of updateContact."""

    id: strawberry.ID = strawberry.field(description="Which contact.")
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse where the contact has another version by now."
    )
    contact: ContactPatch = strawberry.field(description="What to change.")


@strawberry.input(description="Contacts to throw away.")
class DeleteContactsInput:
    """Input of deleteContacts."""

    ids: list[strawberry.ID] = strawberry.field(description="At most 100; all of them or none.")
    permanently: bool = strawberry.field(default=False, description="Remove them for good, instead of putting them into the trash.")


@strawberry.input(description="Contacts to take out of the trash.")
class RestoreContactsInput:
    """Input of restoreContacts."""

    ids: list[strawberry.ID] = strawberry.field(description="At most 100; all of them or none.")


@strawberry.type(description="The contact that was made or changed.")
class ContactPayload:
    """Answer of createContact and updateContact."""

    contact: Contact | None = strawberry.field(default=None, description="Null where it was refused.")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="The contacts that were taken out of the trash.")
class ContactsPayload:
    """Answer of restoreContacts."""

    contacts: list[Contact] = strawberry.field(
        default_factory=list,
        description="In the order of the ids; empty where it was refused.",
        directives=[at_most(IDS_AT_ONCE)],
    )
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="The contacts that were thrown away.")
class DeleteContactsPayload:
    """Answer of deleteContacts."""

    deleted_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="All of the ids, or none.", directives=[at_most(IDS_AT_ONCE)]
    )
    user_errors: list[UserError] = user_errors()


@strawberry.type
class ContactQueries:
    """Root fields that read contacts and labels."""

    @strawberry.field(description="The contact of this id, in the trash or not; null where there is none.")
    async def contact(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Which contact.")]
    ) -> Contact | None:
        """One contact."""
        # What is no id is asked for, too, as what nobody has: the session is looked at either way.
        return Contact.maybe(await resolver.find(info.context.caller, parse_id("contact", id) or NOBODY, info.columns))

    @strawberry.field(description="Contacts, by name unless ordered otherwise.", directives=[PAGED])
    async def contacts(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        search: Annotated[
            str | None,
            strawberry.argument(
                description="Words that all stand in the names, the e-mail address, the organisation or the phone's digits, "
                "whatever their case and accents. At most 200 characters."
            ),
        ] = None,
        trashed: Annotated[bool, strawberry.argument(description="Those in the trash, instead of those outside it.")] = False,
        filter: Annotated[ContactFilter | None, strawberry.argument(description="Conditions that all hold.")] = None,
        order_by: Annotated[list[ContactOrder] | None, strawberry.argument(description="At most 4; ties go by id.")] = None,
    ) -> Connection[Contact] | None:
        """One page of contacts."""
        query = ContactQuery(
            search=search,
            trashed=trashed,
            filter=filter.value() if filter else EVERYTHING,
            order=[order.value() for order in order_by or ()],
        )
        return await listing(info, query, Window.of(first, after, last, before))


@strawberry.type
class ContactMutations:
    """Root fields that change contacts and labels."""

    @strawberry.mutation(
        description="Keeps a new contact. EDITOR and above.", extensions=[Refusals()], directives=[weighs(CHANGES)]
    )
    async def create_contact(self, info: Info, input: CreateContactInput) -> ContactPayload:
        """A new contact."""
        values, label_ids = columns(input.contact)
        row = await resolver.add(info.context.caller, values, label_ids or (), info.columns, input.idempotency_key)
        return ContactPayload(contact=Contact.of(row))

    @strawberry.mutation(
        description="Changes a contact: omitted keeps, null clears. EDITOR and above.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def update_contact(self, info: Info, input: UpdateContactInput) -> ContactPayload:
        """The changed contact."""
        values, label_ids = columns(input.contact)
        row = await resolver.change(
            info.context.caller,
            parse_id("contact", input.id),
            values,
            label_ids=label_ids,
            expected_version=input.expected_version,
        )
        return ContactPayload(contact=Contact.of(row))

    @strawberry.mutation(
        description="Puts contacts into the trash (EDITOR and above), or removes them for good (ADMIN and above).",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def delete_contacts(self, info: Info, input: DeleteContactsInput) -> DeleteContactsPayload:
        """Their ids."""
        ids = [parse_id("contact", text) for text in input.ids]
        await resolver.delete(info.context.caller, ids, permanently=input.permanently)
        return DeleteContactsPayload(deleted_ids=list(dict.fromkeys(input.ids)))

    @strawberry.mutation(
        description="Takes contacts out of the trash. EDITOR and above.", extensions=[Refusals()], directives=[weighs(CHANGES)]
    )
    async def restore_contacts(self, info: Info, input: RestoreContactsInput) -> ContactsPayload:
        """The contacts."""
        rows = await resolver.restore(info.context.caller, [parse_id("contact", text) for text in input.ids])
        return ContactsPayload(contacts=[Contact.of(row) for row in rows])


async def listing(info: Info, query: ContactQuery, window: Window) -> Connection[Contact]:
    """One page, of a caller who may read contacts."""
    context, columns = info.context, info.columns
    caller = context.caller

    async def count() -> int:
        async with context.turn:
            return await resolver.count(caller, query)

    async with context.turn:
        return Connection(page=await resolver.search(caller, query, window, columns), counting=count)
