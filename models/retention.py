"""Retention: what is removed once it has been kept long enough, in batches, each of which is one transaction of the run."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple, Self

from tortoise import Model, fields

from models.seal import Cut
from models.tenancy import TenantManager, door_key, fetch, held
from models.values import Row

BATCH: Final = 1_000
"""Rows that are removed in one transaction, at the most; what depends on them goes with them."""

APPLIED: Final = "retention.applied"
"""The action of the entry that tells of a run."""


class Kind(NamedTuple):
    """What is removed: rows `r` of a table that are `old` at the moment $2, found again by their column `key`.

    What is `technical` (tokens and keys that are of no use any more) legal hold does not keep, and no entry tells of it alone.
    """

    table: str
    old: str
    key: str = "id"
    technical: bool = False

    @property
    def counting(self) -> str:
        """The statement that counts them."""
        return f"SELECT count(*) AS removed FROM {self.table} r WHERE r.tenant_id = $1 AND {self.old}"

    @property
    def removing(self) -> str:
        """The statement that removes at most $3 of them. What changed while it waited for a row is looked at again."""
        # ARRAY: looked for once. With IN Postgres may look anew for each row, and find others each time.
        return (
            f"WITH gone AS (DELETE FROM {self.table} WHERE tenant_id = $1 AND {self.key} = ANY (ARRAY (SELECT r.{self.key} "
            f"FROM {self.table} r WHERE r.tenant_id = $1 AND {self.old} LIMIT $3 FOR UPDATE)) RETURNING 1) "
            "SELECT count(*) AS removed FROM gone"
        )


def _days(column: str) -> str:
    return f"$2::timestamptz - make_interval(days => (SELECT t.{column} FROM tenants t WHERE t.id = $1))"


_MONTH: Final = "$2::timestamptz - interval '30 days'"
_AUDIT: Final = "audit_entries"

KINDS: Final = {
    "refresh_tokens": Kind("refresh_tokens", f"r.used_at < {_MONTH}", "digest", technical=True),
    "mail_tokens": Kind("mail_tokens", f"r.expires_at < {_MONTH}", technical=True),
    "idempotency_keys": Kind("idempotency_keys", "r.created_at <= $2::timestamptz - interval '24 hours'", technical=True),
    "signup_claims": Kind("signup_claims", f"r.created_at < {_MONTH}"),
    # Like claims, or who keeps a username longer would tell which address was known. Nobody has ever signed in to them.
    "unverified_accounts": Kind(
        "users",
        f"r.created_at < {_MONTH} AND r.verification_required AND NOT r.email_verified AND NOT r.operator AND r.role <> 'OWNER' "
        "AND NOT EXISTS (SELECT FROM login_history h WHERE h.tenant_id = r.tenant_id AND h.user_id = r.id)",
    ),
    "sessions": Kind("sessions", f"coalesce(r.ended_at, r.expires_at) < {_MONTH}"),
    "invitations": Kind("invitations", f"r.expires_at < {_MONTH}"),
    "jobs": Kind("jobs", f"r.finished_at < {_MONTH}"),
    "trash": Kind("contacts", f"r.deleted_at < {_days('trash_days')}"),
    "login_history": Kind("login_history", f"r.at < {_days('audit_days')}"),
    _AUDIT: Kind(
        "audit_seals",
        f"r.latest_at < {_days('audit_days')} "
        "AND EXISTS (SELECT FROM audit_entries a WHERE a.tenant_id = r.tenant_id AND a.id = r.entry_id)",
    ),
}
"""What is removed, by the name under which it is counted: first what depends on what comes later."""

_APPENDED: Final = {
    "login_history": "SELECT forget_logins($1, $2, $3) AS removed, NULL::bigint AS through",
    _AUDIT: "SELECT removed, through FROM cut_audit($1, $2, $3)",
}
"""What the role that serves may only append to goes by functions of the owner, which keep to the tenant's row themselves."""


class RetentionRun(Model):
    """A tenant's run that is under way. Of several processes at it each does a batch in turn. `removed` counts by kind."""

    tenant_id = fields.UUIDField(primary_key=True)
    began_at = fields.DatetimeField()
    removed: Any = fields.JSONField(default=dict)
    audit_through = fields.BigIntField(null=True)

    class Meta:
        table = "retention_runs"
        manager = TenantManager()

    @classmethod
    async def join(cls, moment: datetime) -> Self:
        """The held tenant's run, locked until the door closes; a new one as of `moment` where none is under way."""
        await fetch(
            "INSERT INTO retention_runs (tenant_id, began_at) VALUES ($1, $2) ON CONFLICT (tenant_id) DO UPDATE "
            "SET tenant_id = excluded.tenant_id",
            held(),
            moment,
        )
        return await cls.get(tenant_id=held())

    async def batch(self, *, on_hold: bool) -> bool:
        """Removes the next batch, and counts it; whether there was anything. On hold it removes only what is technical."""
        for name, kind in KINDS.items():
            if on_hold and not kind.technical:
                continue
            function = _APPENDED.get(name)
            first = door_key.get()() if function else held()
            found = (await fetch(function or kind.removing, first, self.began_at, BATCH))[0]
            if found["removed"]:
                self.removed[name] = self.removed.get(name, 0) + found["removed"]
                self.audit_through = found.get("through") or self.audit_through
                await self.save(update_fields=["removed", "audit_through"])
                return True
        return False

    @property
    def told(self) -> dict[str, Any]:
        """What the log is to say of it; nothing where all that went was technical."""
        if not any(not KINDS[name].technical for name in self.removed):
            return {}
        return dict(self.removed) | ({} if self.audit_through is None else {"audit_through": self.audit_through})

    async def end(self) -> None:
        """Nothing is left to be removed."""
        await type(self).filter(tenant_id=self.tenant_id).delete()


async def counted(moment: datetime, *, on_hold: bool) -> dict[str, int]:
    """How many rows of each kind a run of this moment would remove in the held tenant; those alone of which there are any."""
    found = {}
    for name, kind in KINDS.items():
        if not on_hold or kind.technical:
            found[name] = int((await fetch(kind.counting, held(), moment))[0]["removed"])
    return {name: count for name, count in found.items() if count}


async def cut() -> Cut | None:
    """The latest cut off the held tenant's audit log: of the run that is under way, or as the log tells; None where none was."""
    rows: list[Row] = await fetch(
        "(SELECT r.audit_through AS number, r.began_at AS at FROM retention_runs r "
        "WHERE r.tenant_id = $1 AND r.audit_through IS NOT NULL) UNION ALL "
        "(SELECT (a.details ->> 'audit_through')::bigint, a.at FROM audit_entries a WHERE a.tenant_id = $1 AND a.action = $2 "
        "AND a.details ? 'audit_through' ORDER BY a.at DESC, a.id DESC LIMIT 1) ORDER BY number DESC LIMIT 1",
        held(),
        APPLIED,
    )
    return Cut(rows[0]["number"], rows[0]["at"]) if rows else None
