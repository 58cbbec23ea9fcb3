"""Labels, as GraphQL shows them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import strawberry

from gql.contacts import Contact, listing
from gql.context import Info
from gql.cost import CHANGES, PAGED, at_most, weighs
from gql.errors import Refusals, UserError, user_errors
from gql.loaders import batched
from gql.nodes import Node, identity, parse_id
from gql.paging import After, Before, Connection, First, Last
from gql.payloads import DeletePayload
from models.contact_search import ContactQuery
from models.paging import Window
from models.rules import LABELS_A_TENANT
from resolvers import labels


async def _contact_counts(info: Info, label_ids: list[UUID]) -> dict[UUID, int]:
    return await labels.counts(info.context.caller, label_ids)


async def _contacts_of(
    root: strawberry.Parent[Any],
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Contact]:
    return await listing(info, ContactQuery(label=root["id"]), Window.of(first, after, last, before))


@strawberry.type(description="A name, and perhaps a colour, by which contacts are sorted.")
class Label(Node):
    """Reads a row of `labels`."""

    id: strawberry.ID = identity("label")
    name: str = strawberry.field(description="Unique in the tenant, whatever its case and accents; at most 80 characters.")
    color: str | None = strawberry.field(description="As #rrggbb.")
    contact_count: int = batched(
        _contact_counts, description="How many contacts outside the trash carry it.", directives=[weighs(1)]
    )
    contacts: Connection[Contact] = strawberry.field(
        resolver=_contacts_of,
        description="Contacts outside the trash that carry it, by name.",
        directives=[PAGED],
        metadata={"columns": ("id",)},
    )


@strawberry.input(description="A new label.")
class CreateLabelInput:
    """Input of createLabel."""

    name: str = strawberry.field(description="At most 80 characters.")
    color: str | None = strawberry.field(default=None, description="As #rrggbb.")


@strawberry.input(description="A change of a label. What is omitted stays; null clears.")
class UpdateLabelInput:
    """Input of updateLabel."""

    id: strawberry.ID = strawberry.field(description="Which label.")
    name: strawberry.Maybe[str | None] = strawberry.field(description="At most 80 characters.")
    color: strawberry.Maybe[str | None] = strawberry.field(description="As #rrggbb.")


@strawberry.input(description="A label to remove.")
class DeleteLabelInput:
    """Input of deleteLabel."""

    id: strawberry.ID = strawberry.field(description="Which label.")


@strawberry.type(description="The label that was made or changed.")
class LabelPayload:
    """Answer of createLabel and updateLabel."""

    label: Label | None = strawberry.field(default=None, description="Null where it was refused.")
    user_errors: list[UserError] = user_errors()


@strawberry.type
class LabelQueries:
    """Root fields that read labels."""

    @strawberry.field(description="All labels of the tenant, at most 500, by name.", directives=[at_most(LABELS_A_TENANT)])
    async def labels(self, info: Info) -> list[Label] | None:
        """Every label."""
        return [Label.of(row) for row in await labels.everyone(info.context.caller)]


@strawberry.type
class LabelMutations:
    """Root fields that change labels."""

    @strawberry.mutation(description="Makes a label. EDITOR and above.", extensions=[Refusals()], directives=[weighs(CHANGES)])
    async def create_label(self, info: Info, input: CreateLabelInput) -> LabelPayload:
        """A new label."""
        return LabelPayload(label=Label.of(await labels.add(info.context.caller, input.name, input.color)))

    @strawberry.mutation(
        description="Changes a label: omitted keeps, null clears. EDITOR and above.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def update_label(self, info: Info, input: UpdateLabelInput) -> LabelPayload:
        """The changed label."""
        values = {name: given.value for name, given in (("name", input.name), ("color", input.color)) if given is not None}
        return LabelPayload(label=Label.of(await labels.change(info.context.caller, parse_id("label", input.id), values)))

    @strawberry.mutation(
        description="Removes a label, from all its contacts too. EDITOR and above.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def delete_label(self, info: Info, input: DeleteLabelInput) -> DeletePayload:
        """Its id."""
        await labels.delete(info.context.caller, parse_id("label", input.id))
        return DeletePayload(deleted_id=input.id)
