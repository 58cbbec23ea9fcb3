"""What is left of deleted tenants, and the certificates of it: `python -m server deletion list`, `certificate`, `verify`."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer

from auth import certificates
from models.errors import InvalidInput, NotAllowed, NotFound
from models.values import Row
from observability import logging
from resolvers import deletion as deletions
from resolvers.seals import grouped
from server.database import opened
from server.settings import Console, Settings, load

deletion = typer.Typer(no_args_is_help=True, help="Certifies that a tenant was deleted, and checks such a certificate.")

_STDOUT = Path("-")


@deletion.command("list")
def list_deletions() -> None:
    """What is left of deleted tenants: id, SHA-256 of the slug, when it ended, how many rows went."""
    for stub in asyncio.run(_stubs(load(os.environ, Console))):
        ended = "under way" if stub["finished_at"] is None else _moment(stub["finished_at"])
        typer.echo(f"{stub['id']}  {stub['slug_digest'].hex()}  {ended}  {sum(json.loads(stub['removed']).values())}")


@deletion.command("certificate")
def certify(
    tenant: Annotated[UUID, typer.Argument(metavar="TENANT", help="The tenant's id, as `list` tells it.", show_default=False)],
    out: Annotated[Path, typer.Option(help="The file to write; - for the terminal.")] = _STDOUT,
) -> None:
    """Writes the certificate of a deletion, signed with the active key of JWT_KEYS; wants the settings of `serve`.

    Keep with it the public key (/.well-known/jwks.json): that is what it is checked with when the key has been replaced.
    """
    settings = load(os.environ, Settings)
    stub = next((one for one in asyncio.run(_stubs(settings)) if one["id"] == tenant), None)
    if stub is None:
        raise NotFound(f"No tenant {tenant} was deleted.", ("tenant",))
    if stub["finished_at"] is None:
        raise NotAllowed(f"The deletion of {tenant} is under way: there is a certificate once it has ended.", ("tenant",))
    text = certificates.signed(settings.keyring().keys[0], _claims(stub))
    if out == _STDOUT:
        typer.echo(text)
        return
    try:
        out.write_text(f"{text}\n", encoding="utf-8")
    except OSError:
        raise InvalidInput(f"{out} cannot be written.") from None


@deletion.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The certificate.", show_default=False)],
    keys: Annotated[Path, typer.Option(help="A JWK Set, as /.well-known/jwks.json serves it, or JWT_KEYS.", show_default=False)],
) -> None:
    """Checks a certificate, offline: neither a database nor a server is asked. Prints what it says, or fails with exit code 1."""
    claims, public = certificates.verified(_read(file).strip(), _read(keys))
    typer.echo(json.dumps(claims, indent=2, sort_keys=True))
    typer.echo(
        "The signature is right."
        if public
        else "The signature is right; but everybody who could check it could have written it, since its key is a shared secret."
    )


async def _stubs(settings: Console) -> list[Row]:
    logging.configure("ERROR", stream=sys.stderr)
    dsn = settings.database_url.get_secret_value()
    async with opened(dsn, settings.vault(), pool=1, statement_timeout_ms=settings.statement_timeout_ms):
        return await deletions.stubs()


def _claims(stub: Row) -> dict[str, Any]:
    return {
        "iss": "address-book",
        "iat": int(datetime.now(UTC).timestamp()),
        "jti": str(uuid4()),
        "sub": str(stub["id"]),
        "slug_sha256": stub["slug_digest"].hex(),
        "asked_for": _moment(stub["deletion_at"]),
        "began_at": _moment(stub["began_at"]),
        "finished_at": _moment(stub["finished_at"]),
        "removed_rows": json.loads(stub["removed"]),
        "audit_seals": stub["audit_number"],
        "audit_head": None if stub["audit_head"] is None else grouped(stub["audit_head"]),
    }


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(f"{file} cannot be read.") from None
