"""A link that was mailed to a user: it is of use once, for a time, and only as long as the address is theirs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from tortoise import Model, fields
from tortoise.queryset import QuerySet

from models.tenancy import TenantManager, create
from models.user import User
from models.values import MailPurpose, Row, now

LIFETIME: Final = {MailPurpose.VERIFY_EMAIL: timedelta(hours=24), MailPurpose.RESET_PASSWORD: timedelta(hours=1)}
"""How long a link is of use."""

PAUSE: Final = timedelta(minutes=1)
"""A user gets one letter of a purpose in this time: whoever asks for more of them fills nobody's mailbox."""


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
    mailed_at = fields.DatetimeField()

    class Meta:
        table = "mail_tokens"
        manager = TenantManager()

    @classmethod
    async def add(cls, token_id: UUID, digest: bytes, purpose: MailPurpose, user: Row) -> None:
        """Keeps a link that is mailed to the user's address of today, in place of their older ones of this purpose."""
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
            mailed_at=moment,
        )

    @classmethod
    async def young(cls, purpose: MailPurpose, user: Row) -> Row | None:
        """The user's link that has more than half of its time left; or None.

        It is mailed again rather than replaced: a stranger who asks for links all the time must not end the one in the mailbox.
        """
        least = now() + LIFETIME[purpose] / 2
        return await cls._good(user).filter(purpose=purpose, expires_at__gt=least).first().values()

    @classmethod
    async def maybe_good(cls, token_id: UUID, user: Row) -> Row | None:
        """The token's row where it still works for this user, whose address is the one that it was mailed to; or None."""
        return await cls._good(user).filter(id=token_id).first().values()

    @classmethod
    async def mail(cls, token_id: UUID) -> None:
        """Remembers that it is mailed now."""
        await cls.filter(id=token_id).update(mailed_at=now())

    @classmethod
    async def holder(cls, digest: bytes, purpose: MailPurpose) -> Row | None:
        """The row of the active user to whom this link was mailed, locked; None where it is of no use (any more)."""
        token = await cls.filter(digest=digest, purpose=purpose).first()
        # The user first and their link then, as everywhere, so that two at once wait for each other and do not lock up.
        user = None if token is None else await User.locked(token.user_id)
        if user is None or not user["active"]:
            return None
        return user if await cls._good(user).filter(digest=digest).exists() else None

    @classmethod
    async def spend(cls, digest: bytes, purpose: MailPurpose) -> Row | None:
        """As `holder`, once: after this the link is of no use."""
        user = await cls.holder(digest, purpose)
        if user is not None:
            await cls.filter(digest=digest).update(used_at=now())
        return user

    @classmethod
    async def end_resets(cls, user_id: UUID) -> None:
        """The user's links to a new password are of no use any more: they have another one."""
        await cls.filter(user_id=user_id, purpose=MailPurpose.RESET_PASSWORD).delete()

    @classmethod
    def _good(cls, user: Row) -> QuerySet[Any]:
        return cls.filter(user_id=user["id"], email_key=user["email_key"], used_at=None, expires_at__gt=now())
