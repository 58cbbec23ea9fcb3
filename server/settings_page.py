"""docs/settings.md, written from the settings themselves."""

from __future__ import annotations

from typing import Final, get_args

from annotated_types import Ge, Le
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from server.settings import Common, Console, Keyed, Migration, Settings
from server.settings_capacity import Capacity
from server.settings_graphql import GraphQL
from server.settings_later import Later
from server.settings_traces import Traces

_HEAD: Final = """# Settings

Written by `make settings`; do not edit. Each command takes its own from the environment, and nothing else. Each is also read
from a file that `NAME_FILE` names, as a secret store mounts it. A wrong or missing one stops the start; all faults are told at
once, and no value is shown.
"""
_MACHINE: Final = (
    "`tenant`, `user`, `operator`, `audit`, `backfill`, `deletion`, `erasure`, `person`, `import-legacy`, `serve` and `work`"
)
_TABLE: Final = """
## {title}

| name | default | what |
|---|---|---|
"""
_FOOT: Final = """
🔒 is a secret: give it as `NAME_FILE`. `make run` is for `ENVIRONMENT=development` alone, makes its own DATABASE_URL, JWT_KEYS and
SECRET_KEYS whatever the environment says, and takes three more: `DATA_DIR` (where its Postgres lies; `.data`), `ADMIN_DATABASE_URL`
(a superuser's, in place of that Postgres) with `DATABASE_NAME`, and `POSTGRES_BIN` (the bin folder of another Postgres).
`import-legacy` takes `OLD_DATABASE_URL`, from the environment alone, where the command line does not name the old database;
`tenant restore` takes `RESTORED_DATABASE_URL` likewise.
"""


def page() -> str:
    """The page, in Markdown."""
    return (
        _HEAD
        + _table("Every command", Common)
        + _table("Every command that opens the database", Keyed, Common)
        + _table("`python -m server migrate`", Migration, Keyed)
        + _table(_MACHINE, Console, Keyed)
        + _table("`serve` and `work`", Settings, Console, Capacity, GraphQL, Later, Traces)
        + _table("`serve` and `work`: how much at once, and for how long", Capacity)
        + _table("`serve` and `work`: GraphQL", GraphQL)
        + _table("`serve` and `work`: letters and jobs", Later)
        + _table("`serve` and `work`: traces", Traces)
        + _FOOT
    )


def _table(title: str, kind: type[BaseModel], *beyond: type[BaseModel]) -> str:
    known = {name for other in beyond for name in other.model_fields}
    rows = (_row(name.upper(), field) for name, field in kind.model_fields.items() if name not in known)
    return _TABLE.format(title=title) + "".join(rows)


def _row(name: str, field: FieldInfo) -> str:
    if field.is_required():
        default = "required"
    else:
        value = field.get_default(call_default_factory=True, validated_data={})
        default = "" if value in (None, [], {}) else f"`{str(value).lower() if isinstance(value, bool) else value}`"
    secret = " 🔒" if SecretStr in (field.annotation, *get_args(field.annotation)) else ""
    return f"| `{name}`{secret} | {default} | {field.description}{_range(field)} |\n"


def _range(field: FieldInfo) -> str:
    least = next((rule.ge for rule in field.metadata if isinstance(rule, Ge)), None)
    most = next((rule.le for rule in field.metadata if isinstance(rule, Le)), None)
    return "" if least is None else f" {least} to {most}."
