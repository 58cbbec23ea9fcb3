"""`python -m server secrets`: what an operator does with the server's own secrets."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from typing import Annotated

import typer

from observability import logging
from resolvers import resealing
from resolvers.resealing import Outcome
from server.database import opened
from server.settings import Console, load

secrets = typer.Typer(no_args_is_help=True, help="The server's own secrets, SECRET_KEYS.")


@secrets.callback()
def _group() -> None:
    """Makes a group of the one command."""


@secrets.command()
def reseal(dry: Annotated[bool, typer.Option("--dry-run", help="Count, and change nothing.")] = False) -> None:
    """Seals the second factors anew that an older secret sealed, so that it can be dropped; while the service runs.

    Fails with exit code 1 where one can be read by none of them: its user has to enrol again.
    """
    found = asyncio.run(_resealed(load(os.environ, Console), dry=dry))
    told = "to be sealed anew" if dry else "sealed anew"
    typer.echo(f"{found['current']} current, {found['resealed']} {told}, {found['unreadable']} unreadable")
    if found["unreadable"]:
        raise typer.Exit(1)


async def _resealed(settings: Console, *, dry: bool) -> Counter[Outcome]:
    logging.configure("ERROR", stream=sys.stderr)
    vault, timeout = settings.vault(), settings.statement_timeout_ms
    async with opened(settings.database_url.get_secret_value(), vault, pool=1, statement_timeout_ms=timeout):
        return await resealing.reseal(vault, dry=dry)
