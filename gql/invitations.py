"""Invitations, as GraphQL shows them."""

from __future__ import annotations

from datetime import datetime

import strawberry

from gql.context import Info
from gql.cost import CHANGES, weighs
from gql.enums import Role
from gql.errors import Refusals, UserError, user_errors
from gql.nodes import Node, identity, parse_id
from gql.payloads import DeletePayload
from resolvers import invitations


@strawberry.type(description="Somebody who may join the tenant by the link of a letter; it is one as long as it is open.")
class Invitation(Node):
    """Reads a row of `invitations`."""

    id: strawberry.ID = identity("invitation")
    email: str = strawberry.field(description="Where the letter went.")
    role: Role = strawberry.field(description="What they may do once they have joined.")
    expires_at: datetime = strawberry.field(description="Until when the link is good, seven days.")


@strawberry.input(description="Whom to invite.")
class InviteUserInput:
    """Input of inviteUser."""

    email: str = strawberry.field(description="Where the letter goes; at most 254 characters.")
    role: Role = strawberry.field(
        description="One below the viewer's own, unless the viewer is an OWNER. OWNER wants a proof of the last ten minutes."
    )


@strawberry.input(description="An invitation to take back.")
class RevokeInvitationInput:
    """Input of revokeInvitation."""

    id: strawberry.ID = strawberry.field(description="Which invitation.")


@strawberry.type(description="The invitation that was sent.")
class InvitationPayload:
    """Answer of inviteUser."""

    invitation: Invitation | None = strawberry.field(default=None, description="Null where it was refused.")
    user_errors: list[UserError] = user_errors()


@strawberry.type
class InvitationMutations:
    """Root fields that send invitations and take them back."""

    @strawberry.mutation(
        description="Mails an invitation, in place of an open one to the same address. ADMIN and above, into roles below their "
        "own; an OWNER into all.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def invite_user(self, info: Info, input: InviteUserInput) -> InvitationPayload:
        """The invitation."""
        context = info.context
        row = await invitations.invite(context.desk, context.caller, input.email, input.role)
        return InvitationPayload(invitation=Invitation.of(row))

    @strawberry.mutation(
        description="Takes an open invitation back: its link is of no use any more. ADMIN and above, below their own role.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def revoke_invitation(self, info: Info, input: RevokeInvitationInput) -> DeletePayload:
        """Its id."""
        await invitations.revoke(info.context.caller, parse_id("invitation", input.id))
        return DeletePayload(deleted_id=input.id)
