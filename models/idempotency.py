"""Idempotency keys: a creation that is sent again, since its answer was lost, is done once and answered as the first time.

Nothing of the answer is kept but what the database gave it: the rest follows from the input, which whoever repeats it sends again.
The practice is Stripe's, and draft-ietf-httpapi-idempotency-key-header's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from tortoise import Model, fields

from models.errors import IdempotencyKeyReused, InvalidInput
from models.tenancy import TenantManager, fetch, held
from models.values import Made, Row

KEPT: Final = timedelta(hours=24)
"""For so long a key is remembered; after that it is a new one."""

KEY_LENGTH: Final = 255

_PATH: Final = ("idempotencyKey",)
_CLAIM: Final = """
INSERT INTO idempotency_keys (tenant_id, id, user_id, key, request, created_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant_id, user_id, key) DO UPDATE SET id = $2, request = $5, created_at = $6, number = NULL
WHERE idempotency_keys.created_at <= $7 RETURNING id
"""


class IdempotencyKey(Model):
    """One key of one user. `id` is what was made with it; `key` and `request` are digests, and `request` cannot be guessed from
    without the key, which only its sender has."""

    id = fields.UUIDField(primary_key=True)
    tenant_id = fields.UUIDField()
    user_id = fields.UUIDField()
    key = fields.BinaryField()
    request = fields.BinaryField()
    number = fields.IntField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "idempotency_keys"
        manager = TenantManager()

    @classmethod
    async def claim(cls, user_id: UUID, key: str, given: Mapping[str, Any], label_ids: Sequence[UUID | None]) -> Made:
        """What to make with this key and this input, without a number; or what was made, with its number.

        Whoever comes with the same key meanwhile waits until the transaction ends. Refuses with InvalidInput for what is no key,
        IdempotencyKeyReused where another input came with it, and TimedOut for who has waited too long.
        """
        if not (0 < len(key) <= KEY_LENGTH and key.isascii() and key.isprintable()):
            raise InvalidInput(f"An idempotency key is 1 to {KEY_LENGTH} printable characters of ASCII.", _PATH)
        digest = hashlib.sha256(key.encode()).digest()
        told = orjson.dumps([given, label_ids], option=orjson.OPT_SORT_KEYS)
        request = hashlib.sha256(hashlib.sha256(b"request" + key.encode()).digest() + told).digest()
        new = Made.now()
        if await fetch(_CLAIM, held(), new.id, user_id, digest, request, new.at, new.at - KEPT):
            return new
        earlier = await cls.get(user_id=user_id, key=digest)
        if earlier.request != request:
            raise IdempotencyKeyReused("This idempotency key came with another input before. Take a new key for it.", _PATH)
        return Made(earlier.id, earlier.created_at, earlier.number)

    @classmethod
    async def settle(cls, row: Row) -> None:
        """Remembers the number of the row that was made."""
        await cls.filter(id=row["id"]).update(number=row["number"])
