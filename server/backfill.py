"""The commands of whoever brings rows into a new form: `python -m server backfill …`, over DATABASE_URL."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable
from typing import Annotated, TypeVar

import typer

from models.values import Row
from observability import logging
from resolvers import backfills
from server.database import opened
from server.settings import Console, load

T = TypeVar("T")
Name = Annotated[str, typer.Argument(help="As `backfill list` has it.", show_default=False)]

backfill = typer.Typer(no_args_is_help=True, help="Brings rows that are there into a new form, while the service goes on.")


@backfill.command("list")
def list_backfills() -> None:
    """What can be started, and how far each has come."""
    for name, row in _run(backfills.every()).items():
        typer.echo(f"{name}: {'never started' if row is None else _so_far(row)}\n    {backfills.BACKFILLS[name].what}")


@backfill.command()
def start(
    name: Name, per_second: Annotated[int, typer.Option(help="Rows that it goes through in a second, at the most.")] = 200
) -> None:
    """Lets `serve` or `work` do it: on from where it was paused, or from the beginning where it is done. May change its pace."""
    _run(backfills.start(name, per_second))
    typer.echo(f"{name} runs, within a quarter of a minute, wherever jobs run.")


@backfill.command()
def pause(name: Name) -> None:
    """Stops it after its batch; `start` goes on there."""
    _run(backfills.pause(name))
    typer.echo(f"{name} is paused.")


def _so_far(row: Row) -> str:
    return (
        f"{row['status'].lower()}, {row['changed']:,} of {row['looked']:,} rows changed, {row['per_second']:,} a second at the most"
    )


def _run(act: Awaitable[T]) -> T:
    settings = load(os.environ, Console)
    logging.configure("ERROR", stream=sys.stderr)

    async def inside() -> T:
        dsn, timeout = settings.database_url.get_secret_value(), settings.statement_timeout_ms
        async with opened(dsn, settings.vault(), pool=1, statement_timeout_ms=timeout):
            return await act

    return asyncio.run(inside())
