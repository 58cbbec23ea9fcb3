"""A link that was mailed to a user: it is of use once, for a time, and only as long as the address is theirs."""

from __future__ import annotations

from uuid import UUID

from tortoise import Model, fields

from models.tenancy import TenantManager
from models.values import MailPurpose, Row, now


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
    async def maybe_good(cls, token_id: UUID, user: Row) -> Row | None:
        """The token's row where it still works for this user, whose address is the one that it was mailed to; or None."""
        good = cls.filter(id=token_id, user_id=user["id"], email_key=user["email_key"], used_at=None, expires_at__gt=now())
        return await good.first().values()
