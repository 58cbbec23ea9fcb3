"""The people of a tenant, as GraphQL shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from gql.context import Info
from gql.cost import CHANGES, weighs
from gql.enums import Role
from gql.errors import Refusals, UserError, user_errors
from gql.nodes import Node, identity, parse_id
from gql.payloads import DeletePayload
from resolvers import users


@strawberry.type(description="A person of the tenant, who signs in.")
class User(Node):
    """Reads a row of `users`."""

    id: strawberry.ID = identity("user")
    username: str = strawberry.field(description="Unique in the tenant, in every spelling.")
    email: str = strawberry.field(description="Unique in the tenant, in every spelling.")
    email_verified: bool = strawberry.field(description="Whether the address was proved to be theirs.")
    active: bool = strawberry.field(description="Whether they may sign in.")
    role: Role = strawberry.field(description="What they may do.")
    created_at: datetime = strawberry.field(description="When the account was made.")


@strawberry.input(description="A change of a user. What is omitted stays; null is refused, since nothing of it may be empty.")
class UpdateUserInput:
    """Input of updateUser."""

    id: strawberry.ID = strawberry.field(description="Which user.")
    username: strawberry.Maybe[str | None] = strawberry.field(description="3 to 50 characters.")
    email: strawberry.Maybe[str | None] = strawberry.field(
        description="At most 254 characters; wants a proof of the last ten minutes. Another address has to be verified anew; both "
        "are told by letter."
    )
    role: strawberry.Maybe[Role | None] = strawberry.field(
        description="One below the viewer's own, unless the viewer is an OWNER. To give or take OWNER "
        "wants a proof of the last ten minutes."
    )
    active: strawberry.Maybe[bool | None] = strawberry.field(description="False ends their sessions at once.")


@strawberry.input(description="A user to remove.")
class DeleteUserInput:
    """Input of deleteUser."""

    id: strawberry.ID = strawberry.field(description="Which user.")


@strawberry.type(description="The user that was changed.")
class UserPayload:
    """Answer of updateUser."""

    user: User | None = strawberry.field(default=None, description="Null where it was refused.")
    user_errors: list[UserError] = user_errors()


@strawberry.type
class UserMutations:
    """Root fields that change users."""

    @strawberry.mutation(
        description="Changes a user, with effect at their next request. ADMIN and above, for those who stand below.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def update_user(self, info: Info, input: UpdateUserInput) -> UserPayload:
        """The changed user."""
        given: dict[str, Any] = {
            "username": input.username,
            "email": input.email,
            "role": input.role,
            "active": input.active,
        }
        values = {name: some.value for name, some in given.items() if some is not None}
        context = info.context
        return UserPayload(user=User.of(await users.change(context.desk, context.caller, parse_id("user", input.id), values)))

    @strawberry.mutation(
        description="Removes a user and ends their sessions. ADMIN and above, for those who stand below. "
        "Wants a proof of the last ten minutes.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def delete_user(self, info: Info, input: DeleteUserInput) -> DeletePayload:
        """Their id."""
        await users.remove(info.context.caller, parse_id("user", input.id))
        return DeletePayload(deleted_id=input.id)
