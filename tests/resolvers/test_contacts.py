"""What people do with contacts, as both transports ask for it: the old routes by number."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from auth.caller import Caller
from models.contact_search import ContactQuery
from models.errors import Forbidden, NotFound, StaleVersion, Unauthenticated
from models.paging import Window
from models.values import Origin, new_id
from resolvers import contacts
from tests.world import add_user, tenant

pytestmark = pytest.mark.usefixtures("tortoise")


async def _caller(admin: asyncpg.Connection, home: UUID, role: str) -> Caller:
    user, session = await add_user(admin, home, role.lower(), role), new_id()
    await admin.execute(
        "INSERT INTO sessions (tenant_id, id, user_id, expires_at) VALUES ($1, $2, $3, now() + interval '1 day')",
        home,
        session,
        user,
    )
    return Caller(user, home, session, "acme", role.lower(), Origin("request", None, "192.0.2.0/24"))


@pytest.fixture
async def people(admin: asyncpg.Connection) -> dict[str, Caller]:
    """A caller of each role, by its name, and mallory of another tenant."""
    acme, evil = await tenant(admin, "acme"), await tenant(admin, "evil")
    return {role: await _caller(admin, acme, role) for role in ("ADMIN", "EDITOR", "VIEWER")} | {
        "mallory": await _caller(admin, evil, "OWNER")
    }


async def test_a_contact_is_changed_and_thrown_away_by_its_number(people: dict[str, Caller]) -> None:
    editor = people["EDITOR"]
    row = await contacts.add(editor, {"name": "Zoë"})
    number = (await contacts.find(editor, row["id"]) or {})["number"]
    assert (await contacts.by_number(people["VIEWER"], number))["id"] == row["id"]
    assert [r["id"] for r in await contacts.numbered(editor, ContactQuery(), after=0, offset=0, limit=5)] == [row["id"]]
    with pytest.raises(StaleVersion):
        await contacts.delete_numbered(editor, number, 7)
    assert await contacts.count(editor, ContactQuery()) == 1
    await contacts.delete_numbered(editor, number, 1)
    with pytest.raises(NotFound):
        await contacts.by_number(editor, number)
    assert (await contacts.search(editor, ContactQuery(trashed=True), Window())).rows[0]["id"] == row["id"]


async def test_another_tenant_has_no_such_contact(people: dict[str, Caller], admin: asyncpg.Connection) -> None:
    row, mallory = await contacts.add(people["EDITOR"], {"name": "Zoë"}), people["mallory"]
    number = await admin.fetchval("SELECT number FROM contacts")
    assert await contacts.find(mallory, row["id"]) is None
    assert await contacts.many(mallory, [row["id"]]) == {}
    assert (await contacts.labels_of(mallory, [row["id"]]))[row["id"]] == []
    for work in (
        contacts.by_number(mallory, number),
        contacts.delete_numbered(mallory, number, None),
        contacts.change(mallory, row["id"], {"name": "Evil"}),
        contacts.change(mallory, None, {"name": "Evil"}),
        contacts.delete(mallory, [row["id"]], permanently=True),
        contacts.restore(mallory, [row["id"]]),
    ):
        with pytest.raises(NotFound):
            await work
    assert await admin.fetchval("SELECT name FROM contacts WHERE version = 1 AND deleted_at IS NULL") == "Zoë"


async def test_each_deed_asks_for_its_permission(people: dict[str, Caller], admin: asyncpg.Connection) -> None:
    row = await contacts.add(people["EDITOR"], {"name": "Zoë"})
    viewer = people["VIEWER"]
    deeds: list[Any] = [
        contacts.add(viewer, {"name": "x"}),
        contacts.change(viewer, row["id"], {"name": "x"}),
        contacts.delete(viewer, [row["id"]], permanently=False),
        contacts.delete(people["EDITOR"], [row["id"]], permanently=True),
        contacts.restore(viewer, [row["id"]]),
        contacts.delete_numbered(viewer, 1, None),
    ]
    for deed in deeds:
        with pytest.raises(Forbidden):
            await deed
    assert await admin.fetchval("SELECT name FROM contacts WHERE version = 1 AND deleted_at IS NULL") == "Zoë"
    await contacts.delete(people["ADMIN"], [row["id"]], permanently=True)
    entry = await admin.fetchrow("SELECT action, actor_id, request_id, ip_prefix, details FROM audit_entries")
    assert tuple(entry) == ("contacts.deleted", people["ADMIN"].user, "request", "192.0.2.0/24", '{"count": 1}')


async def test_an_ended_session_does_nothing(people: dict[str, Caller], admin: asyncpg.Connection) -> None:
    await admin.execute("UPDATE sessions SET ended_at = now(), ended_reason = 'REVOKED'")
    for deed in (contacts.add(people["EDITOR"], {"name": "x"}), contacts.count(people["VIEWER"], ContactQuery())):
        with pytest.raises(Unauthenticated):
            await deed
    assert await admin.fetchval("SELECT count(*) FROM contacts") == 0
