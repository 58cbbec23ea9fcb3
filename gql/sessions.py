"""Signing up, in and out, and who is signed in, as GraphQL shows it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import strawberry

from auth.caller import Caller
from gql.context import Info
from gql.cost import CHANGES, COUNTS, HASHES, at_most, weighs
from gql.enums import SessionEndReason, described
from gql.errors import Refusals, UserError, user_errors
from gql.nodes import Node, identity, parse_id
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


@described(
    "Where a refresh token goes.",
    BODY="In the answer.",
    COOKIE="HttpOnly, Secure, SameSite=Strict, for browsers; refresh then takes it from there and wants the Origin to be allowed.",
)
class TokenPlace(StrEnum):
    """In the answer, or in a cookie."""

    BODY = "BODY"
    COOKIE = "COOKIE"


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


@strawberry.type(description="Whether it was done.")
class OkPayload:
    """Whether it was done: the answer of mutations that have nothing else to tell."""

    ok: bool = strawberry.field(default=False, description="False where it was refused.")
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="How many sessions were ended.")
class RevokeSessionsPayload:
    """Answer of revokeSessions."""

    revoked_count: int = strawberry.field(default=0, description="Those that lived until now.")
    user_errors: list[UserError] = user_errors()


@strawberry.type
class SessionQueries:
    """Root fields that tell who is signed in."""

    @strawberry.field(description="Who is signed in; null for a caller without a token.")
    async def viewer(self, info: Info) -> Viewer | None:
        """The session, its user and its tenant."""
        caller = info.context.maybe_caller
        return None if caller is None else Viewer.of(*await sessions.viewer(caller, info.columns))


@strawberry.type
class SessionMutations:
    """Root fields that start, renew and end sessions."""

    @strawberry.mutation(
        description="Starts a session. An account whose address has still to be verified gets a letter in place of it; by that "
        "address nobody signs in yet. Ignores a token that was sent along.",
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


def welcome(info: Info, signed_in: sessions.SignedIn | None, place: TokenPlace) -> TokensPayload:
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
