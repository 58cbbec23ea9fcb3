"""What is believed of a bundle's rows: of another service's too, whose operator may want into this one."""

from __future__ import annotations

from typing import Any, Final

import orjson

from auth import passwords
from models.bundle import PASSWORDS
from models.errors import InvalidInput
from models.values import normal

MOST: Final = 900_000_000
"""The highest number of a row: those of new rows, of all tenants, go on after it, and end at 2,147,483,647."""

_KEYS: Final = {"users": ("username", "email"), "invitations": ("email",)}


def taken(name: str, lines: list[str], slug: str) -> list[str]:
    """The lines of a table as they are written here: the tenant under its slug, keys made of the values, not taken as they came.

    Refuses with InvalidInput a number that lies too high, a hash that no password here is kept as, or what is no row.
    """
    if name not in {"tenants", "contacts", *_KEYS}:
        return lines
    try:
        return [orjson.dumps(_taken(name, orjson.loads(line), slug)).decode() for line in lines]
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InvalidInput(f"{name}.jsonl has a line that is no row of it.") from None


def _taken(name: str, row: dict[str, Any], slug: str) -> dict[str, Any]:
    if name == "tenants":
        return {**row, "slug": slug}
    if "number" in row and not 0 < row["number"] <= MOST:
        raise InvalidInput(f"{name}.jsonl has a number above {MOST}, or none: this service would run out of them.")
    if PASSWORDS in row and not passwords.kept(row[PASSWORDS]):
        raise InvalidInput(f"{name}.jsonl has a password's hash of another kind or cost than is kept here.")
    return row | {f"{column}_key": normal(row[column]) for column in _KEYS.get(name, ())}
