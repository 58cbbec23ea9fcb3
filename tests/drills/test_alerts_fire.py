"""When Redis or Postgres is gone, somebody is told within two minutes, and told again when it is back: the rules as they stand."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.monitoring import watching
from bench.pager import paged
from bench.processes import free_port
from bench.stage import planted, redis_server, serving
from bench.traffic import flow
from server.embedded import Cluster, embedded
from tests.drills.conftest import Note
from tests.monitoring.conftest import needs_tools

pytestmark = [pytest.mark.drill, pytest.mark.long]

FIRED_SECONDS = 120.0
RESOLVED_SECONDS = 300.0
"""What was counted in the process stays in its window for two minutes, and Alertmanager gathers what it tells."""

SCRAPED_SECONDS = 5
PER_SECOND = 8.0


class Pager:
    """What was told: each alert with its receiver, its status and when it came."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str, float]] = []

    def hear(self, receiver: str, alert: dict[str, Any]) -> None:
        """For `paged`."""
        self.told.append((receiver, alert["labels"]["alertname"], alert["status"], time.time()))

    async def hears(self, alert: str, receiver: str, status: str, seconds: float) -> float:
        """Waits until it is told so, from now on; after how many seconds it was."""
        began = time.time()
        while time.time() < began + seconds:
            for whose, name, what, at in self.told:
                if (whose, name, what) == (receiver, alert, status) and at >= began:
                    return at - began
            await asyncio.sleep(0.2)
        raise AssertionError(f"{alert} was not told as {status} to {receiver} within {seconds:.0f} s, but {self.told}")


@contextmanager
def place() -> Iterator[Path]:
    """A folder that the account of Postgres may pass through."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


def crash(cluster: Cluster) -> None:
    """Postgres stops at once, as `pg_ctl stop -m immediate` has it."""
    os.kill(int((cluster.data / "cluster" / "postmaster.pid").read_text().partition("\n")[0]), signal.SIGQUIT)


@needs_tools
async def test_a_lost_redis_and_a_lost_postgres_are_told_and_so_is_their_return(note: Note) -> None:
    with ExitStack() as stack, ExitStack() as postgres, ExitStack() as redis:
        folder, port, redis_port = stack.enter_context(place()), free_port(), free_port()
        cluster = postgres.enter_context(embedded(folder / "postgres", durable=False, port=port))
        settings = await planted(cluster, {"REDIS_URL": redis.enter_context(redis_server(folder, redis_port))})
        base, metrics = await asyncio.to_thread(stack.enter_context, serving(folder, settings))
        pager = Pager()
        webhook = stack.enter_context(paged(pager.hear))
        scraped = watching(folder, {"addressbook": [metrics]}, seconds=SCRAPED_SECONDS, webhook=webhook)
        await asyncio.to_thread(stack.enter_context, scraped)
        traffic = asyncio.create_task(flow(base, 1_800, PER_SECOND))
        await asyncio.sleep(30)  # as it is on a good day
        assert [alert for _, alert, *_ in pager.told if alert in {"BreakerOpen", "ThrottleStoreLost", "DatabaseDown"}] == []

        redis.close()
        lost = await asyncio.gather(
            pager.hears("BreakerOpen", "tickets", "firing", FIRED_SECONDS),
            pager.hears("ThrottleStoreLost", "tickets", "firing", FIRED_SECONDS),
        )
        redis.enter_context(redis_server(folder, redis_port))
        back = await asyncio.gather(
            pager.hears("BreakerOpen", "tickets", "resolved", RESOLVED_SECONDS),
            pager.hears("ThrottleStoreLost", "tickets", "resolved", RESOLVED_SECONDS),
        )

        crash(cluster)
        down = await pager.hears("DatabaseDown", "pages", "firing", FIRED_SECONDS)
        await asyncio.to_thread(postgres.close)
        await asyncio.to_thread(postgres.enter_context, embedded(folder / "postgres", durable=False, port=port))
        up = await pager.hears("DatabaseDown", "pages", "resolved", RESOLVED_SECONDS)
        traffic.cancel()
    for alert, fired, resolved in (
        ("BreakerOpen", lost[0], back[0]),
        ("ThrottleStoreLost", lost[1], back[1]),
        ("DatabaseDown", down, up),
    ):
        note(
            f"{alert}: told after it was lost, after it was back",
            f"{fired:.0f} s, {resolved:.0f} s",
            f"{FIRED_SECONDS:.0f} s, {RESOLVED_SECONDS:.0f} s",
        )
