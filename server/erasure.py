"""What was erased on request, to be erased again after a restore: `python -m server erasure list` and `erasure repeat`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Annotated
from uuid import UUID

import typer

from auth.vault import Vault
from models.errors import InvalidInput
from resolvers import erasures
from resolvers.erasures import Erasure, Repeated
from server.person import run

erasure = typer.Typer(no_args_is_help=True, help="Erases again, after a restore, what was erased on request before it.")

_TENANT = "-"
"""Stands in a line where a person has a mark."""


@erasure.command("list")
def list_erasures() -> None:
    """Prints a line for each tenant that was deleted and each person who was erased: ids, moments and marks, no name."""
    for one in run(lambda _: erasures.listed()):
        typer.echo(f"{one.tenant} {one.at.isoformat()} {one.mark or _TENANT}")


@erasure.command()
def repeat(
    file: Annotated[typer.FileText, typer.Argument(metavar="FILE", help="What `list` printed; - for stdin.", show_default=False)],
) -> None:
    """Erases again what a list says, where it is there. What is refused is told, with exit code 1; then do it again."""
    given = [_read(number, line) for number, line in enumerate(file, 1) if line.strip()]
    done = run(lambda vault: _repeat(vault, given))
    for one in done:
        typer.echo(f"{one.slug} is deleted within minutes." if one.leaves else f"{one.slug}: {one.people} people, {one.rows} rows.")
        for message in one.refused:
            typer.echo(f"{one.slug}: {message}", err=True)
    if any(one.refused for one in done):
        raise typer.Exit(1)


async def _repeat(vault: Vault, given: Iterable[Erasure]) -> list[Repeated]:
    tenants = groupby(sorted(given, key=attrgetter("tenant")), key=attrgetter("tenant"))
    done = [await erasures.repeat(vault, tenant, list(these)) for tenant, these in tenants]
    return [one for one in done if one is not None]


def _read(number: int, line: str) -> Erasure:
    try:
        tenant, at, mark = line.split()
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or (mark != _TENANT and len(bytes.fromhex(mark)) != 32):
            raise ValueError
        return Erasure(UUID(tenant), moment, None if mark == _TENANT else mark)
    except ValueError:
        raise InvalidInput(f"Line {number} is none that `erasure list` prints.") from None
