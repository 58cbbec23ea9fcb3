"""Answers of mutations that have no more to tell than that it was done."""

from __future__ import annotations

import strawberry

from gql.errors import UserError, user_errors


@strawberry.type(description="Whether it was done.")
class OkPayload:
    """Whether it was done: the answer of mutations that have nothing else to tell."""

    ok: bool = strawberry.field(default=False, description="False where it was refused.")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="What was removed.")
class DeletePayload:
    """Answer of deleteLabel, deleteUser and revokeInvitation."""

    deleted_id: strawberry.ID | None = strawberry.field(default=None, description="Null where it was refused.")
    user_errors: list[UserError] = user_errors()
