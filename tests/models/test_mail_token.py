"""Links of letters: one of a purpose, for an address, once, for a time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models.mail_token import MailToken
from models.tenancy import within
from models.user import User
from models.values import MailPurpose, Role, new_id
from tests.world import tenant

VERIFY, RESET = MailPurpose.VERIFY_EMAIL, MailPurpose.RESET_PASSWORD


@pytest.fixture
async def acme(admin: asyncpg.Connection, tortoise: None) -> UUID:
    """A tenant with its ada."""
    home = await tenant(admin, "acme")
    async with within(home):
        await User.add("Ada", "ada@example.org", "hash", Role.OWNER)
    return home


async def _ada() -> Any:
    return await User.maybe_by_login("ada")


async def _add(purpose: MailPurpose, digest: int) -> UUID:
    token = new_id()
    await MailToken.add(token, bytes([digest]) * 32, purpose, await _ada())
    return token


async def test_a_fresh_link_takes_the_place_of_the_older_ones_of_its_purpose(acme: UUID) -> None:
    async with within(acme):
        for purpose, digest in ((VERIFY, 1), (RESET, 2), (VERIFY, 3)):
            await _add(purpose, digest)
        held = [await MailToken.holder(bytes([digest]) * 32, purpose) for purpose, digest in ((VERIFY, 1), (RESET, 2), (VERIFY, 3))]
    assert [None if user is None else user["username"] for user in held] == [None, "Ada", "Ada"]


async def test_a_link_is_spent_once_and_for_its_purpose(acme: UUID) -> None:
    async with within(acme):
        await _add(VERIFY, 1)
        assert await MailToken.spend(b"\x01" * 32, RESET) is None
        assert await MailToken.spend(b"\x02" * 32, VERIFY) is None
        assert await MailToken.holder(b"\x01" * 32, VERIFY) is not None  # looking spends nothing
        assert (await MailToken.spend(b"\x01" * 32, VERIFY) or {})["username"] == "Ada"
        assert await MailToken.spend(b"\x01" * 32, VERIFY) is None


async def test_a_link_lives_a_day_or_an_hour_and_is_young_for_half_of_it(acme: UUID, admin: asyncpg.Connection) -> None:
    async with within(acme):
        verify, reset = await _add(VERIFY, 1), await _add(RESET, 2)
        rows = {row["id"]: row for row in await MailToken.all().values()}
        lives = [(rows[one]["expires_at"] - rows[one]["created_at"]).total_seconds() for one in (verify, reset)]
        assert lives == [86_400, 3_600]
    for older, young, good in (("29 minutes", True, True), ("2 minutes", False, True), ("30 minutes", False, False)):
        await admin.execute(f"UPDATE mail_tokens SET expires_at = expires_at - interval '{older}' WHERE purpose = 'RESET_PASSWORD'")
        async with within(acme):
            ada = await _ada()
            assert (await MailToken.young(RESET, ada) is not None) is young
            assert (await MailToken.holder(b"\x02" * 32, RESET) is not None) is good


async def test_a_link_is_of_no_use_with_another_address_or_for_who_is_out(acme: UUID) -> None:
    async with within(acme):
        token = await _add(VERIFY, 1)
        moved = await User.change(await _ada(), email="other@example.org")
        assert await MailToken.maybe_good(token, moved) is None
        assert await MailToken.spend(b"\x01" * 32, VERIFY) is None
        back = await User.change(moved, email="ADA@example.org")
        assert (await MailToken.maybe_good(token, back) or {})["id"] == token
        await User.filter(id=back["id"]).update(active=False)
        assert await MailToken.spend(b"\x01" * 32, VERIFY) is None
