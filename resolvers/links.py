"""Links that are mailed to a user: one proves an address, one makes a new password. Each is good once, by a mutation alone."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from auth.desk import Desk, Mail, Writes
from auth.mailed import LINK_REFUSED, MailedToken
from models.audit import AuditEntry
from models.errors import NotAllowed, TokenInvalid
from models.login_history import LoginHistory
from models.mail_token import PAUSE, MailToken
from models.session import Session
from models.tenancy import within
from models.user import User
from models.values import MailPurpose, Origin, Row, SessionEndReason, TenantStatus, new_id, now
from resolvers.attempts import address, counted, keyed, named, network, proves
from resolvers.background import afterwards, finished
from resolvers.letters import LetterKind, post

_LETTERS: Final = {
    MailPurpose.VERIFY_EMAIL: LetterKind.VERIFY_EMAIL,
    MailPurpose.RESET_PASSWORD: LetterKind.RESET_PASSWORD,
}
_REQUESTS: Final = {
    MailPurpose.VERIFY_EMAIL: "email.verification_requested",
    MailPurpose.RESET_PASSWORD: "password.reset_requested",
}


def refuse_without_mail(desk: Writes, *path: str) -> None:
    """Refuses with NotAllowed what a letter is needed for, where the server sends none."""
    if desk.mail is Mail.OFF:
        raise NotAllowed("This server sends no mail: ask those who run it.", path)


async def send(desk: Desk, origin: Origin, purpose: MailPurpose, user_id: UUID) -> bool:
    """Mails the user a link, inside the open door; whether it did: not where there is no mail, or a letter of the last minute.

    The link of the last letter is mailed again while it is young, and a fresh one in its place later.
    """
    user = None if desk.mail is Mail.OFF else await User.locked(user_id)
    if user is None:
        return False
    known = await MailToken.young(purpose, user)
    if known is None:
        token = MailedToken.new(desk.vault, user["tenant_id"], new_id())
        await MailToken.add(token.row, token.digest, purpose, user)
    elif known["mailed_at"] > now() - PAUSE:
        return False
    else:
        await MailToken.mail(known["id"])
    await post(desk, _LETTERS[purpose], origin=origin, user=user["id"], token=token.row if known is None else known["id"])
    return True


async def request(desk: Desk, origin: Origin, purpose: MailPurpose, *, tenant: str, email: str) -> None:
    """Mails a link to whoever has this address in this tenant. It answers alike, and before it looks, where there is nobody.

    Refuses with NotAllowed where the server sends no mail.
    """
    refuse_without_mail(desk)
    home = await named(tenant)
    await counted(desk, origin, purpose.value.lower(), tenant, home, address(email), network(origin))
    afterwards(_request(desk, origin, purpose, home, email))


async def verify_email(desk: Desk, origin: Origin, token: str) -> None:
    """Spends a link, whose address is proved to be the user's. Refuses with TokenInvalid."""
    home, link = await _opened(desk, origin, token)
    async with within(home["id"]):
        user = _live(await MailToken.spend(link.digest, MailPurpose.VERIFY_EMAIL))
        await User.verify_email(user["id"])
        await AuditEntry.append("email.verified", origin, actor=user["id"], target=user["id"])


@proves("password")
async def reset_password(desk: Desk, origin: Origin, *, token: str, new: str) -> None:
    """Spends a link for a new password: all sessions end, and the address is proved. Refuses with TokenInvalid or WeakPassword.

    A password that is too weak spends nothing.
    """
    with desk.hasher.place(origin.ip_prefix) as hasher:
        home, link = await _opened(desk, origin, token)
        async with within(home["id"]):
            user = _live(await MailToken.holder(link.digest, MailPurpose.RESET_PASSWORD))
        hints = [user["username"], user["email"], home["slug"], home["name"]]
        await hasher.check(new, hints, ("newPassword",), desk.password_length)
        password_hash = await hasher.hash(new, ("newPassword",))
    await finished(_reset(desk, origin, home, link, password_hash))


async def _reset(desk: Desk, origin: Origin, home: Row, link: MailedToken, password_hash: str) -> None:
    async with within(home["id"]):
        user = _live(await MailToken.spend(link.digest, MailPurpose.RESET_PASSWORD))
        await User.set_password(user["id"], password_hash)
        await User.verify_email(user["id"])
        ended = await Session.end(SessionEndReason.PASSWORD_CHANGED, user_id=user["id"])
        await LoginHistory.note(user["id"], origin)  # from here they sign in, whoever else tries their name meanwhile
        await AuditEntry.append("password.reset", origin, actor=user["id"], target=user["id"], sessions_ended=ended)
        await post(desk, LetterKind.PASSWORD_CHANGED, origin=origin, user=user["id"])


async def _request(desk: Desk, origin: Origin, purpose: MailPurpose, home: Row | None, email: str) -> None:
    if home is None or home["status"] != TenantStatus.ACTIVE:
        return
    async with within(home["id"]):
        user = await User.maybe_by_email(email)
        needless = purpose is MailPurpose.VERIFY_EMAIL and user is not None and user["email_verified"]
        if user is not None and user["active"] and not needless and await send(desk, origin, purpose, user["id"]):
            await AuditEntry.append(_REQUESTS[purpose], origin, target=user["id"])


async def _opened(desk: Desk, origin: Origin, text: str) -> tuple[Row, MailedToken]:
    """The serving tenant of a link that looks like one, after the attempt was counted."""
    link = MailedToken.parse(text)
    home = await keyed(link.tenant)
    await counted(desk, origin, "link", home["slug"] if home else "", home, network(origin))
    if home is None or home["status"] != TenantStatus.ACTIVE:
        raise _dead()
    return home, link


def _live(user: Row | None) -> Row:
    if user is None:
        raise _dead()
    return user


def _dead() -> TokenInvalid:
    return TokenInvalid(LINK_REFUSED, ("token",))
