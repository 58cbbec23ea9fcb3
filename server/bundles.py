"""`tenant export`, `tenant import` and `tenant keys`: a tenant carried between services by an operator at the machine."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final, TypeVar

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from auth import signing
from auth.vault import Vault
from models.errors import InvalidInput
from observability import logging
from resolvers import bundles, transfer
from server.console import Slug
from server.database import opened
from server.settings import Console, Keyed, load

T = TypeVar("T")

BATCH_MS: Final = 60_000
"""What a statement of ours may take: a thousand rows, with their indexes, on a busy machine."""

File = Annotated[Path, typer.Argument(metavar="FILE", help="The bundle, a ZIP file.", show_default=False)]


def export_tenant(
    slug: Slug,
    file: File,
    with_passwords: Annotated[
        bool, typer.Option("--with-passwords", help="Take the hashes of passwords along: people sign in there as they do here.")
    ] = False,
) -> None:
    """Writes all that a tenant has, as it is at this moment, into a signed file."""

    async def act(vault: Vault) -> None:
        with _bar() as bar, fresh(file) as out:

            async def tell(rows: int, total: int) -> None:
                bar.length = total
                bar.update(rows - bar.pos)

            await transfer.export(slug, vault, out.write, tell, passwords=with_passwords)

    _run(act)
    typer.echo(f"{slug} is exported: {file}, {file.stat().st_size} bytes.")


def import_tenant(
    file: File,
    slug: Annotated[str | None, typer.Option("--as", help="Under this slug, in place of its own.", show_default=False)] = None,
    keys: Annotated[
        Path | None,
        typer.Option(help="The public keys of the service that it comes from, where that is another one.", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do all of it, and undo it.")] = False,
) -> None:
    """Makes a tenant of a bundle, after all of it was checked: all of it or nothing."""

    async def act(vault: Vault) -> None:
        with bundles.opened(file, [*signing.public_keys(vault), *_read(keys)]) as given:
            with _bar() as bar:
                bar.length = sum(given.counts.values())

                async def tell(rows: int) -> None:
                    bar.update(rows)

                made = await transfer.restore(given, slug, tell, dry=dry_run)
            for name, count in given.counts.items():
                typer.echo(f"{name:16}{count:>10}")
            done = f"{made['slug']} is as it was at {given.at}"
            typer.echo(f"Nothing was written: this was a dry run. Else {done}." if dry_run else f"{done}.")
            if not given.passwords:
                typer.echo("Passwords are not in it: people ask for a new one by mail, or you give it: user password.")

    _run(act)


def print_keys() -> None:
    """Prints the public keys that verify the bundles of this service, as PEM, that of the secret in use first."""
    typer.echo(signing.pem(load(os.environ, Keyed).vault()), nl=False)


def _run(act: Callable[[Vault], Awaitable[None]]) -> None:
    settings = load(os.environ, Console)
    logging.configure("ERROR", stream=sys.stderr)

    async def inside() -> None:
        vault = settings.vault()
        async with opened(settings.database_url.get_secret_value(), vault, pool=1, statement_timeout_ms=BATCH_MS):
            await act(vault)

    asyncio.run(inside())


def _bar() -> AbstractContextManager[Any]:
    return typer.progressbar(length=0, label="Rows", file=sys.stderr, hidden=not sys.stderr.isatty())


@contextmanager
def fresh(file: Path) -> Iterator[BinaryIO]:
    """A new file, readable by its owner alone, which is there in the end only if all of it is; into no file that was there before.

    Refuses with InvalidInput where it cannot be written.
    """
    part = file.with_name(f"{file.name}.part")
    try:
        if file.is_dir():
            raise IsADirectoryError
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError:
        raise InvalidInput(f"{file} cannot be written.") from None
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield out
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _read(keys: Path | None) -> list[Ed25519PublicKey]:
    if keys is None:
        return []
    try:
        return signing.parse(keys.read_bytes())
    except OSError:
        raise InvalidInput(f"{keys} cannot be read.") from None
    except ValueError:
        raise InvalidInput(f"{keys} does not hold Ed25519 public keys in PEM, as `tenant keys` prints them.") from None
