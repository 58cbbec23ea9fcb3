"""What a person asks of whoever keeps their data: find it, hand it over, erase it. At the machine itself, and on record."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from auth.vault import Vault
from models import rules
from models.audit import AuditEntry
from models.errors import NotAllowed, NotFound
from models.export import Export
from models.job import Job
from models.person import KEPT, PLACES, Person, Who, spelled
from models.tenancy import within
from models.tenant import Tenant
from models.user import User
from models.values import JobKind, Origin
from resolvers.console import called

_HERE = Origin(user_agent="console")

ERASED: Final = "erased"
"""The purpose of the keys by which who was erased is marked."""


class Named(NamedTuple):
    """A person, by one of these: an address; a user, by id or username, who stands for their address; or one contact alone."""

    email: str | None = None
    user: UUID | str | None = None
    contact: UUID | None = None


class Found(NamedTuple):
    """How many rows of each table; the ids of others' contacts in whose text the address stands; and of a contact that was named by
    its id the address, where others have it too."""

    counts: dict[str, int]
    mentions: list[str]
    elsewhere: str | None


async def find(slug: str, named: Named) -> Found:
    """What is kept of this person, and where else to look.

    Refuses with NotFound where there is no such tenant, user or contact, and InvalidInput for what is no address.
    """
    tenant = await called(slug)
    async with within(tenant["id"]):
        who, person = await _person(named)
        found = await person.counted()
        await _tell("person.found", tenant["id"], **found)
        if isinstance(who, UUID):
            return Found(found, [], await person.elsewhere())
        return Found(found, [spelled(one) for one in await person.mentions(who)], None)


async def export(slug: str, named: Named) -> dict[str, Any]:
    """All that is kept of this person, by table: no secret, no digest, and not who else did something to them.

    Refuses as `find`, and with NotFound for nobody.
    """
    tenant = await called(slug)
    async with within(tenant["id"]):
        _, person = await _found(named)
        rows = {name: [json.loads(row["row"]) for row in await person.rows(name)] for name in PLACES}
        for entry in rows["audit_entries"]:
            if entry["actor_id"] is not None and UUID(entry["actor_id"]) not in person.users:  # that is somebody else's
                entry["actor_id"] = entry["ip_prefix"] = None
        await _tell("person.exported", tenant["id"], **await person.counted())
        return {name: told for name, told in rows.items() if told}


async def erase(vault: Vault, slug: str, named: Named) -> dict[str, int]:
    """Removes all that is kept of this person, but for ids in the log; how many rows of each table.

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
        return await _erase(vault, tenant["id"], *await _found(named))


async def erase_again(vault: Vault, tenant: UUID, who: Who, before: datetime) -> dict[str, int]:
    """Removes what was made `before` their erasure; how many rows of each table.

    Refuses as `erase`.
    """
    async with within(tenant):
        await Tenant.refuse_held()
        person = await Person.of(who, before)
        return await _erase(vault, tenant, who, person, before=before.isoformat()) if person else {}


async def _erase(vault: Vault, tenant: UUID, who: Who, person: Person, **told: str) -> dict[str, int]:
    counts = {name: count for name, count in (await person.counted()).items() if name not in KEPT}
    await person.erase()
    for user_id in person.users:
        await User.remove(await User.find(user_id))
    if bundles := await Export.expire():
        counts["exports"] = bundles
    await _tell("person.erased", tenant, mark=vault.marks(ERASED, spelled(who))[0], **told, **counts)
    return counts


async def _found(named: Named) -> tuple[Who, Person]:
    who, person = await _person(named)
    if not person:
        raise NotFound("Nobody in this tenant has this address.", ("email",))
    return who, person


async def _person(named: Named) -> tuple[Who, Person]:
    """Who is meant. Nobody may have an address; a user or a contact that is not there is refused."""
    if named.contact is not None:
        if person := await Person.of(named.contact):
            return named.contact, person
        raise NotFound(
            "This tenant has no contact of this id, which is contact_ and 32 hexadecimal digits, as the API gives it.", ("contact",)
        )
    address = rules.email(named.email, "email") if named.user is None else await _address(named.user)
    return address, await Person.of(address)


async def _address(user: UUID | str) -> str:
    if isinstance(user, UUID):
        found = await User.maybe(user)
    else:
        found = await User.maybe_by_login(rules.required(user, rules.EMAIL_LENGTH, "user"))
    if found is None:
        raise NotFound("This tenant has no user of this id or username.", ("user",))
    return str(found["email"])


async def _tell(action: str, tenant: UUID, **details: Any) -> None:
    await AuditEntry.append(action, _HERE, target=tenant, by="console", **details)
