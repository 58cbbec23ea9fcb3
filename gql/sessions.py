"""Signing in and out, as GraphQL shows it."""

from __future__ import annotations

from enum import StrEnum

import strawberry

from gql.context import Info
from gql.cost import CHANGES, HASHES, weighs
from gql.enums import described
from gql.errors import Refusals, UserError, user_errors
from gql.nodes import parse_id
from gql.payloads import OkPayload
from gql.tokens import TokenPlace, TokensPayload, welcome
from resolvers import sessions


@strawberry.input(description="Who signs in, and the proof.")
class LoginInput:
    """Input of login."""

    tenant: str = strawberry.field(description="The tenant's slug.")
    username_or_email: str = strawberry.field(description="Either, in any spelling.")
    password: str = strawberry.field(description="The password.")
    totp: str | None = strawberry.field(
        default=None,
        description="A code of the authenticator, or a recovery code; after TOTP_REQUIRED. Blanks, dashes and case mean nothing.",
    )
    refresh_token_in: TokenPlace = strawberry.field(default=TokenPlace.BODY, description="Where the refresh token goes.")


@strawberry.input(description="A refresh token to spend.")
class RefreshInput:
    """Input of refresh."""

    refresh_token: str | None = strawberry.field(default=None, description="Omitted where the token is in the cookie.")


@described(
    "Which of one's own sessions.",
    OTHERS="All but the one that asks.",
    ALL="The one that asks, too.",
)
class RevokeScope(StrEnum):
    """Sessions by their place."""

    OTHERS = "OTHERS"
    ALL = "ALL"


@strawberry.input(one_of=True, description="Which of one's own sessions to end.")
class RevokeSessionsInput:
    """Input of revokeSessions."""

    session_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="This one.")
    scope: strawberry.Maybe[RevokeScope] = strawberry.field(description="All of these.")


@strawberry.type(description="How many sessions were ended.")
class RevokeSessionsPayload:
    """Answer of revokeSessions."""

    revoked_count: int = strawberry.field(default=0, description="Those that lived until now.")
    user_errors: list[UserError] = user_errors()


@strawberry.type
class SessionMutations:
    """Root fields that start, renew and end sessions."""

    @strawberry.mutation(
        description="Starts a session. An account whose address has still to be verified gets a letter in place of it; by that "
        "address nobody signs in yet. Ignores a token sent along.",
        extensions=[Refusals()],
        directives=[weighs(HASHES)],
    )
    async def login(self, info: Info, input: LoginInput) -> TokensPayload:
        """A new session."""
        context = info.context
        signed_in = await sessions.login(
            context.desk,
            context.origin,
            tenant=input.tenant,
            username_or_email=input.username_or_email,
            password=input.password,
            totp=input.totp,
        )
        return welcome(info, signed_in, input.refresh_token_in)

    @strawberry.mutation(
        description="Spends a refresh token for the next ones; a second use ends its session. Ignores an access token sent along.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def refresh(self, info: Info, input: RefreshInput) -> TokensPayload:
        """The same session, with new tokens."""
        context = info.context
        place = TokenPlace.COOKIE if input.refresh_token is None else TokenPlace.BODY
        token = context.cookie_token() if input.refresh_token is None else input.refresh_token
        return welcome(info, await sessions.refresh(context.desk, context.origin, token), place)

    @strawberry.mutation(
        description="Ends the session that asks, and no other.", extensions=[Refusals()], directives=[weighs(CHANGES)]
    )
    async def logout(self, info: Info) -> OkPayload:
        """The session is over at once, in every process."""
        await sessions.logout(info.context.caller)
        _take_cookie(info)
        return OkPayload(ok=True)

    @strawberry.mutation(description="Ends sessions of one's own.", extensions=[Refusals()], directives=[weighs(CHANGES)])
    async def revoke_sessions(self, info: Info, input: RevokeSessionsInput) -> RevokeSessionsPayload:
        """How many there were."""
        caller = info.context.caller
        session = None if input.session_id is None else parse_id("session", input.session_id.value)
        but_this = input.scope is not None and input.scope.value is RevokeScope.OTHERS
        if input.session_id is not None:
            ended = await sessions.revoke(caller, session)
        else:
            ended = await sessions.revoke_all(caller, but_this=but_this)
        if session == caller.session or (session is None and not but_this):
            _take_cookie(info)
        return RevokeSessionsPayload(revoked_count=ended)


def _take_cookie(info: Info) -> None:
    """Takes the cookie of an ended session away, where one was sent."""
    if info.context.cookie is not None:
        info.context.set_cookie = ""
