"""The audit log is appended to, by a tenant for itself."""

from __future__ import annotations

from uuid import uuid4

import asyncpg
import pytest

from models.audit import AuditEntry
from models.tenancy import within
from models.values import Origin
from tests.conftest import VAULT
from tests.world import tenant


async def test_an_entry_tells_who_did_what_from_where(admin: asyncpg.Connection, tortoise: None) -> None:
    acme, actor, target = await tenant(admin, "acme"), uuid4(), uuid4()
    async with within(acme):
        await AuditEntry.append("thing.done", Origin("request", "Lynx", "192.0.2.0/24"), actor=actor, target=target, count=2)
        await AuditEntry.append("thing.undone", Origin())
    first, second = await admin.fetch("SELECT * FROM audit_entries ORDER BY action")
    assert (first["tenant_id"], first["action"], first["actor_id"], first["target_id"]) == (acme, "thing.done", actor, target.hex)
    assert (first["request_id"], first["ip_prefix"], first["details"]) == ("request", "192.0.2.0/24", '{"count": 2}')
    assert (second["actor_id"], second["target_id"], second["details"]) == (None, None, "{}")


@pytest.mark.parametrize("deed", ["UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries", "TRUNCATE audit_entries"])
async def test_the_app_cannot_rewrite_it(deed: str, admin: asyncpg.Connection, tortoise: None, database: object) -> None:
    acme = await tenant(admin, "acme")
    async with within(acme):
        await AuditEntry.append("thing.done", Origin())
    app = await asyncpg.connect(database.app)  # type: ignore[attr-defined]  # conftest's Database
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for table"):  # noqa: PT012 - a door lasts for a transaction
            async with app.transaction():
                await app.execute("SELECT hold($1, $2)", acme, VAULT.keys("door")[0])
                await app.execute(deed)
    finally:
        await app.close()
    assert await admin.fetchval("SELECT action FROM audit_entries") == "thing.done"
