"""The viewer's own tenant, and all of them for operators, as GraphQL shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry

from gql.context import Info
from gql.cost import CHANGES, COUNTS, PAGED, at_most, weighs
from gql.enums import SignupPolicy, TenantStatus
from gql.errors import Refusals, UserError, user_errors
from gql.invitations import Invitation
from gql.nodes import FromRow, Node, identity, parse_id
from gql.paging import After, Before, Connection, First, Last
from gql.users import User
from models.invitation import OPEN
from models.paging import Window
from resolvers import deletion, invitations, tenants, users


@strawberry.type(description="What a tenant's administrators decide.")
class TenantSettings(FromRow):
    """Reads a row of `tenants`."""

    signup: SignupPolicy = strawberry.field(description="Who may make an account.")
    login_attempts_per_minute: int = strawberry.field(
        description="How often one account may be tried, 1 to 10000; who goes on longer waits longer each time."
    )
    requests_per_minute: int = strawberry.field(
        description="How many requests of all its people together one server process answers, 10 to 1000000."
    )
    require_totp: bool = strawberry.field(
        description="Whether everybody needs a second factor: without one a session is good for enrolling alone."
    )
    trash_days: int = strawberry.field(
        description="How long a contact stays in the trash, 7 to 3650 days; then it is gone for good."
    )
    audit_days: int = strawberry.field(description="How long the audit log and the login history are kept, 90 to 3650 days.")
    legal_hold: bool = strawberry.field(
        description="Whether all of the tenant's data stays, whatever its age, and the tenant cannot be deleted."
    )


@strawberry.type(description="How much a tenant keeps.")
class TenantUsage:
    """Counted when asked."""

    contacts: int = strawberry.field(description="Outside the trash.", directives=[weighs(COUNTS)])
    users: int = strawberry.field(description="Active or not.", directives=[weighs(COUNTS)])


def _settings(root: strawberry.Parent[Any]) -> TenantSettings:
    settings: TenantSettings = root
    return settings


async def _usage(info: Info) -> TenantUsage:
    return TenantUsage(**await tenants.usage(info.context.caller))


async def _users(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Connection[User]:
    caller = info.context.caller
    page = await users.search(caller, Window.of(first, after, last, before))
    return Connection(page=page, counting=lambda: users.count(caller))


async def _invitations(info: Info) -> list[Invitation]:
    return [Invitation.of(row) for row in await invitations.pending(info.context.caller)]


@strawberry.type(description="The viewer's own tenant.")
class Tenant(Node):
    """Reads a row of `tenants`."""

    id: strawberry.ID = identity("tenant")
    slug: str = strawberry.field(description="What people type when they sign in; the old service's tenant id.")
    name: str = strawberry.field(description="How the tenant is called; at most 200 characters.")
    status: TenantStatus = strawberry.field(description="Whether it serves its people.")
    deletion_at: datetime | None = strawberry.field(
        description="When it is deleted, with all that it keeps, unless that is cancelled."
    )
    settings: TenantSettings = strawberry.field(resolver=_settings, description="What its administrators decide.")
    usage: TenantUsage = strawberry.field(resolver=_usage, description="How much it keeps.")
    users: Connection[User] = strawberry.field(resolver=_users, description="Its people, by username.", directives=[PAGED])
    invitations: list[Invitation] = strawberry.field(
        resolver=_invitations,
        description="Those that are open, at most 100, the latest first; none for a viewer who may not invite.",
        directives=[at_most(OPEN)],
    )
    created_at: datetime = strawberry.field(description="When it was made.")


@strawberry.type(description="What an operator of the whole service sees of a tenant: never its people or its data.")
class TenantSummary(Node):
    """Reads a row of `tenants`."""

    id: strawberry.ID = identity("tenantsummary")
    slug: str = strawberry.field(description="What people type when they sign in.")
    name: str = strawberry.field(description="How the tenant is called.")
    status: TenantStatus = strawberry.field(description="Whether it serves its people.")
    deletion_at: datetime | None = strawberry.field(description="When it is deleted, where its owner asked for that.")
    created_at: datetime = strawberry.field(description="When it was made.")


@strawberry.input(
    description="A change of the viewer's tenant. What is omitted stays; null is refused, since nothing of it may be empty."
)
class UpdateTenantInput:
    """Input of updateTenant."""

    name: strawberry.Maybe[str | None] = strawberry.field(description="At most 200 characters.")
    signup: strawberry.Maybe[SignupPolicy | None] = strawberry.field(description="Who may make an account.")
    login_attempts_per_minute: strawberry.Maybe[int | None] = strawberry.field(
        description="1 to 10000; in force at the next attempt."
    )
    requests_per_minute: strawberry.Maybe[int | None] = strawberry.field(
        description="10 to 1000000; in force everywhere within 10 seconds."
    )
    require_totp: strawberry.Maybe[bool | None] = strawberry.field(
        description="True in a session with a second factor alone, in force at everybody's next request; false wants a proof of "
        "the last ten minutes."
    )
    trash_days: strawberry.Maybe[int | None] = strawberry.field(
        description="7 to 3650. By an OWNER alone, as the next two; less than before wants a proof of the last ten minutes."
    )
    audit_days: strawberry.Maybe[int | None] = strawberry.field(description="90 to 3650.")
    legal_hold: strawberry.Maybe[bool | None] = strawberry.field(
        description="False wants a proof of the last ten minutes; what an operator holds only an operator lifts."
    )


@strawberry.input(description="The viewer's tenant, written out.")
class DeleteTenantInput:
    """Input of deleteTenant."""

    confirm_slug: str = strawberry.field(description="The tenant's slug.")


@strawberry.input(description="A new tenant.")
class CreateTenantInput:
    """Input of createTenant."""

    slug: str = strawberry.field(description="1 to 36 letters, digits, dashes or underscores; unique.")
    name: str = strawberry.field(description="At most 200 characters.")
    signup: SignupPolicy = strawberry.field(default=SignupPolicy.INVITATION, description="Who may make an account.")
    owner_email: str | None = strawberry.field(default=None, description="Where the invitation of its first owner goes.")


@strawberry.input(description="A tenant, by the id of its summary.")
class TenantIdInput:
    """Input of suspendTenant and resumeTenant."""

    id: strawberry.ID = strawberry.field(description="Which tenant.")


@strawberry.type(description="The tenant that was changed.")
class TenantPayload:
    """Answer of updateTenant, deleteTenant and cancelTenantDeletion."""

    tenant: Tenant | None = strawberry.field(default=None, description="Null where it was refused.")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="The tenant that was made or changed.")
class TenantSummaryPayload:
    """Answer of createTenant, suspendTenant and resumeTenant."""

    tenant: TenantSummary | None = strawberry.field(default=None, description="Null where it was refused.")
    user_errors: list[UserError] = user_errors()


@strawberry.type
class TenantQueries:
    """Root fields that read tenants."""

    @strawberry.field(description="All tenants, by slug. For operators of the whole service.", directives=[PAGED])
    async def tenants(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        search: Annotated[str | None, strawberry.argument(description="Words that all stand in the slug or the name.")] = None,
    ) -> Connection[TenantSummary] | None:
        """One page of tenants."""
        caller = info.context.caller
        page = await tenants.search(caller, Window.of(first, after, last, before), search)
        return Connection(page=page, counting=lambda: tenants.count(caller, search))


@strawberry.type
class TenantMutations:
    """Root fields that change tenants."""

    @strawberry.mutation(
        description="Changes the viewer's tenant. ADMIN and above.", extensions=[Refusals()], directives=[weighs(CHANGES)]
    )
    async def update_tenant(self, info: Info, input: UpdateTenantInput) -> TenantPayload:
        """The changed tenant."""
        given: dict[str, Any] = vars(input)
        values = {name: some.value for name, some in given.items() if some is not None}
        return TenantPayload(tenant=Tenant.of(await tenants.change(info.context.caller, values)))

    @strawberry.mutation(
        description="Lets the viewer's tenant be deleted for good, with all that it keeps, after a time in which an owner may "
        "cancel that and everybody may read. OWNER, with a proof of the last ten minutes.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def delete_tenant(self, info: Info, input: DeleteTenantInput) -> TenantPayload:
        """The tenant, with its date."""
        context = info.context
        return TenantPayload(tenant=Tenant.of(await deletion.ask(context.desk, context.caller, input.confirm_slug)))

    @strawberry.mutation(
        description="Keeps the viewer's tenant, which was to be deleted. OWNER.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def cancel_tenant_deletion(self, info: Info) -> TenantPayload:
        """The tenant, which serves again."""
        return TenantPayload(tenant=Tenant.of(await deletion.cancel(info.context.caller)))

    @strawberry.mutation(
        description="Makes a tenant, and invites its first owner. For operators.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def create_tenant(self, info: Info, input: CreateTenantInput) -> TenantSummaryPayload:
        """The new tenant."""
        context = info.context
        row = await tenants.create(context.desk, context.caller, input.slug, input.name, input.signup, input.owner_email)
        return TenantSummaryPayload(tenant=TenantSummary.of(row))

    @strawberry.mutation(
        description="Ends a tenant's sessions and refuses its people until it is resumed. For operators.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def suspend_tenant(self, info: Info, input: TenantIdInput) -> TenantSummaryPayload:
        """The suspended tenant."""
        row = await tenants.suspend(info.context.caller, parse_id("tenantsummary", input.id))
        return TenantSummaryPayload(tenant=TenantSummary.of(row))

    @strawberry.mutation(
        description="Lets a tenant's people sign in again. For operators.", extensions=[Refusals()], directives=[weighs(CHANGES)]
    )
    async def resume_tenant(self, info: Info, input: TenantIdInput) -> TenantSummaryPayload:
        """The resumed tenant."""
        row = await tenants.resume(info.context.caller, parse_id("tenantsummary", input.id))
        return TenantSummaryPayload(tenant=TenantSummary.of(row))
