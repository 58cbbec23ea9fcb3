"""Probes: /healthz touches nothing, /readyz tells whether this process can serve, /metrics is for Prometheus."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from aiohttp import web

from models import catalogue
from models.errors import Refusal
from observability.logging import logger
from observability.metrics import Metrics
from server.database import known_migrations

_log = logger(__name__)
_FRESH_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 1.5


class Health:
    """What is known of the readiness, for a second. `draining` is set when the process is about to stop.

    `throttles` tells where attempts are counted: that they are not shared for a while is told, and keeps nobody from serving.
    """

    def __init__(self, metrics: Metrics, throttles: Callable[[], str]) -> None:
        self.draining = False
        self._metrics, self._throttles = metrics, throttles
        self._known = known_migrations()
        self._faults: list[str] = ["starting"]
        self._mode = "read-write"
        self._at = -_FRESH_SECONDS
        self._lock = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        """The probes that may be public: they tell states, never details."""
        return [web.get("/healthz", self.live), web.get("/readyz", self.ready)]

    async def live(self, _request: web.Request) -> web.Response:
        """200 as long as the process answers."""
        return web.json_response({"status": "ok"})

    async def ready(self, _request: web.Request) -> web.Response:
        """200 where the database answers, is migrated, and its wall stands; else 503 with what is amiss; read-only is ready."""
        faults = ["draining"] if self.draining else await self.faults()
        body = {"status": "ready" if not faults else "not ready", "faults": faults, "throttles": self._throttles()}
        if not faults:
            body["database"] = self._mode
        return web.json_response(body, status=503 if faults else 200)

    async def expose(self, request: web.Request) -> web.Response:
        """Metrics in the text or the OpenMetrics format."""
        body, content_type = await asyncio.to_thread(self._metrics.exposition, request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def faults(self) -> list[str]:
        """What keeps this process from serving; looked up at most once a second."""
        async with self._lock:
            if time.monotonic() - self._at >= _FRESH_SECONDS:
                self._faults = await self._look()
                self._at = time.monotonic()
        return self._faults

    async def _look(self) -> list[str]:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                applied = await catalogue.applied_migrations()
                pending = [name for name in self._known if name not in applied]
                self._metrics.migrated(applied[-1] if applied else "none", len(pending))
                if pending:
                    return ["migrations"]  # what is looked for below need not be there yet
                breaches = await catalogue.breaches()
                known = await catalogue.knows_our_key()
                self._mode = "read-only" if await catalogue.read_only() else "read-write"
        except (Refusal, TimeoutError) as error:
            _log.warning("not ready", cause=type(error.__cause__ or error).__name__)
            return ["database"]
        except Exception as error:
            _log.error("not ready, and nobody knows why", exc_info=error)
            return ["database"]
        if breaches:
            _log.error("row-level security does not hold", where=breaches)
        if not known:
            _log.error("the database does not know our key of the door: run migrate with the same SECRET_KEYS")
        return [*(["row-level security"] if breaches else []), *([] if known else ["door key"])]
