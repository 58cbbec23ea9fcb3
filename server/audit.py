"""The command of whoever checks the audit logs: `python -m server audit verify`, over DATABASE_URL."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from models.errors import InvalidInput
from observability import logging
from resolvers import seals
from resolvers.seals import Heads, Verdict
from server.database import opened
from server.settings import Console, load

audit = typer.Typer(no_args_is_help=True, help="Checks the audit logs of the tenants.")


@audit.callback()
def _group() -> None:
    """A group, although it has one command."""


@audit.command()
def verify(
    tenant: Annotated[str | None, typer.Option(help="The slug of one tenant; all of them without it.")] = None,
    heads: Annotated[
        Path | None, typer.Option(help="Lines of the server's log: each `audit head` in them must be in its chain.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for scripts.")] = False,
) -> None:
    """Walks each audit log's chain of seals; fails with exit code 1 where anything was changed, removed, inserted or re-ordered.

    That the end was cut off, or that whoever owns the database wrote all of it anew, is found by heads that were logged elsewhere.
    """
    logged = {} if heads is None else _heads(heads)
    verdicts = asyncio.run(_verified(load(os.environ, Console), tenant, logged))
    sound = all(verdict.fault is None for verdict in verdicts)
    if as_json:
        typer.echo(json.dumps({"sound": sound, "tenants": [_shape(verdict) for verdict in verdicts]}))
    else:
        typer.echo("\n".join(map(_line, verdicts)) or "There are no tenants.")
    if not sound:
        raise typer.Exit(1)


async def _verified(settings: Console, slug: str | None, heads: Heads) -> list[Verdict]:
    logging.configure("ERROR", stream=sys.stderr)
    dsn = settings.database_url.get_secret_value()
    async with opened(dsn, settings.vault(), pool=1, statement_timeout_ms=settings.statement_timeout_ms):
        return await seals.verify(slug, heads, _progress)


def _progress(slug: str, walked: int, last: int) -> None:
    if walked < last:
        typer.echo(f"{slug}: {walked} of {last}", err=True)


def _heads(file: Path) -> Heads:
    """The heads among the lines of a log. Refuses with InvalidInput what it cannot read, and a file without any."""
    found: dict[UUID, dict[int, set[bytes]]] = defaultdict(lambda: defaultdict(set))
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if f'"{seals.HEAD}"' in line:
                    _add(found, line, f"{file}:{number}")
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(f"{file} cannot be read.") from None
    if not found:
        raise InvalidInput(f"{file} holds no line of an {seals.HEAD}.")
    return found


def _add(found: dict[UUID, dict[int, set[bytes]]], line: str, place: str) -> None:
    try:
        told = json.loads(line)
        tenant, number, seal = UUID(hex=told["tenant"]), told["number"], bytes.fromhex(told["seal"].replace(":", ""))
        if told["event"] != seals.HEAD or type(number) is not int or number < 1 or len(seal) != 32:
            raise ValueError
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InvalidInput(f"{place} is no line of an {seals.HEAD} as the server logs it.") from None
    found[tenant][number].add(seal)


def _shape(verdict: Verdict) -> dict[str, object]:
    fault = verdict.fault
    return {
        "tenant": verdict.tenant,
        "sealed": verdict.sealed,
        "unsealed": verdict.unsealed,
        "fault": fault and {"what": fault.what, "number": fault.number, "entry": fault.entry and f"auditentry_{fault.entry.hex}"},
    }


def _line(verdict: Verdict) -> str:
    told = f"{verdict.tenant}: {verdict.sealed} sealed, {verdict.unsealed} not yet"
    fault = verdict.fault
    if fault is None:
        return f"{told}, sound"
    where = [f"number {fault.number}"] if fault.number is not None else []
    where += [f"auditentry_{fault.entry.hex}"] if fault.entry is not None else []
    return f"{told}; {', '.join([*where, fault.what])}"
