"""A user's second factor: an authenticator app (RFC 6238), and the recovery codes for when it is lost."""

from __future__ import annotations

from tortoise import Model, fields

from models.tenancy import TenantManager


class Authenticator(Model):
    """What is kept of an authenticator. Its secret is encrypted; it counts once a first code has confirmed it."""

    user_id = fields.UUIDField(primary_key=True)
    tenant_id = fields.UUIDField()
    secret = fields.BinaryField()
    last_step = fields.BigIntField(default=0)
    created_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "authenticators"
        manager = TenantManager()


class RecoveryCode(Model):
    """The digest of a recovery code; the row goes when it is used."""

    digest = fields.BinaryField(primary_key=True)
    tenant_id = fields.UUIDField()
    user_id = fields.UUIDField()

    class Meta:
        table = "recovery_codes"
        manager = TenantManager()
