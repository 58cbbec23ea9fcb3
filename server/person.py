"""The commands for what a person asks of whoever keeps their data: `python -m server person find`, `export`, `erase`."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from auth.vault import Vault
from gql.nodes import NOBODY, parse_id
from models.errors import InvalidInput
from observability import logging
from resolvers import person as persons
from server.bundles import BATCH_MS, fresh
from server.database import opened
from server.settings import Console, load

T = TypeVar("T")

person = typer.Typer(
    no_args_is_help=True, help="Finds, hands over and erases what a tenant keeps of one person; each is on record."
)

_STDOUT: Final = Path("-")
Slug = Annotated[str, typer.Option("--tenant", help="The tenant's slug.", show_default=False)]
Email = Annotated[str | None, typer.Option(help="The person's e-mail address, in any spelling.", show_default=False)]
User = Annotated[str | None, typer.Option(help="Or a user, by id or username: whoever has their address.", show_default=False)]
Contact = Annotated[str | None, typer.Option(help="Or the id of a contact, for that contact alone.", show_default=False)]


@person.command()
def find(tenant: Slug, email: Email = None, user: User = None, contact: Contact = None) -> None:
    """How many rows of each table are the person's; and which contacts of others mention the address: look at those yourself."""
    named = _named(email, user, contact)
    found = run(lambda _: persons.find(tenant, named))
    _table(found.counts)
    typer.echo("".join(f"mentioned in {one}\n" for one in found.mentions), nl=False)
    if found.elsewhere is not None:
        typer.echo(f"Others have the address {found.elsewhere} too: look by --email.")


@person.command()
def export(
    tenant: Slug,
    email: Email = None,
    user: User = None,
    contact: Contact = None,
    out: Annotated[Path, typer.Option(help="The file to write; - for the terminal.")] = _STDOUT,
) -> None:
    """All that is kept of the person, as JSON, by table."""
    named = _named(email, user, contact)
    text = json.dumps(run(lambda _: persons.export(tenant, named)), indent=2, ensure_ascii=False, sort_keys=True)
    if out == _STDOUT:
        typer.echo(text)
        return
    with fresh(out) as file:
        file.write(f"{text}\n".encode())


@person.command()
def erase(
    tenant: Slug,
    email: Email = None,
    user: User = None,
    contact: Contact = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Removes all that is kept of the person, for good; the audit log keeps ids, which lead to nobody any more."""
    named = _named(email, user, contact)
    if not yes:
        typer.confirm(f"Erase {email or user or contact} from {tenant}, for good?", abort=True, err=True)
    _table(run(lambda vault: persons.erase(vault, tenant, named)))


def run(act: Callable[[Vault], Awaitable[T]]) -> T:
    """Does it with the database open, by the settings of the environment."""
    settings = load(os.environ, Console)
    logging.configure("ERROR", stream=sys.stderr)

    async def inside() -> T:
        vault = settings.vault()
        async with opened(settings.database_url.get_secret_value(), vault, pool=1, statement_timeout_ms=BATCH_MS):
            return await act(vault)

    return asyncio.run(inside())


def _named(email: str | None, user: str | None, contact: str | None) -> persons.Named:
    if [email, user, contact].count(None) != 2:
        raise InvalidInput("Name the person by one of --email, --user and --contact.")
    if contact is not None:
        return persons.Named(contact=parse_id("contact", contact) or NOBODY)
    return persons.Named(email) if user is None else persons.Named(user=parse_id("user", user) or user)


def _table(counts: dict[str, int]) -> None:
    for name, count in counts.items():
        typer.echo(f"{name}  {count}")
    typer.echo(f"{sum(counts.values())} rows.")
