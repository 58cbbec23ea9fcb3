"""The hash chain over each tenant's audit log: how it grows, and how it is walked again to see whether anything was altered.

seal(n) = SHA-256(seal(n-1) ‖ the JSON of [version, tenant, n, every column of the entry]), and seal(0) is 32 zero bytes. The order
is that of the seals: by (at, id), but for entries whose transaction became visible after later ones had been sealed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import orjson
from tortoise import Model, fields

from models.tenancy import TenantManager, fetch, held
from models.values import Row, now

SETTLED: Final = timedelta(seconds=60)
"""An entry is sealed when it is older than this: requests and their transactions are shorter, so that nearly all stand in order."""

LATE: Final = timedelta(minutes=10)
"""So far behind the latest sealed entry one is still taken: its transaction was slow, or its server's clock is. None older is."""

AUDIT_LEAST: Final = timedelta(days=90)
"""No tenant keeps its log for a shorter time, and so no cut off its beginning is nearer."""

BATCH: Final = 1_000
"""Entries that are sealed in one transaction."""

STRIDE: Final = 5_000
"""Entries that are read at once where the log is walked."""

_VERSION: Final = 1
_START: Final = bytes(32)
_COLUMNS: Final = "a.id, a.at, a.action, a.actor_id, a.target_id, a.request_id, a.ip_prefix, a.details::text AS details"
_UNSEALED: Final = "NOT EXISTS (SELECT FROM audit_seals s WHERE s.tenant_id = a.tenant_id AND s.entry_id = a.id)"
_BEYOND: Final = (
    "(a.at, a.id) > (coalesce($2::timestamptz, '-infinity'), coalesce($3::uuid, '00000000-0000-0000-0000-000000000000'))"
)


class Position(NamedTuple):
    """A place in a log, by (at, id)."""

    at: datetime
    entry: UUID | None = None


class Head(NamedTuple):
    """The last seal of a chain after `fresh` entries were added, the last of which stands at `position`."""

    number: int
    seal: bytes
    fresh: int
    position: Position


class Cut(NamedTuple):
    """What is told of the cut behind which a chain begins: the number of the link that stayed, and when it was made."""

    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong with a chain: what, at which number, with which entry, as far as those are known."""

    what: str
    number: int | None = None
    entry: UUID | None = None


class AuditSeal(Model):
    """A link of the tenant's hash chain: it covers the seal before it and one entry."""

    entry_id = fields.UUIDField(primary_key=True)
    tenant_id = fields.UUIDField()
    number = fields.BigIntField()
    seal = fields.BinaryField()
    sealed_at = fields.DatetimeField()
    latest_at = fields.DatetimeField()

    class Meta:
        table = "audit_seals"
        manager = TenantManager()

    @classmethod
    async def extend(cls, until: datetime, after: Position | None = None) -> Head | None:
        """Seals the held tenant's next BATCH of entries from before `until`, behind `after` where it is given; the new head.

        None where nothing is to be sealed, or somebody else is at it. What was appended late is found without `after`.
        """
        lock = await fetch("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS mine", f"audit chain {held()}")
        if not lock[0]["mine"]:
            return None
        last = await cls.all().order_by("-number").first()
        walk = Walk(held()) if last is None else Walk(held(), last.number, last.seal, last.latest_at)
        begin = after or (None if walk.latest is None else Position(walk.latest - LATE))
        rows = await fetch(
            f"SELECT {_COLUMNS} FROM audit_entries a WHERE a.tenant_id = $1 AND {_BEYOND} AND a.at < $4 AND {_UNSEALED} "
            f"ORDER BY a.at, a.id LIMIT {BATCH}",
            held(),
            *(begin or (None, None)),
            until,
        )
        moment = now()
        links = []
        for row in rows:
            walk.take(row)
            links.append(
                cls(
                    tenant_id=held(),
                    entry_id=row["id"],
                    number=walk.number,
                    seal=walk.seal,
                    sealed_at=moment,
                    latest_at=walk.latest,
                )
            )
        if not links:
            return None
        await cls.bulk_create(links)
        return Head(walk.number, walk.seal, len(links), Position(rows[-1]["at"], rows[-1]["id"]))

    @classmethod
    async def beginning(cls) -> Row | None:
        """The held tenant's first link, with its entry as `links` has it: where retention cut, that is gone."""
        first = await cls.all().order_by("number").first()
        return None if first is None else (await cls.links(first.number - 1, first.number))[0]

    @classmethod
    async def last_number(cls) -> int:
        """How many links the held tenant's chain says it has."""
        last = await cls.all().order_by("-number").first()
        return 0 if last is None else last.number

    @classmethod
    async def links(cls, after: int, last: int) -> list[Row]:
        """The next STRIDE links of the held tenant up to `last`, each with its entry: where that is gone its `id` is None."""
        return await fetch(
            f"SELECT s.number, s.entry_id, s.seal, s.latest_at, {_COLUMNS} FROM audit_seals s "
            "LEFT JOIN audit_entries a ON a.tenant_id = s.tenant_id AND a.id = s.entry_id "
            f"WHERE s.tenant_id = $1 AND s.number > $2 AND s.number <= $3 ORDER BY s.number LIMIT {STRIDE}",
            held(),
            after,
            last,
        )

    @classmethod
    async def entries(cls, after: Position | None) -> list[Row]:
        """The next STRIDE entries of the held tenant's log by (at, id), each with whether it is sealed."""
        return await fetch(
            f"SELECT a.at, a.id, NOT {_UNSEALED} AS sealed FROM audit_entries a WHERE a.tenant_id = $1 AND {_BEYOND} "
            f"ORDER BY a.at, a.id LIMIT {STRIDE}",
            held(),
            *(after or (None, None)),
        )


@dataclass
class Walk:
    """Along a chain, link by link. `latest` is the time of the latest entry so far."""

    tenant: UUID
    number: int = 0
    seal: bytes = _START
    latest: datetime | None = None
    heads: Mapping[int, set[bytes]] = field(default_factory=dict)
    """Seals that have left the database, by their numbers."""

    def take(self, entry: Row) -> None:
        """Goes one entry further."""
        self.number += 1
        at = entry["at"].astimezone(UTC)
        told = [
            _VERSION,
            self.tenant.hex,
            self.number,
            entry["id"].hex,
            at.isoformat(timespec="microseconds"),
            entry["action"],
            entry["actor_id"].hex if entry["actor_id"] else None,
            entry["target_id"],
            entry["request_id"],
            entry["ip_prefix"],
            entry["details"],  # as Postgres prints it: its order of keys is its own, and always the same
        ]
        self.seal = hashlib.sha256(self.seal + orjson.dumps(told)).digest()
        self.latest = at if self.latest is None else max(at, self.latest)

    def begin(self, first: Row, cut: Cut) -> Fault | None:
        """Begins behind a cut that was told of, at the link that stayed; what is wrong with that, or None."""
        if first["number"] != cut.number or first["id"] is not None:
            return Fault("the chain does not begin where it was cut", cut.number)
        if cut.at - first["latest_at"] < AUDIT_LEAST:
            return Fault("entries were cut off that were too young for it", cut.number)
        self.number, self.seal, self.latest = first["number"], first["seal"], first["latest_at"]
        if self.heads.get(self.number, {self.seal}) != {self.seal}:
            return Fault("the chain was written anew: another head was logged at this number", self.number)
        return None

    def fault(self, link: Row) -> Fault | None:
        """What is wrong with the next link, after which the walk goes no further; or None."""
        number, entry = link["number"], link["entry_id"]
        if number != self.number + 1:
            return Fault("a link of the chain is missing", self.number + 1)
        if link["id"] is None:
            return Fault("the entry was removed", number, entry)
        if self.latest is not None and link["at"] < self.latest - LATE:
            return Fault("the entry is dated before its neighbours", number, entry)
        self.take(link)
        if (self.seal, self.latest) != (link["seal"], link["latest_at"]):
            return Fault("the entry, or its place, was changed after it was sealed", number, entry)
        if self.heads.get(number, {self.seal}) != {self.seal}:
            return Fault("the chain was written anew: another head was logged at this number", number, entry)
        return None

    def end(self) -> Fault | None:
        """What is wrong with where the chain ends."""
        beyond = [number for number in self.heads if number > self.number]
        return Fault("the chain was cut off: a head was logged beyond its end", self.number + 1) if beyond else None

    def stray(self, entry: Row) -> Fault | None:
        """What is wrong with an entry that is not sealed: it may only be new."""
        if self.latest is not None and entry["at"] < self.latest - LATE:
            return Fault("the entry was dated back among sealed ones", None, entry["id"])
        return None
