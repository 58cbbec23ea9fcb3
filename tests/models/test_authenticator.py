"""Authenticators and recovery codes as they are kept: what counts, what was used, and what wrong codes cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import time_machine

from models.authenticator import DEAR, MOST, Authenticator, RecoveryCode
from models.tenancy import within
from models.values import now
from tests.world import add_user, tenant

_SECRET, _OTHER = b"sealed", b"sealed too"


@pytest.fixture
async def home(admin: asyncpg.Connection, tortoise: None) -> tuple[UUID, UUID, UUID]:
    """A tenant and two users."""
    acme = await tenant(admin, "acme")
    return acme, await add_user(admin, acme, "ada", "OWNER"), await add_user(admin, acme, "eve", "VIEWER")


async def _row(user: UUID) -> Any:
    row = await Authenticator.locked(user)
    assert row is not None
    return row


async def test_it_counts_once_it_is_confirmed(home: tuple[UUID, UUID, UUID]) -> None:
    acme, ada, eve = home
    async with within(acme):
        assert await Authenticator.locked(ada) is None
        await Authenticator.enroll(ada, b"never confirmed")
        await Authenticator.enroll(ada, _SECRET)
        assert (await Authenticator.enabled(ada), Authenticator.waiting(await _row(ada))) == (False, _SECRET)
        await Authenticator.confirm(ada, 7, _SECRET)
        row = await _row(ada)
        assert (row["secret"], row["last_step"], Authenticator.waiting(row)) == (_SECRET, 7, None)
        assert (await Authenticator.enabled(ada), await Authenticator.enabled(eve)) == (True, False)


async def test_a_confirmed_one_counts_until_the_next_one_is(home: tuple[UUID, UUID, UUID]) -> None:
    acme, ada, _ = home
    async with within(acme):
        await Authenticator.enroll(ada, _SECRET)
        await Authenticator.confirm(ada, 7, _SECRET)
        await Authenticator.miss(await _row(ada))
        await Authenticator.enroll(ada, _OTHER)
        row = await _row(ada)
        assert (row["secret"], row["last_step"], row["failures"], Authenticator.waiting(row)) == (_SECRET, 7, 1, _OTHER)
        await Authenticator.confirm(ada, 3, _OTHER)
        row = await _row(ada)
        assert (row["secret"], row["last_step"], row["failures"], Authenticator.waiting(row)) == (_OTHER, 3, 0, None)


async def test_wrong_codes_cost_more_and_more_and_a_right_one_ends_it(home: tuple[UUID, UUID, UUID]) -> None:
    acme, ada, _ = home
    with time_machine.travel(now(), tick=False) as clock:
        async with within(acme):
            await Authenticator.enroll(ada, _SECRET)
            waits = []
            for _ in range(MOST):
                await Authenticator.miss(await _row(ada))
                waits.append(Authenticator.wait(await _row(ada)))
            assert waits[: DEAR - 1] == [0] * 4
            assert waits[DEAR - 1 : 13] == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
            assert set(waits[13:-1]) == {3600}
            assert waits[-1] == 86_400
            clock.shift(timedelta(days=30))
            assert Authenticator.wait(await _row(ada)) == 86_400
            await Authenticator.take(await _row(ada), 9, _OTHER)
            row = await _row(ada)
            assert (row["failures"], row["last_step"], row["secret"], Authenticator.wait(row)) == (0, 9, _OTHER, 0)


async def test_a_wait_is_over_when_its_time_has_come(home: tuple[UUID, UUID, UUID]) -> None:
    acme, ada, _ = home
    with time_machine.travel(now(), tick=False) as clock:
        async with within(acme):
            await Authenticator.enroll(ada, _SECRET)
            for _ in range(DEAR):
                await Authenticator.miss(await _row(ada))
            clock.shift(29.5)
            assert Authenticator.wait(await _row(ada)) == 1
            clock.shift(0.5)
            assert Authenticator.wait(await _row(ada)) == 0


async def test_a_recovery_code_is_spent_once_and_by_its_user_alone(home: tuple[UUID, UUID, UUID]) -> None:
    acme, ada, eve = home
    one, two = bytes(32), bytes([1]) * 32
    async with within(acme):
        await RecoveryCode.replace(ada, [bytes([9]) * 32])
        await RecoveryCode.replace(ada, [one, two])
        assert await RecoveryCode.left(ada) == 2
        assert not await RecoveryCode.spend(eve, one)
        assert not await RecoveryCode.spend(ada, bytes([9]) * 32)
        assert await RecoveryCode.spend(ada, one)
        assert not await RecoveryCode.spend(ada, one)
        assert await RecoveryCode.left(ada) == 1


async def test_one_users_authenticator_goes_with_its_recovery_codes(home: tuple[UUID, UUID, UUID]) -> None:
    acme, ada, eve = home
    async with within(acme):
        for user in (ada, eve):
            await Authenticator.enroll(user, _SECRET)
            await RecoveryCode.replace(user, [user.bytes * 2])
        assert await Authenticator.remove(ada) == 1
        assert await Authenticator.remove(ada) == 0
        assert await Authenticator.locked(ada) is None
        assert (await RecoveryCode.left(ada), await RecoveryCode.left(eve)) == (0, 1)
        assert (await _row(eve))["secret"] == _SECRET
