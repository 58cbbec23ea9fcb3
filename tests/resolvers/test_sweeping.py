"""Retention (RE-16): what a dry run counts goes, once and no more, whoever is killed or comes at once; and hold keeps it."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from auth.desk import Desk
from auth.passwords import Hasher
from auth.throttle import Throttle
from auth.tokens import Keyring
from auth.vault import Vault
from models import retention
from models.retention import KINDS
from models.seal import AuditSeal
from models.tenancy import within
from models.values import now
from observability.metrics import Metrics
from resolvers import seals
from resolvers.sweeping import apply, planned, sweep
from tests.aged import AGES, add_aged, left
from tests.conftest import JWT_KEYS, SECRET_KEYS
from tests.house.walls import checksums
from tests.world import add_user, tenant

OLD, YOUNG = timedelta(hours=1), timedelta(hours=-1)
ALL = dict.fromkeys(AGES, 5)
NONE = dict.fromkeys(AGES, 0)


@pytest.fixture
def desk() -> Desk:
    """A desk, of which sealing uses the metrics."""
    return Desk(Keyring.parse(JWT_KEYS), Vault.parse(SECRET_KEYS), Hasher(4, 1), Throttle(), Metrics())


@pytest.fixture
async def acme(admin: asyncpg.Connection, tortoise: None, desk: Desk) -> UUID:
    """A tenant with five old rows and two young ones of each kind; its log is sealed."""
    home = await tenant(admin, "acme")
    user = await add_aged(admin, home, 5, OLD)
    await add_aged(admin, home, 2, YOUNG, user=user)
    assert await seals.seal(desk) == 7
    return home


async def _told(admin: asyncpg.Connection, home: UUID) -> list[dict[str, Any]]:
    rows = await admin.fetch(
        "SELECT details, actor_id, target_id FROM audit_entries WHERE tenant_id = $1 AND action = 'retention.applied' ORDER BY at",
        home,
    )
    assert {(row["actor_id"], row["target_id"]) for row in rows} <= {(None, home.hex)}
    return [json.loads(row["details"]) for row in rows]


async def _fault(slug: str = "acme") -> str | None:
    (verdict,) = await seals.verify(slug, {}, lambda *_: None)
    return None if verdict.fault is None else verdict.fault.what


async def test_every_kind_has_its_rows_here() -> None:
    assert AGES.keys() == KINDS.keys()


async def test_a_dry_run_counts_what_then_goes_and_is_told_once(admin: asyncpg.Connection, acme: UUID) -> None:
    before = await checksums(admin, acme)
    assert await planned(acme) == ALL
    assert await checksums(admin, acme) == before
    assert await apply(acme) == ALL
    assert await left(admin, acme) == dict.fromkeys(AGES, 2)
    assert await _told(admin, acme) == [ALL | {"audit_through": 5}]
    assert (await planned(acme), await apply(acme)) == ({}, {})
    assert len(await _told(admin, acme)) == 1
    assert await admin.fetch("SELECT FROM retention_runs") == []
    assert await admin.fetchval("SELECT count(*) FROM sessions WHERE ended_at IS NULL") == 1


async def test_the_rest_of_the_log_is_sound_and_grows_on(admin: asyncpg.Connection, acme: UUID, desk: Desk) -> None:
    await apply(acme)
    assert await _fault() is None
    rows = await admin.fetch("SELECT number FROM audit_seals ORDER BY number")
    assert [row["number"] for row in rows] == [5, 6, 7]
    await admin.execute("UPDATE audit_entries SET at = at - interval '2 minutes' WHERE action = 'retention.applied'")
    assert await seals.seal(desk) == 1
    assert await _fault() is None
    await admin.execute("UPDATE audit_entries SET action = 'thing.undone' WHERE action = 'thing.done'")
    assert await _fault() == "the entry, or its place, was changed after it was sealed"


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DELETE FROM audit_seals WHERE number = 5", "the chain does not begin where it was cut"),
        ("DELETE FROM audit_entries WHERE action = 'retention.applied'", "a link of the chain is missing"),
        ("UPDATE audit_seals SET seal = sha256('') WHERE number = 5", "the entry, or its place, was changed after it was sealed"),
        ("UPDATE audit_seals SET latest_at = now() WHERE number = 5", "entries were cut off that were too young for it"),
        (
            "DELETE FROM audit_entries a USING audit_seals s WHERE a.id = s.entry_id AND s.number = 6",
            "the entry was removed",
        ),
    ],
)
async def test_a_cut_that_retention_did_not_make_is_found(
    admin: asyncpg.Connection, acme: UUID, statement: str, fault: str
) -> None:
    await apply(acme)
    await admin.execute(statement)
    assert await _fault() == fault


async def test_a_head_that_was_logged_before_the_cut_still_counts(admin: asyncpg.Connection, acme: UUID) -> None:
    seal = await admin.fetchval("SELECT seal FROM audit_seals WHERE number = 5")
    await apply(acme)
    for heads, fault in (
        ({5: {seal}}, None),
        ({5: {bytes(32)}}, "the chain was written anew: another head was logged at this number"),
    ):
        (verdict,) = await seals.verify("acme", {acme: heads}, lambda *_: None)
        assert (verdict.fault and verdict.fault.what) == fault


async def test_what_was_killed_half_way_is_gone_on_with_and_told_once(
    admin: asyncpg.Connection, acme: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    real, batches = retention.RetentionRun.batch, 0

    async def dying(run: retention.RetentionRun, *, on_hold: bool) -> bool:
        nonlocal batches
        batches += 1
        if batches in {4, 20, 33}:
            await real(run, on_hold=on_hold)  # it is rolled back with its count
            raise KeyboardInterrupt
        return await real(run, on_hold=on_hold)

    monkeypatch.setattr(retention.RetentionRun, "batch", dying)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            await apply(acme)
        assert await _told(admin, acme) == []
        assert await _fault() is None
    assert await apply(acme) == ALL
    assert await _told(admin, acme) == [ALL | {"audit_through": 5}]
    assert await left(admin, acme) == dict.fromkeys(AGES, 2)


@pytest.mark.parametrize("name", sorted(KINDS.keys() - retention._APPENDED.keys()))
async def test_a_batch_is_no_larger_whatever_plan_finds_it(admin: asyncpg.Connection, acme: UUID, name: str) -> None:
    for how in ("hashjoin", "hashagg", "mergejoin", "sort"):
        await admin.execute(f"SET enable_{how} = off")
        assert await admin.fetchval(KINDS[name].removing, acme, now(), 1) == 1
    await admin.execute("RESET ALL")


async def test_two_at_once_do_it_once(admin: asyncpg.Connection, acme: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    await asyncio.gather(*(apply(acme) for _ in range(3)))
    assert await _told(admin, acme) == [ALL | {"audit_through": 5}]
    assert await left(admin, acme) == dict.fromkeys(AGES, 2)
    assert await _fault() is None


async def test_legal_hold_keeps_all_but_what_is_technical(admin: asyncpg.Connection, acme: UUID, desk: Desk) -> None:
    evil = await tenant(admin, "evil")
    await add_aged(admin, evil, 3, OLD)
    await seals.seal(desk)
    await admin.execute("UPDATE tenants SET legal_hold = true WHERE id = $1", acme)
    technical = {name: 5 for name, kind in KINDS.items() if kind.technical}
    assert set(technical) == {"refresh_tokens", "mail_tokens", "idempotency_keys"}
    assert await planned(acme) == technical
    await sweep(desk)
    assert await left(admin, acme) == dict.fromkeys(AGES, 7) | dict.fromkeys(technical, 2)
    assert await _told(admin, acme) == []
    assert await left(admin, evil) == NONE
    assert len(await _told(admin, evil)) == 1
    await admin.execute("UPDATE tenants SET legal_hold = false")
    assert await apply(acme) == {name: 5 for name in AGES if name not in technical}


async def test_each_tenant_keeps_for_as_long_as_it_decided(admin: asyncpg.Connection, acme: UUID) -> None:
    await admin.execute("UPDATE tenants SET trash_days = 31, audit_days = 366")
    assert await apply(acme) == {name: 5 for name in AGES if name not in {"trash", "login_history", "audit_entries"}}
    await admin.execute("UPDATE tenants SET trash_days = 7, audit_days = 90")
    assert await apply(acme) == {"trash": 7, "login_history": 7, "audit_entries": 7}
    assert await _fault() is None
    assert [told.get("audit_through") for told in await _told(admin, acme)] == [None, 7]


async def test_an_account_that_waits_and_a_claim_go_alike_and_no_other_account_does(admin: asyncpg.Connection, acme: UUID) -> None:
    """Which of the two there was is what a sign-up must not tell."""
    assert AGES["signup_claims"] == AGES["unverified_accounts"]
    kept = [await add_user(admin, acme, f"grace{n}", "EDITOR") for n in range(4)]
    await admin.execute("UPDATE users SET created_at = now() - interval '99 days' WHERE id = ANY ($1)", kept)
    changes = ("email_verified = true", "operator = true", "role = 'OWNER'", "email = 'signed in'")
    for user, change in zip(kept, changes, strict=True):
        await admin.execute(f"UPDATE users SET verification_required = true, {change} WHERE id = $1", user)
    await admin.execute("INSERT INTO login_history (tenant_id, id, user_id) VALUES ($1, gen_random_uuid(), $2)", acme, kept[3])
    assert (await apply(acme))["unverified_accounts"] == 5
    assert await admin.fetchval("SELECT count(*) FROM users WHERE id = ANY ($1)", kept) == 4


async def test_what_is_not_sealed_is_not_cut(admin: asyncpg.Connection, tortoise: None) -> None:
    home = await tenant(admin, "acme")
    await add_aged(admin, home, 3, OLD, kinds=("audit_entries",))
    assert (await planned(home), await apply(home)) == ({}, {})
    assert (await left(admin, home))["audit_entries"] == 3
    async with within(home):
        assert await AuditSeal.last_number() == 0
