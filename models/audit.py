"""The audit log: who did what to the tenant's people and settings. Entries are appended, and the app role can do no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from tortoise import Model, fields

from models.conditions import TextMatch, TimeMatch, Where
from models.paging import Key, Page, Window, page
from models.tenancy import TenantManager, ask, behind, chosen, create, held, own
from models.user import User
from models.values import Origin, Row, new_id, now

_LATEST_FIRST: Final = (Key("a.at", True, datetime),)


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
        """Adds an entry to the held tenant's log, in the transaction of what it tells of. `models/actions.py` lists the actions."""
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

    @classmethod
    async def of(cls, action: str) -> list[Row]:
        """All entries of the held tenant's log that tell of this action, the oldest first."""
        return await cls.filter(action=action).order_by("at", "id").values()

    @classmethod
    async def many(cls, entry_ids: Sequence[UUID]) -> dict[UUID, Row]:
        """The rows of those entries that exist, with their seals, by id."""
        rows = await ask(
            behind(f"{_select(None)} FROM audit_entries a WHERE {own('a')} AND a.id = ANY ($4::uuid[]) OFFSET 0"), list(entry_ids)
        )
        return {row["id"]: row for row in rows}

    @classmethod
    async def actors(cls, entry_ids: Sequence[UUID], columns: frozenset[str] | None = None) -> dict[UUID, Row | None]:
        """Who did what each entry tells of, with these of their columns; None where they are no user of the tenant (any more)."""
        rows = await ask(
            behind(
                f"SELECT a.id AS entry_id, {chosen(User, 'u', columns)} FROM audit_entries a "
                f"JOIN users u ON {own('u')} AND u.id = a.actor_id WHERE {own('a')} AND a.id = ANY ($4::uuid[]) OFFSET 0"
            ),
            list(entry_ids),
        )
        return dict.fromkeys(entry_ids) | {row["entry_id"]: row for row in rows}


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which entries, the latest first. All that is given holds."""

    action: TextMatch | None = None
    actor: UUID | None = None
    at: TimeMatch | None = None

    async def page(self, window: Window, columns: frozenset[str] | None = None) -> Page:
        """One page of them, with these of their columns; `seal` is of the chain, None until then. Refuses with BadRequest."""
        where = Where([])
        where.conditions.append(own("a"))
        if self.action is not None:
            where.conditions += where.text("a.action", "a.action", self.action)  # our own names, which are folded as they are
        if self.actor is not None:
            where.conditions.append(f"a.actor_id = {where.put(self.actor)}::uuid")
        if self.at is not None:
            where.conditions += where.span("a.at", self.at)
        scope = ("audit", held(), self)
        return await page(_select(columns), "audit_entries a", where.conditions, where.values, _LATEST_FIRST, window, scope)


def _select(columns: frozenset[str] | None) -> str:
    select = f"SELECT {chosen(AuditEntry, 'a', columns)}"
    if columns is None or "seal" in columns:
        select += f", (SELECT s.seal FROM audit_seals s WHERE {own('s')} AND s.entry_id = a.id) AS seal"
    return select
