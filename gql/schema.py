"""The schema: every root field, and the lookup of nodes by their ids."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Annotated, Final
from uuid import UUID

import strawberry
from strawberry.schema.config import StrawberryConfig

from auth.caller import Caller
from gql.accounts import AccountMutations
from gql.audit import AuditEntry, AuditQueries
from gql.budget import BudgetQueries
from gql.contacts import Contact, ContactMutations, ContactQueries
from gql.context import Info
from gql.cost import at_most
from gql.credentials import CredentialMutations
from gql.errors import USER_ERRORS
from gql.exports import ExportMutations
from gql.invitations import Invitation, InvitationMutations
from gql.jobs import KINDS, JobMutations, JobQueries, MailJob, typed
from gql.labels import Label, LabelMutations, LabelQueries
from gql.nodes import DATE_TIME, Node, kind_of, parse_id, read
from gql.sessions import SessionMutations
from gql.tenants import Tenant, TenantMutations, TenantQueries, TenantSummary
from gql.users import User, UserMutations
from gql.viewer import Session, ViewerQueries
from models.errors import BadRequest, Forbidden
from models.rules import IDS_AT_ONCE
from models.values import Row
from resolvers import audit, contacts, invitations, jobs, labels, sessions, tenants, users


async def _own_tenant(caller: Caller, ids: Sequence[UUID]) -> dict[UUID, Row]:
    return {caller.tenant: await tenants.own(caller)} if caller.tenant in ids else {}


async def _own_sessions(caller: Caller, ids: Sequence[UUID]) -> dict[UUID, Row]:
    return {row["id"]: row for row in await sessions.mine(caller) if row["id"] in ids}


async def _invitations(caller: Caller, ids: Sequence[UUID]) -> dict[UUID, Row]:
    return {row["id"]: row for row in await invitations.pending(caller) if row["id"] in ids}


async def _jobs(caller: Caller, ids: Sequence[UUID]) -> dict[UUID, Row]:
    return {job_id: typed(row) for job_id, row in (await jobs.many(caller, ids)).items()}


Lookup = Callable[[Caller, Sequence[UUID]], Awaitable[dict[UUID, Row]]]


def _if_allowed(lookup: Lookup) -> Lookup:
    async def found(caller: Caller, ids: Sequence[UUID]) -> dict[UUID, Row]:
        # Like every id that names nothing for the viewer; an error would take the other nodes along.
        with suppress(Forbidden):
            return await lookup(caller, ids)
        return {}

    return found


NODES: Final[dict[str, tuple[type[Node], Lookup]]] = {
    "auditentry": (AuditEntry, _if_allowed(audit.many)),
    "contact": (Contact, contacts.many),
    "invitation": (Invitation, _invitations),
    "job": (MailJob, _if_allowed(_jobs)),
    "label": (Label, labels.many),
    "session": (Session, _own_sessions),
    "tenant": (Tenant, _own_tenant),
    "tenantsummary": (TenantSummary, _if_allowed(tenants.many)),
    "user": (User, users.many),
}
"""Each type that has an id, by the id's kind, and how the rows of many ids are found."""


async def _nodes(info: Info, ids: Sequence[strawberry.ID]) -> list[Node | None]:
    if len(ids) > IDS_AT_ONCE:
        raise BadRequest(f"ids takes at most {IDS_AT_ONCE} ids, not {len(ids)}.", ("ids",))
    caller = info.context.caller
    found: dict[str, Row] = {}
    for kind in {kind_of(text) for text in ids} & NODES.keys():
        wanted = {text: uuid for text in ids if (uuid := parse_id(kind, text)) is not None}
        node, lookup = NODES[kind]
        rows = await lookup(caller, list(wanted.values())) if wanted else {}
        found |= {text: {"__typename": node.__name__, **rows[uuid]} for text, uuid in wanted.items() if uuid in rows}
    return [Node.maybe(found.get(text)) for text in ids]


@strawberry.type
class NodeQueries:
    """Root fields that find anything by its id."""

    @strawberry.field(description="Whatever has this id; null where the viewer has nothing of it.")
    async def node(self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Any id.")]) -> Node | None:
        """One node."""
        return (await _nodes(info, [id]))[0]

    @strawberry.field(
        description="Whatever has these ids, in their order, with null for what the viewer has not.",
        directives=[at_most(IDS_AT_ONCE)],
    )
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="At most 100.")]
    ) -> list[Node | None]:
        """Many nodes."""
        return await _nodes(info, ids)


@strawberry.type(description="What can be read.")
class Query(ViewerQueries, NodeQueries, ContactQueries, LabelQueries, JobQueries, AuditQueries, TenantQueries, BudgetQueries):
    """The root of queries."""


@strawberry.type(description="What can be changed. Each field does all of it, or nothing.")
class Mutation(
    AccountMutations,
    SessionMutations,
    CredentialMutations,
    ContactMutations,
    LabelMutations,
    JobMutations,
    ExportMutations,
    InvitationMutations,
    UserMutations,
    TenantMutations,
):
    """The root of mutations."""


@cache
def build() -> strawberry.Schema:
    """The schema, ready to execute; one for the process, since it holds nothing of anybody."""
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        types=[*(node for node, _ in NODES.values()), *KINDS.values(), *USER_ERRORS.values()],
        config=StrawberryConfig(
            info_class=Info, default_resolver=read, scalar_map={datetime: DATE_TIME}, disable_field_suggestions=False
        ),
    )
