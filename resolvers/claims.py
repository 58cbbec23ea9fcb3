"""Accounts that wait for their address, and claims of those that have one: what tells them apart stays in the mailbox."""

from __future__ import annotations

from typing import Final

from auth.desk import Desk, Mail
from models.audit import AuditEntry
from models.signup_claim import SignupClaim
from models.user import User
from models.values import MailPurpose, Origin, Row, normal
from resolvers import links
from resolvers.letters import LetterKind, post

WRONG: Final = "Wrong username or password."
"""What the old clients read whose sign-in is refused."""


async def claimed(desk: Desk, origin: Origin, known: Row, username: str, password_hash: str) -> None:
    """What a sign-up with somebody else's address leaves behind: as much work, and as little to see, as any other.

    Inside the open door. Refuses with UsernameTaken.
    """
    await User.locked(known["id"])  # one at a time, or each would find that no letter was sent yet
    claim = None
    if is_address(username):  # whoever has it as their name is known by that
        claim = await SignupClaim.maybe(username)
    else:
        await User.refuse_taken_name(username)
    await _tell(desk, origin, claim or await SignupClaim.add(username, password_hash, known["id"]))
    await AuditEntry.append("user.signed_up_again", origin, target=known["id"])


def is_address(username: str) -> bool:
    """Whether the name is the address itself, as the rules have it: that it is taken would tell that the address is known."""
    return "@" in normal(username)


def must_verify(desk: Desk, user: Row | None) -> bool:
    """Whether the account may not sign in before its address is verified; where no mail is sent, nobody has to."""
    return desk.mail is Mail.SMTP and user is not None and bool(user["verification_required"])


async def known_by(desk: Desk, name: str) -> tuple[Row | None, Row | None]:
    """The account that signs in by this name, or else the claim. Inside the open door.

    An address that has still to be verified is nobody's name: or whoever signed up with it would learn here that it was new.
    """
    user = await User.maybe_by_login(name)
    if user is not None and must_verify(desk, user) and user["email_key"] == normal(name):
        user = None
    claim = await SignupClaim.maybe(name) if user is None and desk.mail is Mail.SMTP and not is_address(name) else None
    return user, claim


async def remind(desk: Desk, origin: Origin, user: Row | None, claim: Row | None) -> None:
    """Mails again to whose password was just proved, for an account that waits or for a claim. Inside the open door."""
    if user is not None:
        await links.send(desk, origin, MailPurpose.VERIFY_EMAIL, user["id"])
    elif claim is not None:
        await _tell(desk, origin, claim)
    await AuditEntry.append("login.failed", origin, target=user["id"] if user else None, why="VERIFICATION_REQUIRED")


def wrong(desk: Desk) -> str:
    """What everybody reads whose sign-in is refused."""
    return f"{WRONG} If you have just signed up, follow the link in our letter first." if desk.mail is Mail.SMTP else WRONG


async def _tell(desk: Desk, origin: Origin, claim: Row) -> None:
    if await SignupClaim.is_due(claim["user_id"]):
        await SignupClaim.tell(claim)
        await post(desk, LetterKind.ALREADY_REGISTERED, origin=origin, user=claim["user_id"])
