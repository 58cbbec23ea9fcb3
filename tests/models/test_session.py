"""Sessions and their families of refresh tokens, by the clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import time_machine

from models.session import IDLE, KEPT, LONGEST, RACE, RefreshToken, Rotation, Session
from models.tenancy import within
from models.values import Origin, SessionEndReason, now
from tests.world import add_user, tenant

_A, _B, _C, _D = (bytes([n]) * 32 for n in range(4))


@pytest.fixture
async def home(admin: asyncpg.Connection, tortoise: None) -> tuple[UUID, UUID]:
    """A tenant and its user."""
    acme = await tenant(admin, "acme")
    return acme, await add_user(admin, acme, "ada", "OWNER")


async def _started(user: UUID, digest: bytes = _A) -> Any:
    return await Session.start(user, Origin("request", "Lynx", "192.0.2.0/24"), digest)


async def test_a_session_begins_with_its_first_token_and_is_on_record(home: tuple[UUID, UUID], admin: asyncpg.Connection) -> None:
    async with within(home[0]):
        session = await _started(home[1])
        assert session["expires_at"] - session["created_at"] == IDLE
        assert (await Session.maybe(session["id"]) or {})["user_agent"] == "Lynx"
        assert await Session.maybe(uuid4()) is None
        assert await Session.people() == 1
    history = await admin.fetchrow("SELECT user_id, ip_prefix FROM login_history")
    assert tuple(history) == (home[1], "192.0.2.0/24")


async def _age(admin: asyncpg.Connection, digest: bytes, by: timedelta) -> None:
    """Puts back the moment at which a token was spent."""
    await admin.execute("UPDATE refresh_tokens SET used_at = used_at - $2::interval WHERE digest = $1", digest, by)


async def test_a_token_is_spent_once_and_repeated_within_the_race_alone(home: tuple[UUID, UUID], admin: asyncpg.Connection) -> None:
    async def rotated(digest: bytes, *successors: bytes) -> tuple[Rotation, int]:
        async with within(home[0]):
            outcome, _, which = await Session.rotate(digest, successors)
            return outcome, which

    async with within(home[0]):
        await _started(home[1])
    assert await rotated(_D, _B) == (Rotation.UNKNOWN, 0)
    assert await rotated(_A, _B, _C) == (Rotation.ROTATED, 0)
    await _age(admin, _A, RACE / 2)
    # Another process signs with another key first: it is told the successor that was made.
    assert await rotated(_A, _C, _B) == (Rotation.ROTATED, 1)
    assert await rotated(_A, _C) == (Rotation.REUSED, 0)
    await _age(admin, _A, RACE / 2)
    assert await rotated(_A, _B) == (Rotation.REUSED, 0)
    await _age(admin, _A, -RACE / 2)
    assert await rotated(_B, _C) == (Rotation.ROTATED, 0)
    assert await rotated(_A, _B) == (Rotation.REUSED, 0)


@pytest.mark.parametrize("apart", [timedelta(minutes=5), timedelta(minutes=-5)])
async def test_a_race_between_processes_whose_clocks_differ_is_judged_by_the_databases(
    apart: timedelta, home: tuple[UUID, UUID], admin: asyncpg.Connection
) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        async with within(home[0]):
            await _started(home[1])
            assert (await Session.rotate(_A, [_B]))[0] is Rotation.ROTATED
            clock.shift(apart)
            assert (await Session.rotate(_A, [_B]))[0] is Rotation.ROTATED
        await _age(admin, _A, RACE)
        async with within(home[0]):
            assert (await Session.rotate(_A, [_B]))[0] is Rotation.REUSED


async def test_a_session_lives_while_it_is_used_but_not_for_ever(home: tuple[UUID, UUID]) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        async with within(home[0]):
            began = await _started(home[1])
            digests = [bytes([n]) * 32 for n in range(100, 120)]
            token = _A
            refreshed = 0
            for following in digests:
                clock.shift(timedelta(days=29))
                outcome, row, _ = await Session.rotate(token, [following])
                if outcome is Rotation.OVER:
                    break
                assert row is not None
                assert row["expires_at"] == min(now() + IDLE, began["created_at"] + LONGEST)
                token, refreshed = following, refreshed + 1
            assert refreshed == 6
            assert await Session.people() == 0


async def test_an_ended_session_takes_no_token(home: tuple[UUID, UUID]) -> None:
    async with within(home[0]):
        session = await _started(home[1])
        assert await Session.end(SessionEndReason.REVOKED, id=session["id"]) == 1
        assert await Session.end(SessionEndReason.LOGGED_OUT, id=session["id"]) == 0
        outcome, row, _ = await Session.rotate(_A, [_B])
        assert (outcome, row and row["ended_reason"]) == (Rotation.OVER, SessionEndReason.REVOKED)
        assert (await Session.of_user(home[1]))[0]["ended_reason"] == SessionEndReason.REVOKED


async def test_ended_sessions_are_shown_for_thirty_days(home: tuple[UUID, UUID]) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        async with within(home[0]):
            first, second = await _started(home[1]), await _started(home[1], _B)
            assert await Session.end(SessionEndReason.REVOKED, user_id=home[1], id__not=second["id"]) == 1
            clock.shift(IDLE)
            told = {row["id"]: row["ended_reason"] for row in await Session.of_user(home[1])}
            assert told == {second["id"]: SessionEndReason.EXPIRED}
            clock.shift(-1)
            told = {row["id"]: row["ended_reason"] for row in await Session.of_user(home[1])}
            assert told == {first["id"]: SessionEndReason.REVOKED, second["id"]: None}
            clock.shift(KEPT + timedelta(seconds=1))
            assert await Session.of_user(home[1]) == []


async def test_fifty_sessions_are_shown(home: tuple[UUID, UUID]) -> None:
    async with within(home[0]):
        for number in range(52):
            await _started(home[1], bytes([number]) * 32)
        assert len(await Session.of_user(home[1])) == 50


async def test_a_replaced_token_forgets_those_before(home: tuple[UUID, UUID]) -> None:
    async with within(home[0]):
        session = await _started(home[1])
        await Session.rotate(_A, [_B])
        await Session.replace_token(session["id"], _C)
        assert await RefreshToken.all().values_list("digest", flat=True) == [_C]
        assert [(await Session.rotate(old, [_D]))[0] for old in (_A, _B)] == [Rotation.UNKNOWN] * 2
        assert (await Session.rotate(_C, [_D]))[0] is Rotation.ROTATED


async def test_an_expired_session_is_not_ended_again(home: tuple[UUID, UUID]) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        async with within(home[0]):
            await _started(home[1])
            clock.shift(IDLE)
            assert await Session.end(SessionEndReason.REVOKED, user_id=home[1]) == 0
            assert [row["ended_reason"] for row in await Session.of_user(home[1])] == [SessionEndReason.EXPIRED]


async def test_a_proof_is_noted_for_its_session_and_a_second_factor_stays_until_it_is_forgotten(home: tuple[UUID, UUID]) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        async with within(home[0]):
            one = await _started(home[1])
            two = await Session.start(home[1], Origin(), _B, second_factor=True)
            assert (one["second_factor"], two["second_factor"]) == (False, True)
            clock.shift(60)
            await Session.prove(one["id"], second_factor=True)
            await Session.prove(one["id"], second_factor=False)
            rows = {row["id"]: row for row in await Session.of_user(home[1])}
            assert (rows[one["id"]]["authenticated_at"], rows[one["id"]]["second_factor"]) == (now(), True)
            assert rows[two["id"]]["authenticated_at"] == now() - timedelta(seconds=60)
            await Session.forget_second_factor(home[1])
            assert {row["second_factor"] for row in await Session.of_user(home[1])} == {False}
