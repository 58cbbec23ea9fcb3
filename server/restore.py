"""`python -m server tenant restore`: brings one tenant's rows back from a database that was restored beside this one."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter, defaultdict
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import typer

from models import past
from models.errors import InvalidInput
from models.values import PastKind
from observability import logging
from resolvers import restoring
from resolvers.restoring import Finding, Order, Tally, Tell
from server.bundles import fresh
from server.console import Slug
from server.database import door_keys, opened
from server.settings import Console, load

_STDOUT: Final = Path("-")
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
    diff: Annotated[
        Path | None,
        typer.Option(
            help="With --dry-run: write each row that differs into this file, a JSON object a line; - for the terminal.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Brings back a tenant's rows as they were in a restored database: what is gone, and what was changed.

    What came since stays, and who was erased on request stays gone. A user comes back deactivated, as a VIEWER, without a password;
    users who are here stay as they are.
    """
    if diff is not None and not dry_run:
        raise InvalidInput("--diff goes with --dry-run.")
    settings = load(os.environ, Console)
    logging.configure("ERROR", stream=sys.stderr)
    order = Order(table or tuple(PastKind), only_missing=only_missing, dry=dry_run)
    left: Counter[tuple[PastKind, str]] = Counter()
    ids: dict[tuple[PastKind, str], list[str]] = defaultdict(list)
    with _opened(diff) as out:

        def tell(row: Finding) -> None:
            if row.left is not None:
                left[key := (row.table, row.left)] += 1
                ids[key] += [row.id.hex] if left[key] <= _SHOWN else []
            if out is not None:
                out.write(_line(row))

        counts = asyncio.run(_restore(settings, source, slug, order, tell))
    say = partial(typer.echo, err=diff == _STDOUT)  # what is on the terminal may be piped to who reads JSON
    say(f"{'':10}{'missing':>10}{'changed':>10}{'extra':>10}{'left':>10}")
    for kind, tally in counts.items():
        say(f"{kind:10}{tally.missing:>10}{tally.changed:>10}{tally.extra:>10}{tally.left:>10}")
    for (kind, why), count in sorted(left.items()):
        say(f"{kind} left: {why}, {count}: {', '.join(ids[kind, why])}{', …' if count > _SHOWN else ''}")
    written = sum(tally.written for tally in counts.values())
    say(f"{written} rows {'would be' if dry_run else 'are'} as they were.")


async def _restore(settings: Console, source: str, slug: str, order: Order, tell: Tell) -> dict[PastKind, Tally]:
    ours = settings.database_url.get_secret_value()
    vault = settings.vault()
    async with opened(ours, vault, pool=1, statement_timeout_ms=_BATCH_MS), past.opened(source) as then:
        return await restoring.restore(then, slug, vault, door_keys(vault), order, tell)


def _opened(diff: Path | None) -> AbstractContextManager[BinaryIO | None]:
    if diff is None:
        return nullcontext()
    return nullcontext(typer.get_binary_stream("stdout")) if diff == _STDOUT else fresh(diff)


def _line(row: Finding) -> bytes:
    told = row._asdict() | {"id": row.id.hex}
    line = json.dumps(told, ensure_ascii=False)
    # What people wrote may hold what a terminal would obey.
    return f"{line if line.isprintable() else json.dumps(told)}\n".encode()
