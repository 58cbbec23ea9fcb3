"""Fresh tokens, as GraphQL shows them to whoever has just signed in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import strawberry

from auth.caller import Caller
from gql.context import Info
from gql.enums import described
from gql.errors import UserError, user_errors
from gql.viewer import Viewer
from resolvers.sessions import SignedIn


@described(
    "Where a refresh token goes.",
    BODY="In the answer.",
    COOKIE="HttpOnly, Secure, SameSite=Strict, for browsers; refresh then takes it from there and wants the Origin to be allowed.",
)
class TokenPlace(StrEnum):
    """In the answer, or in a cookie."""

    BODY = "BODY"
    COOKIE = "COOKIE"


@strawberry.type(description="What signs requests, and what gets the next of them.")
class Tokens:
    """Shown once."""

    access_token: str = strawberry.field(description="A JWT, for the header Authorization: Bearer …")
    access_token_expires_at: datetime = strawberry.field(description="When it is of no use any more.")
    refresh_token: str | None = strawberry.field(description="Null when it went into the cookie.")
    refresh_token_expires_at: datetime = strawberry.field(description="When the session ends unless it is refreshed before.")


@strawberry.type(description="Fresh tokens, and who is signed in by them.")
class TokensPayload:
    """Answer of signup, login and refresh."""

    tokens: Tokens | None = strawberry.field(
        default=None, description="Null where it was refused, and while the e-mail address has still to be verified."
    )
    viewer: Viewer | None = strawberry.field(default=None, description="Null where tokens are.")
    verification_required: bool = strawberry.field(
        default=False, description="Whether a letter was sent that says what to do before there are tokens."
    )
    user_errors: list[UserError] = user_errors()


def welcome(info: Info, signed_in: SignedIn | None, place: TokenPlace) -> TokensPayload:
    """The payload, whose fields are read as the one who has just signed in; None has to verify an address first."""
    if signed_in is None:
        return TokensPayload(verification_required=True)
    context, tokens = info.context, signed_in.tokens
    in_body = place is TokenPlace.BODY
    if not in_body:
        context.set_cookie = tokens.refresh
    context.signed_in = Caller.of(context.desk.keys.verify(tokens.access), context.origin)
    return TokensPayload(
        tokens=Tokens(
            access_token=tokens.access,
            access_token_expires_at=tokens.access_expires_at,
            refresh_token=tokens.refresh if in_body else None,
            refresh_token_expires_at=tokens.refresh_expires_at,
        ),
        viewer=Viewer.of(signed_in.session, signed_in.user, signed_in.tenant),
    )
