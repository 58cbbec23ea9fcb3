"""Moving in: users, contacts and the login history of the old service's database, into one tenant.

Batch by batch, each one transaction with what is remembered of it, so that a run that was killed goes on where it was. What is
here already is never written again, changed or removed as it may be. A dry run finds the same and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from auth import legacy_hashes
from models import legacy_rows
from models.audit import AuditEntry
from models.errors import InvalidInput, NotFound
from models.legacy_import import LegacyImport, pass_numbers, read_only, taken
from models.legacy_rows import NUMBER_LIMIT, Decisions, Fault, Names
from models.legacy_source import OldDatabase
from models.tenancy import within
from models.user import User
from models.values import ImportKind, Origin, Role, Row, new_id, normal, now
from resolvers.attempts import named

_HERE: Final = Origin(user_agent="console")
_STARTED, _FINISHED = "import.started", "import.finished"

_SKIPPED: Final = Fault("SKIPPED", None, "It stays behind, as decided.")
_NOBODY: Final = Fault("NO_SUCH_ROW", "id", "There is a decision about it, and no such row in the old database.")
_CHANGED: Final = Fault("CHANGED_SINCE", None, "It has changed in the old database since it was moved, and stays here as it is.")


@dataclass(frozen=True)
class Order:
    """What is asked for: `keep` takes rows that break a rule as far as they go; `owner` is the username of who becomes one."""

    decisions: Decisions
    keep: bool = False
    owner: str | None = None
    dry: bool = False


@dataclass
class Tally:
    """What became of the rows of one kind: taken now, here before, left behind; `noted` are faults of such as were taken."""

    taken: int = 0
    before: int = 0
    left: int = 0
    noted: int = 0


Tell = Callable[[ImportKind, int, Fault, bool], None]
"""Told of each fault: of what, its old id, what it is, and whether the row is here all the same."""


@dataclass
class _Move:
    old: OldDatabase
    tenant: UUID
    order: Order
    tell: Tell
    names: Names = field(default_factory=Names)
    arrived: set[int] = field(default_factory=set)
    strangers: set[int] = field(default_factory=set)
    counts: dict[ImportKind, Tally] = field(default_factory=lambda: {kind: Tally() for kind in ImportKind})
    passed: bool = False
    started: bool = False

    def __post_init__(self) -> None:
        self.unseen = {kind: set(self.order.decisions.of(kind)) for kind in ImportKind}


async def move(old: OldDatabase, slug: str, order: Order, tell: Tell, step: Callable[[int], None]) -> dict[ImportKind, Tally]:
    """Moves everything that can be; what became of it, by kind. `step` is told how many rows are done.

    Refuses with NotFound for the tenant, InvalidInput for an owner who cannot be one, before anything is written.
    """
    tenant = await named(slug)
    if tenant is None:
        raise NotFound(f"There is no tenant {slug}.", ("tenant",))
    moving = _Move(old, tenant["id"], order, tell)
    await _compare(moving)
    for kind in ImportKind:
        async for rows in old.batches(kind):
            await _batch(moving, kind, rows)
            step(len(rows))
        for number in sorted(moving.unseen[kind]):
            tell(kind, number, _NOBODY, False)
    if not order.dry:
        await _finish(moving)
    return moving.counts


async def _compare(moving: _Move) -> None:
    """Knows all users' names, of which no two may be one; and that the owner can be one."""
    decisions, owner = moving.order.decisions, moving.order.owner
    chief = None
    async for rows in moving.old.batches(ImportKind.USER):
        for row in rows:
            if not decisions.skips(ImportKind.USER, row):
                decided = decisions.apply(ImportKind.USER, row)
                moving.names.add(decided)
                if owner is not None and normal(decided["username"]) == normal(owner):
                    chief = decided
    if owner is None:
        return
    if chief is None or not chief["active"] or len(moving.names.called(owner)) > 1:
        raise InvalidInput(f"The old database has not one active user {owner}, who could become an owner.", ("owner",))
    async with within(moving.tenant):
        earlier = await LegacyImport.known(ImportKind.USER, [chief["id"]])
        moved = await User.many([row["target_id"] for row in earlier.values()])
    if earlier and Role.OWNER not in {row["role"] for row in moved.values()}:
        raise InvalidInput(f"{owner} was moved before, and the role that they have here stays. Leave --owner out.", ("owner",))


async def _batch(moving: _Move, kind: ImportKind, rows: list[Row]) -> None:
    moving.unseen[kind] -= {row["id"] for row in rows}
    async with within(moving.tenant):
        if moving.order.dry:
            await read_only()
        else:
            await User.alone()  # one import at a time, and nobody else changes the tenant's people meanwhile
        known = await LegacyImport.known(kind, [row["id"] for row in rows])
        fresh = [row for row in rows if not _before(moving, kind, row, known)]
        if fresh and not moving.order.dry:
            await _pass(moving)
        drafts = await _logins(moving, fresh) if kind is ImportKind.LOGIN else await _drafts(moving, kind, fresh)
        moving.counts[kind].taken += len(drafts)
        if drafts and not moving.order.dry:
            await _start(moving)
            await LegacyImport.add(kind, [(row["id"], legacy_rows.checksum(kind, row), draft) for row, draft in drafts])
    if kind is ImportKind.USER:
        moving.arrived |= {row["id"] for row, _ in drafts}


def _before(moving: _Move, kind: ImportKind, row: Row, known: dict[int, Row]) -> bool:
    """Whether a row was moved by an earlier run."""
    earlier = known.get(row["id"])
    if earlier is None:
        return False
    moving.counts[kind].before += 1
    if earlier["checksum"] != legacy_rows.checksum(kind, row):
        if kind is ImportKind.USER:
            moving.strangers.add(row["id"])
        _tell(moving, kind, row, [_CHANGED], here=True)
    return True


async def _drafts(moving: _Move, kind: ImportKind, rows: list[Row]) -> list[tuple[Row, Row]]:
    """Those users or contacts that can be taken, each after its old row; the others are told of."""
    found = []
    for row in rows:
        if moving.order.decisions.skips(kind, row):
            _leave(moving, kind, row, [_SKIPPED])
            continue
        decided = moving.order.decisions.apply(kind, row)
        draft, faults, noted = _user(moving, decided) if kind is ImportKind.USER else _contact(moving, decided)
        found.append((row, draft, faults, noted))
    drafts = []
    for (row, draft, faults, noted), more in zip(found, await taken(kind, [draft for _, draft, _, _ in found]), strict=True):
        if faults or more:
            _leave(moving, kind, row, faults + more)
        else:
            _tell(moving, kind, row, noted, here=True)
            drafts.append((row, draft))
    return drafts


def _user(moving: _Move, row: Row) -> tuple[Row, list[Fault], list[Fault]]:
    draft, faults = legacy_rows.user(row)
    noted: list[Fault] = []
    moment = now()
    try:
        draft["password_hash"] = legacy_hashes.adopt(row["password"])
    except InvalidInput as refusal:
        draft["password_hash"] = legacy_hashes.UNUSABLE
        (noted if moving.order.keep else faults).append(Fault("HASH_REFUSED", "password", refusal.message))
    owner = moving.order.owner is not None and draft["username_key"] == normal(moving.order.owner)
    draft |= {"id": new_id(), "role": Role.OWNER if owner else Role.EDITOR, "created_at": moment, "updated_at": moment}
    return draft, faults + moving.names.clashes(row), noted


def _contact(moving: _Move, row: Row) -> tuple[Row, list[Fault], list[Fault]]:
    draft, faults, noted = legacy_rows.contact(row, keep=moving.order.keep)
    moment = now()
    draft |= {"id": new_id(), "created_at": moment, "updated_at": moment}
    draft["age_recorded_at"] = None if draft["age"] is None else moment
    if row["alike"] != row["id"]:
        noted.append(Fault("LOOKS_THE_SAME", None, "Name, e-mail address and phone are another contact's too.", (row["alike"],)))
    return draft, faults, noted


async def _logins(moving: _Move, rows: list[Row]) -> list[tuple[Row, Row]]:
    """Those sign-ins whose user is here, each after its old row; the others are told of."""
    targets = await _people(moving, {row["user_id"] for row in rows})
    drafts = []
    for row in rows:
        target, at = targets.get(row["user_id"]), row["login_timestamp"]
        if target is None:
            _leave(moving, ImportKind.LOGIN, row, [Fault("USER_NOT_HERE", "user_id", "Its user is not here, or changed.")])
        elif at.year in {1, 9999}:  # -infinity and infinity
            _leave(moving, ImportKind.LOGIN, row, [Fault("INVALID", "login_timestamp", "login_timestamp is no time.")])
        else:
            drafts.append((row, {"id": new_id(), "user_id": target, "at": at}))
    return drafts


async def _people(moving: _Move, numbers: set[int]) -> dict[int, UUID]:
    """What these old users are here, if they are, and are the same as they were there when they moved."""
    # In a dry run nobody has an id yet: who would come stands for it.
    fresh = dict.fromkeys(numbers & moving.arrived, moving.tenant) if moving.order.dry else {}
    known = {number: row["target_id"] for number, row in (await LegacyImport.known(ImportKind.USER, numbers)).items()}
    living = await User.many(list(known.values()))
    there = {number: target for number, target in known.items() if target in living and number not in moving.strangers}
    return fresh | there


async def _pass(moving: _Move) -> None:
    """Before the first row is looked at: nobody new takes a number that an old row, of this run or a later one, comes with."""
    if not moving.passed:
        users, contacts = [await moving.old.highest(kind, NUMBER_LIMIT) for kind in (ImportKind.USER, ImportKind.CONTACT)]
        await pass_numbers(users, contacts)
        moving.passed = True


async def _start(moving: _Move) -> None:
    """On record with the first row that is written, unless that of a run that was stopped is."""
    if not moving.started and await AuditEntry.last_done(_STARTED, _FINISHED) != _STARTED:
        await AuditEntry.append(_STARTED, _HERE, target=moving.tenant, by="console")
    moving.started = True


async def _finish(moving: _Move) -> None:
    """On record, with how much is here of all runs; nothing where nothing was to do."""
    async with within(moving.tenant):
        await User.alone()
        if await AuditEntry.last_done(_STARTED, _FINISHED) == _STARTED:
            users, contacts, logins = [await LegacyImport.count(kind) for kind in ImportKind]
            counts: dict[str, Any] = {"users": users, "contacts": contacts, "logins": logins}
            await AuditEntry.append(_FINISHED, _HERE, target=moving.tenant, by="console", **counts)


def _leave(moving: _Move, kind: ImportKind, row: Row, faults: list[Fault]) -> None:
    moving.counts[kind].left += 1
    _tell(moving, kind, row, faults, here=False)


def _tell(moving: _Move, kind: ImportKind, row: Row, faults: list[Fault], *, here: bool) -> None:
    moving.counts[kind].noted += here and bool(faults)
    for fault in faults:
        moving.tell(kind, row["id"], fault, here)
