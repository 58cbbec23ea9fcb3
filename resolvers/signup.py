"""Signing up."""

from __future__ import annotations

from auth.desk import Desk
from auth.passwords import check_legacy_composition
from auth.tokens import RefreshToken
from models import legacy as old
from models import rules
from models.audit import AuditEntry
from models.errors import AlreadyExists, SignupClosed
from models.session import Session
from models.tenancy import within
from models.user import User
from models.values import Origin, Role, Row, SignupPolicy, TenantStatus
from resolvers.attempts import counted, named, refuse_unknown
from resolvers.sessions import SignedIn


async def signup(desk: Desk, origin: Origin, *, tenant: str, username: str, email: str, password: str) -> SignedIn:
    """Makes an account (an EDITOR) in a tenant that is open for it, and signs it in.

    Refuses with SignupClosed (for an unknown tenant too), UsernameTaken, EmailTaken, WeakPassword, InvalidInput.
    """
    home = await named(tenant)
    await counted(desk, origin, "signup", tenant, home, origin.ip_prefix or "")
    home, password_hash = await _admitted(desk, home, username, email, password)
    refresh = RefreshToken.new(home["id"])
    async with within(home["id"]):
        user = await _added(origin, username, email, password_hash)
        session = await Session.start(user["id"], origin, refresh.digest)
    desk.metrics.authenticated("signup", "ok")
    return SignedIn(session, user, home, desk.issue(home, user, session, refresh, legacy=False))


async def register(desk: Desk, origin: Origin, *, tenant: str, username: str, email: str, password: str) -> None:
    """For the old clients: makes an account as `signup` does, without a session, under the old rules too and with their texts.

    Refuses with UnknownTenant too.
    """
    home = await named(tenant)
    await counted(desk, origin, "signup", tenant, home, origin.ip_prefix or "")
    await refuse_unknown(desk, origin, home)
    _refuse_closed(home)
    old.username(username)
    check_legacy_composition(password)
    old.email(email)
    home, password_hash = await _admitted(desk, home, username, email, password)
    async with within(home["id"]):
        try:
            await _added(origin, username, email, password_hash)
        except AlreadyExists as taken:
            raise type(taken)(f"User '{username}' is already registered", taken.path) from None
    desk.metrics.authenticated("signup", "ok")


async def _admitted(desk: Desk, home: Row | None, username: str, email: str, password: str) -> tuple[Row, str]:
    """The tenant, and what to keep of the password, where the tenant takes sign-ups and every rule is kept."""
    home = _refuse_closed(home)
    rules.email(email, "email")
    rules.username(username, email, "username")
    await desk.hasher.check(password, [username, email, home["slug"], home["name"]], ("password",), desk.password_length)
    return home, await desk.hasher.hash(password, ("password",))


async def _added(origin: Origin, username: str, email: str, password_hash: str) -> Row:
    user = await User.add(username, email, password_hash, Role.EDITOR)
    await AuditEntry.append("user.signed_up", origin, actor=user["id"], target=user["id"])
    return user


def _refuse_closed(home: Row | None) -> Row:
    if home is None or home["status"] != TenantStatus.ACTIVE or home["signup"] != SignupPolicy.OPEN:
        raise SignupClosed("This tenant takes no sign-ups.", ("tenant",))
    return home
