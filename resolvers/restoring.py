"""Bringing back: the users, labels and contacts of one tenant as they were, from a database restored beside this one.

Batch by batch, each one transaction, so that the tenant's people work on meanwhile, and a run that was killed is simply run again:
what is back already does not differ any more. What came since is never removed. A dry run finds the same and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from auth.legacy_hashes import UNUSABLE
from auth.vault import Vault
from models import restoration
from models.audit import AuditEntry
from models.catalogue import applied_migrations
from models.errors import InvalidInput, NotFound
from models.legacy_import import read_only
from models.past import Batch, Past
from models.person import whose
from models.restoration import Columns, Difference
from models.tenancy import within
from models.user import User
from models.values import Origin, PastKind, TenantStatus
from resolvers import erasures
from resolvers.attempts import named

_HERE = Origin(user_agent="console")
_STARTED, _FINISHED = "restore.started", "restore.finished"

STAYS = "CHANGED_SINCE"
"""A row is another one now, and stays: of users always, of others as asked."""
CLASH = "TAKEN_SINCE"
"""Another row has its name, address or number now."""
ERASED = "ERASED"
"""The person asked to be erased since."""


@dataclass(frozen=True)
class Order:
    """What is asked for: of which kinds; `only_missing` leaves alone what was changed since."""

    kinds: Collection[PastKind] = tuple(PastKind)
    only_missing: bool = False
    dry: bool = False


@dataclass
class Tally:
    """How many rows of one kind are missing now, are other ones, came since, and are left as they are though they differ."""

    missing: int = 0
    changed: int = 0
    extra: int = 0
    left: int = 0

    @property
    def written(self) -> int:
        """How many are brought back."""
        return self.missing + self.changed - self.left


class Finding(NamedTuple):
    """A row that differs: `what` is missing, changed or extra, which is to say that it came since; `left` is why it is left so.

    Its columns are those of `restoration`, and the names of the labels that a contact carries: of a changed row those that differ.
    """

    table: PastKind
    id: UUID
    what: str
    left: str | None
    now: Columns | None
    then: Columns | None


Tell = Callable[[Finding], None]
"""Told of each row that differs. No door is open meanwhile: whoever is told may take their time."""


@dataclass
class _Restore:
    past: Past
    tenant: UUID
    vault: Vault
    order: Order
    tell: Tell
    labels: dict[UUID, tuple[UUID, str]] = field(default_factory=dict)
    """By the label of then, the one that is here, or will be; and its name then."""
    counts: dict[PastKind, Tally] = field(default_factory=dict)
    started: bool = False


async def restore(past: Past, slug: str, vault: Vault, keys: Sequence[bytes], order: Order, tell: Tell) -> dict[PastKind, Tally]:
    """Brings back what was asked for, but nobody who was erased on request since; what became of it, by kind.

    `keys` may open the door of the past. Refuses with NotFound where there is no such tenant now or then, InvalidInput where it is
    being deleted or the migrations differ.
    """
    tenant = await named(slug)
    if tenant is None:
        raise NotFound(f"There is no tenant {slug}.", ("tenant",))
    if tenant["status"] == TenantStatus.DELETING:
        raise InvalidInput(f"{slug} is being deleted: nothing is brought back.", ("tenant",))
    there, here = await past.migrations(), await applied_migrations()
    if there != here:
        raise InvalidInput(
            f"The restored database has {len(there)} migrations, this one {len(here)}: `migrate` the restored one first."
        )
    await past.belong(tenant["id"], keys)
    run = _Restore(past, tenant["id"], vault, order, tell)
    for kind in PastKind:
        if kind is PastKind.LABELS:
            await _prepared(run)
        if kind in order.kinds:
            run.counts[kind] = Tally()
            async for batch in past.batches(kind):
                await _batch(run, kind, batch)
            await _extra(run, kind)
    await _audited(run)
    return run.counts


async def _prepared(run: _Restore) -> None:
    """Which labels are the same, since contacts carry them."""
    async with within(run.tenant):
        async for batch in run.past.batches(PastKind.LABELS):
            run.labels |= await restoration.same_labels(batch)


async def _batch(run: _Restore, kind: PastKind, batch: Batch) -> None:
    async with within(run.tenant):
        if run.order.dry:
            await read_only()
        else:
            await User.alone()  # one restore at a time, and nobody else changes the tenant's people meanwhile
            await restoration.lock(kind, batch.ids)
        found = await restoration.differences(kind, batch)
        wanted = {
            contact: dict(run.labels[label] for label in labels if label in run.labels) for contact, labels in batch.labels.items()
        }
        if wanted:
            _compare_labels(found, wanted, await restoration.carried(batch.ids))
        left = _left(run.order, kind, found, await _erased(run.vault, kind, batch))
        back, reset = found.missing - left.keys(), found.changed - left.keys()
        if kind is PastKind.LABELS:
            run.labels |= {label: (label, found.then[label]["name"]) for label in back}
        if (back or reset) and not run.order.dry:
            await _write(run, kind, batch, back, reset)
            await restoration.carry({contact: wanted[contact] for contact in back | reset if wanted})
    _tell(run, kind, found, left)


def _compare_labels(found: Difference, wanted: dict[UUID, dict[UUID, str]], present: dict[UUID, dict[UUID, str]]) -> None:
    for contact, labels in wanted.items():
        if contact in found.missing:
            found.then[contact]["labels"] = sorted(labels.values())
        elif labels.keys() != present[contact].keys():
            found.changed.add(contact)
            found.now.setdefault(contact, {})["labels"] = sorted(present[contact].values())
            found.then.setdefault(contact, {})["labels"] = sorted(labels.values())


async def _erased(vault: Vault, kind: PastKind, batch: Batch) -> set[UUID]:
    """Which of these rows are of somebody who was erased since they were made."""
    if not (erased := await erasures.known()):
        return set()
    return {
        UUID(row["id"])
        for row in orjson.loads(batch.rows)
        for who in whose(kind, UUID(row["id"]), row.get("email"))
        if erasures.meant(vault, erased, who, datetime.fromisoformat(row["created_at"]))
    }


def _left(order: Order, kind: PastKind, found: Difference, erased: set[UUID]) -> dict[UUID, str]:
    """Which rows neither come back nor become as they were, each with why."""
    stays = found.changed if kind is PastKind.USERS or order.only_missing else set()
    gone = erased & (found.missing | found.changed)
    return dict.fromkeys(found.clashing, CLASH) | dict.fromkeys(stays, STAYS) | dict.fromkeys(gone, ERASED)


def _tell(run: _Restore, kind: PastKind, found: Difference, left: dict[UUID, str]) -> None:
    counts = run.counts[kind]
    counts.missing += len(found.missing)
    counts.changed += len(found.changed)
    counts.left += len(left)
    for row in sorted(found.missing | found.changed):
        what, why = "missing" if row in found.missing else "changed", left.get(row)
        # Who was erased is brought back neither here nor in what is told.
        now, then = (None, None) if why == ERASED else (found.now.get(row), found.then.get(row))
        run.tell(Finding(kind, row, what, why, now, then))


async def _extra(run: _Restore, kind: PastKind) -> None:
    """What came since stays: it is counted, and told of."""
    last: UUID | None = UUID(int=0)
    while last is not None:
        async with within(run.tenant):
            here = await restoration.following(kind, last)
            if kind is PastKind.CONTACTS:
                for contact, labels in (await restoration.carried(here)).items():
                    here[contact]["labels"] = sorted(labels.values())
        since = here.keys() - await run.past.known(kind, here)
        run.counts[kind].extra += len(since)
        for row in sorted(since):
            run.tell(Finding(kind, row, "extra", None, here[row], None))
        last = max(here, default=None)


async def _write(run: _Restore, kind: PastKind, batch: Batch, back: set[UUID], reset: set[UUID]) -> None:
    if not run.started and await AuditEntry.last_done(_STARTED, _FINISHED) != _STARTED:
        await AuditEntry.append(_STARTED, _HERE, target=run.tenant, by="console")
    run.started = True
    if back:
        await restoration.bring_back(kind, batch, back, *([UNUSABLE] if kind is PastKind.USERS else []))
    if reset:
        await restoration.reset(kind, batch, reset)


async def _audited(run: _Restore) -> None:
    """On record, with how many rows this run has written; nothing where nothing was to do."""
    if run.order.dry:
        return
    async with within(run.tenant):
        if await AuditEntry.last_done(_STARTED, _FINISHED) == _STARTED:
            counts: dict[str, Any] = {kind.value: tally.written for kind, tally in run.counts.items()}
            await AuditEntry.append(_FINISHED, _HERE, target=run.tenant, by="console", **counts)
