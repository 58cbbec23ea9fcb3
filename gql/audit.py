"""The audit log, as GraphQL shows it to a tenant's administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
import strawberry
from strawberry.scalars import JSON

from gql.contacts_input import DateTimeFilter, StringFilter
from gql.context import Info
from gql.cost import FORWARD
from gql.loaders import batched
from gql.nodes import NOBODY, Node, identity, parse_id
from gql.paging import After, First, Listing
from gql.users import User
from models.actions import target
from models.audit import AuditQuery
from models.paging import Window
from models.values import Row
from resolvers import audit


async def _actors(info: Info, entry_ids: list[UUID]) -> dict[UUID, Row | None]:
    return await audit.actors(info.context.caller, entry_ids, info.columns)


def _target(root: strawberry.Parent[Any]) -> strawberry.ID | None:
    told = target(root)
    return None if told is None else strawberry.ID(told)


def _details(root: strawberry.Parent[Any]) -> JSON | None:
    return JSON(orjson.loads(root["details"]))


def _seal(root: strawberry.Parent[Any]) -> str | None:
    return None if root["seal"] is None else root["seal"].hex()


@strawberry.type(description="Something that was done to the tenant's people or settings.")
class AuditEntry(Node):
    """Reads a row of `audit_entries`."""

    id: strawberry.ID = identity("auditentry")
    at: datetime = strawberry.field(description="When.")
    action: str = strawberry.field(description="What was done, such as login.failed; docs/audit.md lists the actions.")
    actor: User | None = batched(_actors, description="Who did it; null for strangers, operators and users who were removed.")
    target_id: strawberry.ID | None = strawberry.field(
        resolver=_target,
        description="To what: the id of a user, a session, an invitation, a job, a label or the tenant, which may be gone.",
        metadata={"columns": ("action", "target_id")},
    )
    request_id: str | None = strawberry.field(description="The X-Request-ID of the answer, by which the server's log finds it.")
    ip_prefix: str | None = strawberry.field(description="The network it came from: a /24 of IPv4, a /48 of IPv6.")
    details: JSON | None = strawberry.field(
        resolver=_details, description="Counts, roles, reasons and names of fields.", metadata={"columns": ("details",)}
    )
    seal: str | None = strawberry.field(
        resolver=_seal,
        description="Null until the entry is sealed into its tenant's chain, some minutes after it was written.",
        metadata={"columns": ("seal",)},
    )


@strawberry.type(name="AuditEntryConnection", description="One page of a list.")
class AuditEntryConnection(Listing[AuditEntry]):
    """It is not counted: a log may be long."""


@strawberry.input(description="Conditions on an entry, all of which hold.")
class AuditFilter:
    """Argument of auditLog."""

    action: StringFilter | None = strawberry.field(default=None, description="On the action, such as startsWith: login.")
    actor_id: strawberry.ID | None = strawberry.field(default=None, description="Done by this user.")
    at: DateTimeFilter | None = strawberry.field(default=None, description="When it was done.")

    def value(self) -> AuditQuery:
        """The models' query."""
        return AuditQuery(
            action=self.action.value() if self.action else None,
            actor=None if self.actor_id is None else parse_id("user", self.actor_id) or NOBODY,
            at=self.at.value() if self.at else None,
        )


@strawberry.type
class AuditQueries:
    """Root fields that read the audit log."""

    @strawberry.field(description="The tenant's audit log, the latest first. ADMIN and above.", directives=[FORWARD])
    async def audit_log(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        filter: Annotated[AuditFilter | None, strawberry.argument(description="Which entries.")] = None,
    ) -> AuditEntryConnection | None:
        """One page of entries."""
        query = AuditQuery() if filter is None else filter.value()
        return AuditEntryConnection(page=await audit.search(info.context.caller, query, Window.of(first, after, None, None)))
