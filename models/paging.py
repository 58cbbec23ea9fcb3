"""Keyset pages after the Relay cursor connections specification: cursors that survive inserts, and never an OFFSET.

A cursor is base64url of (version, digest of order and filter, sort values, id). Under another order or filter it is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from models.errors import BadRequest
from models.rules import SEARCH_LENGTH
from models.tenancy import ask, behind
from models.values import Row

PAGE_DEFAULT: Final = 25
PAGE_LIMIT: Final = 100
WORDS: Final = 10
_VERSION: Final = 1
_SORTS: Final = ("sort_0", "sort_1", "sort_2", "sort_3")
"""The columns of the values that a page is sorted by."""
_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
_CURSOR_LENGTH: Final = 50_000
"""Four texts of 200 characters, each of which NFKC may make eighteen, still fit."""


@dataclass(frozen=True, slots=True)
class Key:
    """One order: an SQL expression that is never null, its direction, and its type on the way back from a cursor."""

    sql: str
    descending: bool = False
    type: type = str


@dataclass(frozen=True, slots=True)
class Window:
    """Which page is asked for: the first `size` after a cursor, or the last `size` before one."""

    size: int = PAGE_DEFAULT
    after: str | None = None
    before: str | None = None
    backward: bool = False

    @classmethod
    def of(cls, first: int | None, after: str | None, last: int | None, before: str | None) -> Window:
        """From the arguments of a connection. Refuses with BadRequest what Relay does not define."""
        if first is not None and last is not None:
            raise BadRequest("Give first or last, not both.", ("first",))
        size = first if last is None else last
        if size is not None and not 1 <= size <= PAGE_LIMIT:
            raise BadRequest(f"A page has 1 to {PAGE_LIMIT} items, not {size}.", ("first" if last is None else "last",))
        return cls(PAGE_DEFAULT if size is None else size, after, before, last is not None)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in the order asked for, and what lies around them. Each row's cursor is `cursor(row)`."""

    rows: list[Row]
    has_next: bool
    has_previous: bool
    digest: str
    keys: int = field(default=1)

    def cursor(self, row: Row) -> str:
        """The opaque cursor of one of the rows."""
        values = [row["sort_0"]] if self.keys == 1 else [row[name] for name in _SORTS[: self.keys]]  # as a rule
        told = orjson.dumps([_VERSION, self.digest, values, row["id"].hex])
        return binascii.b2a_base64(told, newline=False).translate(_URL_SAFE, b"=").decode()


async def page(
    select: str,
    source: str,
    where: Sequence[str],
    values: Sequence[Any],
    keys: Sequence[Key],
    window: Window,
    scope: object,
) -> Page:
    """One keyset page behind the door: `where` speaks of `values` as $4, $5, …, and `source` ends with its alias.

    `scope` is what a cursor belongs to: the list, its tenant, filter and order. It says nothing of the statement, which may change.
    """
    alias = source.rsplit(maxsplit=1)[-1]
    descending = keys[-1].descending
    digest = hashlib.sha256(repr(scope).encode()).hexdigest()[:16]
    parameters = list(values)
    conditions = list(where)
    order = [*keys, Key(f"{alias}.id", descending, UUID)]
    for cursor, onward, name in ((window.after, True, "after"), (window.before, False, "before")):
        if cursor is not None:
            position = _decode(cursor, digest, keys, name)
            first = 4 + len(parameters)
            parameters.extend(position)
            conditions.append(_beyond(order, first, onward))
    sorts = ", ".join(f"{key.sql} AS {name}" for key, name in zip(keys, _SORTS, strict=False))
    ordering = ", ".join(f"{key.sql} {'DESC' if key.descending != window.backward else 'ASC'}" for key in order)
    rows = await ask(
        behind(
            f"{select}, {sorts} FROM {source} WHERE {' AND '.join(conditions) or 'true'} "
            f"ORDER BY {ordering} LIMIT {window.size + 1}"
        ),
        *parameters,
    )
    more, rows = len(rows) > window.size, rows[: window.size]
    if window.backward:
        rows.reverse()
        return Page(rows, has_next=window.before is not None, has_previous=more, digest=digest, keys=len(keys))
    return Page(rows, has_next=more, has_previous=window.after is not None, digest=digest, keys=len(keys))


def searched(search: str | None, name: str = "search") -> list[str]:
    """The words of a search. Refuses with BadRequest what is too much or no text."""
    if search is None:
        return []
    if len(search) > SEARCH_LENGTH or len(search.split()) > WORDS:
        raise BadRequest(f"{name} may have at most {SEARCH_LENGTH} characters and {WORDS} words.", (name,))
    if not search.isprintable() and any((ord(c) < ord(" ") and not c.isspace()) or "\ud800" <= c <= "\udfff" for c in search):
        raise BadRequest(f"{name} holds a character that no text has.", (name,))
    return search.split()


def _beyond(order: Sequence[Key], first: int, onward: bool) -> str:
    """The condition that a row lies after (or before) the position whose values begin at parameter `first`."""
    signs = ["<" if key.descending == onward else ">" for key in order]
    numbers = [f"${first + n}{_CASTS[key.type]}" for n, key in enumerate(order)]
    if len(set(signs)) == 1:  # one direction: a row comparison, which an index answers at any depth
        return f"({', '.join(key.sql for key in order)}) {signs[0]} ({', '.join(numbers)})"
    alternatives = [
        " AND ".join([*(f"{order[m].sql} = {numbers[m]}" for m in range(n)), f"{order[n].sql} {signs[n]} {numbers[n]}"])
        for n in range(len(order))
    ]
    return f"{order[0].sql} {signs[0]}= {numbers[0]} AND ({' OR '.join(f'({a})' for a in alternatives)})"


_CASTS: Final[dict[type, str]] = {str: "::text", int: "::integer", datetime: "::timestamptz", UUID: "::uuid"}


def _decode(cursor: str, digest: str, keys: Sequence[Key], name: str) -> list[Any]:
    refusal = BadRequest(f"{name} is not a cursor of this list, order and filter.", (name,))
    if len(cursor) > _CURSOR_LENGTH or not cursor.isascii():
        raise refusal
    try:
        version, given, values, row_id = orjson.loads(
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        )
        if version != _VERSION or given != digest or len(values) != len(keys):
            raise refusal
        return [*(_typed(value, key.type) for value, key in zip(values, keys, strict=True)), UUID(hex=row_id)]
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error):
        raise refusal from None


def _typed(value: Any, kind: type[Any]) -> Any:
    if kind is datetime:
        return datetime.fromisoformat(value).astimezone(UTC)
    if type(value) is not kind:
        raise TypeError
    if "\x00" in str(value) or (kind is int and not -(2**31) <= value < 2**31):
        raise ValueError
    return value
