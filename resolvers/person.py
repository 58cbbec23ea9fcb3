"""What a person asks of whoever keeps their data: find it, hand it over, erase it. At the machine itself, and on record."""

from __future__ import annotations

import json
from typing import Any

from models import rules
from models.audit import AuditEntry
from models.errors import NotFound
from models.person import KEPT, PLACES, Person
from models.tenancy import within
from models.tenant import Tenant
from models.user import User
from models.values import Origin
from resolvers.console import called

_HERE = Origin(user_agent="console")


async def find(slug: str, email: str) -> tuple[dict[str, int], list[str]]:
    """How many rows of each table are of whoever has this address, and the ids of others' contacts in whose text it stands.

    Refuses with NotFound where there is no such tenant, and InvalidInput for what is no address.
    """
    tenant = await called(slug)
    async with within(tenant["id"]):
        person = await Person.of(rules.email(email, "email"))
        found = await person.counted()
        await _tell("person.found", tenant["id"], **found)
        return found, [f"contact_{one.hex}" for one in person.mentions]


async def export(slug: str, email: str) -> dict[str, Any]:
    """All that is kept of whoever has this address, by table: no secret, no digest.

    Refuses as `find`, and with NotFound for nobody.
    """
    tenant = await called(slug)
    async with within(tenant["id"]):
        person = await _found(email)
        rows = {name: [json.loads(row["row"]) for row in await person.rows(name)] for name in PLACES}
        await _tell("person.exported", tenant["id"], **await person.counted())
        return {name: told for name, told in rows.items() if told}


async def erase(slug: str, email: str) -> dict[str, int]:
    """Removes all that is kept of whoever has this address, but for ids in the log; how many rows of each table.

    In one transaction. Refuses as `export`, with LastOwner, and with NotAllowed under legal hold.
    """
    tenant = await called(slug)
    async with within(tenant["id"]):
        await Tenant.refuse_held()
        person = await _found(email)
        counts = {name: count for name, count in (await person.counted()).items() if name not in KEPT}
        await person.erase()
        for user_id in person.users:
            await User.remove(await User.find(user_id))
        await _tell("person.erased", tenant["id"], **counts)
        return counts


async def _found(email: str) -> Person:
    person = await Person.of(rules.email(email, "email"))
    if not (person.contacts or person.users or person.invitations):
        raise NotFound("Nobody in this tenant has this address.", ("email",))
    return person


async def _tell(action: str, tenant: Any, **counts: int) -> None:
    details: dict[str, Any] = dict(counts)
    await AuditEntry.append(action, _HERE, target=tenant, by="console", **details)
