"""Signing up."""

from __future__ import annotations

from auth.desk import Desk, Mail
from auth.mailed import MailedToken
from auth.passwords import Hasher, check_legacy_composition
from auth.tokens import RefreshToken
from models import legacy as old
from models import rules
from models.audit import AuditEntry
from models.errors import AlreadyExists, EmailTaken, Required, SignupClosed
from models.invitation import Invitation
from models.retries import retried
from models.session import Session
from models.signup_claim import SignupClaim
from models.tenancy import within
from models.user import User
from models.values import MailPurpose, Origin, Role, Row, SignupPolicy, TenantStatus, normal
from resolvers import invitations, links
from resolvers.attempts import address, counted, keyed, named, proves, refuse_unknown
from resolvers.claims import claimed, is_address
from resolvers.sessions import SignedIn


@proves("signup")
async def signup(
    desk: Desk,
    origin: Origin,
    *,
    tenant: str | None,
    username: str,
    email: str | None,
    password: str,
    invitation: str | None = None,
) -> SignedIn | None:
    """Makes an account, an EDITOR in a tenant that is open for it, or whatever an invitation says, and signs it in.

    None where the address has to be verified first: then a letter tells its owner what to do, also where it has an account already
    and nothing was made. An invitation names tenant and address where they are not given; another address may be given, too.
    Refuses with SignupClosed (for an unknown tenant too), TokenInvalid, UsernameTaken, EmailTaken, WeakPassword, InvalidInput.
    """
    token = None if invitation is None else MailedToken.parse(invitation, ("invitationToken",))
    with desk.hasher.place(origin.ip_prefix) as hasher:
        home = await _home(tenant, token)
        place = home["slug"] if home else tenant or ""
        await counted(desk, origin, "signup", place, home, origin.ip_prefix or "", address(email or (invitation or "")))
        email = await _addressed(home, token, email)
        home = _refuse_closed(home, invited=token is not None)
        password_hash = await _hashed(desk, hasher, home, username, email, password)
    try:
        return await _enrolled(desk, origin, home, token, username, email, password_hash)
    except AlreadyExists as taken:
        if not _is_discreet(desk, token) or not (isinstance(taken, EmailTaken) or is_address(username)):
            raise
        # Somebody was faster with this address, and that is not told: now it is known.
        return await _enrolled(desk, origin, home, token, username, email, password_hash)


@proves("signup")
async def register(desk: Desk, origin: Origin, *, tenant: str, username: str, email: str, password: str) -> None:
    """For the old clients: makes an account as `signup` does, without a session, under the old rules too and with their texts.

    It may sign in at once, as they expect; its address is verified by a letter all the same. Refuses with UnknownTenant too.
    """
    with desk.hasher.place(origin.ip_prefix) as hasher:
        home = await named(tenant)
        await counted(desk, origin, "signup", tenant, home, origin.ip_prefix or "", address(email))
        await refuse_unknown(desk, origin, home)
        home = _refuse_closed(home, invited=False)
        old.username(username)
        check_legacy_composition(password)
        old.email(email)
        password_hash = await _hashed(desk, hasher, home, username, email, password)
    async with within(home["id"]):
        try:
            user = await _added(origin, username, email, password_hash, Role.EDITOR)
        except AlreadyExists as taken:
            raise type(taken)(f"User '{username}' is already registered", taken.path) from None
        await links.send(desk, origin, MailPurpose.VERIFY_EMAIL, user["id"])


async def _home(slug: str | None, token: MailedToken | None) -> Row | None:
    if slug is not None:
        return await named(slug)
    if token is None:
        raise Required("tenant may not be empty.", ("tenant",))
    return await keyed(token.tenant)


async def _addressed(home: Row | None, token: MailedToken | None, email: str | None) -> str:
    """The address: as given, or the invited one. A token that is of no use costs no hash."""
    if token is not None:
        async with within(token.tenant if home is None else home["id"]):
            invitation = await invitations.accepted(token)
        return str(invitation["email"]) if email is None else email
    if email is None:
        raise Required("email may not be empty.", ("email",))
    return email


async def _hashed(desk: Desk, hasher: Hasher, home: Row, username: str, email: str, password: str) -> str:
    """What to keep of the password, where every rule is kept."""
    rules.email(email, "email")
    rules.username(username, email, "username")
    await hasher.check(password, [username, email, home["slug"], home["name"]], ("password",), desk.password_length)
    return await hasher.hash(password, ("password",))


@retried
async def _enrolled(
    desk: Desk, origin: Origin, home: Row, token: MailedToken | None, username: str, email: str, password_hash: str
) -> SignedIn | None:
    refresh = RefreshToken.new(home["id"])
    session = None
    async with within(home["id"]):
        invitation = None if token is None else await invitations.accepted(token)
        if _is_discreet(desk, token):
            if not is_address(username):
                await SignupClaim.refuse_taken(username)
            known = await User.maybe_by_email(email)
            if known is not None:
                await claimed(desk, origin, known, username, password_hash)
                return None
        verified = invitation is not None and invitation["email_key"] == normal(email)
        required = desk.mail is Mail.SMTP and not verified
        role = Role.EDITOR if invitation is None else Role(invitation["role"])
        user = await _added(origin, username, email, password_hash, role, email_verified=verified, verification_required=required)
        if invitation is not None:
            await Invitation.accept(invitation["id"])
            await AuditEntry.append("invitation.accepted", origin, actor=user["id"], target=invitation["id"], role=role.value)
        if not verified:
            await links.send(desk, origin, MailPurpose.VERIFY_EMAIL, user["id"])
        if not required:
            session = await Session.start(user["id"], origin, refresh.digest)
    return None if session is None else SignedIn(session, user, home, desk.issue(home, user, session, refresh, legacy=False))


async def _added(origin: Origin, username: str, email: str, password_hash: str, role: Role, **marks: bool) -> Row:
    user = await User.add(username, email, password_hash, role, **marks)
    await AuditEntry.append("user.signed_up", origin, actor=user["id"], target=user["id"])
    return user


def _is_discreet(desk: Desk, token: MailedToken | None) -> bool:
    """Whether it is told to nobody but its owner that an address is known: whoever was invited will see all the people."""
    return desk.mail is Mail.SMTP and token is None


def _refuse_closed(home: Row | None, *, invited: bool) -> Row:
    if home is None or home["status"] != TenantStatus.ACTIVE or (home["signup"] != SignupPolicy.OPEN and not invited):
        raise SignupClosed("This tenant takes no sign-ups.", ("tenant",))
    return home
