"""Who is signed in, and by which sessions, as GraphQL shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from gql.context import Info
from gql.cost import COUNTS, at_most, weighs
from gql.enums import SessionEndReason
from gql.nodes import Node, identity
from gql.tenants import Tenant
from gql.users import User
from models.values import Row
from resolvers import sessions, totp


def _current(root: strawberry.Parent[Any], info: Info) -> bool:
    return bool(root["id"] == info.context.caller.session)


@strawberry.type(description="One sign-in. Its tokens live no longer than it does.")
class Session(Node):
    """Reads a row of `sessions`."""

    id: strawberry.ID = identity("session")
    current: bool = strawberry.field(
        resolver=_current, description="Whether it is the one that asks.", metadata={"columns": ("id",)}
    )
    user_agent: str | None = strawberry.field(description="What the client called itself when it signed in.")
    ip_prefix: str | None = strawberry.field(description="The network it signed in from: a /24 of IPv4, a /48 of IPv6.")
    created_at: datetime = strawberry.field(description="When it signed in.")
    last_used_at: datetime = strawberry.field(description="When it last signed in or refreshed.")
    expires_at: datetime = strawberry.field(description="When it ends unless it is refreshed before.")
    ended_at: datetime | None = strawberry.field(description="When it ended.")
    ended_reason: SessionEndReason | None = strawberry.field(description="Why it ended.")


async def _sessions(info: Info) -> list[Session]:
    return [Session.of(row) for row in await sessions.mine(info.context.caller)]


async def _totp_enabled(info: Info) -> bool:
    return await totp.enabled(info.context.caller)


@strawberry.type(description="Who is signed in.")
class Viewer:
    """Holds rows of the session, its user and its tenant."""

    session: Session = strawberry.field(description="The session that asks.")
    user: User = strawberry.field(description="Who signed in.")
    tenant: Tenant = strawberry.field(description="Whose address book it is.")
    sessions: list[Session] = strawberry.field(
        resolver=_sessions,
        description="At most 50, the latest used first; ended ones for 30 days, with their reason.",
        directives=[at_most(50)],
    )
    totp_enabled: bool = strawberry.field(
        resolver=_totp_enabled, description="Whether signing in takes a code of an authenticator.", directives=[weighs(COUNTS)]
    )

    @strawberry.field(description="The session's id.")
    def id(self) -> strawberry.ID:
        """As the session has it."""
        session: Any = self.session
        return strawberry.ID(f"session_{session['id'].hex}")

    @classmethod
    def of(cls, session: Row, user: Row, tenant: Row) -> Viewer:
        """From the three rows."""
        return cls(session=Session.of(session), user=User.of(user), tenant=Tenant.of(tenant))


@strawberry.type
class ViewerQueries:
    """Root fields that tell who is signed in."""

    @strawberry.field(description="Who is signed in; null for a caller without a token.")
    async def viewer(self, info: Info) -> Viewer | None:
        """The session, its user and its tenant."""
        caller = info.context.maybe_caller
        return None if caller is None else Viewer.of(*await sessions.viewer(caller, info.columns))
