"""An invitation: somebody who does not belong to the tenant yet may join it, in a certain role."""

from __future__ import annotations

from uuid import UUID

from tortoise import Model, fields

from models.tenancy import TenantManager
from models.values import Role, Row, now


class Invitation(Model):
    """What is kept of an invitation. It is open until it is accepted, revoked, or its time is up."""

    id = fields.UUIDField(primary_key=True)
    tenant_id = fields.UUIDField()
    digest = fields.BinaryField()
    email = fields.TextField()
    email_key = fields.TextField()
    role = fields.CharEnumField(Role, max_length=20)
    invited_by = fields.UUIDField(null=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    accepted_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "invitations"
        manager = TenantManager()

    @classmethod
    async def maybe_open(cls, invitation_id: UUID) -> Row | None:
        """The invitation's row where it can still be accepted; or None."""
        still = cls.filter(id=invitation_id, accepted_at=None, revoked_at=None, expires_at__gt=now())
        return await still.first().values()
