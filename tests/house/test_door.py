"""The door itself: whom `enter` lets in, that nothing of it stays behind, and that the models work inside it alone (TI-12)."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import pytest

from models.audit import AuditEntry
from models.contact import Contact
from models.errors import Forbidden, OutsideTenant, Unauthenticated
from models.label import ContactLabel, Label
from models.login_history import LoginHistory
from models.session import RefreshToken, Session
from models.tenancy import create, fetch, lobby, within
from models.tenant import Tenant
from models.user import User
from models.values import Pass, new_id
from server.database import opened
from tests.conftest import VAULT, Database
from tests.world import add_user, tenant

EVERYBODY = ["OWNER", "ADMIN", "EDITOR", "VIEWER"]
KEY = VAULT.keys("door")[0]
CLOSED = "22P02"


async def _session(admin: asyncpg.Connection, home: UUID, user: UUID, expires: str = "now() + interval '1 day'") -> UUID:
    session = new_id()
    await admin.execute(
        f"INSERT INTO sessions (tenant_id, id, user_id, expires_at) VALUES ($1, $2, $3, {expires})", home, session, user
    )
    return session


async def _refused(app: asyncpg.Connection, home: UUID | None, session: UUID | None, roles: list[str]) -> str:
    """The SQLSTATE with which `enter` refuses."""
    with pytest.raises(asyncpg.PostgresError) as refusal:
        await app.execute("SELECT enter($1, $2, $3)", home, session, roles)
    return str(refusal.value.sqlstate)


async def test_a_live_session_of_a_sufficient_role_enters(app: asyncpg.Connection, admin: asyncpg.Connection) -> None:
    acme = await tenant(admin, "acme")
    session = await _session(admin, acme, await add_user(admin, acme, "linus", "VIEWER"))
    assert await app.fetchval("SELECT enter($1, $2, $3)", acme, session, EVERYBODY) == acme
    assert await _refused(app, acme, session, ["OWNER", "ADMIN", "EDITOR"]) == "42501"
    assert await _refused(app, acme, session, ["OPERATOR"]) == "42501"
    assert await _refused(app, acme, session, []) == "42501"


async def test_the_operators_mark_opens_what_asks_for_it(app: asyncpg.Connection, admin: asyncpg.Connection) -> None:
    house = await tenant(admin, "house")
    session = await _session(admin, house, await add_user(admin, house, "oskar", "VIEWER", operator=True))
    assert await app.fetchval("SELECT enter($1, $2, $3)", house, session, ["OPERATOR"]) == house
    assert await _refused(app, house, session, ["OWNER"]) == "42501"


async def test_where_a_second_factor_is_asked_for_a_session_without_one_enters_by_its_mark_alone(
    app: asyncpg.Connection, admin: asyncpg.Connection
) -> None:
    acme = await tenant(admin, "acme")
    session = await _session(admin, acme, await add_user(admin, acme, "linus", "VIEWER", operator=True))
    await admin.execute("UPDATE tenants SET require_totp = true")
    for roles in (EVERYBODY, ["OPERATOR"], ["VIEWER", "OPERATOR"]):
        with pytest.raises(asyncpg.PostgresError, match="the second factor is missing"):
            await app.execute("SELECT enter($1, $2, $3)", acme, session, roles)
    assert await _refused(app, acme, session, ["ENROLLING"]) == "42501"  # the mark is no role
    assert await app.fetchval("SELECT enter($1, $2, $3)", acme, session, [*EVERYBODY, "ENROLLING"]) == acme
    await admin.execute("UPDATE sessions SET second_factor = true")
    assert await app.fetchval("SELECT enter($1, $2, $3)", acme, session, EVERYBODY) == acme


async def test_what_is_over_or_foreign_does_not_enter(app: asyncpg.Connection, admin: asyncpg.Connection) -> None:
    acme, evil = await tenant(admin, "acme"), await tenant(admin, "evil")
    grace, mallory = await add_user(admin, acme, "grace", "EDITOR"), await add_user(admin, evil, "mallory", "OWNER")
    ended = await _session(admin, acme, grace)
    await admin.execute("UPDATE sessions SET ended_at = now(), ended_reason = 'LOGGED_OUT' WHERE id = $1", ended)
    for session in (
        ended,
        await _session(admin, acme, grace, "now() - interval '1 second'"),
        await _session(admin, evil, mallory),
        new_id(),
    ):
        assert await _refused(app, acme, session, EVERYBODY) == "28000"
    live = await _session(admin, acme, grace)
    assert await app.fetchval("SELECT enter($1, $2, $3)", acme, live, EVERYBODY) == acme
    await admin.execute("UPDATE users SET active = false WHERE id = $1", grace)
    assert await _refused(app, acme, live, EVERYBODY) == "28000"
    await admin.execute("UPDATE users SET active = true WHERE id = $1", grace)
    for status in ("SUSPENDED", "DELETING"):
        await admin.execute("UPDATE tenants SET status = $2 WHERE id = $1", acme, status)
        assert await _refused(app, acme, live, EVERYBODY) == "28000"


async def test_nobody_enters_nowhere(app: asyncpg.Connection) -> None:
    assert await _refused(app, None, None, EVERYBODY) == "25001"


async def test_a_transaction_belongs_to_one_tenant(app: asyncpg.Connection, admin: asyncpg.Connection) -> None:
    acme, evil = await tenant(admin, "acme"), await tenant(admin, "evil")
    async with app.transaction():
        assert await app.fetchval("SELECT hold($1, $2)", acme, KEY) == acme
        assert await app.fetchval("SELECT hold($1, $2)", acme, KEY) == acme
        with pytest.raises(asyncpg.PostgresError) as refusal:
            async with app.transaction():
                await app.execute("SELECT hold($1, $2)", evil, KEY)
    assert refusal.value.sqlstate == "25001"


async def test_nothing_stays_after_commit_error_and_cancel(app: asyncpg.Connection, admin: asyncpg.Connection) -> None:
    acme = await tenant(admin, "acme")
    # Where a table is empty no policy is asked.
    await admin.execute("INSERT INTO contacts (tenant_id, id, name) VALUES ($1, $2, 'Zoë')", acme, new_id())
    with pytest.raises(asyncpg.PostgresError) as unset:
        await app.fetch("SELECT * FROM contacts")
    assert unset.value.sqlstate == CLOSED

    async def closed() -> None:
        assert await app.fetchval("SELECT current_setting('backtrace_functions')") == ""
        with pytest.raises(asyncpg.PostgresError) as empty:
            await app.fetch("SELECT * FROM contacts")
        assert empty.value.sqlstate == CLOSED

    async with app.transaction():
        await app.execute("SELECT hold($1, $2)", acme, KEY)
        assert [row["name"] for row in await app.fetch("SELECT * FROM contacts")] == ["Zoë"]
    await closed()
    with pytest.raises(asyncpg.DivisionByZeroError):  # noqa: PT012 - the door closes while the error passes
        async with app.transaction():
            await app.execute("SELECT hold($1, $2)", acme, KEY)
            await app.execute("SELECT 1 / 0")
    await closed()
    with pytest.raises(TimeoutError):  # noqa: PT012 - the door closes while the error passes
        async with asyncio.timeout(0.5), app.transaction():
            await app.execute("SELECT hold($1, $2)", acme, KEY)
            await app.execute("SELECT pg_sleep(10)")
    await closed()


async def test_within_joins_its_own_tenant_and_no_other(tortoise: None, admin: asyncpg.Connection) -> None:
    acme, evil = await tenant(admin, "acme"), await tenant(admin, "evil")
    async with within(acme):
        await Label.add("outer", None)
        async with within(acme):
            assert [row["name"] for row in await Label.everyone()] == ["outer"]
        async with lobby():
            assert [row["name"] for row in await Label.everyone()] == ["outer"]
        with pytest.raises(OutsideTenant):
            async with within(evil):
                pytest.fail("two tenants in one transaction")
    async with within(evil):
        assert await Label.everyone() == []
    async with lobby():
        with pytest.raises(OutsideTenant):
            async with within(evil):
                pytest.fail("a tenant inside the lobby")


async def test_a_pass_is_checked_in_an_open_door_too(tortoise: None, admin: asyncpg.Connection) -> None:
    acme = await tenant(admin, "acme")
    session = await _session(admin, acme, await add_user(admin, acme, "linus", "VIEWER"))
    for inner, refusal in ((Pass(acme, session, ("OWNER",)), Forbidden), (Pass(acme, new_id(), ("VIEWER",)), Unauthenticated)):
        with pytest.raises(refusal):
            async with within(Pass(acme, session, ("VIEWER",))), within(inner):
                pytest.fail("an inner door was not checked")


async def test_models_work_inside_a_door_alone(tortoise: None) -> None:
    for model in (AuditEntry, Contact, ContactLabel, Label, LoginHistory, RefreshToken, Session, Tenant, User):
        with pytest.raises(OutsideTenant):
            await model.all()
    with pytest.raises(OutsideTenant):
        await create(Label, id=new_id(), name="stray")
    with pytest.raises(OutsideTenant):
        await fetch("SELECT 1")
    async with lobby():
        for model in (AuditEntry, Contact, ContactLabel, Label, LoginHistory, RefreshToken, Session, User):
            with pytest.raises(OutsideTenant):
                await model.all()


async def test_nothing_stays_on_the_only_connection(database: Database, admin: asyncpg.Connection) -> None:
    acme = await tenant(admin, "acme")

    async def setting() -> str:
        async with lobby():
            rows = await fetch("SELECT current_setting('backtrace_functions') AS setting, pg_backend_pid() AS pid")
            pids.add(rows[0]["pid"])
            return str(rows[0]["setting"])

    pids: set[int] = set()
    async with opened(database.app, VAULT, pool=1):
        assert await setting() == ""
        async with within(acme):
            await Label.add("kept", None)
        assert await setting() == ""
        with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the door closes while the error passes
            async with within(acme):
                await Label.add("lost", None)
                raise ZeroDivisionError
        assert await setting() == ""
        assert len(pids) == 1
        work = asyncio.create_task(_slow(acme))
        await asyncio.sleep(0.2)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        assert await setting() == ""
        async with within(acme):
            assert [row["name"] for row in await Label.everyone()] == ["kept"]


async def _slow(home: UUID) -> None:
    async with within(home):
        await Label.add("cancelled", None)
        await fetch("SELECT pg_sleep(2)")
