"""Who takes part: our server, the limits and the peers, each as a command with its environment."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from bench import peers, seed
from bench.dialects import PLAIN, POSTGRAPHILE, Dialect
from bench.processes import Failed, free_port
from bench.seed import World

POOL: Final = 4
"""Connections to Postgres of each process, the same for all."""


@dataclass(frozen=True)
class Server:
    """A server that takes part. `{port}` in its command and environment is the port of its process."""

    name: str
    title: str
    command: Sequence[str]
    role: str = seed.BARE
    environ: Mapping[str, str] = field(default_factory=dict)
    dialect: Dialect = PLAIN
    needs: Path | None = None
    """The folder of its packages; without it the server is left out."""

    def settings(self, world: World, port: int, collector: str) -> dict[str, str]:
        """The environment of one process; `collector` is where traces go."""
        known = {
            "DATABASE_URL": world.dsn(self.role),
            "POOL": str(POOL),
            "JWT_SECRET": seed.JWT_SECRET,
            "NODE_ENV": "production",
        }
        told = {name: value.format(port=port, collector=collector, metrics=free_port()) for name, value in self.environ.items()}
        return known | told


_PYTHON: Final = sys.executable
_PRODUCT: Final = {
    "ENVIRONMENT": "production",
    "PORT": "{port}",
    "METRICS_PORT": "{metrics}",
    "MAIL": "off",
    "DATABASE_POOL": str(POOL),
    "SECRET_KEYS": seed.SECRET_KEYS,
    "JWT_KEYS": seed.JWT_KEYS.replace("{", "{{").replace("}", "}}"),
    "OTLP_ENDPOINT": "{collector}/v1/traces",
    "COST_PER_MINUTE_TENANT": "1000000000",
    "COST_PER_MINUTE_USER": "1000000000",
}
"""As in production: logs on (to nowhere), metrics on, one request in ten traced; the budgets are charged, and never empty."""
_BLIND: Final = {"LOG_LEVEL": "ERROR", "OTLP_ENDPOINT": ""}


def _ours(name: str, title: str, *without: str, role: str = seed.APP, **environ: str) -> Server:
    command = ["bench.ours", *without] if without else ["server", "serve"]
    return Server(name, title, [_PYTHON, "-m", *command], role, {**_PRODUCT, **environ})


def _limit(name: str, title: str, kind: str, role: str) -> Server:
    return Server(name, title, [_PYTHON, "-m", "bench.limit", "{port}", kind], role)


def _node(name: str, title: str, script: str, *more: str) -> Server:
    return Server(name, title, [str(peers.NODE), f"bench/node/{script}.js", "{port}", *more], needs=peers.MODULES)


OURS: Final = _ours("ours", "Address Book, all on")
LIMIT: Final = _limit("limit", "limit: handwritten aiohttp, asyncpg, orjson", "bare", seed.BARE)
LIMIT_DOOR: Final = _limit("limit-door", "limit with the door (RLS, live session)", "door", seed.APP)

CATALOGUE: Final = (
    OURS,
    _ours("ours-quiet", "Address Book without logs, metrics, traces", "metrics", **_BLIND),
    LIMIT,
    LIMIT_DOOR,
    Server("stock", "our schema in Strawberry's own view", [_PYTHON, "-m", "bench.stock", "{port}"], seed.APP, _PRODUCT),
    Server(
        "ariadne",
        "Ariadne, asyncpg, uvicorn",
        [str(peers.VENV / "bin" / "python"), "bench/ariadne_server.py", "{port}"],
        needs=peers.VENV,
    ),
    _node("mercurius", "mercurius, jit (Node)", "mercurius"),
    _node("mercurius-seen", "mercurius, jit, with prom-client and pino (Node)", "mercurius", "seen"),
    _node("yoga", "GraphQL Yoga (Node)", "yoga"),
    replace(_node("postgraphile", "PostGraphile 5 with RLS (Node)", "postgraphile"), role=seed.APP, dialect=POSTGRAPHILE),
)
"""The rows of the main table."""

SWITCHES: Final = (
    OURS,
    _ours("ours-auth", "without verifying tokens", "tokens"),
    _ours("ours-door", "without the door's checks", role=seed.OPEN),
    _ours("ours-limits", "without limits", "limits"),
    _ours("ours-log", "without the access log", LOG_LEVEL="ERROR"),
    _ours("ours-metrics", "without metrics", "metrics"),
    _ours("ours-traces", "without traces", OTLP_ENDPOINT=""),
    _ours("ours-slow-road", "without compiled plans and single statements", FAST_ROAD="false"),
    _ours("ours-nothing", "without all of these", "tokens", "limits", "metrics", role=seed.OPEN, **_BLIND),
)
"""Our server with one thing off in each row: what it costs is the difference."""


def chosen(names: Sequence[str]) -> list[Server]:
    """The servers of these names, or all of the main table, that can run here. Raises Failed."""
    known = {server.name: server for server in (*CATALOGUE, *SWITCHES)}
    if unknown := set(names) - known.keys():
        raise Failed(f"There is no {' or '.join(unknown)}. The servers are {', '.join(known)}.")
    wanted = [known[name] for name in names] if names else list(CATALOGUE)
    return [server for server in wanted if server.needs is None or peers.installed(server.needs)]
