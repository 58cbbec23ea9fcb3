"""Sealing the audit logs of all tenants, and verifying that nothing of them was altered since.

Both enter each tenant without a session, one after the other: they are work of the machine itself, and show nobody anybody's data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from auth.desk import Desk
from models import deletion, retention
from models.seal import BATCH, SETTLED, STRIDE, AuditSeal, Fault, Position, Walk
from models.tenancy import lobby, within
from models.tenant import Tenant
from models.values import Row, now
from observability.logging import logger
from resolvers import console
from resolvers.work import of_each

Heads = Mapping[UUID, Mapping[int, set[bytes]]]
"""Seals that have left the database, by tenant and number."""

Progress = Callable[[str, int, int], None]
"""Is told a tenant's slug, how many of its links have been walked, and how many there are."""

_log = logger("audit")

HEAD: Final = "audit head"
"""The event of the line in the log that tells a chain's head. Its seal stands in groups: what is long and whole is redacted."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one tenant's log: how many links its chain has, how many entries have none, and the first fault, where there is one."""

    tenant: str
    sealed: int
    unsealed: int
    fault: Fault | None


async def seal(desk: Desk) -> int:
    """Seals what is new in every tenant's log; how many entries that were. May be called at any time, by several at once.

    Where a log cannot be sealed the others are, and then it raises an ExceptionGroup.
    """
    until = now() - SETTLED
    async with lobby():
        tenants = await Tenant.every()

    async def extend(tenant: UUID) -> int:
        return await _extend(desk, tenant, until)

    sealed = await of_each([tenant["id"] for tenant in tenants], extend, "audit logs that could not be sealed")
    desk.metrics.sealed_until(until)
    return sum(sealed)


async def _extend(desk: Desk, tenant: UUID, until: datetime) -> int:
    sealed, after = 0, None
    while True:
        async with within(tenant):
            head = await AuditSeal.extend(until, after)
        if head is None:
            return sealed
        # Behind the commit: a head that is told is one that holds.
        _log.info(HEAD, tenant=tenant.hex, number=head.number, seal=grouped(head.seal))
        desk.metrics.sealed(head.fresh)
        sealed, after = sealed + head.fresh, head.position
        if head.fresh < BATCH:
            return sealed


def grouped(seal: bytes) -> str:
    """A seal as the log tells it."""
    return seal.hex(":", 8)


async def verify(slug: str | None, heads: Heads, progress: Progress) -> list[Verdict]:
    """Walks the chain of one tenant, or of all, and compares it with heads that were logged. Refuses with NotFound."""
    tenants = await console.tenants() if slug is None else [await console.called(slug)]
    verdicts = [await _verdict(tenant, heads.get(tenant["id"], {}), progress) for tenant in tenants]
    if slug is None:
        async with lobby():
            stubs = {stub["id"]: stub for stub in await deletion.stubs()}
        gone = sorted(heads.keys() - {tenant["id"] for tenant in tenants})
        verdicts += [_deleted(tenant, heads[tenant], stubs.get(tenant)) for tenant in gone]
    return verdicts


def _deleted(tenant: UUID, heads: Mapping[int, set[bytes]], stub: Row | None) -> Verdict:
    """Of a tenant that is gone: its last head, too, has to be the one that its stub tells."""
    if stub is None:
        return Verdict(tenant.hex, 0, 0, Fault("the tenant and its log are gone, but a head was logged"))
    number, seal = stub["audit_number"], stub["audit_head"]
    altered = max(heads) > number or heads.get(number, {seal}) != {seal}
    fault = Fault("the tenant was deleted, and its stub tells of another head", number) if altered else None
    return Verdict(tenant.hex, number, 0, fault)


async def _verdict(tenant: Row, heads: Mapping[int, set[bytes]], progress: Progress) -> Verdict:
    walk = Walk(tenant["id"], heads=heads)
    async with within(tenant["id"]):
        last = await AuditSeal.last_number()
        cut, first = await retention.cut(), await AuditSeal.beginning()
    fault = None if cut is None or first is None else walk.begin(first, cut)
    fault = fault or await _walked(walk, tenant, last, progress) or walk.end()
    unsealed, stray = await _unsealed(walk, tenant["id"])
    async with within(tenant["id"]):
        moved = await retention.cut() != cut
    if (fault or stray) and moved:  # retention cut its beginning off meanwhile
        return await _verdict(tenant, heads, progress)
    return Verdict(tenant["slug"], last, unsealed, fault or stray)


async def _walked(walk: Walk, tenant: Row, last: int, progress: Progress) -> Fault | None:
    """Walks to the link `last`, in strides; the first fault."""
    while walk.number < last:
        async with within(tenant["id"]):
            links = await AuditSeal.links(walk.number, last)
        for link in links:
            fault = walk.fault(link)
            if fault is not None:
                return fault
        progress(tenant["slug"], walk.number, last)
    return None


async def _unsealed(walk: Walk, tenant: UUID) -> tuple[int, Fault | None]:
    """How many entries are not sealed, and the first of them that should be."""
    count, fault, after = 0, None, None
    while True:
        async with within(tenant):
            entries = await AuditSeal.entries(after)
        for entry in entries:
            if not entry["sealed"]:
                count, fault = count + 1, fault or walk.stray(entry)
        if len(entries) < STRIDE:
            return count, fault
        after = Position(entries[-1]["at"], entries[-1]["id"])
