"""Claims of sign-ups with a known address: a name is claimed once, and its owner is told once a minute."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from models.errors import UsernameTaken
from models.signup_claim import SignupClaim
from models.tenancy import within
from models.user import User
from models.values import Role
from tests.world import tenant


@pytest.fixture
async def acme(admin: asyncpg.Connection, tortoise: None) -> UUID:
    """A tenant with its ada."""
    home = await tenant(admin, "acme")
    async with within(home):
        await User.add("Ada", "ada@example.org", "hash", Role.OWNER)
    return home


async def _ada() -> UUID:
    found: UUID = (await User.maybe_by_login("ada") or {})["id"]
    return found


async def test_a_name_is_claimed_once_in_every_spelling(acme: UUID) -> None:
    async with within(acme):
        await SignupClaim.add("Eve", "hash", await _ada())
        assert (await SignupClaim.maybe("ＥＶＥ") or {})["password_hash"] == "hash"
        assert [await SignupClaim.maybe(name) for name in ("ada", "eve\x00")] == [None, None]
        with pytest.raises(UsernameTaken):
            await SignupClaim.add(" eve ", "hash", await _ada())


async def test_its_owner_is_told_once_a_minute(acme: UUID, admin: asyncpg.Connection) -> None:
    async with within(acme):
        claim = await SignupClaim.add("eve", "hash", await _ada())
        assert await SignupClaim.is_due(await _ada()) is True
        await SignupClaim.tell(claim)
        assert await SignupClaim.is_due(await _ada()) is False
    await admin.execute("UPDATE signup_claims SET mailed_at = mailed_at - interval '61 seconds'")
    async with within(acme):
        assert await SignupClaim.is_due(await _ada()) is True


async def test_a_claim_goes_with_whose_address_it_was(acme: UUID) -> None:
    async with within(acme):
        await User.add("Bob", "bob@example.org", "hash", Role.OWNER)
        await SignupClaim.add("eve", "hash", await _ada())
        await User.remove(await User.find(await _ada()))
        assert await SignupClaim.maybe("eve") is None
