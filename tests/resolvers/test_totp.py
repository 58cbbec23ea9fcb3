"""Enrolling, confirming and disabling: each one act, whose letter and record stand or fall with it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
import time_machine

from auth.caller import Caller
from auth.desk import Desk, Mail
from models.audit import AuditEntry
from models.errors import NotFound, ReauthenticationRequired, Unavailable
from models.values import Origin
from resolvers import totp
from server.app import DESK
from tests.authenticators import CONFIRM, App, enrolled, login, told
from tests.world import World

_REQUIRE = "mutation($r: Boolean!) { updateTenant(input: {requireTotp: $r}) { userErrors { code } } }"
_DISABLE = "mutation { disableTotp { ok userErrors { code } } }"


pytestmark = pytest.mark.usefixtures("clock")


def _at(world: World) -> tuple[Desk, Caller]:
    """A desk with mail, and linus before it."""
    app: Any = world.client.app
    desk = replace(app[DESK], mail=Mail.LOG)
    return desk, Caller.of(desk.keys.verify(world.linus.token or ""), Origin())


async def _state(world: World) -> list[Any]:
    tables = ("authenticators", "recovery_codes", "jobs", "sessions")
    return [await world.admin.fetch(f"SELECT t::text FROM {table} t ORDER BY 1") for table in tables]


async def test_each_change_is_told_by_letter(world: World, tortoise: None) -> None:
    desk, linus = _at(world)
    made = await totp.enroll(desk, linus)
    await totp.confirm(desk, linus, App(made.secret).next())
    await totp.regenerate(linus)
    await totp.disable(desk, linus)
    letters = await world.admin.fetch("SELECT payload->>'letter' FROM jobs ORDER BY id")
    assert [row[0] for row in letters] == ["TOTP_ENABLED", "TOTP_DISABLED"]
    entries = await world.admin.fetch("SELECT action FROM audit_entries WHERE actor_id = $1 ORDER BY id", linus.user)
    assert [row[0] for row in entries][1:] == [
        "totp.enrolled",
        "totp.enabled",
        "recovery_codes.made",
        "recovery_codes.made",
        "totp.disabled",
    ]


@pytest.mark.parametrize("deed", ["confirm", "disable", "regenerate"])
async def test_what_cannot_be_put_on_record_is_not_done(
    deed: str, world: World, tortoise: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, linus = _at(world)
    app = App((await totp.enroll(desk, linus)).secret)
    if deed != "confirm":
        await totp.confirm(desk, linus, app.next())
    before = await _state(world)

    async def unwritten(*_: object, **__: object) -> None:
        raise Unavailable("The log is full.")

    monkeypatch.setattr(AuditEntry, "append", unwritten)
    deeds = {
        "confirm": lambda: totp.confirm(desk, linus, app.next()),
        "disable": lambda: totp.disable(desk, linus),
        "regenerate": lambda: totp.regenerate(linus),
    }
    with pytest.raises(Unavailable):
        await deeds[deed]()
    assert await _state(world) == before


async def test_of_two_confirmations_at_once_one_makes_the_codes(world: World) -> None:
    app = App((await world.linus.gql("mutation { enrollTotp { secret } }")).data["enrollTotp"]["secret"])
    answers = await asyncio.gather(*(world.linus.gql(CONFIRM, c=app.at()) for _ in range(5)))
    assert sorted(told(answer) for answer in answers) == [[], *[["NOT_FOUND"]] * 4]
    (codes,) = [found for answer in answers if (found := answer.data["confirmTotp"]["recoveryCodes"])]
    assert await world.admin.fetchval("SELECT count(*) FROM recovery_codes") == 10
    assert told(await login(world.linus, codes[9])) == []


async def test_who_signs_in_while_it_is_confirmed_is_out_or_had_a_code(world: World) -> None:
    app = App((await world.linus.gql("mutation { enrollTotp { secret } }")).data["enrollTotp"]["secret"])
    await asyncio.gather(
        *(login(world.linus) for _ in range(6)), world.linus.gql(CONFIRM, c=app.next()), *(login(world.linus) for _ in range(6))
    )
    rows = await world.admin.fetch("SELECT second_factor FROM sessions WHERE user_id = $1 AND ended_at IS NULL", world.linus.user)
    assert [row[0] for row in rows] == [True]


async def test_nothing_is_disabled_while_the_tenant_begins_to_ask_for_it(world: World) -> None:
    for _ in range(5):
        await enrolled(world.adam)
        await asyncio.gather(world.adam.gql(_DISABLE), world.adam.gql(_REQUIRE, r=True))
        required = await world.admin.fetchval("SELECT require_totp FROM tenants WHERE slug = 'acme'")
        kept = await world.admin.fetchval("SELECT count(*) FROM authenticators WHERE confirmed_at IS NOT NULL")
        assert (required, kept) in {(True, 1), (False, 0)}
        await world.adam.gql(_REQUIRE, r=False)
        await world.adam.gql(_DISABLE)


async def test_what_is_not_there_is_not_found_and_what_is_late_is_asked_for_again(
    world: World, tortoise: None, clock: time_machine.Traveller
) -> None:
    desk, linus = _at(world)
    for work in (totp.confirm(desk, linus, "000000"), totp.regenerate(linus), totp.disable(desk, linus)):
        with pytest.raises(NotFound):
            await work
    assert not await totp.enabled(linus)
    clock.shift(600)
    for late in (totp.enroll(desk, linus), totp.regenerate(linus), totp.disable(desk, linus)):
        with pytest.raises(ReauthenticationRequired):
            await late
    assert await world.admin.fetchval("SELECT count(*) FROM authenticators") == 0
