"""What was moved in from the old service: which of its rows became which of ours. A row that was removed since stays known."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Final

from tortoise import Model, fields

from models.legacy_rows import Fault
from models.tenancy import TenantManager, fetch, held
from models.values import ImportKind, Row

_TABLES: Final[dict[ImportKind, tuple[str, dict[str, str]]]] = {
    ImportKind.USER: (
        "users",
        dict.fromkeys(("username", "username_key", "email", "email_key", "password_hash", "role"), "text")
        | {"id": "uuid", "number": "int", "active": "bool", "created_at": "timestamptz", "updated_at": "timestamptz"},
    ),
    ImportKind.CONTACT: (
        "contacts",
        dict.fromkeys(("name", "gender", "email", "phone", "address", "notes"), "text")
        | dict.fromkeys(("age_recorded_at", "created_at", "updated_at"), "timestamptz")
        | {"id": "uuid", "number": "int", "age": "int"},
    ),
    ImportKind.LOGIN: ("login_history", {"id": "uuid", "user_id": "uuid", "at": "timestamptz"}),
}
"""The table of each kind, and the types of the columns that are written."""

_TAKEN: Final = {
    ImportKind.USER: {
        "username_key": Fault("USERNAME_TAKEN", "username", "Another user here has this username: decide on a new one."),
        "email_key": Fault("EMAIL_TAKEN", "email", "Another user here has this e-mail address: decide on a new one."),
        "number": Fault("NUMBER_TAKEN", "id", "Another user here has this number: decide on number null for a new one."),
    },
    ImportKind.CONTACT: {
        "number": Fault("NUMBER_TAKEN", "id", "Another contact here has this number: decide on number null for a new one.")
    },
}
"""The columns that are unique in a tenant, and what is told of a row whose value another one has."""


class LegacyImport(Model):
    """One row of the old database that is here, or was. `checksum` tells whether it has changed there since, and no more."""

    target_id = fields.UUIDField(primary_key=True)
    tenant_id = fields.UUIDField()
    kind = fields.CharEnumField(ImportKind, max_length=20)
    number = fields.IntField()
    checksum = fields.BigIntField()

    class Meta:
        table = "legacy_imports"
        manager = TenantManager()

    @classmethod
    async def known(cls, kind: ImportKind, numbers: Collection[int]) -> dict[int, Row]:
        """Those of the old ids that were moved in, each with its row."""
        return {row["number"]: row for row in await cls.filter(kind=kind, number__in=list(numbers)).values()}

    @classmethod
    async def count(cls, kind: ImportKind) -> int:
        """How many old rows of a kind were moved in."""
        return await cls.filter(kind=kind).count()

    @classmethod
    async def add(cls, kind: ImportKind, rows: Sequence[tuple[int, int, Row]]) -> None:
        """New rows of the held tenant, each after the old id and its checksum, which are remembered.

        A row whose `number` is None takes the next one. Refuses as the table's constraints do.
        """
        table, types = _TABLES[kind]
        for numbered, some in groupby(sorted(rows, key=_unnumbered), _unnumbered):
            columns = types if not numbered else {name: kept for name, kept in types.items() if name != "number"}
            await _put(table, columns, [row for _, _, row in some])
        await _put(
            "legacy_imports",
            {"kind": "text", "number": "int", "target_id": "uuid", "checksum": "bigint"},
            [
                {"kind": kind.value, "number": number, "target_id": row["id"], "checksum": checksum}
                for number, checksum, row in rows
            ],
        )


async def taken(kind: ImportKind, rows: Sequence[Row]) -> list[list[Fault]]:
    """For each of these new users or contacts, which of their values rows of the held tenant have already."""
    table, types = _TABLES[kind]
    faults: list[list[Fault]] = [[] for _ in rows]
    for column, fault in _TAKEN[kind].items():
        found = await fetch(
            f"SELECT t.{column} AS value FROM {table} t WHERE t.tenant_id = $1 AND t.{column} = ANY ($2::{types[column]}[])",
            held(),
            [row[column] for row in rows],
        )
        values = {row["value"] for row in found}
        for row, told in zip(rows, faults, strict=True):
            if row[column] in values:
                told.append(fault)
    return faults


async def read_only() -> None:
    """From here on nothing can be written before the open door closes."""
    await fetch("SET TRANSACTION READ ONLY")


async def pass_numbers(users: int, contacts: int) -> None:
    """Lets the numbers of new users and contacts, of all tenants, go on after these. They never go back."""
    await fetch("SELECT pass_numbers($1, $2)", users, contacts)


def _unnumbered(entry: tuple[int, int, Row]) -> bool:
    row = entry[2]
    return "number" in row and row["number"] is None


async def _put(table: str, columns: dict[str, str], rows: Sequence[Row]) -> None:
    arrays = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(columns.values(), 2))
    await fetch(
        f"INSERT INTO {table} (tenant_id, {', '.join(columns)}) SELECT $1, * FROM unnest({arrays})",
        held(),
        *([row[name] for row in rows] for name in columns),
    )
