"""Who is signed in: a session with its user and its tenant, read at once."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from tortoise import Model

from models.session import Session
from models.tenancy import ask, behind, own
from models.tenant import Tenant
from models.user import User
from models.values import Row

_PARTS: tuple[tuple[str, type[Model]], ...] = (("s", Session), ("u", User), ("t", Tenant))


async def seen(session_id: UUID, columns: frozenset[str] | None = None) -> tuple[Row, Row, Row] | None:
    """The rows of a session, its user and its tenant, each with those of the columns that it has; None where there is none."""
    sql, parts = _statement(columns)
    rows = await ask(sql, session_id)
    if not rows:
        return None
    values = tuple(rows[0].values())
    session, user, tenant = (dict(zip(names, values[first:], strict=False)) for first, names in parts)
    return session, user, tenant


@lru_cache(256)
def _statement(columns: frozenset[str] | None) -> tuple[str, list[tuple[int, list[str]]]]:
    """The statement, and the place of each row's columns in what it answers."""
    selected: list[str] = []
    parts = []
    for alias, model in _PARTS:
        names = [name for name in model._meta.fields_db_projection if columns is None or name in columns]
        parts.append((len(selected), names))
        selected += [f"{alias}.{name} AS {alias}_{name}" for name in names]
    return (
        behind(
            f"SELECT {', '.join(selected)} FROM sessions s JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id "
            f"JOIN tenants t ON t.id = s.tenant_id WHERE {own('s')} AND s.id = $4 LIMIT 1"
        ),
        parts,
    )
