"""Who is calling: what a verified access token says, and where the request came from. Its role is not in it."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from auth.permissions import Permission, holders
from auth.tokens import Claims
from models.values import Origin, Pass


class Caller(NamedTuple):
    """A signed-in user, as far as their token goes; whether the session still lives is the door's to say."""

    user: UUID
    tenant: UUID
    session: UUID
    tenant_slug: str
    username: str
    origin: Origin

    @classmethod
    def of(cls, claims: Claims, origin: Origin) -> Caller:
        """The caller whom these claims name."""
        return cls(claims.user, claims.tenant, claims.session, claims.tenant_slug, claims.username, origin)

    def to(self, permission: Permission) -> Pass:
        """What opens the door of the caller's tenant for this permission."""
        return Pass(self.tenant, self.session, holders(permission))


class Identity(NamedTuple):
    """What the headers of a request said: who calls, and from where. `stale` is a token that means nothing (any more)."""

    origin: Origin
    caller: Caller | None = None
    stale: bool = False
