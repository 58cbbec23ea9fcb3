"""Letters: what is mailed to people, as jobs that stand or fall with the transaction that asks for them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from auth.desk import Mail, Writes
from models.job import Job
from models.values import JobKind, Origin

ADDRESS: Final = "letter's address"
"""The vault's purpose for an address that a job has to keep."""


class LetterKind(StrEnum):
    """What a letter says."""

    VERIFY_EMAIL = "VERIFY_EMAIL"
    ALREADY_REGISTERED = "ALREADY_REGISTERED"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105 - a kind of letter, not a password
    INVITATION = "INVITATION"
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105 - a kind of letter, not a password
    SESSION_ENDED = "SESSION_ENDED"
    TOTP_ENABLED = "TOTP_ENABLED"
    TOTP_DISABLED = "TOTP_DISABLED"
    RECOVERY_CODE_USED = "RECOVERY_CODE_USED"
    EMAIL_CHANGED = "EMAIL_CHANGED"
    ROLE_CHANGED = "ROLE_CHANGED"
    TENANT_LEAVES = "TENANT_LEAVES"


ABOUT_ACCOUNTS: Final = frozenset(LetterKind) - {LetterKind.INVITATION}
"""The letters that tell people of accounts of their own: nobody else stops them on their way."""


async def post(
    desk: Writes,
    kind: LetterKind,
    *,
    actor: UUID | None = None,
    origin: Origin | None = None,
    to: str | None = None,
    **whom: UUID,
) -> None:
    """Queues a letter inside the open door; nothing where the server has no mail.

    `whom` names rows of the tenant: `user` or `invitation` for whom it is, `token` for the mailed token that it carries. Address
    and token are read when it is sent, so that no queue holds them. `to` is for an address that stands in no row any more, such
    as the one before a change; it is kept encrypted. From `origin` the letter tells the network.
    """
    if desk.mail is Mail.OFF:
        return
    payload: dict[str, Any] = {name: one.hex for name, one in whom.items()}
    if origin is not None and origin.ip_prefix:
        payload["network"] = origin.ip_prefix
    if to is not None:
        payload["sealed"] = desk.vault.encrypt(ADDRESS, to.encode()).decode()
    await Job.add(JobKind.MAIL, actor=actor, letter=kind.value, **payload)
