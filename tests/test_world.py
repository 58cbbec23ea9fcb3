"""The people of the tests."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from tests.world import World

VIEWER = "{ viewer { user { username } } }"


@pytest.mark.parametrize("table", ["sessions", "refresh_tokens", "login_history", "audit_entries"])
async def test_people_are_signed_in_as_a_sign_in_would(world: World, table: str) -> None:
    made = await world.admin.fetch(f"SELECT * FROM {table}")
    assert len(made) == 6
    await world.admin.execute("DELETE FROM sessions; DELETE FROM login_history; DELETE FROM audit_entries")
    await world.ada.login()
    signed_in = await world.admin.fetchrow(f"SELECT * FROM {table}")
    assert signed_in is not None
    assert _shape(made[0]) == _shape(signed_in)


async def test_people_who_are_signed_in_can_go_on(world: World) -> None:
    for name in ("ada", "adam", "grace", "linus", "mallory", "oskar"):
        person = getattr(world, name)
        assert (await person.gql(VIEWER)).data == {"viewer": {"user": {"username": name}}}
        refreshed = await world.stranger.gql(
            "mutation($t: String!) { refresh(input: {refreshToken: $t}) { userErrors { code } } }", t=person.refresh
        )
        assert refreshed.data == {"refresh": {"userErrors": []}}


def _shape(row: Any) -> dict[str, Any]:
    """A row without what differs each time: ids and times, whose distances stay."""
    first = min((value for value in row.values() if isinstance(value, datetime)), default=None)
    return {
        name: value - first if isinstance(value, datetime) and first else type(value) if _is_random(name, value) else value
        for name, value in row.items()
    }


def _is_random(name: str, value: Any) -> bool:
    return isinstance(value, UUID | bytes) or (name in {"target_id", "request_id"} and len(value) == 32)
