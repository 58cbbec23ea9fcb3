"""Probes: /healthz touches nothing, /readyz tells whether this process can serve, /metrics is for Prometheus."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Final

from aiohttp import web

from models import catalogue
from models.errors import Refusal, Unavailable
from observability.logging import logger
from observability.metrics import Metrics
from server.database import known_migrations

_log = logger(__name__)
_FRESH_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 1.5

Faults = Mapping[str, str]
"""What keeps this process from serving, each with its reason and what to do, for the log; strangers are told the names alone."""


class Health:
    """What is known of the readiness, for a second. `draining` is set when the process is about to stop.

    `throttles` tells where attempts are counted: that they are not shared for a while is told, and keeps nobody from serving.
    """

    def __init__(self, metrics: Metrics, throttles: Callable[[], str]) -> None:
        self.draining = False
        self._metrics, self._throttles = metrics, throttles
        self._known = known_migrations()
        self._faults: Faults = {}
        self._mode = "read-write"
        self._met = Unavailable.__name__
        self._at = -_FRESH_SECONDS
        self._looking: asyncio.Task[None] | None = None

    def routes(self) -> list[web.RouteDef]:
        """The probes that may be public: they tell states, never details."""
        return [web.get("/healthz", self.live), web.get("/readyz", self.ready)]

    async def live(self, _request: web.Request) -> web.Response:
        """200 as long as the process answers."""
        return web.json_response({"status": "ok"})

    async def ready(self, _request: web.Request) -> web.Response:
        """200 where the database answers, is migrated, and its wall stands; else 503 with what is amiss. Read-only is ready.

        Within two seconds.
        """
        faults = ["draining"] if self.draining else await self.faults()
        body = {"status": "ready" if not faults else "not ready", "faults": faults, "throttles": self._throttles()}
        if not faults:
            body["database"] = self._mode
        return web.json_response(body, status=503 if faults else 200)

    async def expose(self, request: web.Request) -> web.Response:
        """Metrics in the text or the OpenMetrics format. It looks first, since where nobody probes an alert would be blind."""
        await self.faults()
        body, content_type = await asyncio.to_thread(self._metrics.exposition, request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def faults(self) -> list[str]:
        """What keeps this process from serving; looked up at most once a second, and for all who ask meanwhile."""
        if time.monotonic() - self._at >= _FRESH_SECONDS:
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look_anew())  # its own: who asked first may hang up
            _, late = await asyncio.wait({self._looking}, timeout=_PATIENCE_SECONDS)
            if late:
                self._metrics.readiness(["database"])
                return ["database"]
        return list(self._faults)

    async def look(self) -> Faults:
        """What keeps this process from serving, now."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await self._look()
        except (Refusal, TimeoutError) as error:
            if catalogue.busy():  # it answers others of ours: nothing new is known, and to serve less would not help it
                return self._faults
            cause = error.__cause__ or error
            if not isinstance(cause, Refusal):  # else the pool leaves Postgres alone for a moment, since of what it met before
                self._met = type(cause).__name__
            return {"database": f"Postgres does not let us in ({self._met})"}
        except Exception as error:
            _log.error("not ready, and nobody knows why", exc_info=error)
            return {"database": f"looking at it failed ({type(error).__name__})"}

    async def _look_anew(self) -> None:
        faults = await self.look()
        if faults and faults != self._faults:
            _log.warning("not ready", faults=list(faults), why="; ".join(faults.values()))
        elif self._faults and not faults:
            _log.info("ready again")
        self._faults, self._at = faults, time.monotonic()
        self._metrics.readiness(faults)

    async def _look(self) -> Faults:
        applied = await catalogue.applied_migrations()
        pending = [name for name in self._known if name not in applied]
        self._metrics.migrated(applied[-1] if applied else "none", len(pending))
        if pending:  # what is looked for below need not be there yet
            return {
                "migrations": f"{len(pending)} migrations are pending, the first is {pending[0]}: run `python -m server migrate`"
            }
        self._mode = "read-only" if await catalogue.read_only() else "read-write"
        before, theirs, after = time.time(), await catalogue.clock(), time.time()
        self._metrics.clock_skew((before + after) / 2 - theirs)
        faults = {}
        if breaches := await catalogue.breaches():
            faults["row-level security"] = f"row-level security does not hold: {', '.join(breaches)}"
        if not await catalogue.knows_our_key():
            faults["door key"] = (
                "the database does not know our key of the door: run `python -m server migrate` with our SECRET_KEYS"
            )
        return faults
