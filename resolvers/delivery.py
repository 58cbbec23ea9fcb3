"""Delivers letters, as jobs: each is written when it is sent, from the rows as they are then."""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from uuid import UUID

from auth.desk import Desk, Letter, NotSent
from auth.mailed import MailedToken
from models.invitation import Invitation
from models.mail_token import MailToken
from models.tenant import Tenant, serves
from models.user import User
from models.values import MailPurpose, Row
from resolvers.letter_texts import WORDS, Facts, html, moment, plain
from resolvers.letters import ADDRESS, LetterKind
from resolvers.work import Again, GivenUp, inside

_PAGES: Final = {MailPurpose.VERIFY_EMAIL: "verify", MailPurpose.RESET_PASSWORD: "reset"}


class _Addressed(NamedTuple):
    """To whom, as what, and with which mailed token's row; `page` is where its link leads."""

    to: str
    role: str
    account: str = ""
    token: Row | None = None
    page: str = ""


async def deliver(desk: Desk, job: Row) -> None:
    """Sends the letter of a MAIL job; nothing where it has lost its sense: its person is gone, or its link would not work.

    Raises Again or GivenUp. The letter's key is the job's id, so that one that is sent twice is known to be the same.
    """
    if desk.mailer is None:
        return
    async with inside(job):
        letter = await _written(desk, job)
    if letter is None:
        return
    try:
        await desk.mailer.send(letter)
    except NotSent as fault:
        raise (GivenUp if fault.final else Again)(str(fault)) from None


async def _written(desk: Desk, job: Row) -> Letter | None:
    payload, tenant_id = job["payload"], job["tenant_id"]
    kind = LetterKind(payload["letter"])
    tenant = await Tenant.maybe(tenant_id)
    if tenant is None or not serves(tenant):
        return None
    whom = await (_invited(payload) if "invitation" in payload else _user(desk, payload))
    if whom is None or (kind is LetterKind.TENANT_LEAVES and tenant["deletion_at"] is None):
        return None
    link = None if whom.token is None else f"{desk.public_url}/account/{whom.page}#{_token(desk, tenant_id, whom.token)}"
    facts = Facts(
        slug=tenant["slug"],
        at=job["created_at"],
        role=whom.role,
        account=whom.account,
        network=payload.get("network"),
        link=link,
        until=None if whom.token is None else whom.token["expires_at"],
        leaves="" if tenant["deletion_at"] is None else moment(tenant["deletion_at"]),
    )
    return Letter(job["id"].hex, whom.to, WORDS[kind].subject, plain(kind, facts), html(kind, facts))


async def _invited(payload: dict[str, Any]) -> _Addressed | None:
    row = await Invitation.maybe_open(UUID(payload["invitation"]))
    return None if row is None else _Addressed(row["email"], str(row["role"]), token=row, page="invitation")


async def _user(desk: Desk, payload: dict[str, Any]) -> _Addressed | None:
    user = await User.maybe(UUID(payload["user"]))
    if user is None or not user["active"]:
        return None
    to, role = _address(desk, payload, user), str(user["role"])
    # A username may be any fifty characters: whoever has not proved the address could send them to anybody.
    account = f"your account “{user['username']}”" if user["email_verified"] and to == user["email"] else "your account"
    if "token" not in payload:
        return _Addressed(to, role, account)
    token = await MailToken.maybe_good(UUID(payload["token"]), user)
    return None if token is None else _Addressed(to, role, account, token, _PAGES[MailPurpose(token["purpose"])])


def _address(desk: Desk, payload: dict[str, Any], user: Row) -> str:
    """Where the user is reached, or was when the letter was asked for."""
    if "sealed" not in payload:
        return str(user["email"])
    opened = desk.vault.decrypt(ADDRESS, payload["sealed"].encode())
    if opened is None:
        raise GivenUp("Its address cannot be read, since the secret that it was encrypted with is gone.")
    return opened.decode()


def _token(desk: Desk, tenant: UUID, row: Row) -> str:
    token = MailedToken.again(desk.vault, tenant, row["id"], row["digest"])
    if token is None:
        raise GivenUp("Its link cannot be written, since the secret that it follows from is gone. Ask for another one.")
    return token.text
