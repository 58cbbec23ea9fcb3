"""A link that was mailed to a user: it is of use once, for a time, and only as long as the address is theirs."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from tortoise import Model, fields

from models.tenancy import TenantManager, create
from models.user import User
from models.values import MailPurpose, Row, now

LIFETIME: Final = {MailPurpose.VERIFY_EMAIL: timedelta(hours=24), MailPurpose.RESET_PASSWORD: timedelta(hours=1)}
"""How long a link is of use."""

PAUSE: Final = timedelta(minutes=1)
"""A user gets one link of a purpose in this time: whoever asks for more of them fills nobody's mailbox."""


class MailToken(Model):
    """What is kept of a mailed token: its digest alone."""

    id = fields.UUIDField(primary_key=True)
    tenant_id = fields.UUIDField()
    digest = fields.BinaryField()
    purpose = fields.CharEnumField(MailPurpose, max_length=20)
    user_id = fields.UUIDField()
    email_key = fields.TextField()
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "mail_tokens"
        manager = TenantManager()

    @classmethod
    async def add(cls, token_id: UUID, digest: bytes, purpose: MailPurpose, user: Row) -> None:
        """Keeps a link to the user's address of today, in place of their older ones of this purpose."""
        moment = now()
        await cls.filter(user_id=user["id"], purpose=purpose).delete()
        await create(
            cls,
            id=token_id,
            digest=digest,
            purpose=purpose,
            user_id=user["id"],
            email_key=user["email_key"],
            created_at=moment,
            expires_at=moment + LIFETIME[purpose],
        )

    @classmethod
    async def is_fresh(cls, purpose: MailPurpose, user: Row) -> bool:
        """Whether the user's address got a link of this purpose within PAUSE, which is still unused."""
        return await cls.filter(
            user_id=user["id"], email_key=user["email_key"], purpose=purpose, used_at=None, created_at__gt=now() - PAUSE
        ).exists()

    @classmethod
    async def holder(cls, digest: bytes, purpose: MailPurpose) -> Row | None:
        """The row of the active user to whom this link was mailed, locked; None where it is of no use (any more)."""
        token = await cls.filter(digest=digest, purpose=purpose).first()
        if token is None:
            return None
        # The user first and their link then, as everywhere, so that two at once wait for each other and do not lock up.
        user = await User.locked(token.user_id)
        token = await cls.filter(digest=digest, used_at=None, expires_at__gt=now()).select_for_update().first()
        if user is None or token is None or not user["active"] or user["email_key"] != token.email_key:
            return None
        return user

    @classmethod
    async def spend(cls, digest: bytes, purpose: MailPurpose) -> Row | None:
        """As `holder`, once: after this the link is of no use."""
        user = await cls.holder(digest, purpose)
        if user is not None:
            await cls.filter(digest=digest).update(used_at=now())
        return user
