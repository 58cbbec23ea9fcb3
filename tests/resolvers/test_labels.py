"""What people do with labels, by the door of their own tenant."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from auth.caller import Caller
from models.errors import Forbidden, NotFound
from models.values import Origin, new_id
from resolvers import labels
from tests.world import add_user, tenant

pytestmark = pytest.mark.usefixtures("tortoise")


async def _caller(admin: asyncpg.Connection, home: UUID, name: str, role: str) -> Caller:
    user, session = await add_user(admin, home, name, role), new_id()
    await admin.execute(
        "INSERT INTO sessions (tenant_id, id, user_id, expires_at) VALUES ($1, $2, $3, now() + interval '1 day')",
        home,
        session,
        user,
    )
    return Caller(user, home, session, "acme", name, Origin())


async def test_labels_are_made_changed_counted_and_removed(admin: asyncpg.Connection) -> None:
    grace = await _caller(admin, await tenant(admin, "acme"), "grace", "EDITOR")
    row = await labels.add(grace, "Friends", None)
    assert (await labels.change(grace, row["id"], {"color": "#00FF00"}))["color"] == "#00ff00"
    assert [label["name"] for label in await labels.everyone(grace)] == ["Friends"]
    assert list(await labels.many(grace, [row["id"]])) == [row["id"]]
    assert await labels.counts(grace, [row["id"]]) == {row["id"]: 0}
    await labels.delete(grace, row["id"])
    assert await labels.everyone(grace) == []


async def test_a_viewer_and_another_tenant_change_nothing(admin: asyncpg.Connection) -> None:
    acme, evil = await tenant(admin, "acme"), await tenant(admin, "evil")
    grace = await _caller(admin, acme, "grace", "EDITOR")
    linus, mallory = await _caller(admin, acme, "linus", "VIEWER"), await _caller(admin, evil, "mallory", "OWNER")
    row = await labels.add(grace, "Friends", None)
    for deed in (labels.add(linus, "x", None), labels.change(linus, row["id"], {"name": "x"}), labels.delete(linus, row["id"])):
        with pytest.raises(Forbidden):
            await deed
    for label in (row["id"], None):
        for deed in (labels.change(mallory, label, {"name": "x"}), labels.delete(mallory, label)):
            with pytest.raises(NotFound):
                await deed
    assert await labels.many(mallory, [row["id"]]) == {}
    assert await labels.everyone(mallory) == []
    assert [label["name"] for label in await labels.everyone(linus)] == ["Friends"]
