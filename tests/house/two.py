"""Two tenants with rows of every kind, acme's of which are recognised wherever they turn up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from models.values import new_id
from tests.world import World

NUMBERS = 900_001
"""Where acme's numbers begin, far from everybody else's."""


@dataclass(frozen=True)
class Two:
    """Ids by kind: acme's, evil's, and such as belong to nobody. `numbers` are acme's, for the old routes."""

    world: World
    acme: dict[str, str]
    evil: dict[str, str]
    ghost: dict[str, str]
    numbers: dict[str, int]
    marks: tuple[str, ...]

    @classmethod
    async def furnished(cls, world: World) -> Two:
        """Puts contacts, in and out of the trash, labels, invitations and sessions into both tenants."""
        admin = world.admin
        await admin.execute("UPDATE users SET number = number + $2 WHERE tenant_id = $1", world.acme, NUMBERS)
        await world.ada.login()
        acme, evil = await _furnish(admin, world.acme, "acmesecret", NUMBERS), await _furnish(admin, world.evil, "evilsecret", 1)
        latest = "SELECT id FROM sessions WHERE user_id = $1 ORDER BY created_at DESC LIMIT 1"
        for ids, person, reached in ((acme, world.ada, world.linus), (evil, world.mallory, world.mallory)):
            ids["session"] = await admin.fetchval(latest, person.user)
            ids["user"] = reached.user
            ids["auditentry"] = await admin.fetchval("SELECT id FROM audit_entries WHERE actor_id = $1 LIMIT 1", person.user)
        numbers = {"contact": NUMBERS, "user": await admin.fetchval("SELECT number FROM users WHERE id = $1", world.linus.user)}
        return cls(
            world,
            _told(acme),
            _told(evil),
            _told({kind: new_id() for kind in acme}),
            numbers,
            await _marks(admin, world.acme),
        )

    def tells(self, text: str) -> bool:
        """Whether anything of acme's stands in an answer."""
        return any(mark in text for mark in self.marks)


async def _furnish(admin: asyncpg.Connection, tenant: UUID, mark: str, number: int) -> dict[str, Any]:
    contact, trashed, label, invitation = new_id(), new_id(), new_id(), new_id()
    for row, at, offset in ((contact, "NULL", 0), (trashed, "now()", 1)):
        await admin.execute(
            "INSERT INTO contacts (tenant_id, id, number, name, given_name, family_name, nickname, email, address, organization, "
            f"job_title, notes, phone, deleted_at) VALUES ($1, $2, $3, $4, $4, $4, $4, $5, $4, $4, $4, $4, '+1 555', {at})",
            tenant,
            row,
            number + offset,
            mark,
            f"{mark}@example.org",
        )
    await admin.execute("INSERT INTO labels (tenant_id, id, name) VALUES ($1, $2, $3)", tenant, label, mark)
    await admin.execute("INSERT INTO contact_labels VALUES ($1, $2, $3)", tenant, contact, label)
    await admin.execute(
        "INSERT INTO invitations (tenant_id, id, digest, email, email_key, role, expires_at) "
        "VALUES ($1, $2, $3, $4, $4, 'VIEWER', now() + '1 day')",
        tenant,
        invitation,
        invitation.bytes * 2,
        f"{mark}@example.org",
    )
    job = new_id()
    await admin.execute("INSERT INTO jobs (tenant_id, id, kind, failure) VALUES ($1, $2, 'MAIL', $3)", tenant, job, mark)
    export = new_id()
    await admin.execute(
        "INSERT INTO jobs (tenant_id, id, kind, status, payload, finished_at) "
        """VALUES ($1, $2, 'EXPORT', 'SUCCEEDED', '{"format": "TENANT_BUNDLE"}', now())""",
        tenant,
        export,
    )
    await admin.execute(
        "INSERT INTO exports (tenant_id, id, sha256, expires_at) VALUES ($1, $2, $3, now() + '1 day')", tenant, export, bytes(32)
    )
    return {
        "contact": contact,
        "invitation": invitation,
        "job": job,
        "label": label,
        "tenant": tenant,
        "tenantsummary": tenant,
    }


async def _marks(admin: asyncpg.Connection, tenant: UUID) -> tuple[str, ...]:
    """What stands in acme's rows alone: the ids, the people's addresses, and a word in every text."""
    marks = {"acmesecret", *(row["email"] for row in await admin.fetch("SELECT email FROM users WHERE tenant_id = $1", tenant))}
    for table in ("audit_entries", "contacts", "invitations", "jobs", "labels", "sessions", "users"):
        for row in await admin.fetch(f"SELECT id FROM {table} WHERE tenant_id = $1", tenant):
            marks |= {row["id"].hex, str(row["id"])}
    return tuple(sorted(marks | {tenant.hex, str(tenant)}))


def _told(ids: dict[str, UUID]) -> dict[str, str]:
    return {kind: f"{kind}_{uuid.hex}" for kind, uuid in ids.items()}
