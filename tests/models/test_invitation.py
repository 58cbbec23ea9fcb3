"""Invitations: open until they are accepted, revoked or over."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from models.errors import InvalidInput
from models.invitation import Invitation
from models.tenancy import within
from models.values import Role, new_id
from tests.world import tenant


@pytest.fixture
async def acme(admin: asyncpg.Connection, tortoise: None) -> UUID:
    """A tenant without people."""
    return await tenant(admin, "acme")


async def _add(email: str, role: Role = Role.EDITOR, by: UUID | None = None) -> UUID:
    invitation = new_id()
    await Invitation.add(invitation, invitation.bytes * 2, email, role, by)
    return invitation


async def test_an_invitation_keeps_the_address_as_it_was_written_for_a_week(acme: UUID) -> None:
    async with within(acme):
        await _add(" Eve@Example.org ")
        (row,) = await Invitation.open()
        assert (row["email"], row["email_key"], row["role"]) == ("Eve@Example.org", "eve@example.org", Role.EDITOR)
        assert (row["expires_at"] - row["created_at"]).days == 7
        with pytest.raises(InvalidInput):
            await _add("nobody")


async def test_the_latest_stand_first_and_one_for_an_address(acme: UUID) -> None:
    async with within(acme):
        for email, role in (("a@example.org", Role.EDITOR), ("b@example.org", Role.VIEWER), ("A@example.org", Role.ADMIN)):
            await _add(email, role)
        assert [(row["email"], row["role"]) for row in await Invitation.open()] == [
            ("A@example.org", Role.ADMIN),
            ("b@example.org", Role.VIEWER),
        ]


async def test_what_is_over_is_not_found_as_open(acme: UUID, admin: asyncpg.Connection) -> None:
    async with within(acme):
        ids = [await _add(f"{n}@example.org") for n in range(4)]
        await Invitation.accept(ids[0])
        await Invitation.revoke(ids[1])
    await admin.execute("UPDATE invitations SET expires_at = now() WHERE id = $1", ids[2])
    async with within(acme):
        assert [row["id"] for row in await Invitation.open()] == ids[3:]
        assert [(await Invitation.maybe_open(one)) is not None for one in ids] == [False, False, False, True]
        assert [(await Invitation.locked(id=one)) is not None for one in ids] == [False, False, False, True]
        assert (await Invitation.locked(digest=ids[3].bytes * 2) or {})["id"] == ids[3]


async def test_what_one_has_sent_is_withdrawn_and_no_other(acme: UUID) -> None:
    adam, ada = new_id(), new_id()
    async with within(acme):
        await _add("a@example.org", by=adam)
        kept = [await _add("b@example.org", by=ada), await _add("c@example.org")]
        await Invitation.withdraw(adam)
        assert [row["id"] for row in await Invitation.open()] == kept[::-1]
