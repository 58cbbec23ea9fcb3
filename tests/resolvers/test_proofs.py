"""A proof of a second factor: it outlives a rotation of the server's secrets, and is told apart from a server that lost them."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from auth.caller import Caller
from auth.desk import Desk, Mail
from auth.vault import Vault
from models.errors import BadCredentials, ReauthenticationRequired, TooManyAttempts, TotpRequired, Unavailable, WrongCode
from models.tenancy import within
from models.values import Origin
from resolvers import proofs
from server.app import DESK
from tests.authenticators import AGAIN, enrolled, login, told
from tests.conftest import SECRET_KEYS
from tests.world import PASSWORD, World

NEW = "q3Zt8Lw5Xk2Rb7Wc4Ny9Ld1Hg6Jf0SpV-test-only"


pytestmark = pytest.mark.usefixtures("clock")


def _desk(world: World) -> Desk:
    app: Any = world.client.app
    return app[DESK]  # type: ignore[no-any-return]  # an application


async def _proof(world: World, given: str | None, **changed: Any) -> proofs.Proof:
    """Of linus, at a desk with these changes."""
    assert world.linus.user is not None
    async with within(world.acme):
        return await proofs.second_factor(replace(_desk(world), **changed), Origin(), world.linus.user, given)


async def test_who_has_none_proves_nothing_and_is_asked_for_nothing(world: World, tortoise: None) -> None:
    assert await _proof(world, None) == await _proof(world, "123456") == proofs.Proof(None, False)


async def test_each_way_to_fail_has_its_refusal(world: World, tortoise: None) -> None:
    app, codes = await enrolled(world.linus)
    for given, kind in ((None, TotpRequired), ("  ", TotpRequired), (app.at(-1), WrongCode), ("nonsense", WrongCode)):
        proof = await _proof(world, given)
        assert (type(proof.refusal), proof.proved) == (kind, False)
        assert proof.refusal is not None
        assert proof.refusal.path == ("totp",)
    for _ in range(3):
        await _proof(world, app.at(-1))
    held = (await _proof(world, app.at())).refusal
    assert isinstance(held, TooManyAttempts)
    assert held.retry_after == 30
    assert await _proof(world, codes[0]) == proofs.Proof(None, True)
    assert await _proof(world, app.at()) == proofs.Proof(None, True)
    assert issubclass(WrongCode, BadCredentials)


async def test_a_used_code_seals_the_secret_anew_after_a_rotation(world: World, tortoise: None) -> None:
    app, _ = await enrolled(world.linus)
    both = Vault.parse(f"{NEW},{SECRET_KEYS}")
    before = await world.admin.fetchval("SELECT secret FROM authenticators")
    assert (await _proof(world, app.next(), vault=both)).proved
    after = await world.admin.fetchval("SELECT secret FROM authenticators")
    assert after != before
    assert (await _proof(world, app.next(), vault=Vault.parse(NEW))).proved
    assert await world.admin.fetchval("SELECT secret FROM authenticators") == after


async def test_a_server_that_lost_its_secret_says_so_and_counts_nothing(world: World, tortoise: None, logged: io.StringIO) -> None:
    app, codes = await enrolled(world.linus)
    with pytest.raises(Unavailable):
        await _proof(world, app.next(), vault=Vault.parse(NEW))
    assert "SECRET_KEYS lacks" in logged.getvalue()
    assert app.secret not in logged.getvalue()
    assert await world.admin.fetchval("SELECT failures FROM authenticators") == 0
    assert (await _proof(world, codes[0], vault=Vault.parse(NEW))).proved


async def test_a_used_recovery_code_is_told_by_letter_and_on_record(world: World, tortoise: None) -> None:
    _, codes = await enrolled(world.linus)
    assert (await _proof(world, codes[0], mail=Mail.LOG)).proved
    assert not (await _proof(world, codes[0], mail=Mail.LOG)).proved
    assert world.linus.user is not None
    jobs = await world.admin.fetch("SELECT payload->>'letter' l, payload->>'user' u FROM jobs")
    assert [tuple(row) for row in jobs] == [("RECOVERY_CODE_USED", world.linus.user.hex)]
    entries = await world.admin.fetch("SELECT details->>'left' FROM audit_entries WHERE action = 'recovery_code.used'")
    assert [row[0] for row in entries] == ["9"]


async def test_a_wrong_recovery_code_does_not_make_its_user_wait(world: World, tortoise: None) -> None:
    app, _ = await enrolled(world.linus)
    for _ in range(20):
        assert isinstance((await _proof(world, "AAAA-AAAA-AAAA-AAAA")).refusal, WrongCode)
    assert (await _proof(world, app.next())).proved


async def test_a_sign_in_counts_for_ten_minutes_and_no_longer(world: World, tortoise: None, clock: time_machine.Traveller) -> None:
    claims = _desk(world).keys.verify(world.linus.token or "")
    caller = Caller.of(claims, Origin())
    for wait, fresh in ((timedelta(minutes=9, seconds=59), True), (timedelta(seconds=1), False), (timedelta(hours=5), False)):
        clock.shift(wait)
        async with within(world.acme):
            if fresh:
                await proofs.refuse_stale(caller)
            else:
                with pytest.raises(ReauthenticationRequired):
                    await proofs.refuse_stale(caller)


async def test_the_code_of_one_session_is_not_good_for_a_second_proof(world: World) -> None:
    app, _ = await enrolled(world.linus)
    code = app.next()
    assert told(await world.linus.gql(AGAIN, p=PASSWORD, t=code)) == []
    assert told(await login(world.linus, code)) == ["INVALID_CREDENTIALS"]
    assert told(await world.linus.gql(AGAIN, p=PASSWORD, t=app.next())) == []
