"""A user's second factor: an authenticator app (RFC 6238), and the recovery codes for when it is lost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from tortoise import Model, fields

from models.tenancy import TenantManager, ask, behind, create, own, record
from models.values import Row, now

DEAR: Final = 5
"""Which wrong code in a row is the first to cost a wait: people mistype."""

FIRST_WAIT: Final = timedelta(seconds=30)
"""What it costs; each further one costs twice as much."""

LONGEST_WAIT: Final = timedelta(hours=1)

MOST: Final = 100
"""So many wrong codes in a row, and none is looked at any more until a recovery code was (NIST SP 800-63B, 3.2.2)."""


class Authenticator(Model):
    """What is kept of an authenticator. Its secret is encrypted; it counts once a first code has confirmed it. `pending` is the
    secret of the one that is to take its place, until that is confirmed.

    `last_step` is the time step of the last code that was taken, `failures` are the wrong codes since, and until `held_until` no
    code is looked at.
    """

    user_id = fields.UUIDField(primary_key=True)
    tenant_id = fields.UUIDField()
    secret = fields.BinaryField()
    pending = fields.BinaryField(null=True)
    last_step = fields.BigIntField(default=0)
    failures = fields.IntField(default=0)
    held_until = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "authenticators"
        manager = TenantManager()

    @classmethod
    async def locked(cls, user_id: UUID) -> Row | None:
        """The row of the user's authenticator, confirmed or not, locked until the door closes; or None."""
        found = await cls.filter(user_id=user_id).select_for_update().first()
        return None if found is None else record(found)

    @classmethod
    async def enabled(cls, user_id: UUID) -> bool:
        """Whether the user has a confirmed one."""
        rows = await ask(
            behind(f"SELECT 1 FROM authenticators a WHERE {own('a')} AND a.user_id = $4 AND a.confirmed_at IS NOT NULL LIMIT 1"),
            user_id,
        )
        return bool(rows)

    @classmethod
    async def enroll(cls, user_id: UUID, secret: bytes) -> None:
        """Keeps a new one that is not confirmed yet, in place of any other that is not. A confirmed one counts meanwhile."""
        if await cls.enabled(user_id):
            await cls.filter(user_id=user_id).update(pending=secret)
        else:
            await cls.filter(user_id=user_id).delete()
            await create(cls, user_id=user_id, secret=secret, created_at=now())

    @classmethod
    async def confirm(cls, user_id: UUID, step: int, secret: bytes) -> None:
        """From now on the one with this secret counts; its code of this step has been used."""
        values = {"secret": secret, "pending": None, "last_step": step, "failures": 0, "held_until": None}
        await cls.filter(user_id=user_id).update(**values, confirmed_at=now())

    @staticmethod
    def waiting(row: Row) -> bytes | None:
        """The secret that waits to be confirmed, encrypted; or None."""
        found: bytes | None = row["secret"] if row["confirmed_at"] is None else row["pending"]
        return found

    @staticmethod
    def wait(row: Row) -> int:
        """For how many seconds no code is looked at yet; a day, again and again, after MOST wrong ones."""
        if row["failures"] >= MOST:
            return 86_400
        return 0 if row["held_until"] is None else max(0, math.ceil((row["held_until"] - now()).total_seconds()))

    @classmethod
    async def take(cls, row: Row, step: int, secret: bytes) -> None:
        """Notes that the code of this step was used, and forgets the wrong ones before it. Keeps the secret as it is sealed now."""
        await cls.filter(user_id=row["user_id"]).update(last_step=step, secret=secret, failures=0, held_until=None)

    @classmethod
    async def miss(cls, row: Row) -> None:
        """Notes a wrong code, and how long none is looked at after it."""
        failures = row["failures"] + 1
        held_until = None if failures < DEAR else now() + min(FIRST_WAIT * 2 ** min(failures - DEAR, 10), LONGEST_WAIT)
        await cls.filter(user_id=row["user_id"]).update(failures=failures, held_until=held_until)

    @classmethod
    async def stretch(cls, after: UUID | None, limit: int) -> list[Row]:
        """So many of the held tenant's, confirmed or not, of users behind this one in the order of their ids; locked."""
        behind = cls.all() if after is None else cls.filter(user_id__gt=after)
        return [record(one) for one in await behind.order_by("user_id").limit(limit).select_for_update()]

    @classmethod
    async def reseal(cls, user_id: UUID, sealed: Mapping[str, bytes]) -> None:
        """Keeps the same secrets, of these columns, encrypted anew."""
        await cls.filter(user_id=user_id).update(**sealed)

    @classmethod
    async def remove(cls, user_id: UUID) -> int:
        """Removes the user's authenticator and recovery codes; how many authenticators that were."""
        await RecoveryCode.filter(user_id=user_id).delete()
        return await cls.filter(user_id=user_id).delete()


class RecoveryCode(Model):
    """The digest of a recovery code; the row goes when it is used."""

    digest = fields.BinaryField(primary_key=True)
    tenant_id = fields.UUIDField()
    user_id = fields.UUIDField()

    class Meta:
        table = "recovery_codes"
        manager = TenantManager()

    @classmethod
    async def replace(cls, user_id: UUID, digests: Sequence[bytes]) -> None:
        """Keeps these for the user, in place of all before."""
        await cls.filter(user_id=user_id).delete()
        for digest in digests:
            await create(cls, digest=digest, user_id=user_id)

    @classmethod
    async def spend(cls, user_id: UUID, digest: bytes) -> bool:
        """Uses one up; False where the user has none of this digest."""
        return await cls.filter(user_id=user_id, digest=digest).delete() == 1

    @classmethod
    async def left(cls, user_id: UUID) -> int:
        """How many the user has."""
        return await cls.filter(user_id=user_id).count()
