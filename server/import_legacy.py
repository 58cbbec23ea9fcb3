"""`python -m server import-legacy`: moves the old service's database into a tenant, and reports row by row what stayed behind."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TextIO

import typer

from models import legacy_source
from models.errors import InvalidInput
from models.legacy_rows import Decisions, Fault
from models.values import ImportKind
from observability import logging
from resolvers import moving
from resolvers.moving import Order, Tally
from server.database import opened
from server.settings import Console, load

_SHOWN: Final = 10
_BATCH_MS: Final = 60_000
"""What a statement of ours may take: some hundred rows, with their indexes, on a busy machine."""


class Invalid(StrEnum):
    """What becomes of rows that break a rule."""

    skip = "skip"
    keep = "keep"


class _Report:
    """Every fault as a JSON line where a file is given, and counted for the terminal; ids and reasons, nothing of people's."""

    def __init__(self, file: TextIO | None) -> None:
        self._file = file
        self._ids: dict[tuple[str, str, bool], list[int]] = {}
        self._counted: Counter[tuple[str, str, bool]] = Counter()

    def tell(self, kind: ImportKind, number: int, fault: Fault, here: bool) -> None:
        """A fault of one row; whether the row is here all the same."""
        key = (kind.lower(), fault.reason, here)
        self._counted[key] += 1
        if len(ids := self._ids.setdefault(key, [])) < _SHOWN:
            ids.append(number)
        if self._file is not None:
            line = {"kind": key[0], "id": number, "here": here, "reason": fault.reason, "field": fault.field}
            self._file.write(json.dumps(line | {"message": fault.message, "others": fault.others}) + "\n")

    def lines(self) -> Iterable[str]:
        """A line for each reason, with the first ids."""
        for key, count in sorted(self._counted.items()):
            kind, reason, here = key
            ids = ", ".join(map(str, self._ids[key])) + (", …" if count > _SHOWN else "")
            yield f"{kind} {'here, but' if here else 'left:'} {reason}, {count}: {ids}"


def import_legacy(
    old_database_url: Annotated[
        str,
        typer.Argument(
            envvar="OLD_DATABASE_URL",
            show_default=False,
            help="postgresql://… of the old database. Other people see a command line: give a password by the environment.",
        ),
    ],
    tenant: Annotated[str, typer.Option(help="The slug of the tenant to move into.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Find out what would be done, and write nothing.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write what stayed behind, and why, to this file: JSON lines.")] = None,
    decisions: Annotated[Path | None, typer.Option(help="A JSON file: by old id, other values for a row, or skip.")] = None,
    on_invalid: Annotated[
        Invalid, typer.Option(help="Rows that break a rule: skip leaves them, keep puts what does not fit into the notes.")
    ] = Invalid.skip,
    owner: Annotated[str | None, typer.Option(help="The username of the old user who becomes an owner.")] = None,
) -> None:
    """Moves users, contacts and the login history of the old service's database into a tenant; again, where it was stopped."""
    settings = load(os.environ, Console)
    logging.configure("ERROR", stream=sys.stderr)
    order = Order(_decided(decisions), keep=on_invalid is Invalid.keep, owner=owner, dry=dry_run)
    with ExitStack() as stack:
        told = _Report(None if report is None else stack.enter_context(_writable(report)))
        counts = asyncio.run(_move(settings, old_database_url, tenant, order, told))
    typer.echo(f"{'':10}{'taken' if not dry_run else 'to take':>10}{'before':>10}{'left':>10}{'noted':>10}")
    for kind, tally in counts.items():
        typer.echo(f"{kind.lower() + 's':10}{tally.taken:>10}{tally.before:>10}{tally.left:>10}{tally.noted:>10}")
    for line in told.lines():
        typer.echo(line)
    if report is not None:
        typer.echo(f"Row by row: {report}")


async def _move(settings: Console, old_url: str, tenant: str, order: Order, told: _Report) -> dict[ImportKind, Tally]:
    ours = settings.database_url.get_secret_value()
    async with opened(ours, settings.vault(), pool=1, statement_timeout_ms=_BATCH_MS), legacy_source.opened(old_url) as old:
        rows = sum([await old.count(kind) for kind in ImportKind])
        with typer.progressbar(length=rows, label="Moving", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
            step: Callable[[int], None] = bar.update
            return await moving.move(old, tenant, order, told.tell, step)


def _decided(file: Path | None) -> Decisions:
    if file is None:
        return Decisions()
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(f"{file} cannot be read.") from None
    return Decisions.parse(text)


def _writable(file: Path) -> TextIO:
    """Open for its owner alone."""
    try:
        return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8")
    except OSError:
        raise InvalidInput(f"{file} cannot be written.") from None
