"""The server behind PgBouncer in transaction mode, as deployed: few connections, bounded statements, and a rollout of poolers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest

from tests.abuse.server import serving
from tests.conftest import APP, PASSWORDS
from tests.drills.pgbouncer import SINCE, Pooler, pgbouncer, version
from tests.drills.report import AWAY, Note, judged
from tests.drills.writers import Writers, editor
from tests.postgres import NAME, Postgres

pytestmark = [
    pytest.mark.drill,
    pytest.mark.usefixtures("each_round"),
    pytest.mark.skipif(version() < SINCE, reason="no PgBouncer of 1.21 or later here, nor at PGBOUNCER"),
]


async def test_the_server_works_through_pgbouncer_and_its_rollout(postgres: Postgres, tmp_path: Path, note: Note) -> None:
    direct = postgres.database
    backend = await asyncpg.connect(direct.admin)
    with _passable() as folder, ExitStack() as stack:

        def start(port: int = 0) -> Pooler:
            return stack.enter_context(pgbouncer(folder, NAME, direct.port, port=port))

        poolers = [await asyncio.to_thread(start) for _ in range(2)]
        places = ",".join(f"127.0.0.1:{pooler.port}" for pooler in poolers)  # as the Service leads to whichever is there
        dsn = f"postgresql://{APP}:{PASSWORDS[APP]}@{places}/{NAME}?target_session_attrs=any"
        pooled = await asyncpg.connect(f"postgresql://{APP}:{PASSWORDS[APP]}@127.0.0.1:{poolers[0].port}/{NAME}")
        bounds = {name: await pooled.fetchval(f"SHOW {name}") for name in ("statement_timeout", "lock_timeout", "jit")}
        assert bounds == {"statement_timeout": "2500ms", "lock_timeout": "2s", "jit": "off"}
        await pooled.close()
        async with serving(dsn, tmp_path) as one, serving(dsn, tmp_path) as two:
            urls = [one.url, two.url]
            writers = Writers(urls, await editor(direct.admin, one.url), writers=4, readers=4, per_second=50)
            async with writers.at_work():
                await writers.until(400)
                for pooler in poolers:
                    with writers.fault():
                        assert await asyncio.to_thread(pooler.stop) == 0
                    await asyncio.to_thread(start, pooler.port)
                    await writers.until(100)
                await writers.enough()
            clients = await backend.fetchval("SELECT count(*) FROM pg_stat_activity WHERE usename = $1", APP)
            report = await writers.report(direct.admin)
    await backend.close()
    note("pgbouncer", f"{clients} connections of Postgres for two servers", "≤ 40")
    judged(report, note, "rollout of pgbouncer", told={*AWAY, "503 TIMEOUT without Retry-After"})
    assert clients <= 40


@contextmanager
def _passable() -> Iterator[Path]:
    """A folder that the account of Postgres may pass, as it may not where pytest's are."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder
