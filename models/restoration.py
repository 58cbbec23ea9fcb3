"""What differs between the held tenant and what it was, row by row, and how the rows of then are written again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from models.past import Batch
from models.tenancy import fetch, held
from models.values import PastKind

_UNSEEN: Final = 1_000_000
"""By so much the version of a contact that comes back is raised: more than what was made of it until it was removed, which nobody
knows any more. A client that kept a later version of it would else take it for the same."""

_AT_ONCE: Final = 500
"""Rows of now that are looked at in one go."""

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


Columns = dict[str, Any]
"""Of what is compared alone, and so never a hash of a password; values as JSON has them."""


class Difference(NamedTuple):
    """Which of some rows of then are missing now, which are other ones, and which of both cannot be written beside what is here."""

    missing: set[UUID]
    changed: set[UUID]
    clashing: set[UUID]
    now: dict[UUID, Columns]
    """Of each that was changed, the columns that differ."""
    then: dict[UUID, Columns]
    """The same; of each that is missing, all of them."""


async def following(kind: PastKind, after: UUID) -> dict[UUID, Columns]:
    """The held tenant's next rows by id, some hundreds; none after the last."""
    rows = await fetch(
        f"SELECT h.id, {_shown('h', kind)} AS now FROM {kind} h WHERE h.tenant_id = $1 AND h.id > $2 ORDER BY h.id LIMIT $3",
        held(),
        after,
        _AT_ONCE,
    )
    return {row["id"]: orjson.loads(row["now"]) for row in rows}


async def lock(kind: PastKind, ids: Collection[UUID]) -> None:
    """Holds back who would change these rows, until the door closes."""
    rows = f"SELECT h.id FROM {kind} h WHERE h.tenant_id = $1 AND h.id = ANY ($2::uuid[]) ORDER BY h.id FOR UPDATE"
    await fetch(rows, held(), list(ids))


async def differences(kind: PastKind, batch: Batch) -> Difference:
    """How the held tenant's rows of these ids differ, but for the labels that contacts carry."""
    rows = await fetch(
        f"SELECT t.id, h.id IS NULL AS missing, {_shown('h', kind)} AS now, {_shown('t', kind)} AS then, "
        f"EXISTS (SELECT FROM {kind} o WHERE o.tenant_id = $1 AND o.id <> t.id AND ({_KINDS[kind].clash})) AS clash "
        f"FROM {_then(kind)} LEFT JOIN {kind} h ON h.tenant_id = $1 AND h.id = t.id "
        f"WHERE ({_columns('h', kind)}) IS DISTINCT FROM ({_columns('t', kind)})",
        held(),
        batch.rows,
    )
    missing = {row["id"] for row in rows if row["missing"]}
    now = {row["id"]: orjson.loads(row["now"]) for row in rows if not row["missing"]}
    then = {row["id"]: orjson.loads(row["then"]) for row in rows}
    for row, here in now.items():
        other = [name for name in here if here[name] != then[row][name]]
        now[row], then[row] = ({name: side[name] for name in other} for side in (here, then[row]))
    return Difference(missing, set(now), {row["id"] for row in rows if row["clash"]}, now, then)


async def same_labels(batch: Batch) -> dict[UUID, tuple[UUID, str]]:
    """By the ids of labels of then, which of the held tenant's labels are the same, by id or else by name; and its name then."""
    rows = await fetch(
        f"SELECT t.id AS then, t.name, coalesce(h.id, n.id) AS here FROM {_then(PastKind.LABELS)} "
        "LEFT JOIN labels h ON h.tenant_id = $1 AND h.id = t.id "
        "LEFT JOIN labels n ON n.tenant_id = $1 AND n.name_key = fold(t.name)",
        held(),
        batch.rows,
    )
    return {row["then"]: (row["here"], row["name"]) for row in rows if row["here"] is not None}


async def carried(contact_ids: Collection[UUID]) -> dict[UUID, dict[UUID, str]]:
    """The labels that each of these contacts carries now, with their names."""
    rows = await fetch(
        "SELECT x.contact_id, x.label_id, l.name FROM contact_labels x JOIN labels l ON l.tenant_id = x.tenant_id "
        "AND l.id = x.label_id WHERE x.tenant_id = $1 AND x.contact_id = ANY ($2::uuid[])",
        held(),
        list(contact_ids),
    )
    found: dict[UUID, dict[UUID, str]] = {contact_id: {} for contact_id in contact_ids}
    for row in rows:
        found[row["contact_id"]][row["label_id"]] = row["name"]
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


async def carry(labels: Mapping[UUID, Collection[UUID]]) -> None:
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


def _columns(alias: str, kind: PastKind) -> str:
    return ", ".join(f"{alias}.{name}" for name in _KINDS[kind].compared)


def _shown(alias: str, kind: PastKind) -> str:
    return f"(SELECT to_json(s)::text FROM (SELECT {_columns(alias, kind)}) AS s)"


def _given(batch: Batch, ids: Collection[UUID]) -> tuple[Any, ...]:
    return held(), batch.rows, list(ids)
