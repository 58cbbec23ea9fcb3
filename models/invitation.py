"""An invitation: somebody who does not belong to the tenant yet may join it, in a certain role."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from tortoise import Model, fields
from tortoise.queryset import QuerySet

from models import rules
from models.errors import TooMany
from models.tenancy import TenantManager, create, record
from models.values import Role, Row, normal, now

LIFETIME: Final = timedelta(days=7)
"""How long an invitation may be accepted."""


OPEN: Final = 100
"""Open invitations that a tenant has at the most."""


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
    async def add(cls, invitation_id: UUID, digest: bytes, email: str, role: Role, invited_by: UUID | None = None) -> Row:
        """A new invitation, in place of an open one to the same address. Refuses with TooMany over OPEN of them."""
        moment, address = now(), rules.email(email, "email")
        await cls._open().filter(email_key=normal(address)).update(revoked_at=moment)
        if await cls._open().count() >= OPEN:
            raise TooMany(f"A tenant may have at most {OPEN} open invitations. Revoke one first.", ("email",))
        return await create(
            cls,
            id=invitation_id,
            digest=digest,
            email=address,
            email_key=normal(address),
            role=role,
            invited_by=invited_by,
            created_at=moment,
            expires_at=moment + LIFETIME,
        )

    @classmethod
    async def open(cls) -> list[Row]:
        """The tenant's open invitations, the latest first, at most OPEN."""
        return await cls._open().order_by("-created_at", "-id").limit(OPEN).values()

    @classmethod
    async def maybe_open(cls, invitation_id: UUID) -> Row | None:
        """The invitation's row where it can still be accepted; or None."""
        return await cls._open().filter(id=invitation_id).first().values()

    @classmethod
    async def locked(cls, **which: UUID | bytes | str) -> Row | None:
        """The open invitation that `which` names (by id, by digest, by email_key), locked until the door closes; or None."""
        invitation = await cls._open().filter(**which).select_for_update().first()
        return None if invitation is None else record(invitation)

    @classmethod
    async def accept(cls, invitation_id: UUID) -> None:
        """It has done its work."""
        await cls.filter(id=invitation_id).update(accepted_at=now())

    @classmethod
    async def revoke(cls, invitation_id: UUID) -> None:
        """It may not be accepted any more."""
        await cls.filter(id=invitation_id).update(revoked_at=now())

    @classmethod
    async def withdraw(cls, invited_by: UUID) -> None:
        """Revokes what a user has sent who may not invite so any more."""
        await cls._open().filter(invited_by=invited_by).update(revoked_at=now())

    @classmethod
    def _open(cls) -> QuerySet[Any]:
        return cls.filter(accepted_at=None, revoked_at=None, expires_at__gt=now())
