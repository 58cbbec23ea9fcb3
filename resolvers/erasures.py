"""What was erased on request, and that it is erased again where a backup brought it back.

The log keeps of each person a mark: a digest of the address, or of the contact's id that was asked for, by a key that follows from
SECRET_KEYS. It names nobody; but who has the key finds by it whether an address or a contact that is there again is meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from auth.vault import Vault
from models import deletion as stubs
from models.audit import AuditEntry
from models.errors import LastOwner, NotAllowed
from models.export import Export
from models.person import Who, everybody, spelled
from models.tenancy import lobby, within
from models.tenant import Tenant
from models.values import Origin, Row, TenantStatus, normal
from resolvers import deletion, person

_HERE: Final = Origin(user_agent="console")
_MARK: Final = re.compile("[0-9a-f]{64}")
_TOLD: Final = (LastOwner, NotAllowed)


class Erasure(NamedTuple):
    """A person who was erased from a tenant, by their mark, or without one the tenant itself: what was there before `at`."""

    tenant: UUID
    at: datetime
    mark: str | None


class Repeated(NamedTuple):
    """What became of a tenant's erasures: its slug, how many people and rows went, whether it goes itself, and what was refused."""

    slug: str
    people: int
    rows: int
    leaves: bool
    refused: list[str]


async def listed() -> list[Erasure]:
    """Every tenant that was deleted, and every person who was erased from one that is there, as far back as its log goes."""
    async with lobby():
        homes = await Tenant.every()
        stay = {home["id"] for home in homes if home["status"] != TenantStatus.DELETING}
        found = [
            Erasure(stub["id"], stub["began_at"], None)
            for stub in await stubs.stubs()
            if stub["finished_at"] is not None or stub["id"] not in stay
        ]
    for home in homes:
        async with within(home["id"]):
            found += [Erasure(home["id"], at, mark) for mark, at in (await known()).items()]
    return found


async def known() -> dict[str, datetime]:
    """Who was erased from the held tenant: by mark, the moment before which what was there is meant."""
    found: dict[str, datetime] = {}
    for entry in await AuditEntry.of("person.erased"):
        if (told := _told(entry)) is not None:
            mark, at = told
            found[mark] = max(at, found.get(mark, at))
    return found


def _told(entry: Row) -> tuple[str, datetime] | None:
    """Mark and moment; None in an entry of before there were marks, or one of a bundle that this service never wrote."""
    try:
        mark, before = entry["details"]["mark"], entry["details"].get("before")
        at = entry["at"] if before is None else datetime.fromisoformat(before)
        return (mark, at) if _MARK.fullmatch(mark) and at.tzinfo is not None else None
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def meant(vault: Vault, erased: Mapping[str, datetime], who: Who, made: datetime | None = None) -> datetime | None:
    """When they were erased; None where they never were, or came anew since, as what was `made` then shows."""
    if not erased:
        return None
    moments = [erased[mark] for mark in vault.marks(person.ERASED, spelled(who)) if mark in erased]
    return max((at for at in moments if made is None or made < at), default=None)


async def repeat(vault: Vault, tenant: UUID, erasures: Sequence[Erasure]) -> Repeated | None:
    """Erases from a tenant again what was erased from it, or sends it away again; None where there is no such tenant.

    May be done any number of times: who came anew since stays.
    """
    async with lobby():
        home = await Tenant.maybe(tenant)
    if home is None:
        return None
    refused: list[str] = []
    people = rows = 0
    try:
        if any(one.mark is None for one in erasures):
            async with within(tenant):
                await deletion.send_away(None, 0, _HERE, by="console")
            return Repeated(home["slug"], 0, 0, True, [])
        async with within(tenant):
            await Tenant.refuse_held()
            await Export.expire()
    except _TOLD as refusal:
        return Repeated(home["slug"], 0, 0, False, [refusal.message])
    erased = {one.mark: one.at for one in sorted(erasures, key=lambda one: one.at) if one.mark is not None}
    for who, before in (await _back(vault, tenant, erased)).items():
        try:
            counts = await person.erase_again(vault, tenant, who, before)
        except _TOLD as refusal:
            refused.append(refusal.message)
        else:
            people, rows = people + bool(counts), rows + sum(counts.values())
    return Repeated(home["slug"], people, rows, False, refused)


async def _back(vault: Vault, tenant: UUID, erased: Mapping[str, datetime]) -> dict[Who, datetime]:
    """Who is there again, each once, with the moment of their erasure."""
    found: dict[Who, datetime] = {}
    async with within(tenant):
        async for who in everybody():
            if (at := meant(vault, erased, who)) is not None:
                found[who if isinstance(who, UUID) else normal(who)] = at
    return found
