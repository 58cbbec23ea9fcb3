"""The commands of an operator at the machine: `python -m server tenant …`, `user …`, `operator …`, over DATABASE_URL."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import Awaitable, Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, NamedTuple, TypeVar

import typer

from auth.desk import Mail
from auth.passwords import Hasher
from auth.vault import Vault
from models.errors import InvalidInput
from models.values import Role, Row, SignupPolicy
from observability import logging
from resolvers import console
from server.database import opened
from server.settings import Console, Settings, load

T = TypeVar("T")


class Signup(StrEnum):
    """Who may make an account in a tenant."""

    open = "open"
    invitation = "invitation"


tenant = typer.Typer(no_args_is_help=True, help="Makes, lists, suspends, resumes and deletes tenants; retention and legal hold.")
user = typer.Typer(
    no_args_is_help=True, help="Makes, lists, activates and deactivates users, sets their passwords, resets authenticators."
)
operator = typer.Typer(no_args_is_help=True, help="Says who operates the whole service: the API never does.")

_GENERATE: Final = typer.Option("--generate", help="Make the password, and print it this once.")
_FROM_FILE: Final = typer.Option("--password-file", help="Read the password from this file's first line.")
Slug = Annotated[str, typer.Argument(metavar="TENANT", help="The tenant's slug.", show_default=False)]
Username = Annotated[str, typer.Argument(help="Or the e-mail address.", show_default=False)]
Generate = Annotated[bool, _GENERATE]
PasswordFile = Annotated[Path | None, _FROM_FILE]


@tenant.command("create")
def create_tenant(
    slug: Annotated[str, typer.Argument(help="1 to 36 letters, digits, dashes or underscores.", show_default=False)],
    name: Annotated[str, typer.Argument(help="How it is called.", show_default=False)],
    signup: Annotated[Signup, typer.Option(help="Who may make an account.")] = Signup.invitation,
    owner_email: Annotated[
        str | None, typer.Option(help="Where the invitation of its first owner goes; wants the settings of `serve`.")
    ] = None,
) -> None:
    """Makes a tenant. Its first owner comes by an invitation, or by: user create."""
    letters = None if owner_email is None else _Letters.of(load(os.environ, Settings))
    made = _run(lambda _: console.add_tenant(slug, name, SignupPolicy(signup.value.upper()), owner_email, letters))
    typer.echo(f"{made['slug']} is made.")
    if letters is not None:
        typer.echo(f"The invitation goes to {owner_email} as soon as `serve` or `work` runs.")


@tenant.command("list")
def list_tenants() -> None:
    """All tenants: slug, status, who may sign up, name."""
    _table((t["slug"], t["status"], t["signup"], t["name"]) for t in _run(lambda _: console.tenants()))


@tenant.command("suspend")
def suspend_tenant(slug: Slug) -> None:
    """Ends the tenant's sessions, and refuses its people until it is resumed."""
    typer.echo(f"{_run(lambda _: console.suspend(slug))['slug']} is suspended.")


@tenant.command("resume")
def resume_tenant(slug: Slug) -> None:
    """Lets the tenant's people sign in again."""
    typer.echo(f"{_run(lambda _: console.resume(slug))['slug']} is active.")


@tenant.command("hold")
def hold_tenant(slug: Slug, off: Annotated[bool, typer.Option("--off", help="Lift it.")] = False) -> None:
    """Puts a tenant under legal hold: nothing of its data is removed by its age, and it is not deleted, until that is lifted."""
    held = _run(lambda _: console.hold(slug, on=not off))
    typer.echo(f"{held['slug']} is {'under legal hold' if held['legal_hold'] else 'under no legal hold'}.")


@tenant.command("retention")
def apply_retention(
    slug: Slug, dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count; nothing is removed.")] = False
) -> None:
    """Removes what the tenant has kept long enough, as `serve` and `work` do by themselves; how many rows of each kind."""
    removed = _run(lambda _: console.retention(slug, dry=dry_run))
    _table((kind, str(count)) for kind, count in removed.items())
    typer.echo(f"{sum(removed.values())} rows {'would be' if dry_run else 'were'} removed.")


@tenant.command("delete")
def delete_tenant(
    slug: Slug,
    confirm: Annotated[str, typer.Option(help="The slug once more.", show_default=False)],
    tell: Annotated[bool, typer.Option("--tell", help="Tell its owners by letter; wants the settings of `serve`.")] = False,
) -> None:
    """Lets a tenant be deleted in DELETION_DAYS; until then its people may read, and its owners, or `tenant resume`, keep it."""
    if confirm != slug:
        raise InvalidInput("--confirm is not the tenant's slug.")
    letters = _Letters.of(load(os.environ, Settings)) if tell else None
    leaving = _run(lambda desk: console.send_away(slug, desk.settings.deletion_days, letters))
    typer.echo(f"{leaving['slug']} is to be deleted at {leaving['deletion_at']:%Y-%m-%d %H:%M} UTC.")


@user.command("create")
def create_user(
    slug: Slug,
    username: Annotated[str, typer.Argument(show_default=False)],
    email: Annotated[str, typer.Argument(show_default=False)],
    role: Annotated[Role, typer.Option(help="What they may do.", case_sensitive=False)] = Role.EDITOR,
    generate: Generate = False,
    password_file: PasswordFile = None,
) -> None:
    """Makes a user, an owner too; asks for their password unless told where it comes from."""
    password = _password(generate, password_file)
    made = _run(
        lambda desk: console.add_user(
            desk.hasher, slug, username, email, password, role, password_length=desk.settings.password_min_length
        )
    )
    typer.echo(f"{made['username']} of {slug} is made, as {made['role']}.")
    _show(password, generate)


@user.command("list")
def list_users(slug: Slug) -> None:
    """The tenant's users: username, role, whether active, e-mail address."""
    found = _run(lambda _: console.users(slug))
    _table((u["username"], u["role"], "active" if u["active"] else "deactivated", u["email"]) for u in found)


@user.command("activate")
def activate_user(slug: Slug, username: Username) -> None:
    """Lets a user sign in again."""
    typer.echo(f"{_run(lambda _: console.activate(slug, username))['username']} of {slug} is active.")


@user.command("deactivate")
def deactivate_user(slug: Slug, username: Username) -> None:
    """Ends a user's sessions, and refuses them."""
    typer.echo(f"{_run(lambda _: console.deactivate(slug, username))['username']} of {slug} is deactivated.")


@user.command("password")
def set_password(slug: Slug, username: Username, generate: Generate = False, password_file: PasswordFile = None) -> None:
    """Gives a user a new password, and ends their sessions."""
    password = _password(generate, password_file)
    ended = _run(
        lambda desk: console.set_password(desk.hasher, slug, username, password, password_length=desk.settings.password_min_length)
    )
    typer.echo(f"{username} of {slug} has a new password; sessions ended: {ended}.")
    _show(password, generate)


@user.command("totp-reset")
def reset_totp(slug: Slug, username: Username) -> None:
    """Removes a lost authenticator and its recovery codes, and ends the user's sessions. Be sure who asks: no letter tells them."""
    ended = _run(lambda _: console.reset_totp(slug, username))
    typer.echo(f"{username} of {slug} has no authenticator any more; sessions ended: {ended}.")


@operator.command("add")
def add_operator(slug: Slug, username: Username) -> None:
    """Lets a user operate the whole service."""
    typer.echo(f"{_mark(slug, username, operator=True)['username']} of {slug} is an operator.")


@operator.command("remove")
def remove_operator(slug: Slug, username: Username) -> None:
    """Lets a user no longer operate the service; it bites at once."""
    typer.echo(f"{_mark(slug, username, operator=False)['username']} of {slug} is no operator.")


@operator.command("list")
def list_operators() -> None:
    """All operators: tenant, username, e-mail address."""
    _table((t["slug"], u["username"], u["email"]) for t, u in _run(lambda _: console.operators()))


def _mark(slug: str, username: str, *, operator: bool) -> Row:
    return _run(lambda _: console.mark_operator(slug, username, operator=operator))


class _Letters(NamedTuple):
    vault: Vault
    mail: Mail

    @classmethod
    def of(cls, settings: Settings) -> _Letters:
        return cls(settings.vault(), settings.mail or Mail.OFF)


class _Desk:
    def __init__(self, settings: Console) -> None:
        self.settings = settings
        self.hasher = Hasher(settings.bcrypt_cost, 1)


def _run(act: Callable[[_Desk], Awaitable[T]]) -> T:
    settings = load(os.environ, Console)
    logging.configure("ERROR", stream=sys.stderr)

    async def inside() -> T:
        desk = _Desk(settings)
        dsn, timeout = settings.database_url.get_secret_value(), settings.statement_timeout_ms
        async with opened(dsn, settings.vault(), pool=1, statement_timeout_ms=timeout):
            try:
                return await act(desk)
            finally:
                desk.hasher.close()

    return asyncio.run(inside())


def _password(generate: bool, file: Path | None) -> str:
    if generate and file is not None:
        raise InvalidInput("Use --generate or --password-file, not both.")
    if generate:
        return secrets.token_urlsafe(18)
    if file is None:
        given: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return given
    try:
        return file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(f"{file} cannot be read.") from None


def _show(password: str, generated: bool) -> None:
    if generated:
        typer.echo(f"Password, shown this once: {password}")


def _table(rows: Iterable[tuple[str, ...]]) -> None:
    """Columns as wide as they must be, for people and for `awk`."""
    held = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*held, strict=True)]
    for row in held:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
