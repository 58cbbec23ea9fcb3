"""Signing in and out, and what lives in between."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from auth.caller import Caller
from auth.desk import Desk, Tokens
from auth.permissions import Permission
from auth.tokens import RefreshToken
from models import rules
from models.audit import AuditEntry
from models.errors import BadCredentials, NotFound, TokenInvalid, TokenReused
from models.mail_token import MailToken
from models.retries import retried
from models.session import Rotation, Session
from models.tenancy import through, within
from models.tenant import Tenant, serves
from models.user import User
from models.values import Origin, Row, SessionEndReason, ending, normal
from models.viewer import seen
from resolvers.attempts import counted, counted_login, keyed, named, network, refuse_unknown
from resolvers.background import finished
from resolvers.claims import WRONG, known_by, must_verify, remind, wrong
from resolvers.letters import LetterKind, post
from resolvers.proofs import Proof, second_factor


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Rows of the session, its user and its tenant; the tokens where they were just made."""

    session: Row
    user: Row
    tenant: Row
    tokens: Tokens


async def login(
    desk: Desk, origin: Origin, *, tenant: str, username_or_email: str, password: str, totp: str | None = None
) -> SignedIn | None:
    """Starts a session; None where the address has to be verified first, of which a letter goes out.

    Refuses with BadCredentials, whatever was wrong, after the same work. Where the password was right and the user has an
    authenticator, `totp` is a code of it or a recovery code; refuses with TotpRequired, WrongCode, or TooManyAttempts after wrong
    codes. Who hangs up meanwhile has tried all the same: it goes on to its end, and on record.
    """
    return await finished(_login(desk, origin, tenant, username_or_email, password, totp, legacy=False))


async def login_legacy(
    desk: Desk, origin: Origin, *, tenant: str, username_or_email: str, password: str, totp: str | None = None
) -> SignedIn:
    """As `login`, for the old clients: they are told of an unknown tenant, and nothing of an address that waits."""
    signed_in = await finished(_login(desk, origin, tenant, username_or_email, password, totp, legacy=True))
    if signed_in is None:
        raise BadCredentials(WRONG)
    return signed_in


async def _login(
    desk: Desk, origin: Origin, tenant: str, username_or_email: str, password: str, totp: str | None, *, legacy: bool
) -> SignedIn | None:
    home, user, claim, right, fresh = await _compared(desk, origin, tenant, username_or_email, password, legacy=legacy)
    session, waits, proof = None, False, Proof()
    if home is not None:
        target = user["id"] if user else None
        refresh = RefreshToken.new(home["id"])
        async with within(home["id"]):
            user = await _still(user) if user and right else None
            # The same work as for an account, and the same lock: two sign-ins at once bring one letter.
            claim = claim if claim and right and await _served(claim["user_id"], claim["tenant_id"]) else None
            waits = must_verify(desk, user) or claim is not None
            if waits:
                await remind(desk, origin, user, claim)
            elif user is None:
                await AuditEntry.append("login.failed", origin, target=target)
            elif (proof := await second_factor(desk, origin, user["id"], totp)).refusal is not None:
                # Committed, since the refusal is raised outside: a wrong code counts.
                await AuditEntry.append("login.failed", origin, target=target, factor="totp", why=proof.refusal.code)
            else:
                if fresh is not None:
                    await User.set_password(user["id"], fresh)
                session = await Session.start(user["id"], origin, refresh.digest, second_factor=proof.proved)
                await AuditEntry.append("login.succeeded", origin, actor=user["id"], target=session["id"])
    desk.metrics.authenticated("login", "ok" if session else "refused")
    if waits:
        return None
    if proof.refusal is not None:
        raise proof.refusal
    if home is None or user is None or session is None:
        raise BadCredentials(WRONG if legacy else wrong(desk))
    return SignedIn(session, user, home, desk.issue(home, user, session, refresh, legacy=legacy))


async def _compared(
    desk: Desk, origin: Origin, tenant: str, username_or_email: str, password: str, *, legacy: bool
) -> tuple[Row | None, Row | None, Row | None, bool, str | None]:
    """The tenant, the account or the claim of this name, whether the password is theirs, and what to keep of it from now on."""
    with desk.hasher.place(origin.ip_prefix) as hasher:  # a crowd is not to take the connections of those who are signed in
        home, user, claim = await named(tenant), None, None
        name = username_or_email[: rules.EMAIL_LENGTH]  # bounded before it is normalised; nobody's name is longer
        await counted_login(desk, origin, tenant, home, normal(name))
        if legacy:
            await refuse_unknown(desk, origin, home)
        if home is not None and serves(home) and name == username_or_email:
            async with within(home["id"]):
                user, claim = await known_by(desk, name)
        proved = user or claim
        right = await hasher.verify(password, proved["password_hash"] if proved else None)
        fresh = await hasher.hash(password) if user and right and hasher.needs_rehash(user["password_hash"]) else None
    return home, user, claim, right, fresh


async def refresh(desk: Desk, origin: Origin, token: str, *, tenant: str | None = None, legacy: bool = False) -> SignedIn:
    """Spends a refresh token for the next one. Refuses with TokenInvalid, or with TokenReused after ending the session.

    `tenant`, a slug, must be the token's own where it is given; one that is nobody's is refused with UnknownTenant.
    """
    if tenant is not None:
        await refuse_unknown(desk, origin, await named(tenant))
    dead = TokenInvalid("This refresh token is not valid any more. Sign in again.", ("refreshToken",))
    home = None
    try:
        given = RefreshToken.parse(token, ("refreshToken",))
        home = await keyed(given.tenant)
        if home is None or not serves(home) or tenant not in {None, home["slug"]}:
            raise dead
        await counted(desk, origin, "refresh", home["slug"], home, given.digest.hex())
        candidates = desk.keys.successors(given)
        async with within(home["id"]):
            outcome, session, which = await Session.rotate(given.digest, [c.digest for c in candidates])
            if outcome is Rotation.OVER and session is not None:
                raise TokenInvalid(ending(session["ended_reason"], session["ended_at"]), ("refreshToken",))
            user = None if session is None else await User.maybe(session["user_id"])
            if session is None or user is None:
                raise dead
            if outcome is Rotation.REUSED:
                # Committed, since the refusal is raised outside: whoever holds a copy is out, and it is on record.
                await Session.end(SessionEndReason.TOKEN_REUSED, id=session["id"])
                await post(desk, LetterKind.SESSION_ENDED, origin=origin, user=user["id"])
            elif not user["active"]:
                raise dead  # and so the token is not spent
            event = "refresh.reused" if outcome is Rotation.REUSED else "refresh.succeeded"
            await AuditEntry.append(event, origin, actor=user["id"], target=session["id"])
    except TokenInvalid:
        desk.metrics.authenticated("refresh", "refused")
        # What is no live token counts against its network, and nothing else: an office comes back at nine as one.
        await counted(desk, origin, "refresh", home["slug"] if home else "", home, network(origin))
        raise
    desk.metrics.authenticated("refresh", "refused" if outcome is Rotation.REUSED else "ok")
    if outcome is Rotation.REUSED:
        raise TokenReused("This refresh token was used before, so its session has been ended. Sign in again.", ("refreshToken",))
    return SignedIn(session, user, home, desk.issue(home, user, session, candidates[which], legacy=legacy))


async def renew(desk: Desk, caller: Caller) -> SignedIn:
    """For the old clients: new tokens for the caller's own session, in place of its refresh token. Never counts as reuse."""
    async with within(caller.to(Permission.ACCOUNT_USE)):
        user, tenant = await User.find(caller.user), await Tenant.find(caller.tenant)
    await counted(desk, caller.origin, "refresh", tenant["slug"], tenant, caller.session.hex)
    token = RefreshToken.new(caller.tenant)
    async with within(caller.to(Permission.ACCOUNT_USE)):
        session = await Session.replace_token(caller.session, token.digest)
        await AuditEntry.append("refresh.renewed", caller.origin, actor=caller.user, target=caller.session)
    desk.metrics.authenticated("refresh", "ok")
    return SignedIn(session, user, tenant, desk.issue(tenant, user, session, token, legacy=True))


@retried
async def logout(caller: Caller) -> None:
    """Ends the caller's session, and no other."""
    async with within(caller.to(Permission.ACCOUNT_USE)):
        await Session.end(SessionEndReason.LOGGED_OUT, id=caller.session)
        await AuditEntry.append("logout", caller.origin, actor=caller.user, target=caller.session)


@retried
async def revoke(caller: Caller, session_id: UUID | None) -> int:
    """Ends one of the caller's own sessions; how many that were. Refuses with NotFound, also for another person's."""
    async with within(caller.to(Permission.ACCOUNT_USE)):
        session = None if session_id is None else await Session.maybe(session_id)
        if session is None or session["user_id"] != caller.user:
            raise NotFound("There is no such session.", ("sessionId",))
        ended = await Session.end(SessionEndReason.REVOKED, id=session["id"])
        await AuditEntry.append("session.revoked", caller.origin, actor=caller.user, target=session["id"], count=ended)
    return ended


@retried
async def revoke_all(caller: Caller, *, but_this: bool) -> int:
    """Ends all of the caller's sessions, or all the others; how many that were."""
    async with within(caller.to(Permission.ACCOUNT_USE)):
        which = {"id__not": caller.session} if but_this else {}
        ended = await Session.end(SessionEndReason.REVOKED, user_id=caller.user, **which)
        await AuditEntry.append("sessions.revoked", caller.origin, actor=caller.user, target=caller.user, count=ended)
    return ended


async def change_password(desk: Desk, caller: Caller, *, current: str, new: str) -> None:
    """Keeps a new password, and ends other sessions and mailed links to one. Refuses with BadCredentials or WeakPassword."""
    async with within(caller.to(Permission.ACCOUNT_USE)):
        user, tenant = await User.find(caller.user), await Tenant.find(caller.tenant)
    await counted(desk, caller.origin, "password", tenant["slug"], tenant, user["id"].hex)
    right, password_hash = await desk.hasher.verify(current, user["password_hash"]), ""
    if right:
        hints = [user["username"], user["email"], tenant["slug"], tenant["name"]]
        await desk.hasher.check(new, hints, ("newPassword",), desk.password_length)
        password_hash = await desk.hasher.hash(new, ("newPassword",))
    async with within(caller.to(Permission.ACCOUNT_USE)):
        done = right and await _still(user) is not None
        if done:
            await User.set_password(caller.user, password_hash)
            await MailToken.end_resets(caller.user)
            ended = await Session.end(SessionEndReason.PASSWORD_CHANGED, user_id=caller.user, id__not=caller.session)
            await AuditEntry.append("password.changed", caller.origin, actor=caller.user, target=caller.user, sessions_ended=ended)
            await post(desk, LetterKind.PASSWORD_CHANGED, origin=caller.origin, user=caller.user)
        else:
            await AuditEntry.append("password.refused", caller.origin, actor=caller.user, target=caller.user)
    desk.metrics.authenticated("password", "ok" if done else "refused")
    if not done:
        raise BadCredentials("This is not your password.", ("currentPassword",))


async def reauthenticate(desk: Desk, caller: Caller, *, password: str, totp: str | None) -> None:
    """Proves again who the caller is, for `RECENT`: by the password, and a second factor where they have one.

    Refuses with BadCredentials, TotpRequired, WrongCode or TooManyAttempts.
    """
    async with within(caller.to(Permission.ACCOUNT_USE)):
        user, tenant = await User.find(caller.user), await Tenant.find(caller.tenant)
    await counted(desk, caller.origin, "password", tenant["slug"], tenant, user["id"].hex)
    right = await desk.hasher.verify(password, user["password_hash"])
    async with within(caller.to(Permission.ACCOUNT_USE)):
        done = right and await _still(user) is not None
        proof = await second_factor(desk, caller.origin, caller.user, totp) if done else Proof()
        refusal = proof.refusal if done else BadCredentials("This is not your password.", ("password",))
        if refusal is None:
            await Session.prove(caller.session, second_factor=proof.proved)
            await AuditEntry.append("reauthenticated", caller.origin, actor=caller.user, target=caller.session)
        else:
            why = {"why": refusal.code, "factor": "totp" if done else "password"}
            await AuditEntry.append("reauthentication.refused", caller.origin, actor=caller.user, target=caller.session, **why)
    desk.metrics.authenticated("password", "ok" if refusal is None else "refused")
    if refusal is not None:
        raise refusal


async def verify(caller: Caller) -> None:
    """Refuses with Unauthenticated where the caller's session has ended."""
    async with within(caller.to(Permission.ACCOUNT_USE)):
        pass


async def viewer(caller: Caller, columns: frozenset[str] | None = None) -> tuple[Row, Row, Row]:
    """Rows of the caller's session, user and tenant, with these of their columns."""
    async with through(caller.to(Permission.ACCOUNT_USE)):
        rows = await seen(caller.session, columns)
        if rows is None:  # the door has just seen it
            raise NotFound("There is no such session.")
        return rows


async def mine(caller: Caller) -> list[Row]:
    """The caller's sessions, the latest used first, at most 50."""
    async with through(caller.to(Permission.ACCOUNT_USE)):
        return await Session.of_user(caller.user)


async def _still(known: Row) -> Row | None:
    """The user's row as it is now, locked; None where they may not sign in by the password that was compared with `known`."""
    user = await _served(known["id"], known["tenant_id"])
    same = user is not None and user["active"] and user["password_hash"] == known["password_hash"]
    return user if same else None


async def _served(user_id: UUID, tenant_id: UUID) -> Row | None:
    """The user's row as it is now, locked; None where there is none, or where their tenant does not serve."""
    user, home = await User.locked(user_id), await Tenant.maybe(tenant_id)
    return user if home is not None and serves(home) else None
