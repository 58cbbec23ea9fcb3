"""A backfill: how far it has come in changing rows that are there, tenant by tenant, each tenant's in the order of their ids."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import Model, fields

from models.tenancy import LobbyManager, record
from models.values import BackfillStatus, Row, now


class Backfill(Model):
    """One that was started once. `home` is the tenant where it is, None before the first; `after` the last row there that it has
    been through. It goes through `per_second` rows a second at the most."""

    name = fields.CharField(primary_key=True, max_length=80)
    status = fields.CharEnumField(BackfillStatus, max_length=20)
    per_second = fields.IntField()
    home = fields.UUIDField(null=True)
    after = fields.UUIDField(null=True)
    looked = fields.BigIntField(default=0)
    changed = fields.BigIntField(default=0)
    started_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "backfills"
        manager = LobbyManager()

    @classmethod
    async def every(cls) -> list[Row]:
        """All that were started once, by name."""
        return await cls.all().order_by("name").values()

    @classmethod
    async def running(cls, name: str) -> Row | None:
        """The one of this name, locked until the door closes; None where it does not run."""
        # Not `values`, which Tortoise would read without the lock.
        found = await cls.filter(name=name, status=BackfillStatus.RUNNING).select_for_update().first()
        return None if found is None else record(found)

    @classmethod
    async def start(cls, name: str, per_second: int) -> None:
        """It runs from now on: goes on where it was paused, or from the beginning where it was never started, or is done."""
        found = await cls.filter(name=name).select_for_update().first()
        fresh: dict[str, Any] = {"home": None, "after": None, "looked": 0, "changed": 0, "started_at": now(), "finished_at": None}
        going: dict[str, Any] = {"status": BackfillStatus.RUNNING, "per_second": per_second}
        if found is None:
            await cls.create(name=name, **going, **fresh)
        else:
            await cls.filter(name=name).update(**going, **(fresh if found.status is BackfillStatus.DONE else {}))

    @classmethod
    async def pause(cls, name: str) -> bool:
        """It stops where it is; False where it does not run."""
        running = cls.filter(name=name, status=BackfillStatus.RUNNING)
        return await running.update(status=BackfillStatus.PAUSED) == 1

    @classmethod
    async def reach(cls, row: Row, home: UUID | None, after: UUID | None, looked: int = 0, changed: int = 0) -> None:
        """It has been through so many rows more, and is there now; without a home it is done."""
        ended = {"status": BackfillStatus.DONE, "finished_at": now()} if home is None else {}
        so_far = {"looked": row["looked"] + looked, "changed": row["changed"] + changed}
        await cls.filter(name=row["name"]).update(home=home, after=after, **so_far, **ended)
