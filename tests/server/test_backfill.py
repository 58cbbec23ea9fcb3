"""The commands of backfills."""

from __future__ import annotations

import asyncpg

from tests.commands import Command
from tests.world import tenant

WHAT = "    Second factors are encrypted with the first of SECRET_KEYS."


async def test_a_backfill_is_listed_started_and_paused(run: Command, admin: asyncpg.Connection) -> None:
    await tenant(admin, "acme")
    assert (await run("backfill", "list")).out.splitlines() == ["reseal: never started", WHAT]
    started = await run("backfill", "start", "reseal", "--per-second", "50")
    assert (started.code, started.out) == (0, "reseal runs, within a quarter of a minute, wherever jobs run.\n")
    far = "0 of 0 rows changed, 50 a second at the most"
    assert (await run("backfill", "list")).out.splitlines() == [f"reseal: running, {far}", WHAT]
    assert (await run("backfill", "pause", "reseal")).out == "reseal is paused.\n"
    assert (await run("backfill", "list")).out.splitlines() == [f"reseal: paused, {far}", WHAT]


async def test_what_cannot_be_done_is_told_in_a_line(run: Command) -> None:
    paused = await run("backfill", "pause", "reseal")
    assert (paused.code, paused.out, paused.err) == (1, "", "reseal does not run.\n")
    unknown = await run("backfill", "start", "everything")
    assert (unknown.code, unknown.err) == (1, "There is no backfill everything: see `backfill list`.\n")
