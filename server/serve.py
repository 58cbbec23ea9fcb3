"""Runs the application until it is told to stop: SIGTERM or Ctrl-C, then a drain, then the end."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from aiohttp import web

from observability.logging import logger
from server.app import DESK, HEALTH, WORKER, create_app
from server.reload import watch
from server.settings import BadSettings, Settings
from server.wire import Runner

_log = logger(__name__)
_KEEP_ALIVE_SECONDS: Final = 15.0
_SHUTDOWN_SECONDS: Final = 20.0
_LINGERING_SECONDS: Final = 2.0
"""For so long the rest of a body that was refused is read and dropped, so that its sender sees why."""
_YOUNG_OBJECTS: Final = 20_000
"""So many new containers bring the garbage collector: a page of contacts makes hundreds, and holds no circle."""


async def serve(
    settings: Settings,
    started: Callable[[str], None] = lambda _: None,
    *,
    again: Callable[[], Settings] | None = None,
    public: bool = True,
) -> None:
    """Serves until a signal comes. Readiness fails first; after `drain_seconds` nothing new is taken, and what runs may end.

    Jobs are not begun any more from the signal on; what runs of them may end, or is handed back before the database closes.
    `again` reads the settings anew, for keys that change meanwhile. Without `public` it listens for probes and metrics alone.

    A second signal cuts the drain short.
    Raises BadSettings where it cannot listen.
    """
    stop, hurry = asyncio.Event(), asyncio.Event()

    def told() -> None:
        (hurry if stop.is_set() else stop).set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told)
    app = create_app(settings)
    # aiohttp would inflate even the bodies that are refused, so it does not; nothing here takes a compressed one.
    runner = Runner(
        app,
        access_log=None,
        keepalive_timeout=_KEEP_ALIVE_SECONDS,
        auto_decompress=False,
        handler_cancellation=True,  # who hangs up stops what was done for them
        handle_signals=False,
        shutdown_timeout=_SHUTDOWN_SECONDS,
        lingering_time=_LINGERING_SECONDS,
    )
    inner = Runner(_metrics(app), access_log=None, handle_signals=False, shutdown_timeout=_SHUTDOWN_SECONDS)
    try:
        await runner.setup()
        if public:
            await _listen(runner, "HOST, PORT", settings.host, settings.port)
        if settings.metrics_port is not None:
            await inner.setup()
            await _listen(inner, "METRICS_PORT", settings.host, settings.metrics_port)
        _settle()
        if public:
            host, port = runner.addresses[0][:2]
            _log.info("serving", host=host, port=port, environment=settings.environment.value)
            started(f"http://{host}:{port}")
        else:
            _log.info("working", environment=settings.environment.value)
        watching = asyncio.create_task(watch(again, app[DESK])) if again else None
        await stop.wait()
        if watching:
            watching.cancel()
        app[HEALTH].draining = True
        app[WORKER].stop()
        _log.info("draining", seconds=settings.drain_seconds)
        with suppress(TimeoutError):
            await asyncio.wait_for(hurry.wait(), settings.drain_seconds)
    finally:
        await runner.cleanup()
        await inner.cleanup()
        _log.info("stopped")


def _settle() -> None:
    """Keeps the garbage collector from walking through all that was made for good, over and over."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)


def _metrics(app: web.Application) -> web.Application:
    """Metrics and the probes, for a port of their own, which the public does not reach."""
    inner = web.Application()
    inner.add_routes(app[HEALTH].routes())
    inner.router.add_get("/metrics", app[HEALTH].expose)
    return inner


async def _listen(runner: web.AppRunner, names: str, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise BadSettings(f"{names}: cannot listen on {host}:{port}: {_said(error)}") from error


def _said(error: OSError) -> str:
    """What the system says, without the address that asyncio repeats."""
    return os.strerror(error.errno) if error.errno else str(error)
