"""Signing up, in and out, and what lives in between."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from auth.caller import Caller
from auth.desk import NETWORK, Desk, Tokens
from auth.passwords import check_legacy_composition
from auth.permissions import Permission
from auth.tokens import RefreshToken
from models import legacy as old
from models import rules
from models.audit import AuditEntry
from models.errors import (
    AlreadyExists,
    BadCredentials,
    NotFound,
    SignupClosed,
    TokenInvalid,
    TokenReused,
    TooManyAttempts,
    UnknownTenant,
)
from models.session import Rotation, Session
from models.tenancy import lobby, within
from models.tenant import Tenant
from models.user import User
from models.values import Origin, Role, Row, SessionEndReason, SignupPolicy, TenantStatus, normal

_WRONG = "Wrong username or password."
_DEAD = "This refresh token is not valid any more. Sign in again."


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Rows of the session, its user and its tenant; the tokens where they were just made."""

    session: Row
    user: Row
    tenant: Row
    tokens: Tokens


async def signup(desk: Desk, origin: Origin, *, tenant: str, username: str, email: str, password: str) -> SignedIn:
    """Makes an account (an EDITOR) in a tenant that is open for it, and signs it in.

    Refuses with SignupClosed (for an unknown tenant too), UsernameTaken, EmailTaken, WeakPassword, InvalidInput.
    """
    home = await _tenant(tenant)
    await _throttled(desk, origin, "signup", tenant, home, origin.ip_prefix or "")
    home, password_hash = await _admitted(desk, home, username, email, password)
    refresh = RefreshToken.new(home["id"])
    async with within(home["id"]):
        user = await User.add(username, email, password_hash, Role.EDITOR)
        session = await Session.start(user["id"], origin, refresh.digest)
        await AuditEntry.append("user.signed_up", origin, actor=user["id"], target=user["id"])
    desk.metrics.authenticated("signup", "ok")
    return SignedIn(session, user, home, desk.issue(home, user, session, refresh, legacy=False))


async def register(desk: Desk, origin: Origin, *, tenant: str, username: str, email: str, password: str) -> None:
    """For the old clients: makes an account as `signup` does, without a session, under the old rules too and with their texts.

    Refuses with UnknownTenant too.
    """
    home = await _tenant(tenant)
    await _throttled(desk, origin, "signup", tenant, home, origin.ip_prefix or "")
    await _refuse_unknown(desk, origin, home)
    _refuse_closed(home)
    old.username(username)
    check_legacy_composition(password)
    old.email(email)
    home, password_hash = await _admitted(desk, home, username, email, password)
    async with within(home["id"]):
        try:
            user = await User.add(username, email, password_hash, Role.EDITOR)
        except AlreadyExists as taken:
            raise type(taken)(f"User '{username}' is already registered", taken.path) from None
        await AuditEntry.append("user.signed_up", origin, actor=user["id"], target=user["id"])
    desk.metrics.authenticated("signup", "ok")


async def login(
    desk: Desk, origin: Origin, *, tenant: str, username_or_email: str, password: str, legacy: bool = False
) -> SignedIn:
    """Starts a session. Refuses with BadCredentials, whatever was wrong, after the same work; `legacy` with UnknownTenant too."""
    home = await _tenant(tenant)
    network = f"{NETWORK}{origin.ip_prefix}"
    await _throttled(desk, origin, "login", tenant, home, normal(username_or_email), network)
    if legacy:
        await _refuse_unknown(desk, origin, home)
    user = None
    if home is not None and home["status"] == TenantStatus.ACTIVE:
        async with within(home["id"]):
            user = await User.maybe_by_login(username_or_email)
    if user is not None:  # whichever of their two names is tried
        await _throttled(desk, origin, "login", tenant, home, user["id"].hex)
    right = await desk.hasher.verify(password, user["password_hash"] if user else None)
    if home is None or user is None or not right or not user["active"]:
        desk.metrics.authenticated("login", "refused")
        if home is not None:
            async with within(home["id"]):
                await AuditEntry.append("login.failed", origin, target=user["id"] if user else None)
        raise BadCredentials(_WRONG)
    fresh = await desk.hasher.hash(password) if desk.hasher.needs_rehash(user["password_hash"]) else None
    refresh = RefreshToken.new(home["id"])
    async with within(home["id"]):
        known, user = user, await User.locked(user["id"])
        # While the password was compared it may have been changed, the user deactivated, and the tenant suspended.
        home = await Tenant.find(home["id"])
        serves = home["status"] == TenantStatus.ACTIVE
        if user is None or not serves or not user["active"] or user["password_hash"] != known["password_hash"]:
            desk.metrics.authenticated("login", "refused")
            raise BadCredentials(_WRONG)
        if fresh is not None:
            await User.set_password(user["id"], fresh)
        session = await Session.start(user["id"], origin, refresh.digest)
        await AuditEntry.append("login.succeeded", origin, actor=user["id"], target=session["id"])
    desk.metrics.authenticated("login", "ok")
    return SignedIn(session, user, home, desk.issue(home, user, session, refresh, legacy=legacy))


async def refresh(desk: Desk, origin: Origin, token: str, *, tenant: str | None = None, legacy: bool = False) -> SignedIn:
    """Spends a refresh token for the next one. Refuses with TokenInvalid, or with TokenReused after ending the session.

    `tenant`, a slug, must be the token's own where it is given; one that is nobody's is refused with UnknownTenant.
    """
    if tenant is not None:
        await _refuse_unknown(desk, origin, await _tenant(tenant))
    try:
        given = RefreshToken.parse(token, ("refreshToken",))
        async with lobby():
            home = await Tenant.maybe(given.tenant)
        if home is None or home["status"] != TenantStatus.ACTIVE or (tenant is not None and tenant != home["slug"]):
            raise TokenInvalid(_DEAD, ("refreshToken",))
    except TokenInvalid:
        # Only what is no token of ours counts against its network: an office that comes back at nine may refresh at once.
        await _throttled(desk, origin, "refresh", tenant or "", None, f"{NETWORK}{origin.ip_prefix}")
        raise
    await _throttled(desk, origin, "refresh", home["slug"], home, given.digest.hex())
    candidates = desk.keys.successors(given)
    async with within(home["id"]):
        outcome, session, which = await Session.rotate(given.digest, [c.digest for c in candidates])
        user = None if session is None else await User.maybe(session["user_id"])
        if session is not None and outcome is Rotation.REUSED:
            # Committed, since the refusal is raised outside: whoever holds a copy is out, and it is on record.
            await Session.end(SessionEndReason.TOKEN_REUSED, id=session["id"])
            await AuditEntry.append("refresh.reused", origin, actor=session["user_id"], target=session["id"])
        elif session is not None:
            if user is None or not user["active"]:  # before the token is spent
                raise TokenInvalid(_DEAD, ("refreshToken",))
            await AuditEntry.append("refresh.succeeded", origin, actor=session["user_id"], target=session["id"])
    desk.metrics.authenticated("refresh", "ok" if outcome is Rotation.ROTATED else "refused")
    if outcome is Rotation.REUSED:
        raise TokenReused("This refresh token was used before, so its session has been ended. Sign in again.", ("refreshToken",))
    if session is None or user is None or not user["active"]:
        raise TokenInvalid(_DEAD, ("refreshToken",))
    return SignedIn(session, user, home, desk.issue(home, user, session, candidates[which], legacy=legacy))


async def renew(desk: Desk, caller: Caller) -> SignedIn:
    """For the old clients: new tokens for the caller's own session, in place of its refresh token. Never counts as reuse."""
    async with within(caller.to(Permission.ACCOUNT_USE)):
        user, tenant = await User.find(caller.user), await Tenant.find(caller.tenant)
    await _throttled(desk, caller.origin, "refresh", tenant["slug"], tenant, caller.session.hex)
    token = RefreshToken.new(caller.tenant)
    async with within(caller.to(Permission.ACCOUNT_USE)):
        session = await Session.replace_token(caller.session, token.digest)
        await AuditEntry.append("refresh.renewed", caller.origin, actor=caller.user, target=caller.session)
    desk.metrics.authenticated("refresh", "ok")
    return SignedIn(session, user, tenant, desk.issue(tenant, user, session, token, legacy=True))


async def logout(caller: Caller) -> None:
    """Ends the caller's session, and no other."""
    async with within(caller.to(Permission.ACCOUNT_USE)):
        await Session.end(SessionEndReason.LOGGED_OUT, id=caller.session)
        await AuditEntry.append("logout", caller.origin, actor=caller.user, target=caller.session)


async def revoke(caller: Caller, session_id: UUID | None) -> int:
    """Ends one of the caller's own sessions; how many that were. Refuses with NotFound, also for another person's."""
    async with within(caller.to(Permission.ACCOUNT_USE)):
        session = None if session_id is None else await Session.maybe(session_id)
        if session is None or session["user_id"] != caller.user:
            raise NotFound("There is no such session.", ("sessionId",))
        ended = await Session.end(SessionEndReason.REVOKED, id=session["id"])
        await AuditEntry.append("sessions.revoked", caller.origin, actor=caller.user, target=session["id"], count=ended)
    return ended


async def revoke_all(caller: Caller, *, but_this: bool) -> int:
    """Ends all of the caller's sessions, or all the others; how many that were."""
    async with within(caller.to(Permission.ACCOUNT_USE)):
        which = {"id__not": caller.session} if but_this else {}
        ended = await Session.end(SessionEndReason.REVOKED, user_id=caller.user, **which)
        await AuditEntry.append("sessions.revoked", caller.origin, actor=caller.user, target=caller.user, count=ended)
    return ended


async def change_password(desk: Desk, caller: Caller, *, current: str, new: str) -> None:
    """Keeps a new password and ends the user's other sessions. Refuses with BadCredentials or WeakPassword."""
    async with within(caller.to(Permission.ACCOUNT_USE)):
        user, tenant = await User.find(caller.user), await Tenant.find(caller.tenant)
    await _throttled(desk, caller.origin, "password", tenant["slug"], tenant, user["id"].hex)
    if not await desk.hasher.verify(current, user["password_hash"]):
        desk.metrics.authenticated("password", "refused")
        async with within(caller.to(Permission.ACCOUNT_USE)):
            await AuditEntry.append("password.refused", caller.origin, actor=caller.user, target=caller.user)
        raise BadCredentials("This is not your password.", ("currentPassword",))
    hints = [user["username"], user["email"], tenant["slug"], tenant["name"]]
    await desk.hasher.check(new, hints, ("newPassword",), desk.password_length)
    password_hash = await desk.hasher.hash(new, ("newPassword",))
    async with within(caller.to(Permission.ACCOUNT_USE)):
        await User.set_password(caller.user, password_hash)
        ended = await Session.end(SessionEndReason.PASSWORD_CHANGED, user_id=caller.user, id__not=caller.session)
        await AuditEntry.append("password.changed", caller.origin, actor=caller.user, target=caller.user, sessions_ended=ended)


async def verify(caller: Caller) -> None:
    """Refuses with Unauthenticated where the caller's session has ended."""
    async with within(caller.to(Permission.ACCOUNT_USE)):
        pass


async def viewer(caller: Caller) -> tuple[Row, Row, Row]:
    """Rows of the caller's session, user and tenant."""
    async with within(caller.to(Permission.ACCOUNT_USE)):
        session = await Session.maybe(caller.session)
        if session is None:  # the door has just seen it
            raise NotFound("There is no such session.")
        return session, await User.find(caller.user), await Tenant.find(caller.tenant)


async def mine(caller: Caller) -> list[Row]:
    """The caller's sessions, the latest used first, at most 50."""
    async with within(caller.to(Permission.ACCOUNT_USE)):
        return await Session.of_user(caller.user)


async def _admitted(desk: Desk, home: Row | None, username: str, email: str, password: str) -> tuple[Row, str]:
    """The tenant, and what to keep of the password, where the tenant takes sign-ups and every rule is kept."""
    home = _refuse_closed(home)
    rules.email(email, "email")
    rules.username(username, email, "username")
    await desk.hasher.check(password, [username, email, home["slug"], home["name"]], ("password",), desk.password_length)
    return home, await desk.hasher.hash(password, ("password",))


def _refuse_closed(home: Row | None) -> Row:
    if home is None or home["status"] != TenantStatus.ACTIVE or home["signup"] != SignupPolicy.OPEN:
        raise SignupClosed("This tenant takes no sign-ups.", ("tenant",))
    return home


async def _refuse_unknown(desk: Desk, origin: Origin, home: Row | None) -> None:
    if home is None or home["status"] == TenantStatus.DELETING:
        await _throttled(desk, origin, "tenant", "", None, f"{NETWORK}{origin.ip_prefix}")
        raise UnknownTenant("Tenant not found", ("tenant_id",))


async def _throttled(desk: Desk, origin: Origin, kind: str, place: str, home: Row | None, *keys: str) -> None:
    """`Desk.throttled`, on record in the tenant's log each time it closes."""
    try:
        await desk.throttled(kind, place[: rules.NAME_LENGTH], home, *keys)
    except TooManyAttempts as closed:
        if closed.news and home is not None:
            async with within(home["id"]):
                await AuditEntry.append("limit.reached", origin, kind=kind)
        raise


async def _tenant(slug: str) -> Row | None:
    async with lobby():
        return await Tenant.maybe_by_slug(slug) if "\x00" not in slug else None
