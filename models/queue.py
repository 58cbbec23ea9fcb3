"""The queue below the jobs: pgqueuer's tables, in a schema of their own. A row names a tenant and a job, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, cast
from uuid import UUID

from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.domain.settings import DBSettings
from pgqueuer.domain.types import Channel, JobId
from pgqueuer.ports.driver import Driver
from pgqueuer.queries import Queries

from models.tenancy import fetch, held

SETTINGS: Final = DBSettings(
    db_schema="queue",
    # Each of them spelled out: what is not given would be read from the environment.
    prefix="",
    channel=Channel("ch_pgqueuer"),
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
)
"""Where pgqueuer finds its tables, and the channel on which workers wait."""

KEPT: Final = timedelta(days=1)
"""For so long the queue's own log tells what a worker took and when; what became of it stands in `jobs`."""


def queries(driver: Driver) -> Queries:
    """What pgqueuer knows to ask, by this connection."""
    return Queries(driver, QueryBuilderEnvironment(SETTINGS), QueryQueueBuilder(SETTINGS), QuerySchedulerBuilder(SETTINGS))


async def put(kind: str, job_id: UUID) -> None:
    """Queues a job of the held tenant: workers see it once the open transaction commits."""
    await queries(_DOOR).enqueue(kind, held().bytes + job_id.bytes, dedupe_key=job_id.hex)


async def take_away(job_id: UUID) -> None:
    """Takes a job out of the queue, and stops whoever runs it, once the open transaction commits."""
    rows = await fetch("SELECT q.id FROM queue.pgqueuer q WHERE q.dedupe_key = $1", job_id.hex)
    if rows:
        await queries(_DOOR).mark_job_as_cancelled([JobId(row["id"]) for row in rows])


async def forget() -> None:
    """Takes everything of the held tenant out of the queue."""
    await fetch("DELETE FROM queue.pgqueuer q WHERE substring(q.payload FROM 1 FOR 16) = $1", held().bytes)


async def sweep() -> None:
    """Drops what the queue's log has KEPT long enough; inside any door."""
    await fetch("DELETE FROM queue.pgqueuer_log WHERE created < now() - $1::interval", KEPT)


async def waiting(asked: Queries) -> tuple[dict[str, int], float]:
    """How many rows of each name nobody has taken though their turn has come, and for how many seconds the oldest waits."""
    rows = await asked.driver.fetch(
        "SELECT entrypoint, count(*) AS many, extract(epoch FROM now() - min(execute_after))::float8 AS seconds "
        "FROM queue.pgqueuer WHERE status = 'queued' AND execute_after <= now() GROUP BY entrypoint"
    )
    return {str(row["entrypoint"]): cast("int", row["many"]) for row in rows}, max(
        (cast("float", row["seconds"]) for row in rows), default=0.0
    )


def named(payload: bytes) -> tuple[UUID, UUID]:
    """The tenant and the job of a row in the queue."""
    return UUID(bytes=payload[:16]), UUID(bytes=payload[16:])


class _Door:
    """As much of a Driver as `put` and `take_away` use: their statements run inside the open door, in its transaction."""

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        return await fetch(query, *args)

    async def execute(self, query: str, *args: object) -> str:
        await fetch(query, *args)
        return ""

    async def notify(self, channel: str, payload: str) -> None:
        await fetch("SELECT pg_notify($1, $2)", channel, payload)


_DOOR: Final = cast("Driver", _Door())
