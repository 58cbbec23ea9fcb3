"""`make run`: one command from an empty clone to a usable server, with an embedded Postgres and a demo tenant."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from auth.vault import Vault
from server.database import ROOT, migrate, opened, prepare, with_database
from server.demo import PASSWORD, SLUG, plant
from server.embedded import embedded
from server.serve import serve
from server.settings import BadSettings, Common, Environment, Settings, load

_NAME: Final = "address_book"


def dev(environ: Mapping[str, str]) -> None:
    """Serves until Ctrl-C. Data lies in DATA_DIR, else in `.data` of the project; ADMIN_DATABASE_URL takes another Postgres.

    Raises BadSettings outside development: the demo's password is public.
    """
    if load(environ, Common).environment is not Environment.DEVELOPMENT:
        raise BadSettings("ENVIRONMENT: `dev` plants people whose password is public, so it runs in development alone")
    folder = Path(environ.get("DATA_DIR") or ROOT / ".data")
    folder.mkdir(parents=True, exist_ok=True)
    admin = environ.get("ADMIN_DATABASE_URL")
    if admin:
        asyncio.run(_run(admin, environ, folder))
        return
    binaries = environ.get("POSTGRES_BIN")
    with embedded(folder / "postgres", binaries=Path(binaries) if binaries else None) as cluster:
        asyncio.run(_run(cluster.admin_dsn, environ, folder))


async def _run(admin: str, environ: Mapping[str, str], folder: Path) -> None:
    kept = _secrets(folder)
    name = environ.get("DATABASE_NAME") or _NAME
    await prepare(admin, name, {"address_book_owner": kept["owner"], "address_book_app": kept["app"]})
    await migrate(with_database(admin, name, "address_book_owner", kept["owner"]), Vault.parse(kept["secret"]))
    settings = load(
        {
            "LOG_LEVEL": "WARNING",
            **environ,
            # Last: whatever database and keys the shell knows, the demo goes into its own.
            "DATABASE_URL": with_database(admin, name, "address_book_app", kept["app"]),
            "SECRET_KEYS": kept["secret"],
            "JWT_KEYS": json.dumps([{"kid": "dev", "key": kept["jwt"], "active": True}]),
        },
        Settings,
    )
    async with opened(settings.database_url.get_secret_value(), settings.vault(), pool=2):
        await plant(settings)
    await serve(settings, _announce)


def _secrets(folder: Path) -> dict[str, str]:
    """This folder's own passwords and keys, each made at the first start that needs it."""
    path = folder / "secrets.json"
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [name for name in ("owner", "app", "jwt", "secret") if name not in kept]
    if missing:
        kept |= {name: secrets.token_urlsafe(48) for name in missing}
        # Whole or not at all, and for nobody else: a temporary file has mode 0600, and a rename does not stop halfway.
        with NamedTemporaryFile("w", dir=folder, prefix="secrets-", delete=False) as file:
            json.dump(kept, file)
        Path(file.name).replace(path)
    return kept


def _announce(address: str) -> None:
    print(  # noqa: T201 - this is what the person at the terminal waits for
        f"""
Address Book is ready, with a demo tenant.

  GraphiQL   {address}/graphql
  REST       {address}/docs
  Probes     {address}/healthz  {address}/readyz  {address}/metrics

Sign in to the tenant "{SLUG}" with the password "{PASSWORD}" as
  olga (OWNER)   adam (ADMIN)   ada (EDITOR)   vera (VIEWER)   or   oskar, who operates the whole service.

Stop with Ctrl-C; the data stays.
""",
        flush=True,
    )
