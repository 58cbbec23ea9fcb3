"""The audit log: who did what to the tenant's people and settings. Entries are appended, and the app role can do no more."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import Model, fields

from models.tenancy import TenantManager, create
from models.values import Origin, new_id, now


class AuditEntry(Model):
    """One entry. `details` holds counts, roles and reasons: never a secret, never a contact's data."""

    id = fields.UUIDField(primary_key=True)
    tenant_id = fields.UUIDField()
    at = fields.DatetimeField()
    action = fields.TextField()
    actor_id = fields.UUIDField(null=True)
    target_id = fields.TextField(null=True)
    request_id = fields.TextField(null=True)
    ip_prefix = fields.TextField(null=True)
    details: Any = fields.JSONField(default=dict)

    class Meta:
        table = "audit_entries"
        manager = TenantManager()

    @classmethod
    async def append(
        cls, action: str, origin: Origin, *, actor: UUID | None = None, target: UUID | None = None, **details: Any
    ) -> None:
        """Adds an entry to the held tenant's log, in the transaction of what it tells of."""
        await create(
            cls,
            id=new_id(),
            at=now(),
            action=action,
            actor_id=actor,
            target_id=None if target is None else target.hex,
            request_id=origin.request_id,
            ip_prefix=origin.ip_prefix,
            details=details,
        )

    @classmethod
    async def last_done(cls, *actions: str) -> str | None:
        """Which of these actions was done last in the held tenant; None where none ever was."""
        entry = await cls.filter(action__in=actions).order_by("-at", "-id").first()
        return None if entry is None else entry.action


class AuditSeal(Model):
    """A link of the tenant's hash chain: it covers the seal before it and one entry."""

    entry_id = fields.UUIDField(primary_key=True)
    tenant_id = fields.UUIDField()
    number = fields.BigIntField()
    seal = fields.BinaryField()
    sealed_at = fields.DatetimeField()

    class Meta:
        table = "audit_seals"
        manager = TenantManager()
