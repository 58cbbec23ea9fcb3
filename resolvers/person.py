"""What a person asks of whoever keeps their data: find it, hand it over, erase it. At the machine itself, and on record."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from auth.vault import Vault
from models import rules
from models.audit import AuditEntry
from models.errors import NotAllowed, NotFound
from models.export import Export
from models.job import Job
from models.person import KEPT, PLACES, Person
from models.tenancy import within
from models.tenant import Tenant
from models.user import User
from models.values import JobKind, Origin, normal
from resolvers.console import called

_HERE = Origin(user_agent="console")

ERASED: Final = "erased"
"""The purpose of the keys by which who was erased is marked."""


async def find(slug: str, email: str) -> tuple[dict[str, int], list[str]]:
    """How many rows of each table are of whoever has this address, and the ids of others' contacts in whose text it stands.

    Refuses with NotFound where there is no such tenant, and InvalidInput for what is no address.
    """
    tenant = await called(slug)
    async with within(tenant["id"]):
        person = await Person.of(rules.email(email, "email"))
        found = await person.counted()
        await _tell("person.found", tenant["id"], **found)
        return found, [f"contact_{one.hex}" for one in await person.mentions(email)]


async def export(slug: str, email: str) -> dict[str, Any]:
    """All that is kept of whoever has this address, by table: no secret, no digest, and not who else did something to them.

    Refuses as `find`, and with NotFound for nobody.
    """
    tenant = await called(slug)
    async with within(tenant["id"]):
        person = await _found(email)
        rows = {name: [json.loads(row["row"]) for row in await person.rows(name)] for name in PLACES}
        for entry in rows["audit_entries"]:
            if entry["actor_id"] is not None and UUID(entry["actor_id"]) not in person.users:  # that is somebody else's
                entry["actor_id"] = entry["ip_prefix"] = None
        await _tell("person.exported", tenant["id"], **await person.counted())
        return {name: told for name, told in rows.items() if told}


async def erase(vault: Vault, slug: str, email: str) -> dict[str, int]:
    """Removes all that is kept of whoever has this address, but for ids in the log; how many rows of each table.

    The bundles that are kept of the tenant, which hold everybody, expire. In one transaction. Refuses as `export`, with LastOwner,
    and with NotAllowed under legal hold, or while a bundle is being made.
    """
    tenant = await called(slug)
    async with within(tenant["id"]):
        await Tenant.refuse_held()
        if await Job.going_on(JobKind.EXPORT):
            raise NotAllowed(
                "A bundle is being made, which would hold this person. Wait until it has ended, or cancel its job.", ()
            )
        return await _erase(vault, tenant["id"], await _found(email), email)


async def erase_again(vault: Vault, tenant: UUID, email: str, before: datetime) -> dict[str, int]:
    """Removes what was made `before` the erasure of whoever has this address; how many rows of each table.

    Refuses as `erase`.
    """
    async with within(tenant):
        await Tenant.refuse_held()
        person = await Person.of(email, before)
        return await _erase(vault, tenant, person, email, before=before.isoformat()) if person else {}


async def _erase(vault: Vault, tenant: UUID, person: Person, email: str, **told: str) -> dict[str, int]:
    counts = {name: count for name, count in (await person.counted()).items() if name not in KEPT}
    await person.erase()
    for user_id in person.users:
        await User.remove(await User.find(user_id))
    if bundles := await Export.expire():
        counts["exports"] = bundles
    await _tell("person.erased", tenant, mark=vault.marks(ERASED, normal(email))[0], **told, **counts)
    return counts


async def _found(email: str) -> Person:
    person = await Person.of(rules.email(email, "email"))
    if not person:
        raise NotFound("Nobody in this tenant has this address.", ("email",))
    return person


async def _tell(action: str, tenant: UUID, **details: Any) -> None:
    await AuditEntry.append(action, _HERE, target=tenant, by="console", **details)
