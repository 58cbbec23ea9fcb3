"""Runs the application until it is told to stop: SIGTERM or Ctrl-C, then a drain, then the end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from aiohttp import web

from observability.logging import logger, output
from server import startup
from server.app import HEALTH, PLACES, TAKES, WORKER, create_app
from server.garbage import settle
from server.reload import watch
from server.settings import BadSettings, Settings
from server.wire import Runner

_log = logger(__name__)
FORCED: Final = 70
"""The exit code of a process that had to be cut off since its end took too long."""
_KEEP_ALIVE_SECONDS: Final = 15.0
_RUNNING_SECONDS: Final = 10.0
"""For so long requests that are being answered may go on once nothing listens any more."""
_CUT_SECONDS: Final = 1.0
"""How long what is cut off then may take to close what it has open."""
_END_SECONDS: Final = 24.0
"""How long all of the end may take after the drain, jobs and traces too; with the drain of production less than half a minute."""
_LINGERING_SECONDS: Final = 2.0
"""For so long the rest of a body that was refused is read and dropped, so that its sender sees why."""
_UNREAD_MILLISECONDS: Final = 30_000
"""For so long a client may leave what it was sent unread; then the system closes the connection."""
_BACKLOG: Final = 1_024
"""Connections that wait to be taken, at the most; a crowd that finds no room there tries again a second later."""
_TAKEN: Final = 64
"""So many of them are taken in one round of the event loop. uvloop takes one for each listener, and the rounds of a busy process
are long: a probe would wait for all who came before it."""


async def serve(
    settings: Settings,
    started: Callable[[str], None] = lambda _: None,
    *,
    again: Callable[[], Settings] | None = None,
    public: bool = True,
) -> None:
    """Serves until a signal comes. Nothing listens before it can serve (`startup.awaited`); later losses do not end it.

    From the signal on readiness fails, each answer is the last of its connection, and no job is begun. After the drain nothing new
    is taken; what runs may end, or is cut off, and jobs are handed back before the database closes. A second signal cuts all that
    short. Where the end takes longer than it may, the process ends with FORCED. `again` reads the settings anew, for those
    that change meanwhile. Without `public` it listens for probes and metrics alone.

    Raises BadDatabase where it cannot serve, BadSettings where it cannot listen.
    """
    app = create_app(settings)
    stop, hurry = asyncio.Event(), asyncio.Event()

    def told() -> None:
        if stop.is_set():
            hurry.set()
            app[WORKER].hurry()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told)
    await startup.awaited(settings, app[HEALTH], stop)
    if stop.is_set():
        return
    # aiohttp would inflate even the bodies that are refused, so it does not; nothing here takes a compressed one.
    runner = Runner(
        app,
        app[PLACES],
        access_log=None,
        keepalive_timeout=_KEEP_ALIVE_SECONDS,
        auto_decompress=False,
        handler_cancellation=True,  # who hangs up stops what was done for them
        handle_signals=False,
        shutdown_timeout=_CUT_SECONDS,
        lingering_time=_LINGERING_SECONDS,
    )
    inner = Runner(_metrics(app), access_log=None, handle_signals=False, shutdown_timeout=_CUT_SECONDS)
    try:
        await runner.setup()
        if public:
            await _listen(runner, "HOST, PORT", settings.host, settings.port)
        if settings.metrics_port is not None:
            await inner.setup()
            await _listen(inner, "METRICS_PORT", settings.host, settings.metrics_port)
        settle()
        if public:
            host, port = runner.addresses[0][:2]
            _log.info("serving", host=host, port=port, environment=settings.environment.value)
            started(f"http://{host}:{port}")
        else:
            _log.info("working", environment=settings.environment.value)
        watching = asyncio.create_task(watch(settings, again, app[TAKES])) if again else None
        await stop.wait()
        if watching:
            watching.cancel()
        app[HEALTH].draining = True
        app[WORKER].stop()
        runner.drain()
        _log.info("draining", seconds=settings.draining_seconds)
        await _passed(settings.draining_seconds, hurry)
    finally:
        with _forced(_END_SECONDS):
            await _answered(runner, hurry)
            await runner.cleanup()
            await inner.cleanup()
            _log.info("stopped")


async def _answered(runner: Runner, hurry: asyncio.Event) -> None:
    """Takes no connection more, and returns when nobody waits for an answer, somebody hurries, or it has taken too long."""
    for site in runner.sites:
        await site.stop()
    with suppress(TimeoutError):
        async with asyncio.timeout(_RUNNING_SECONDS):
            while runner.answering and not hurry.is_set():
                await _passed(0.05, hurry)


async def _passed(seconds: float, hurry: asyncio.Event) -> None:
    """Returns after so many seconds, or when somebody hurries."""
    with suppress(TimeoutError):
        await asyncio.wait_for(hurry.wait(), seconds)


@contextmanager
def _forced(seconds: float) -> Iterator[None]:
    """Ends the process where the block takes longer: by a thread, since it may be the loop that hangs."""
    timer = threading.Timer(seconds, _end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _end() -> None:
    _log.error("cut off, since the end took too long", code=FORCED)
    output.last()
    os._exit(FORCED)


def _metrics(app: web.Application) -> web.Application:
    """Metrics and the probes, for a port of their own, which the public does not reach."""
    inner = web.Application()
    inner.add_routes(app[HEALTH].routes())
    inner.router.add_get("/metrics", app[HEALTH].expose)
    return inner


async def _listen(runner: web.AppRunner, names: str, host: str, port: int) -> None:
    try:
        site = web.TCPSite(runner, host, port, backlog=_BACKLOG)
        await site.start()
    except OSError as error:
        raise BadSettings(f"{names}: cannot listen on {host}:{port}: {_said(error)}") from error
    for taken in list(site._server.sockets):  # type: ignore[union-attr]
        for _ in range(_TAKEN - 1):
            same = socket.socket(fileno=os.dup(taken.fileno()))
            await web.SockSite(runner, same, backlog=_BACKLOG).start()
    if sys.platform == "linux":  # connections inherit it
        for taken in site._server.sockets:  # type: ignore[union-attr]
            taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MILLISECONDS)


def _said(error: OSError) -> str:
    """What the system says, without the address that asyncio repeats."""
    return os.strerror(error.errno) if error.errno else str(error)
