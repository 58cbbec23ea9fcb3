"""A worker: takes jobs from the queue, one by one for each place it has, and does periodic work; until it is told to stop.

pgqueuer takes, keeps alive and hands over; what a job is and what becomes of it is `resolvers.running`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from random import uniform
from typing import Final

import asyncpg
from pgqueuer.db import AsyncpgDriver
from pgqueuer.errors import FailingListenerError, RetryRequested
from pgqueuer.models import Context, Job
from pgqueuer.qm import QueueManager
from pgqueuer.queries import Queries
from pgqueuer.types import Channel

from auth.desk import Desk
from models import queue
from models.dial import Dial
from models.driver import FAILURES
from models.errors import Unavailable
from observability.logging import logger
from resolvers import running
from server.database import address
from server.settings import Settings

_log = logger(__name__)
_PREFIX: Final = "every "
"""How the queue calls periodic work."""
_LOOK: Final = timedelta(seconds=2)
"""How often a worker looks for what nobody tells of: a job whose wait is over, or whose process has died."""
_TEND_SECONDS: Final = 15.0
_APART_SECONDS: Final = 5.0
"""How long a worker that has lost the database waits before it tries again, more or less."""
_LAST_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 10.0
"""How long Postgres may take to answer the worker."""
_AWAY = (*FAILURES, FailingListenerError)


class Worker:
    """Waits and takes on a connection of its own; the jobs themselves use the pool of the database that is open around it."""

    def __init__(self, settings: Settings, desk: Desk) -> None:
        self._settings, self._desk = settings, desk
        self._dsn = settings.database_url.get_secret_value()
        self._patience = running.Patience(settings.jobs_attempts, settings.jobs_retry_seconds)
        self._stopping, self._handing_back = asyncio.Event(), asyncio.Event()
        self._places = asyncio.Semaphore(settings.jobs_at_once)
        self._until = 0.0
        self._manager: QueueManager | None = None
        self._connection: asyncpg.Connection | None = None

    def stop(self) -> None:
        """Takes nothing more; what runs may go on, for JOBS_END_SECONDS from now."""
        if not self._stopping.is_set():
            self._until = asyncio.get_running_loop().time() + self._settings.jobs_end_seconds
        self._stopping.set()
        if self._manager is not None:
            self._manager.shutdown.set()

    def hurry(self) -> None:
        """Hands back what runs, now."""
        self._handing_back.set()

    def take(self, dsn: str) -> None:
        """Goes on over a connection of this DSN, when what runs has ended."""
        self._dsn = dsn
        if self._manager is not None:
            self._manager.shutdown.set()

    async def run(self) -> None:
        """Works until `stop`; where the database is away it comes back to it."""
        while not self._stopping.is_set():
            try:
                connection = self._connection = await self._connected()
                try:
                    await self._work(queue.queries(AsyncpgDriver(connection)))
                    await connection.close(timeout=_LAST_SECONDS)
                finally:
                    connection.terminate()
            except _AWAY as error:
                _log.warning("the queue is away", cause=type(error).__name__)
            except Exception as error:  # such as a database that is not migrated yet
                _log.error("the worker failed", exc_info=error)
            with suppress(TimeoutError):
                await asyncio.wait_for(
                    self._stopping.wait(),
                    _APART_SECONDS * uniform(0.5, 1.5),  # noqa: S311 - spreads load, guards nothing
                )

    async def ended(self, task: asyncio.Task[None]) -> None:
        """Stops, gives what runs its time, hands the rest back, and returns when all of it has ended."""
        self.stop()
        await asyncio.wait({task}, timeout=max(0.0, self._until - asyncio.get_running_loop().time()))
        self._handing_back.set()
        await asyncio.wait({task}, timeout=_LAST_SECONDS)
        if not task.done():
            _log.error("jobs do not end; another worker takes them when they are stale")
            if self._connection is not None:  # first, so that nothing is written of them any more
                self._connection.terminate()
            task.cancel()
        await asyncio.wait({task})

    async def _connected(self) -> asyncpg.Connection:
        # Only where it can write: while nothing can be changed, no job is taken.
        dial = Dial(
            **address(self._dsn) | {"strict": True},
            command_timeout=_ANSWER_SECONDS,
            server_settings={"application_name": "address-book worker"},
        )
        return await dial()

    async def _work(self, queries: Queries) -> None:
        manager = self._manager = QueueManager(queries, Channel(queue.SETTINGS.channel))
        at_once = self._settings.jobs_at_once
        for kind in running.HANDLERS:
            limit = at_once - 1 if kind in running.LONG else 0  # of all processes together; 0 is none
            manager.entrypoint(kind.value, on_failure="hold", accepts_context=True, concurrency_limit=limit)(self._job)
        for name in running.PERIODIC:
            manager.entrypoint(f"{_PREFIX}{name}", accepts_context=True)(self._periodic)
        tending = asyncio.create_task(self._tend(queries))
        try:
            if not self._stopping.is_set():
                await manager.run(
                    dequeue_timeout=_LOOK,
                    batch_size=at_once // 2,
                    # Periodic work, each once at the most, may take hours: it has places of its own, and jobs have `_places`.
                    max_concurrent_tasks=at_once + len(running.PERIODIC),
                    shutdown_on_listener_failure=True,
                    heartbeat_timeout=timedelta(seconds=self._settings.jobs_stale_seconds),
                    log_aggregation_interval=timedelta(0),
                )
        finally:
            tending.cancel()
            await asyncio.wait({tending})

    async def _tend(self, queries: Queries) -> None:
        """Puts periodic work into the queue where it is not, and back into it what pgqueuer gave up; tells how much waits."""
        while True:
            try:
                for name in running.PERIODIC:
                    await queries.enqueue(f"{_PREFIX}{name}", None, dedupe_key=f"{_PREFIX}{name}", on_conflict="skip")
                held = await queries.list_failed_jobs()
                await queries.requeue_jobs([job.id for job in held])
                self._desk.metrics.jobs.waiting(*await queue.waiting(queries))
            except _AWAY as error:
                _log.warning("the queue cannot be tended", cause=type(error).__name__)
            await asyncio.sleep(_TEND_SECONDS)

    async def _job(self, queued: Job, context: Context) -> None:
        if queued.payload is None:  # not one of ours
            return
        tenant, job_id = queue.named(queued.payload)

        async def work() -> timedelta | None:
            async with self._places:
                return await running.run(self._desk, self._patience, tenant, job_id)

        await self._attended(context, work)

    async def _periodic(self, queued: Job, context: Context) -> None:
        name = queued.entrypoint.removeprefix(_PREFIX)
        await self._attended(context, partial(running.run_periodic, self._desk, name))

    async def _attended(self, context: Context, work: Callable[[], Awaitable[timedelta | None]]) -> None:
        """Does the work to its end, unless somebody cancels the job or the worker hands it back. Raises RetryRequested.

        Nothing but that may come out, and nothing may hang on it: pgqueuer keeps the texts of exceptions, where no wall is.
        """
        task = asyncio.ensure_future(work())
        back = asyncio.create_task(self._handing_back.wait())
        try:
            with context.cancellation:
                await asyncio.wait({task, back}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            back.cancel()
            # Once, and not as the scope does it, at each await: what is cut off has a transaction to close.
            task.cancel()
            await asyncio.wait({task})
        wait = self._outcome(task)
        if wait is not None:
            raise RetryRequested(wait)

    def _outcome(self, task: asyncio.Future[timedelta | None]) -> timedelta | None:
        """After how long the work is to be done again; None where it has ended, or was cancelled by somebody."""
        if task.cancelled():
            return timedelta(0) if self._handing_back.is_set() else None
        error = task.exception()
        if error is None:
            return task.result()
        if not isinstance(error, Unavailable):
            _log.error("a job could not be kept", exc_info=error)
        return timedelta(seconds=_APART_SECONDS)


@asynccontextmanager
async def working(worker: Worker) -> AsyncIterator[None]:
    """The worker at work, in the database that is open around it."""
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        await worker.ended(task)
