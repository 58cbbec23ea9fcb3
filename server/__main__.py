"""The command line: `python -m server …`."""

from __future__ import annotations

from server import garbage  # noqa: F401 - before all others: the collector would take a tenth of the start

# isort: split
import asyncio
import os
import resource
import sys
from collections.abc import Awaitable, Sequence
from typing import Annotated

import typer
import uvloop

import gql.schema
from models.errors import Refusal
from observability import logging
from server import bundles, console, database, settings_page
from server.audit import audit
from server.backfill import backfill
from server.binaries import NoPostgres, PostgresFailed
from server.deletion import deletion
from server.dev import dev as run_dev
from server.erasure import erasure
from server.import_legacy import import_legacy
from server.person import person
from server.restore import restore
from server.serve import serve as run_serve
from server.settings import BadSettings, Common, Kind, Migration, Settings, load

cli = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a bug's traceback shows lines of code, never values
    help="Address Book: serves, migrates, and what an operator does at the machine itself.",
)
console.tenant.command("restore")(restore)
for name, act in (("export", bundles.export_tenant), ("import", bundles.import_tenant), ("keys", bundles.print_keys)):
    console.tenant.command(name)(act)
cli.add_typer(console.tenant, name="tenant")
cli.add_typer(console.user, name="user")
cli.add_typer(console.operator, name="operator")
cli.command("import-legacy")(import_legacy)
cli.add_typer(audit, name="audit")
cli.add_typer(backfill, name="backfill")
cli.add_typer(deletion, name="deletion")
cli.add_typer(erasure, name="erasure")
cli.add_typer(person, name="person")


def _settings(kind: type[Kind]) -> Kind:
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))  # a core would hold the secrets
    settings = load(os.environ, kind)
    logging.configure(settings.log_level)
    return settings


async def _logged_together(work: Awaitable[None]) -> None:
    with logging.output.gathered():
        await work


@cli.command()
def dev() -> None:
    """Serves with an embedded Postgres and a demo tenant; for development."""
    logging.configure(load({"LOG_LEVEL": "WARNING", **os.environ}, Common).log_level)
    run_dev(os.environ)


@cli.command()
def serve() -> None:
    """Serves, with its settings from the environment."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_logged_together(run_serve(_settings(Settings), again=lambda: load(os.environ, Settings))))


@cli.command()
def work() -> None:
    """Runs jobs and periodic work and serves nobody, with the settings of `serve`; METRICS_PORT has its metrics and probes."""
    settings = _settings(Settings).model_copy(update={"jobs_in_serve": True})
    asyncio.run(_logged_together(run_serve(settings, again=lambda: load(os.environ, Settings), public=False)))


@cli.command()
def migrate(
    plan: Annotated[bool, typer.Option("--plan", help="Only say what would be applied.")] = False,
    sql: Annotated[bool, typer.Option("--sql", help="Only print the SQL of what would be applied.")] = False,
) -> None:
    """Applies the migrations that MIGRATION_DATABASE_URL, of the owner, has not seen, and lets it know SECRET_KEYS by digests."""
    settings = _settings(Migration)
    dsn = settings.migration_database_url.get_secret_value()
    if plan or sql:
        waiting = asyncio.run(database.plan(dsn))
        told = [f"-- {one.name}: {one.kind}\n{one.sql.strip()}\n" if sql else f"{one.name}: {one.kind}" for one in waiting]
        typer.echo("\n".join(told) or "Nothing to do.")
    elif not asyncio.run(database.migrate(dsn, settings.vault(), typer.echo)):
        typer.echo("Nothing to do.")


@cli.command()
def schema(check: Annotated[bool, typer.Option(help="Fail where schema.graphql differs.")] = False) -> None:
    """Prints the GraphQL schema, or compares it with schema.graphql."""
    printed = gql.schema.build().as_str() + "\n"
    if not check:
        typer.echo(printed, nl=False)
    elif (database.ROOT / "schema.graphql").read_text(encoding="utf-8") != printed:
        raise BadSettings("schema.graphql is not what the code prints: run `make schema` and look at the difference")


@cli.command()
def settings(check: Annotated[bool, typer.Option("--check", help="Fail where docs/settings.md differs.")] = False) -> None:
    """Prints what the commands take from the environment as a page, or compares it with docs/settings.md."""
    printed = settings_page.page()
    if not check:
        typer.echo(printed, nl=False)
    elif (database.ROOT / "docs" / "settings.md").read_text(encoding="utf-8") != printed:
        raise BadSettings("docs/settings.md is not what the code prints: run `make settings` and look at the difference")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command, by default that of the command line.

    What a person can mend is told on stderr in a line or a few, with exit code 1 and no traceback.
    """
    try:
        cli(arguments)
    except Refusal as refusal:
        typer.echo(refusal.message, err=True)
        sys.exit(1)
    except (BadSettings, database.BadDatabase, NoPostgres, PostgresFailed) as error:
        typer.echo(f"{type(error).__name__}:\n{error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
