"""The command line: `python -m bench`, and `python -m bench --smoke` for the gate."""

from __future__ import annotations

import asyncio
import shlex
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from bench import gate, load, peers, report
from bench.processes import Failed
from bench.rounds import Hall
from bench.sections import BIG, DEEP, SECTIONS, SMOKE, sections, seen
from bench.seed import TENANTS, seeded
from bench.sink import listening
from server.binaries import NoPostgres, PostgresFailed
from server.database import ROOT, BadDatabase
from server.embedded import embedded

DATA = ROOT / ".data" / "bench"
command = typer.Typer(pretty_exceptions_enable=False)


@contextmanager
def _hall(data: Path, seconds: int, rounds: int, big: Sequence[int] = (), tenants: int = TENANTS) -> Iterator[Hall]:
    with (
        tempfile.TemporaryDirectory(prefix="address-book-bench-") as folder,
        listening() as collector,
        embedded(data, durable=False) as cluster,
    ):
        postmaster = int((cluster.data / "cluster" / "postmaster.pid").read_text().partition("\n")[0])
        world = asyncio.run(seeded(cluster.admin_dsn, big, tenants))
        yield Hall(world, postmaster, Path(folder), collector, seconds, rounds)


@command.command()
def main(
    part: Annotated[str, typer.Option(help=f"Of {', '.join(one.name for one in SECTIONS)}; some with commas, or all.")] = "main",
    only: Annotated[str, typer.Option(help="Servers, by their names with commas between; else all of the part.")] = "",
    work: Annotated[str, typer.Option(help="Q1, Q2, Q3, Q4, M1, with commas between; else all of the part.")] = "",
    rounds: Annotated[int, typer.Option(help="How many rounds, after one to warm up.")] = 5,
    seconds: Annotated[int, typer.Option(help="How long each of them is.")] = 4,
    processes: Annotated[int | None, typer.Option(help="Processes of each server; else the part's.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write bench/results.md and bench/results.svg.")] = False,
    smoke: Annotated[bool, typer.Option("--smoke", help="Only the gate, within a minute.")] = False,
    data: Annotated[Path, typer.Option(help="Where the bench's database is kept.")] = DATA,
) -> None:
    """Loads the servers in turn, and prints how they compare."""
    load.tool()
    if smoke:
        _smoke(data)
        return
    parts = list(SECTIONS) if part == "all" else sections(_names(part))
    if not only:
        for missing in peers.install():
            print(f"Left out: {missing}", file=sys.stderr)
    found = []
    with _hall(data, seconds, rounds, BIG if DEEP in parts else ()) as hall:
        for one in parts:
            found.append(seen(hall, one, _names(only), _names(work), processes))
            print(report.section(found[-1]), flush=True)
    if write:
        report.write(found, f"python -m bench {shlex.join(sys.argv[1:])}")


def _smoke(data: Path) -> None:
    with _hall(data, gate.SECONDS, gate.ROUNDS, tenants=gate.TENANTS) as hall:
        found = seen(hall, SMOKE)
    print(report.section(found))
    if failures := gate.failures(found.runners):
        raise Failed("\n".join(failures))


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _told(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _told)
    try:
        command()
    except (Failed, BadDatabase, NoPostgres, PostgresFailed) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
