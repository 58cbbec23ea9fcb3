"""The rules by which a migration disturbs nobody (docs/migrations.md): squawk's, and ours, of which it does not know."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.database import ROOT
from server.migrations import Migration, number

UNASKED: Final = (
    "require-lock-timeout",  # the runner sets both
    "require-statement-timeout",
    "prefer-robust-stmts",  # each is in a transaction; one that is not, the runner holds to IF NOT EXISTS
    "prefer-bigint-over-int",  # counts and the old service's numbers have 32 bits on purpose
)
"""What of squawk's is not asked."""

CONTRACTS: Final = tuple(f"ban-drop-{what}" for what in "column table constraint default function not-null trigger".split())
"""What a contract may do and nobody else: to take away what the release before does not need any more."""

_BODY: Final = re.compile(r"\$(\w*)\$.*?\$\1\$|--[^\n]*|'(?:[^']|'')*'", re.DOTALL)
_ROWS: Final = re.compile(r"(UPDATE|DELETE|TRUNCATE|MERGE|LOCK|DO|COPY)\b|INSERT\b.*\bSELECT\b", re.DOTALL | re.IGNORECASE)
_FOUND: Final = re.compile(r":\d+:\d+: (?:warning|error): ([\w-]+)")


@dataclass(frozen=True)
class Release:
    """A release, the commit or tag of its tree, and its last migration."""

    name: str
    tree: str
    migration: str


def releases() -> list[Release]:
    """Those of migrations/releases.toml, oldest first."""
    recorded = tomllib.loads((ROOT / "migrations" / "releases.toml").read_text(encoding="utf-8"))
    return [Release(**one) for one in recorded["release"]]


def faults(migration: Migration, before: list[Release]) -> set[str]:
    """The names of the rules that a migration breaks which comes after these releases."""
    return _ours(migration, before) | _squawk(migration)


def _ours(migration: Migration, before: list[Release]) -> set[str]:
    found = set()
    if migration.contract_after is not None:
        released = {release.name for release in before if number(release.migration) < number(migration.name)}
        if migration.contract_after not in released:
            found.add("contract-before-release")
    statements = (part.strip() for part in _BODY.sub(" ", migration.sql).split(";"))
    if any(_ROWS.match(statement) for statement in statements):
        found.add("rows-belong-to-backfills")
    return found


def _squawk(migration: Migration) -> set[str]:
    beside = Path(sys.executable).with_name("squawk")
    tool = str(beside) if beside.exists() else shutil.which("squawk")
    assert tool, "squawk is missing: make lock installs what the tests want"
    excluded = UNASKED + (() if migration.contract_after is None else CONTRACTS)
    done = subprocess.run(
        [
            *(tool, "--pg-version", "15.0", "--reporter", "gcc"),
            *(() if migration.beside else ("--assume-in-transaction",)),
            *(f"--exclude={rule}" for rule in excluded),
        ],
        input=migration.sql,
        capture_output=True,
        text=True,
        check=False,
    )
    found = set(_FOUND.findall(done.stdout))
    assert (done.returncode == 0) is not bool(found), done.stdout + done.stderr
    return found
