"""`python -m server tenant restore`: brings one tenant's rows back from a database that was restored beside this one."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Annotated, Final
from uuid import UUID

import typer

from models import past
from models.values import PastKind
from observability import logging
from resolvers import restoring
from resolvers.restoring import Order, Tally, Tell
from server.console import Slug
from server.database import door_keys, opened
from server.settings import Console, load

_SHOWN: Final = 10
_BATCH_MS: Final = 60_000
"""What a statement of ours may take: some hundred rows, with their indexes, on a busy machine."""


def restore(
    slug: Slug,
    source: Annotated[
        str,
        typer.Option(
            "--from",
            envvar="RESTORED_DATABASE_URL",
            show_default=False,
            help="postgresql://… of the restored database, as address_book_app. Other people see a command line: give a password "
            "by the environment.",
        ),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Find out what would be done, and write nothing.")] = False,
    table: Annotated[list[PastKind] | None, typer.Option(help="Of these alone; may be given more than once.")] = None,
    only_missing: Annotated[
        bool, typer.Option("--only-missing", help="Bring back what is gone, and leave what was changed as it is now.")
    ] = False,
) -> None:
    """Brings back a tenant's rows as they were in a restored database: what is gone, and what was changed.

    What came since stays, and who was erased on request stays gone. A user comes back deactivated, as a VIEWER, without a password;
    users who are here stay as they are.
    """
    settings = load(os.environ, Console)
    logging.configure("ERROR", stream=sys.stderr)
    order = Order(table or tuple(PastKind), only_missing=only_missing, dry=dry_run)
    left: dict[tuple[PastKind, str], list[UUID]] = {}
    counts = asyncio.run(
        _restore(settings, source, slug, order, lambda kind, row, why: left.setdefault((kind, why), []).append(row))
    )
    typer.echo(f"{'':10}{'missing':>10}{'changed':>10}{'extra':>10}{'left':>10}")
    for kind, tally in counts.items():
        typer.echo(f"{kind:10}{tally.missing:>10}{tally.changed:>10}{tally.extra:>10}{tally.left:>10}")
    for (kind, why), rows in sorted(left.items()):
        ids = ", ".join(row.hex for row in rows[:_SHOWN]) + (", …" if len(rows) > _SHOWN else "")
        typer.echo(f"{kind} left: {why}, {len(rows)}: {ids}")
    written = sum(tally.written for tally in counts.values())
    typer.echo(f"{written} rows {'would be' if dry_run else 'are'} as they were.")


async def _restore(settings: Console, source: str, slug: str, order: Order, tell: Tell) -> dict[PastKind, Tally]:
    ours = settings.database_url.get_secret_value()
    vault = settings.vault()
    async with opened(ours, vault, pool=1, statement_timeout_ms=_BATCH_MS), past.opened(source) as then:
        return await restoring.restore(then, slug, vault, door_keys(vault), order, tell)
