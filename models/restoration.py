"""What differs between the held tenant and what it was, row by row, and how the rows of then are written again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, NamedTuple
from uuid import UUID

from models.past import Batch
from models.tenancy import fetch, held
from models.values import PastKind

_UNSEEN: Final = 1_000_000
"""By so much the version of a contact that comes back is raised: more than what was made of it until it was removed, which nobody
knows any more. A client that kept a later version of it would else take it for the same."""

_CONTACT: Final = (
    "number name given_name family_name nickname gender age age_recorded_at email phone address organization job_title notes "
    "favorite deleted_at created_at"
).split()


class _Kind(NamedTuple):
    """`compared` are the columns that make a row another one; `clash` is why a row of then (t) cannot stand beside others (o)."""

    compared: list[str]
    clash: str
    made: dict[str, str]
    """What a row that comes back has, by column."""
    reset: dict[str, str]
    """What else changes with a row (h) that is as it was again."""


_KINDS: Final = {
    # No right and no credential comes back: whoever returns is a deactivated VIEWER without a password.
    PastKind.USERS: _Kind(
        "username email email_verified role operator active".split(),
        "o.username_key IN (t.username_key, t.email_key) OR o.email_key IN (t.username_key, t.email_key) OR o.number = t.number",
        {name: f"t.{name}" for name in "number username username_key email email_key email_verified created_at".split()}
        | {"password_hash": "$4", "role": "'VIEWER'", "active": "false", "updated_at": "now()"},
        {},
    ),
    PastKind.LABELS: _Kind(
        ["name", "color"],
        "o.name_key = fold(t.name)",
        {name: f"t.{name}" for name in ("name", "color", "created_at")},
        {},
    ),
    PastKind.CONTACTS: _Kind(
        _CONTACT,
        "o.number = t.number",
        {name: f"t.{name}" for name in _CONTACT} | {"version": f"t.version + {_UNSEEN}", "updated_at": "now()"},
        {"version": "h.version + 1", "updated_at": "now()"},
    ),
}


class Difference(NamedTuple):
    """Which of some rows of then are missing now, which are other ones, and which of both cannot be written beside what is here."""

    missing: set[UUID]
    changed: set[UUID]
    clashing: set[UUID]


async def count(kind: PastKind) -> int:
    """How many rows the held tenant has."""
    return int((await fetch(f"SELECT count(*) AS n FROM {kind} h WHERE h.tenant_id = $1", held()))[0]["n"])


async def lock(kind: PastKind, ids: Collection[UUID]) -> None:
    """Holds back who would change these rows, until the door closes."""
    rows = f"SELECT h.id FROM {kind} h WHERE h.tenant_id = $1 AND h.id = ANY ($2::uuid[]) ORDER BY h.id FOR UPDATE"
    await fetch(rows, held(), list(ids))


async def differences(kind: PastKind, batch: Batch) -> Difference:
    """How the held tenant's rows of these ids differ, but for the labels that contacts carry."""
    compared = _KINDS[kind].compared
    rows = await fetch(
        f"SELECT t.id, h.id IS NULL AS missing, {_row('h', compared)} IS DISTINCT FROM {_row('t', compared)} AS other, "
        f"EXISTS (SELECT FROM {kind} o WHERE o.tenant_id = $1 AND o.id <> t.id AND ({_KINDS[kind].clash})) AS clash "
        f"FROM {_then(kind)} LEFT JOIN {kind} h ON h.tenant_id = $1 AND h.id = t.id",
        held(),
        batch.rows,
    )
    return Difference(
        {row["id"] for row in rows if row["missing"]},
        {row["id"] for row in rows if row["other"] and not row["missing"]},
        {row["id"] for row in rows if row["other"] and row["clash"]},
    )


async def same_labels(batch: Batch) -> dict[UUID, UUID]:
    """By the ids of labels of then, which of the held tenant's labels are the same: by id, or else by name."""
    rows = await fetch(
        f"SELECT t.id AS then, coalesce(h.id, n.id) AS here FROM {_then(PastKind.LABELS)} "
        "LEFT JOIN labels h ON h.tenant_id = $1 AND h.id = t.id "
        "LEFT JOIN labels n ON n.tenant_id = $1 AND n.name_key = fold(t.name)",
        held(),
        batch.rows,
    )
    return {row["then"]: row["here"] for row in rows if row["here"] is not None}


async def carried(contact_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """The labels that each of these contacts carries now."""
    rows = await fetch(
        "SELECT x.contact_id, x.label_id FROM contact_labels x WHERE x.tenant_id = $1 AND x.contact_id = ANY ($2::uuid[])",
        held(),
        list(contact_ids),
    )
    found: dict[UUID, set[UUID]] = {contact_id: set() for contact_id in contact_ids}
    for row in rows:
        found[row["contact_id"]].add(row["label_id"])
    return found


async def bring_back(kind: PastKind, batch: Batch, ids: Collection[UUID], *password: str) -> None:
    """Writes those rows of then that are missing. Users want `password`, what is kept where there is none."""
    made = _KINDS[kind].made
    await fetch(
        f"INSERT INTO {kind} (tenant_id, id, {', '.join(made)}) SELECT $1, t.id, {', '.join(made.values())} "
        f"FROM {_then(kind)} WHERE t.id = ANY ($3::uuid[])",
        *_given(batch, ids),
        *password,
    )


async def reset(kind: PastKind, batch: Batch, ids: Collection[UUID]) -> None:
    """Gives those rows the values of then, and contacts a new version."""
    written = {name: f"t.{name}" for name in _KINDS[kind].compared} | _KINDS[kind].reset
    await fetch(
        f"UPDATE {kind} h SET {', '.join(f'{name} = {value}' for name, value in written.items())} "
        f"FROM {_then(kind)} WHERE h.tenant_id = $1 AND h.id = t.id AND t.id = ANY ($3::uuid[])",
        *_given(batch, ids),
    )


async def carry(labels: dict[UUID, set[UUID]]) -> None:
    """Makes these the labels that each of these contacts carries."""
    pairs = [(contact_id, label_id) for contact_id, carrying in labels.items() for label_id in carrying]
    here = held()
    await fetch("DELETE FROM contact_labels x WHERE x.tenant_id = $1 AND x.contact_id = ANY ($2::uuid[])", here, list(labels))
    await fetch(
        "INSERT INTO contact_labels (tenant_id, contact_id, label_id) SELECT $1, * FROM unnest($2::uuid[], $3::uuid[])",
        here,
        [contact_id for contact_id, _ in pairs],
        [label_id for _, label_id in pairs],
    )


def _then(kind: PastKind) -> str:
    return f"jsonb_populate_recordset(NULL::{kind}, $2::jsonb) AS t"


def _row(alias: str, columns: list[str]) -> str:
    return f"({', '.join(f'{alias}.{name}' for name in columns)})"


def _given(batch: Batch, ids: Collection[UUID]) -> tuple[Any, ...]:
    return held(), batch.rows, list(ids)
