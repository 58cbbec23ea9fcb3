"""What logs, metrics and traces cost: one server switches them on and off under load, many times a second.

`python -m bench.watching [WORK,…] [SECONDS] [ROUNDS]` prints for each work µs of CPU of the event loop's thread for a request, and
off/on. Turns of one process lie so close together that what else the machine does falls on both alike.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from bench.__main__ import DATA, _hall
from bench.documents import CREATE, MAIN, VIEWER, Work
from bench.load import _wrk, prepared
from bench.processes import Process, free_port, ready, start
from bench.rounds import REQUESTS, Hall
from bench.seed import sweep
from bench.servers import OURS
from observability import logging
from observability.metrics import Metrics
from observability.tracing import Tracing
from server import app, serve
from server.__main__ import main

_TURN_SECONDS: Final = 0.06
_OUT: Final = "BENCH_WATCHING"
_MARKED: Final = (Metrics, ("observe", "took")), (Tracing, ("request",)), (logging.output, ("level",))


class Turns:
    """Counts, in the server itself, what each state costs; SIGUSR1 writes the figures and begins anew."""

    def __init__(self) -> None:
        self._requests = 0
        self._used = {state: [0.0, 0] for state in ("on", "off")}

    def count(self, view: Any) -> Any:
        """A handler that counts."""

        async def handle(*given: Any) -> web.StreamResponse:
            self._requests += 1
            answer: web.StreamResponse = await view(*given)
            return answer

        return handle

    async def take(self) -> None:
        """Switches to and fro until the server ends."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._write)
        on = {(kind, name): getattr(kind, name) for kind, names in _MARKED for name in names}
        unsampled = Tracing(None, 0.0)
        off: dict[Any, Any] = dict.fromkeys(on, lambda *_: None)
        off[logging.output, "level"] = 40
        off[Tracing, "request"] = lambda _, *given: on[Tracing, "request"](unsampled, *given)
        while True:
            for state, switched in random.sample([("on", on), ("off", off)], 2):
                for (kind, name), function in switched.items():
                    setattr(kind, name, function)
                cpu, requests = time.thread_time(), self._requests
                await asyncio.sleep(_TURN_SECONDS)
                self._used[state][0] += time.thread_time() - cpu
                self._used[state][1] += self._requests - requests

    def _write(self) -> None:
        Path(os.environ[_OUT]).write_text(json.dumps(self._used))
        self._used = {state: [0.0, 0] for state in self._used}


def _serve() -> None:
    turns = Turns()
    app.View.handle = turns.count(app.View.handle)  # type: ignore[method-assign]
    create, tasks = serve.create_app, []

    def made(*given: Any) -> web.Application:
        server = create(*given)

        async def begin(_: web.Application) -> None:
            tasks.append(asyncio.create_task(turns.take()))

        server.on_startup.append(begin)
        return server

    serve.create_app = made
    main(["serve"])


def _told(process: Process, out: Path) -> dict[str, list[float]]:
    out.unlink(missing_ok=True)
    os.kill(process.popen.pid, signal.SIGUSR1)
    while not out.exists() or not out.read_text():
        time.sleep(0.02)
    figures: dict[str, list[float]] = json.loads(out.read_text())
    return figures


def _compare(hall: Hall, works: list[Work]) -> None:
    port, out = free_port(), hall.folder / "turns"
    environ = OURS.settings(hall.world, port, hall.collector) | {_OUT: str(out)}
    process = start("ours", [sys.executable, "-m", "bench.watching", "serve"], environ, port, hall.folder / "ours.log")
    try:
        ready(process, VIEWER.body(random.Random(0), hall.world.tenants[0]), hall.world.tenants[0])
        for work in works:
            path = prepared(work, hall.world.tenants, REQUESTS, 1, hall.folder / work.name)
            ratios, costs = [], []
            for number in range(hall.rounds + 1):  # one to warm up
                _told(process, out)
                _wrk(process, path, hall.seconds).communicate()
                on, off = (used / max(count, 1) * 1e6 for used, count in _told(process, out).values())
                if number:
                    ratios.append(off / on)
                    costs.append((on, off))
            on, off = (sum(column) / len(column) for column in zip(*costs, strict=True))
            print(
                f"{work.name} on {on:.0f} off {off:.0f} off/on {off / on:.3f} by round {min(ratios):.2f} to {max(ratios):.2f}",
                flush=True,
            )
            if work is CREATE:
                asyncio.run(sweep(hall.world.admin))
    finally:
        process.stop()


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        _serve()
    else:
        names, seconds, rounds = [*sys.argv[1:], *("Q1,Q2,Q3,Q4,M1", "4", "6")[len(sys.argv) - 1 :]]
        with _hall(DATA, int(seconds), int(rounds), tenants=20) as hall_:
            _compare(hall_, [work for work in MAIN if work.name in names.split(",")])
