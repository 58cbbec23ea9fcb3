"""The audit log is sealed without a gap and without a fork, and whatever is altered afterwards is found: also by its owner."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from contextvars import copy_context
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from auth.desk import Desk
from auth.passwords import Hasher
from auth.throttle import Throttle
from auth.tokens import Keyring
from auth.vault import Vault
from models import seal as chain
from models.audit import AuditEntry
from models.errors import NotFound, TimedOut
from models.seal import BATCH, LATE, SETTLED, AuditSeal
from models.tenancy import within
from models.values import Origin, new_id, now
from observability.metrics import Metrics
from observability.redaction import scrub
from resolvers import seals
from resolvers.running import run_periodic
from resolvers.seals import Heads, Verdict, grouped, seal, verify
from tests.conftest import JWT_KEYS, SECRET_KEYS
from tests.world import tenant

LONG_AGO = timedelta(hours=1)


async def _entries(admin: asyncpg.Connection, home: UUID, count: int, since: timedelta = LONG_AGO) -> None:
    """So many entries, a second apart."""
    await admin.execute(
        "INSERT INTO audit_entries (tenant_id, id, at, action, details) "
        "SELECT $1, gen_random_uuid(), $2::timestamptz + n * interval '1 second', 'thing.done', jsonb_build_object('count', n) "
        "FROM generate_series(1, $3) n",
        home,
        now() - since,
        count,
    )


async def _checked(slug: str | None = "acme", heads: Heads | None = None) -> list[Verdict]:
    return await verify(slug, heads or {}, lambda *_: None)


async def _fault(heads: Heads | None = None) -> tuple[str, int | None, UUID | None] | None:
    (verdict,) = await _checked(heads=heads)
    return None if verdict.fault is None else (verdict.fault.what, verdict.fault.number, verdict.fault.entry)


def _logged(logged: io.StringIO) -> dict[UUID, dict[int, set[bytes]]]:
    found: dict[UUID, dict[int, set[bytes]]] = {}
    for line in map(json.loads, logged.getvalue().splitlines()):
        if line["event"] == "audit head":
            seal = bytes.fromhex(line["seal"].replace(":", ""))
            found.setdefault(UUID(line["tenant"]), {})[line["number"]] = {seal}
    return found


async def _seals(admin: asyncpg.Connection, home: UUID) -> list[Any]:
    return await admin.fetch("SELECT * FROM audit_seals WHERE tenant_id = $1 ORDER BY number", home)


@pytest.fixture
def desk() -> Desk:
    """A desk, of which sealing uses the metrics."""
    return Desk(Keyring.parse(JWT_KEYS), Vault.parse(SECRET_KEYS), Hasher(4, 1), Throttle(), Metrics())


@pytest.fixture
async def acme(admin: asyncpg.Connection, tortoise: None) -> UUID:
    """A tenant without entries."""
    return await tenant(admin, "acme")


@pytest.fixture
async def sealed(admin: asyncpg.Connection, acme: UUID, desk: Desk, logged: io.StringIO) -> Heads:
    """The heads of acme's chain of ten entries, as they were logged in two runs."""
    await _entries(admin, acme, 7)
    assert await seal(desk) == 7
    await _entries(admin, acme, 3, timedelta(minutes=30))
    assert await seal(desk) == 3
    heads = _logged(logged)
    assert list(heads[acme]) == [7, 10]
    assert await _fault(heads) is None
    return heads


async def test_each_tenant_has_a_chain_of_its_own(
    admin: asyncpg.Connection,
    acme: UUID,
    desk: Desk,
    logged: io.StringIO,
) -> None:
    evil, empty = await tenant(admin, "evil"), await tenant(admin, "house")
    await _entries(admin, acme, 3)
    await _entries(admin, evil, 2)
    assert await seal(desk) == 5
    assert await seal(desk) == 0
    assert [row["number"] for row in await _seals(admin, acme)] == [1, 2, 3]
    assert [row["number"] for row in await _seals(admin, evil)] == [1, 2]
    assert await _seals(admin, empty) == []
    heads = _logged(logged)
    assert {home: list(numbers) for home, numbers in heads.items()} == {acme: [3], evil: [2]}
    assert heads[acme][3] == {(await _seals(admin, acme))[-1]["seal"]}
    assert await _checked(None, heads) == [
        Verdict("acme", 3, 0, None),
        Verdict("evil", 2, 0, None),
        Verdict("house", 0, 0, None),
    ]
    text = desk.metrics.exposition("text/plain")[0].decode()
    assert "addressbook_audit_sealed_total 5.0" in text
    (until,) = [line for line in text.splitlines() if line.startswith("addressbook_audit_sealed_until_timestamp_seconds ")]
    assert 60 <= now().timestamp() - float(until.split()[1]) < 70


async def test_a_seal_is_what_the_page_says_it_is(admin: asyncpg.Connection, acme: UUID, desk: Desk) -> None:
    """Computed by hand, as somebody would who trusts none of our code."""
    entry, actor, at = UUID(int=1), UUID(int=2), datetime.fromisoformat("2026-01-31T12:00:00.5+00:00")
    await admin.execute(
        "INSERT INTO audit_entries VALUES ($1, $2, $3, 'login.failed', $4, 'ab', 'request', '192.0.2.0/24', $5)",
        acme,
        entry,
        at,
        actor,
        '{"b": 1, "a": "ü"}',
    )
    assert await seal(desk) == 1
    told = (
        f'[1,"{acme.hex}",1,"{entry.hex}","2026-01-31T12:00:00.500000+00:00","login.failed","{actor.hex}","ab","request",'
        '"192.0.2.0/24","{\\"a\\": \\"ü\\", \\"b\\": 1}"]'
    )
    assert (await _seals(admin, acme))[0]["seal"] == hashlib.sha256(bytes(32) + told.encode()).digest()


async def test_what_is_new_waits(admin: asyncpg.Connection, acme: UUID, desk: Desk) -> None:
    await _entries(admin, acme, 1)
    await _entries(admin, acme, 1, SETTLED - timedelta(seconds=10))
    assert await seal(desk) == 1
    assert await _checked() == [Verdict("acme", 1, 1, None)]


async def test_a_slow_transaction_is_not_skipped(
    acme: UUID,
    admin: asyncpg.Connection,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(seals, "SETTLED", timedelta())
    appended, commit = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with within(acme):
            await AuditEntry.append("slow", Origin())
            appended.set()
            await commit.wait()

    running = asyncio.create_task(slow())
    await appended.wait()
    async with within(acme):
        await AuditEntry.append("quick", Origin())
    assert await seal(desk) == 1
    commit.set()
    await running
    assert await seal(desk) == 1
    actions = (
        "SELECT a.action FROM audit_seals s JOIN audit_entries a ON a.id = s.entry_id WHERE s.tenant_id = $1 ORDER BY s.number"
    )
    assert [row["action"] for row in await admin.fetch(actions, acme)] == ["quick", "slow"]
    assert [row["action"] for row in await admin.fetch("SELECT action FROM audit_entries ORDER BY at")] == ["slow", "quick"]
    assert await _checked() == [Verdict("acme", 2, 0, None)]


async def test_a_long_log_is_sealed_in_batches(
    admin: asyncpg.Connection,
    acme: UUID,
    desk: Desk,
    logged: io.StringIO,
) -> None:
    await _entries(admin, acme, 2 * BATCH + 1)
    assert await seal(desk) == 2 * BATCH + 1
    assert list(_logged(logged)[acme]) == [BATCH, 2 * BATCH, 2 * BATCH + 1]
    assert await _fault(_logged(logged)) is None


async def test_appenders_and_two_sealers_at_once_make_one_chain(
    acme: UUID,
    admin: asyncpg.Connection,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(seals, "SETTLED", timedelta())
    monkeypatch.setattr(chain, "BATCH", 7)
    monkeypatch.setattr(seals, "BATCH", 7)
    done = False

    async def appending(name: str) -> None:
        for _ in range(25):
            async with within(acme):
                await AuditEntry.append(name, Origin())
                await asyncio.sleep(0)

    async def sealing() -> int:
        sealed = 0
        while not done:
            sealed += await seal(desk)
        return sealed

    sealers = [asyncio.create_task(sealing()) for _ in range(2)]
    await asyncio.gather(*(appending(f"by {n}") for n in range(2)))
    done = True
    sealed = [await sealer for sealer in sealers]
    rest = await seal(desk)
    assert sum(sealed) + rest == 50
    assert [row["number"] for row in await _seals(admin, acme)] == list(range(1, 51))
    assert await _checked() == [Verdict("acme", 50, 0, None)]


async def test_a_sealer_whose_turn_it_is_not_lets_the_other_work(acme: UUID, admin: asyncpg.Connection, desk: Desk) -> None:
    await _entries(admin, acme, 2)
    elsewhere = copy_context()  # without the door that is opened here
    async with within(acme):
        assert (await AuditSeal.extend(now())) is not None
        assert await asyncio.create_task(seal(desk), context=elsewhere) == 0
    assert await _checked() == [Verdict("acme", 2, 0, None)]


async def test_a_run_that_is_cut_off_goes_on_where_it_was(
    acme: UUID,
    admin: asyncpg.Connection,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await _entries(admin, acme, BATCH + 5)
    extend = AuditSeal.extend

    async def dying(*given: Any) -> Any:
        head = await extend(*given)
        if head is not None and head.fresh < BATCH:
            raise asyncio.CancelledError
        return head

    monkeypatch.setattr(AuditSeal, "extend", dying)
    with pytest.raises(asyncio.CancelledError):
        await seal(desk)
    assert len(await _seals(admin, acme)) == BATCH
    monkeypatch.setattr(AuditSeal, "extend", extend)
    assert await seal(desk) == 5
    assert await _checked() == [Verdict("acme", BATCH + 5, 0, None)]


async def test_a_log_that_cannot_be_sealed_keeps_no_other_from_it(
    acme: UUID,
    admin: asyncpg.Connection,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    evil = await tenant(admin, "zeta")
    for home in (acme, evil):
        await _entries(admin, home, 1)
    extend = seals._extend

    async def failing(given: Desk, home: UUID, until: datetime) -> int:
        if home == acme:
            raise TimedOut("This took too long and was given up.")
        return await extend(given, home, until)

    monkeypatch.setattr(seals, "_extend", failing)
    with pytest.raises(ExceptionGroup) as failed:
        await seal(desk)
    assert [type(one) for one in failed.value.exceptions] == [TimedOut]
    assert [len(await _seals(admin, home)) for home in (acme, evil)] == [0, 1]
    assert "audit_sealed_until_timestamp_seconds 0.0" in desk.metrics.exposition("text/plain")[0].decode()


_FIFTH = "(SELECT entry_id FROM audit_seals WHERE number = 5)"


@pytest.mark.parametrize(
    "column",
    [
        "action = 'x'",
        "at = at + interval '1 microsecond'",
        "actor_id = tenant_id",
        "target_id = 'x'",
        "request_id = 'x'",
        "ip_prefix = 'x'",
        "details = '{\"count\": 6}'",
        "details = '{\"count\": 5.0}'",
    ],
)
async def test_a_changed_entry_is_found(column: str, admin: asyncpg.Connection, acme: UUID, sealed: Heads) -> None:
    fifth = await admin.fetchval(_FIFTH)
    await admin.execute(f"UPDATE audit_entries SET {column} WHERE id = $1", fifth)
    assert await _fault() == ("the entry, or its place, was changed after it was sealed", 5, fifth)


async def test_a_removed_entry_is_found(admin: asyncpg.Connection, acme: UUID, sealed: Heads) -> None:
    fifth = await admin.fetchval(_FIFTH)
    await admin.execute("DELETE FROM audit_entries WHERE id = $1", fifth)
    assert await _fault() == ("the entry was removed", 5, fifth)
    await admin.execute("DELETE FROM audit_seals WHERE entry_id = $1", fifth)
    assert await _fault() == ("a link of the chain is missing", 5, None)
    for shift in (100, -101):
        await admin.execute("UPDATE audit_seals SET number = number + $1 WHERE number > 5", shift)
    sixth = await admin.fetchval(_FIFTH)
    assert await _fault() == ("the entry, or its place, was changed after it was sealed", 5, sixth)


async def test_an_inserted_entry_is_found(admin: asyncpg.Connection, acme: UUID, desk: Desk, sealed: Heads) -> None:
    entry = new_id()
    insert = "INSERT INTO audit_entries (tenant_id, id, at, action) VALUES ($1, $2, $3, 'login.succeeded')"
    await admin.execute(insert, acme, entry, now() - timedelta(minutes=59, seconds=57))
    expected = ("the entry was dated back among sealed ones", None, entry)
    assert await _fault() == expected
    assert await seal(desk) == 0
    assert await _fault() == expected


async def test_entries_that_change_places_are_found(admin: asyncpg.Connection, acme: UUID, sealed: Heads) -> None:
    fifth, sixth = [row["entry_id"] for row in (await _seals(admin, acme))[4:6]]
    for one, other in ((fifth, UUID(int=0)), (sixth, fifth), (UUID(int=0), sixth)):
        await admin.execute("UPDATE audit_seals SET entry_id = $2 WHERE entry_id = $1", one, other)
    assert await _fault() == ("the entry, or its place, was changed after it was sealed", 5, sixth)


async def test_a_cut_off_tail_is_found_by_a_head_that_was_logged(
    admin: asyncpg.Connection,
    acme: UUID,
    desk: Desk,
    sealed: Heads,
    logged: io.StringIO,
) -> None:
    await admin.execute("DELETE FROM audit_entries WHERE id IN (SELECT entry_id FROM audit_seals WHERE number > 8)")
    await admin.execute("DELETE FROM audit_seals WHERE number > 8")
    assert await _fault() is None
    assert await _fault(sealed) == ("the chain was cut off: a head was logged beyond its end", 9, None)
    # Grown again over the cut, the number is there; the seal is another.
    await _entries(admin, acme, 4, timedelta(minutes=20))
    assert await seal(desk) == 4
    tenth = (await _seals(admin, acme))[9]["entry_id"]
    assert await _fault(sealed) == ("the chain was written anew: another head was logged at this number", 10, tenth)


async def _rewrite(admin: asyncpg.Connection, home: UUID, desk: Desk) -> None:
    """As whoever owns the database can: an entry is changed, and all seals are made anew, by our own code."""
    await admin.execute(f"UPDATE audit_entries SET actor_id = NULL, action = 'logout' WHERE id = {_FIFTH}")
    await admin.execute("DELETE FROM audit_seals")
    assert await seal(desk) == 10


async def test_a_full_rewriting_by_the_owner_is_found_by_a_head_that_was_logged(
    admin: asyncpg.Connection,
    acme: UUID,
    desk: Desk,
    sealed: Heads,
) -> None:
    await _rewrite(admin, acme, desk)
    seventh = (await _seals(admin, acme))[6]["entry_id"]
    assert await _fault() is None
    assert await _fault(sealed) == ("the chain was written anew: another head was logged at this number", 7, seventh)


async def test_a_log_that_is_emptied_or_whose_tenant_is_gone_is_found(admin: asyncpg.Connection, acme: UUID, sealed: Heads) -> None:
    await admin.execute("TRUNCATE audit_entries, audit_seals")
    assert await _fault(sealed) == ("the chain was cut off: a head was logged beyond its end", 1, None)
    await admin.execute("TRUNCATE tenants CASCADE")
    (gone,) = await _checked(None, sealed)
    assert gone.tenant == acme.hex
    assert gone.fault is not None
    assert gone.fault.what == "the tenant and its log are gone, but a head was logged"


async def test_seals_that_were_taken_away_are_made_again_the_same(
    admin: asyncpg.Connection,
    acme: UUID,
    desk: Desk,
    sealed: Heads,
) -> None:
    await admin.execute("DELETE FROM audit_seals WHERE number > 6")
    assert await _fault(sealed) == ("the chain was cut off: a head was logged beyond its end", 7, None)
    assert await seal(desk) == 4
    assert await _fault(sealed) is None


async def test_an_unknown_tenant_is_told_so(acme: UUID) -> None:
    with pytest.raises(NotFound):
        await _checked("nobody")


def test_a_seal_is_told_in_groups_that_no_redaction_takes_for_a_secret() -> None:
    told = grouped(bytes(range(32)))
    assert told == "0001020304050607:08090a0b0c0d0e0f:1011121314151617:18191a1b1c1d1e1f"
    assert scrub(told) == told
    assert LATE > 2 * SETTLED


async def test_sealing_is_done_again_and_again_by_who_works_on_jobs(admin: asyncpg.Connection, acme: UUID, desk: Desk) -> None:
    await _entries(admin, acme, 3)
    assert await run_periodic(desk, "seal") == timedelta(seconds=60)
    assert await _checked() == [Verdict("acme", 3, 0, None)]
