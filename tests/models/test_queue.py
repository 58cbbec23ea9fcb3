"""The queue's tables: as pgqueuer wants them, for the role that serves and no more, and with an end."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from pgqueuer.db import AsyncpgDriver

from models import queue
from models.tenancy import lobby
from tests.conftest import Database


async def test_the_tables_are_as_pgqueuer_would_make_them(database: Database) -> None:
    connection = await asyncpg.connect(database.owner)
    plan = await queue.queries(AsyncpgDriver(connection)).plan_upgrade()
    await connection.close()
    assert (plan.statements, plan.notes) == ((), ())


async def test_no_column_of_it_is_a_tenants(admin: asyncpg.Connection) -> None:
    """So it is no tenant table, and says nothing of anybody but two ids."""
    columns = await admin.fetch("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'queue'")
    assert {row["table_name"] for row in columns} == {"pgqueuer", "pgqueuer_log", "pgqueuer_schedules", "pgqueuer_statistics"}
    assert "tenant_id" not in {row["column_name"] for row in columns}
    grants = await admin.fetch(
        "SELECT table_name, string_agg(privilege_type, ' ' ORDER BY privilege_type) AS may "
        "FROM information_schema.table_privileges WHERE table_schema = 'queue' AND grantee = 'address_book_app' GROUP BY 1"
    )
    assert {row["table_name"]: row["may"] for row in grants} == {
        "pgqueuer": "DELETE INSERT SELECT UPDATE",
        "pgqueuer_log": "DELETE INSERT SELECT",
        "pgqueuer_statistics": "SELECT",
    }


async def test_the_role_that_serves_makes_nothing_there(app: asyncpg.Connection) -> None:
    for statement in ("CREATE TABLE queue.mine (id integer)", "TRUNCATE queue.pgqueuer", "SELECT * FROM queue.pgqueuer_schedules"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(statement)


def test_a_row_names_a_tenant_and_a_job() -> None:
    tenant, job = UUID(int=1), UUID(int=2)
    assert queue.named(tenant.bytes + job.bytes) == (tenant, job)


async def test_its_log_has_an_end(tortoise: None, admin: asyncpg.Connection) -> None:
    for age in (queue.KEPT - timedelta(minutes=1), queue.KEPT + timedelta(minutes=1)):
        await admin.execute(
            "INSERT INTO queue.pgqueuer_log (created, job_id, status, priority, entrypoint) "
            "VALUES (now() - $1::interval, 1, 'picked', 0, 'MAIL')",
            age,
        )
    async with lobby():
        await queue.sweep()
    [left] = await admin.fetch("SELECT now() - created AS age FROM queue.pgqueuer_log")
    assert left["age"] < queue.KEPT


async def test_what_waits_is_counted_once_its_turn_has_come(admin: asyncpg.Connection) -> None:
    for kind, status, due in (
        ("MAIL", "queued", "now() - interval '1 minute'"),
        ("MAIL", "queued", "now()"),
        ("MAIL", "queued", "now() + interval '1 minute'"),
        ("MAIL", "picked", "now() - interval '1 hour'"),
    ):
        await admin.execute(
            f"INSERT INTO queue.pgqueuer (priority, status, entrypoint, execute_after) VALUES (0, '{status}', '{kind}', {due})"
        )
    waiting, oldest = await queue.waiting(queue.queries(AsyncpgDriver(admin)))
    assert waiting == {"MAIL": 2}
    assert 60 <= oldest < 70
    await admin.execute("DELETE FROM queue.pgqueuer")
    assert await queue.waiting(queue.queries(AsyncpgDriver(admin))) == ({}, 0.0)
