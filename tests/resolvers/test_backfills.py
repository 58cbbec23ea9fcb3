"""Backfills: from tenant to tenant in small batches, paused, cut off and gone on with, and every row once (RE-14)."""

from __future__ import annotations

import asyncio
import io
from uuid import UUID

import asyncpg
import pytest

from auth import totp
from auth.desk import Desk
from auth.vault import Vault
from models.errors import InvalidInput, NotFound
from models.tenancy import fetch
from resolvers import backfills
from resolvers.backfills import Batch, Work
from server.app import DESK, create_app
from server.settings import Settings
from tests.conftest import SECRET_KEYS, VAULT
from tests.world import add_user, tenant

NEW = SECRET_KEYS[::-1]
NAME = "shout"


@pytest.fixture
def desk(settings: Settings) -> Desk:
    """The desk of a server whose SECRET_KEYS have a new one in front."""
    made = create_app(settings)[DESK]
    made.vault.take(Vault.parse(f"{NEW},{SECRET_KEYS}"))
    return made


async def shout(_desk: Desk, after: UUID | None, limit: int) -> Batch:
    """A backfill for tests: names of labels in capitals."""
    rows = await fetch(
        "SELECT id, name FROM labels WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2 FOR UPDATE", after, limit
    )
    changed = await fetch(
        "UPDATE labels SET name = upper(name) WHERE id = ANY ($1) AND name <> upper(name) RETURNING id", [row["id"] for row in rows]
    )
    return Batch(rows[-1]["id"] if rows else None, len(rows), len(changed))


@pytest.fixture
async def labels(tortoise: None, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Three tenants: one of five labels, one of none, one of two; and a backfill that goes through two at a time."""
    monkeypatch.setitem(backfills.BACKFILLS, NAME, Work("Labels are shouted.", shout))
    monkeypatch.setattr(backfills, "BATCH", 2)
    homes = [await tenant(admin, slug) for slug in ("acme", "evil", "house")]
    for home, count in zip(homes, (5, 0, 2), strict=True):
        await admin.execute(
            "INSERT INTO labels (tenant_id, id, name) SELECT $1, gen_random_uuid(), 'label ' || n FROM generate_series(1, $2) n",
            home,
            count,
        )
    return sorted(homes)


async def quiet(admin: asyncpg.Connection) -> int:
    """How many labels nobody has shouted yet."""
    left: int = await admin.fetchval("SELECT count(*) FROM labels WHERE name <> upper(name)")
    return left


async def came(admin: asyncpg.Connection) -> tuple[object, ...]:
    """How far it has come."""
    return tuple(await admin.fetchrow("SELECT status, looked, changed FROM backfills WHERE name = $1", NAME))


async def test_nothing_runs_before_it_is_started(labels: list[UUID], desk: Desk, admin: asyncpg.Connection) -> None:
    await backfills.run(desk)
    assert await quiet(admin) == 7
    assert (await backfills.every())[NAME] is None


async def test_it_goes_through_every_row_of_every_tenant_once(labels: list[UUID], desk: Desk, admin: asyncpg.Connection) -> None:
    await admin.execute("UPDATE labels SET name = upper(name) WHERE name = 'label 1'")
    await backfills.start(NAME, backfills.FASTEST)
    await backfills.run(desk)
    assert await quiet(admin) == 0
    assert await came(admin) == ("DONE", 7, 5)
    left = desk.metrics.registry.get_sample_value("addressbook_backfill_tenants_left", {"name": NAME})
    assert left == 0
    await backfills.run(desk)
    assert await came(admin) == ("DONE", 7, 5)


async def test_what_is_cut_off_goes_on_where_it_was_and_two_at_once_do_each_row_once(
    labels: list[UUID], desk: Desk, admin: asyncpg.Connection
) -> None:
    await backfills.start(NAME, backfills.FASTEST)
    assert await backfills._step(desk, NAME)
    before, left = await came(admin), await quiet(admin)

    async def breaks(desk: Desk, after: UUID | None, limit: int) -> Batch:
        await shout(desk, after, limit)
        raise RuntimeError("the process died")

    whole = backfills.BACKFILLS[NAME]
    backfills.BACKFILLS[NAME] = Work("", breaks)
    with pytest.raises(RuntimeError):
        await backfills.run(desk)
    assert (await came(admin), await quiet(admin)) == (before, left)
    backfills.BACKFILLS[NAME] = whole
    await asyncio.gather(backfills.run(desk), backfills.run(desk))
    assert await came(admin) == ("DONE", 7, 7)


async def test_it_is_paused_and_goes_on_there_and_begins_anew_once_it_is_done(
    labels: list[UUID], desk: Desk, admin: asyncpg.Connection
) -> None:
    await backfills.start(NAME, backfills.FASTEST)
    assert await backfills._step(desk, NAME)
    await backfills.pause(NAME)
    status, looked, changed = await came(admin)
    assert status == "PAUSED"
    await backfills.run(desk)
    assert await came(admin) == ("PAUSED", looked, changed)
    await backfills.start(NAME, backfills.FASTEST)
    await backfills.run(desk)
    assert await came(admin) == ("DONE", 7, 7)
    await backfills.start(NAME, backfills.FASTEST)
    assert await came(admin) == ("RUNNING", 0, 0)
    await backfills.run(desk)
    assert await came(admin) == ("DONE", 7, 0)


async def test_one_that_takes_long_ends_its_turn_and_goes_on_in_the_next(
    labels: list[UUID], desk: Desk, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfills, "TURN_SECONDS", 0.0)
    await backfills.start(NAME, backfills.FASTEST)
    turns = 0
    while (await came(admin))[0] == "RUNNING":
        left = await quiet(admin)
        await backfills.run(desk)
        turns += 1
        assert left - await quiet(admin) <= 2
    assert (turns, await quiet(admin)) == (7, 0)


async def test_it_keeps_its_pace(
    labels: list[UUID], desk: Desk, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("resolvers.backfills.time.monotonic", lambda: 0.0)
    await backfills.start(NAME, 4)
    monkeypatch.setattr("resolvers.backfills.asyncio.sleep", sleep)
    await backfills.run(desk)
    monkeypatch.undo()
    # Two rows take half a second; one, or a look at a tenant that has no more, a quarter; behind the last there is no pause.
    assert sorted(slept) == [0.25] * 3 + [0.5] * 3


async def test_what_is_not_known_or_does_not_run_is_refused(tortoise: None, admin: asyncpg.Connection) -> None:
    for refused in (backfills.start("nothing", 1), backfills.pause("nothing")):
        with pytest.raises(NotFound, match=r"^There is no backfill nothing: see `backfill list`\.$"):
            await refused
    with pytest.raises(NotFound, match=r"^reseal does not run\.$"):
        await backfills.pause("reseal")
    for pace in (0, backfills.FASTEST + 1):
        with pytest.raises(InvalidInput, match=r"^Rows a second must lie between 1 and 100000\.$"):
            await backfills.start("reseal", pace)
    assert await admin.fetchval("SELECT count(*) FROM backfills") == 0


async def test_once_second_factors_are_sealed_anew_the_old_secret_may_be_dropped(
    tortoise: None, desk: Desk, admin: asyncpg.Connection, logged: io.StringIO
) -> None:
    fresh, lost = Vault.parse(NEW), Vault.parse("a secret that nobody has any more; of 32 bytes")
    kept: dict[UUID, dict[str, str]] = {}
    for slug in ("acme", "evil"):
        home = await tenant(admin, slug)
        for name, sealer in (("ada", VAULT), ("grace", desk.vault), ("linus", lost)):
            user = await add_user(admin, home, name, "EDITOR")
            secrets = {column: totp.new_secret() for column in ("secret", "pending")}
            await admin.execute(
                "INSERT INTO authenticators (tenant_id, user_id, secret, pending) VALUES ($1, $2, $3, $4)",
                home,
                user,
                *(totp.seal(sealer, user, secret) for secret in secrets.values()),
            )
            if sealer is not lost:
                kept[user] = secrets
    await backfills.start("reseal", backfills.FASTEST)
    await backfills.run(desk)
    rows = {row["user_id"]: row for row in await admin.fetch("SELECT user_id, secret, pending FROM authenticators")}
    read = {user: {column: totp.unseal(fresh, user, rows[user][column]) for column in ("secret", "pending")} for user in kept}
    assert read == kept
    row = (await backfills.every())["reseal"]
    assert row is not None
    assert (row["status"], row["looked"], row["changed"]) == ("DONE", 6, 2)
    assert logged.getvalue().count("an authenticator cannot be read") == 4
