"""Numbers go on after the old ids: forward alone, never near their end, and nobody else's right to set."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from tests.conftest import Database

SEQUENCES = ("users_number_seq", "contacts_number_seq")


@pytest.fixture
async def reset(database: Database, admin: asyncpg.Connection) -> None:
    """Both sequences at their beginning."""
    for sequence in SEQUENCES:
        await admin.execute(f"SELECT setval('{sequence}', 1, false)")


async def _next(admin: asyncpg.Connection) -> list[int]:
    return [await admin.fetchval(f"SELECT nextval('{sequence}')") for sequence in SEQUENCES]


async def test_numbers_go_on_after_the_highest_and_never_back(
    app: asyncpg.Connection, admin: asyncpg.Connection, reset: None
) -> None:
    await app.execute("SELECT pass_numbers(0, 0)")
    assert await _next(admin) == [1, 1]
    await app.execute("SELECT pass_numbers(2, 500000)")
    assert await _next(admin) == [3, 500_001]
    await app.execute("SELECT pass_numbers(1, 7)")
    assert await _next(admin) == [4, 500_002]


async def test_they_stay_far_from_their_end(app: asyncpg.Connection, admin: asyncpg.Connection, reset: None) -> None:
    with pytest.raises(asyncpg.NumericValueOutOfRangeError):
        await app.execute("SELECT pass_numbers(1000000001, 1)")
    await app.execute("SELECT pass_numbers(1, 1000000000)")
    assert await _next(admin) == [2, 1_000_000_001]
    await admin.execute("SELECT setval('contacts_number_seq', 1, false)")


async def test_the_role_that_serves_sets_no_number_itself(app: asyncpg.Connection) -> None:
    for statement in ("SELECT setval('users_number_seq', 5)", "SELECT nextval('contacts_number_seq')"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(statement)


async def test_numbers_that_others_take_meanwhile_are_given_once(
    database: Database, admin: asyncpg.Connection, reset: None
) -> None:
    connections = [await asyncpg.connect(database.app if n else database.admin) for n in range(2)]
    taking, passing = connections
    taken = asyncio.create_task(taking.fetch("SELECT nextval('users_number_seq') AS n FROM generate_series(1, 20000)"))
    for upto in range(500, 10_001, 500):
        await passing.execute("SELECT pass_numbers($1, 0)", upto)
    numbers = [row["n"] for row in await taken]
    assert len(set(numbers)) == 20_000
    assert (await _next(admin))[0] > max(numbers)
    for connection in connections:
        await connection.close()
