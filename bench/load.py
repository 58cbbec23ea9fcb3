"""One round of load on one server by wrk, with its answers looked at meanwhile."""

from __future__ import annotations

import random
import shutil
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

import orjson

from bench import processes
from bench.dialects import PLAIN, Dialect
from bench.documents import Work, comparable
from bench.processes import Failed, Process
from bench.seed import Tenant

CONNECTIONS: Final = 16
"""Of each wrk; there is one for each process of a server."""
SCRIPT: Final = Path(__file__).with_name("wrk.lua")
_SAMPLE_SECONDS: Final = 0.1


@dataclass(frozen=True)
class Sample:
    """A request whose answer is known."""

    body: bytes
    tenant: Tenant
    answer: Any


@dataclass(frozen=True)
class Round:
    """What one round showed. Times in milliseconds, CPU in microseconds a request."""

    rate: float
    cpu: float
    postgres: float
    p50: float
    p99: float


def prepared(work: Work, tenants: Sequence[Tenant], count: int, seed: int, path: Path, dialect: Dialect = PLAIN) -> Path:
    """Writes `count` requests, each of a random tenant, in the form that the script reads."""
    dice = random.Random(seed)
    with path.open("wb") as file:
        for _ in range(count):
            request = framed(work, dice, dice.choice(tenants), dialect)
            file.write(b"%d\n" % len(request) + request)
    return path


def framed(work: Work, dice: random.Random, tenant: Tenant, dialect: Dialect = PLAIN) -> bytes:
    """One whole request of a tenant's user, as it is sent."""
    body = dialect.asked(work.body(dice, tenant), tenant)
    head = (
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Accept: application/graphql-response+json, application/json\r\n"
        f"Authorization: Bearer {tenant.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def round_of(server: Sequence[Process], requests: Path, seconds: int, samples: Sequence[Sample], postmaster: int) -> Round:
    """Loads each process of a server for so long, all at once. Raises Failed where a single answer was wrong."""
    before, backends = sum(process.cpu() for process in server), processes.cpus(postmaster)
    over, faults, sampled = threading.Event(), list[str](), list[int]()
    watcher = threading.Thread(target=_watch, args=(server, samples, over, faults, sampled))
    loads = [_wrk(process, requests, seconds) for process in server]
    watcher.start()
    try:
        said = [load.communicate(timeout=seconds + 30)[0] for load in loads]
    finally:
        over.set()
        watcher.join()
        for load in loads:
            if load.poll() is None:
                load.kill()
                load.wait()
    name = server[0].name
    if faults:
        raise Failed(f"{name}: {faults[0]}")
    results = [orjson.loads(one.strip().splitlines()[-1]) for one in said]
    if any(result["failed"] for result in results):
        raise Failed(f"{name}: {sum(result['failed'] for result in results)} requests failed under load")
    answered = sum(result["requests"] for result in results)
    # What was under way at the end was worked on, too.
    worked = answered + len(sampled) + CONNECTIONS * len(server)
    return Round(
        rate=sum(result["requests"] / result["seconds"] for result in results),
        cpu=(sum(process.cpu() for process in server) - before) / worked * 1e6,
        postgres=sum(used - backends.get(pid, 0.0) for pid, used in processes.cpus(postmaster).items()) / worked * 1e6,
        p50=max(result["p50"] for result in results),
        p99=max(result["p99"] for result in results),
    )


def tool() -> str:
    """Where wrk is. Raises Failed where it is not."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise Failed("The load comes from wrk. To install it: apt-get install wrk")
    return wrk


def _wrk(process: Process, requests: Path, seconds: int) -> subprocess.Popen[bytes]:
    command = [tool(), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", str(SCRIPT)]
    address = f"http://127.0.0.1:{process.port}/graphql"
    return subprocess.Popen([*command, address, "--", str(requests)], stdout=subprocess.PIPE, start_new_session=True)


def _watch(
    server: Sequence[Process], samples: Sequence[Sample], over: threading.Event, faults: list[str], sampled: list[int]
) -> None:
    """Compares an answer now and then, until it is over."""
    turn = 0
    while not over.wait(_SAMPLE_SECONDS):
        sample, process = samples[turn % len(samples)], server[turn % len(server)]
        turn += 1
        try:
            fault = checked(process, sample)
        except (OSError, HTTPException) as error:
            fault = f"no answer: {error!r}"
        sampled.append(turn)
        if fault:
            faults.append(fault)
            return


def checked(process: Process, sample: Sample) -> str | None:
    """What is wrong with its answer, or None."""
    status, said = process.ask(sample.body, sample.tenant)
    if status != 200:
        return f"status {status}: {said[:300]!r}"
    try:
        found = comparable(said, process.dialect)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return f"{error}: {said[:300]!r}"
    return None if found == sample.answer else f"another answer: {_difference(found, sample.answer)}"


def _difference(found: Any, wanted: Any, path: str = "data") -> str:
    """Where two answers part."""
    if isinstance(found, dict) and isinstance(wanted, dict) and found.keys() == wanted.keys():
        return next(_difference(found[k], wanted[k], f"{path}.{k}") for k in found if found[k] != wanted[k])
    if isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        return next(_difference(f, w, f"{path}.{n}") for n, (f, w) in enumerate(zip(found, wanted, strict=True)) if f != w)
    return f"{path} is {str(found)[:200]}, not {str(wanted)[:200]}"
