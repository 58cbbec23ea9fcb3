"""What of a tenant goes into a bundle, table by table: how its rows are read, and written again elsewhere.

Rows travel as Postgres itself writes and reads them as JSON, so that no value is changed on the way. A table or a column that is
not named here does not leave; a test asks for a reason for each.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from models.tenancy import fetch, held

BATCH: Final = 1_000
"""Rows that are read or written at once."""

PASSWORDS: Final = "password_hash"
"""The one secret that may leave, and only where it is asked for at the machine."""


class Table(NamedTuple):
    """The columns of a table that travel, and the key, with its types, by which its rows are ordered."""

    columns: tuple[str, ...]
    key: tuple[tuple[str, str], ...] = (("id", "uuid"),)
    tenant: str = "tenant_id"


def _columns(text: str) -> tuple[str, ...]:
    return tuple(text.split())


TABLES: Final[dict[str, Table]] = {
    "tenants": Table(
        _columns(
            "id slug name status signup login_attempts_per_minute requests_per_minute require_totp trash_days audit_days "
            "legal_hold held_by_operator created_at updated_at"
        ),
        tenant="id",
    ),
    "users": Table(
        _columns(
            "id number username username_key email email_key email_verified verification_required role active created_at updated_at"
        )
    ),
    "labels": Table(_columns("id name color created_at")),
    "contacts": Table(
        _columns(
            "id number version name given_name family_name nickname gender age age_recorded_at email phone address organization "
            "job_title notes favorite created_at updated_at deleted_at"
        )
    ),
    "contact_labels": Table(_columns("contact_id label_id"), (("contact_id", "uuid"), ("label_id", "uuid"))),
    "invitations": Table(_columns("id email email_key role invited_by created_at expires_at accepted_at revoked_at")),
    "login_history": Table(_columns("id user_id at user_agent ip_prefix")),
    "audit_entries": Table(_columns("id at action actor_id target_id request_id ip_prefix details")),
    "audit_seals": Table(_columns("number entry_id seal sealed_at latest_at"), (("number", "bigint"),)),
}
"""The tables of a bundle, in an order in which what is referred to comes first."""

_MADE: Final = {
    "users": {PASSWORDS: "$3::text"},
    # Its link is of the service that mailed it: nobody knows what this is the digest of.
    "invitations": {"digest": "sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))"},
}
"""What columns get that do not travel and may not be empty."""

_TAKEN: Final = {"tenants": {"status": "CASE r.status WHEN 'DELETING' THEN 'ACTIVE' ELSE r.status END"}}
"""What columns get in place of what travelled: the date of a deletion does not, and who was on the way out has arrived."""


async def begin() -> tuple[datetime, str]:
    """The moment that the open door sees, and the last migration; until it closes, times are written in UTC."""
    await fetch("SET LOCAL timezone = 'UTC'")
    [row] = await fetch("SELECT now() AS at, (SELECT a.version FROM aerich a ORDER BY a.id DESC LIMIT 1) AS version")
    return row["at"], row["version"]


async def count() -> int:
    """How many rows of the held tenant a bundle takes."""
    counts = [await fetch(f"SELECT count(*) AS n FROM {name} t WHERE t.{one.tenant} = $1", held()) for name, one in TABLES.items()]
    return sum(int(rows[0]["n"]) for rows in counts)


async def read(name: str, columns: Sequence[str]) -> AsyncIterator[list[str]]:
    """The held tenant's rows of a table, by its key, as lines of JSON with these columns; some at a time."""
    table = TABLES[name]
    key = ", ".join(f"t.{column}" for column, _ in table.key)
    after = ", ".join(f"${place}::{kind}" for place, (_, kind) in enumerate(table.key, 2))
    select = f"SELECT {', '.join(f't.{column}' for column in columns)} FROM {name} t WHERE t.{table.tenant} = $1"
    beyond, last = "", ()
    while True:
        rows = await fetch(
            f"SELECT row_to_json(r)::text AS line, {', '.join(f'r.{column}' for column, _ in table.key)} "
            f"FROM ({select}{beyond} ORDER BY {key} LIMIT {BATCH}) AS r",
            held(),
            *last,
        )
        if rows:
            yield [row["line"] for row in rows]
        if len(rows) < BATCH:
            return
        beyond, last = f" AND ({key}) > ({after})", tuple(rows[-1][column] for column, _ in table.key)


async def write(name: str, columns: Sequence[str], lines: Sequence[str], unusable: str) -> None:
    """Puts rows, lines of JSON with these columns, into the held tenant. Who comes without a password gets an `unusable` one.

    The tenant's own row takes the place of the one that is there, and an entry of the log that is there stays. Refuses as the
    table's constraints do.
    """
    table = TABLES[name]
    made = {column: value for column, value in _MADE.get(name, {}).items() if column not in columns}
    taken = [column for column in columns if column != table.tenant]
    targets = ", ".join([table.tenant, *taken, *made])
    given = _TAKEN.get(name, {})
    values = ", ".join(["$1", *(given.get(column, f"r.{column}") for column in taken), *made.values()])
    again = ", ".join(f"{column} = excluded.{column}" for column in taken)
    await fetch(
        f"INSERT INTO {name} ({targets}) SELECT {values} FROM jsonb_populate_recordset(NULL::{name}, $2::text::jsonb) AS r"
        + {"tenants": f" ON CONFLICT (id) DO UPDATE SET {again}", "audit_entries": " ON CONFLICT DO NOTHING"}.get(name, ""),
        held(),
        f"[{','.join(lines)}]",
        *([unusable] if PASSWORDS in made else []),
    )


async def occupied() -> str | None:
    """The first table of people's data in which the held tenant has a row; None where it is empty."""
    for name in ("users", "contacts", "labels", "invitations"):
        if await fetch(f"SELECT FROM {name} t WHERE t.tenant_id = $1 LIMIT 1", held()):
            return name
    return None


async def numbered() -> tuple[int, int]:
    """The highest numbers of the held tenant's users and contacts; 0 where there is none."""
    rows = await fetch(
        "SELECT (SELECT coalesce(max(u.number), 0) FROM users u WHERE u.tenant_id = $1) AS users, "
        "(SELECT coalesce(max(c.number), 0) FROM contacts c WHERE c.tenant_id = $1) AS contacts",
        held(),
    )
    return int(rows[0]["users"]), int(rows[0]["contacts"])
