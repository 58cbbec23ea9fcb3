"""The login history: where and when the people of a tenant proved who they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from tortoise import Model, fields

from models.tenancy import TenantManager, create
from models.values import Origin, new_id, now

FAMILIAR: Final = timedelta(days=90)
"""How long a network from which somebody signed in is no stranger's."""


class LoginHistory(Model):
    """One time that a user proved it: by signing in, or by a mailed link to a new password."""

    id = fields.UUIDField(primary_key=True)
    tenant_id = fields.UUIDField()
    user_id = fields.UUIDField()
    at = fields.DatetimeField()
    user_agent = fields.TextField(null=True)
    ip_prefix = fields.TextField(null=True)

    class Meta:
        table = "login_history"
        manager = TenantManager()

    @classmethod
    async def note(cls, user_id: UUID, origin: Origin) -> None:
        """Adds an entry, of now."""
        await create(cls, id=new_id(), user_id=user_id, at=now(), user_agent=origin.user_agent, ip_prefix=origin.ip_prefix)

    @classmethod
    async def came_from(cls, ip_prefix: str | None) -> bool:
        """Whether anybody of the held tenant signed in from this network within 90 days."""
        return ip_prefix is not None and await cls.filter(ip_prefix=ip_prefix, at__gt=now() - FAMILIAR).exists()
