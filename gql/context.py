"""What an operation knows of its request: the caller, the desk, and the loaders that live as long as it does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import cached_property

import strawberry

from auth.budget import Left
from auth.caller import Caller
from auth.desk import Desk
from gql.loaders import Loaders
from models.errors import Forbidden, Unauthenticated
from models.values import Origin, ending


@dataclass
class Context:
    """One per operation. `stale` is whether a token was sent that means nothing any more."""

    desk: Desk
    origin: Origin
    signed_in: Caller | None = None
    stale: bool = False
    cookie: str | None = None
    """The refresh token that came in the cookie."""
    introspectable: bool = True
    """Whether the schema may be asked for."""
    origin_allowed: bool = False
    """Whether the page that sent the request may use the cookie."""
    set_cookie: str | None = field(default=None)
    """The refresh token to put into the cookie; empty to take it away."""
    cost: int | None = None
    """What the operation costs with its variables, in points; None until it is measured."""
    digest: str = ""
    """What the log calls the document (`gql.digest`)."""
    left: Left | None = None
    """What is left of the budget since it was charged."""

    @property
    def maybe_caller(self) -> Caller | None:
        """Who is signed in; None without a token. Raises Unauthenticated for a dead one."""
        if self.signed_in is None and self.stale:
            raise Unauthenticated(ending())
        return self.signed_in

    @property
    def caller(self) -> Caller:
        """Who is signed in. Raises Unauthenticated where nobody is."""
        caller = self.maybe_caller
        if caller is None:
            raise Unauthenticated("Sign in first.")
        return caller

    @cached_property
    def turn(self) -> asyncio.Lock:
        """Held by fields that open a door for each of many rows: one operation must not take the whole pool."""
        return asyncio.Lock()

    @cached_property
    def loaders(self) -> Loaders:
        """The batches of this operation."""
        return Loaders()

    def cookie_token(self) -> str:
        """The refresh token of the cookie. Raises Forbidden where a page of another origin sent it."""
        if not self.origin_allowed:
            raise Forbidden("This origin may not use the refresh cookie.")
        return self.cookie or ""


class Info(strawberry.Info[Context, None]):
    """What a resolver is told of the operation."""

    @property
    def columns(self) -> frozenset[str] | None:
        """The columns of the rows that the selection reads; None for all of them, where graphql-core executes."""
        return getattr(self._raw_info, "columns", None)
