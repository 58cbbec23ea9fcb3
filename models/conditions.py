"""Conditions of a hand-written statement in the making: what filters on texts and times mean in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.errors import BadRequest
from models.rules import IDS_AT_ONCE, SEARCH_LENGTH


@dataclass(frozen=True, slots=True)
class TextMatch:
    """Conditions on a text, all of which hold. Compared without accents and case, unless `exact`."""

    eq: str | None = None
    among: Sequence[str] | None = None
    starts_with: str | None = None
    contains: str | None = None
    is_null: bool | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class TimeMatch:
    """A half-open span of time."""

    gte: datetime | None = None
    lt: datetime | None = None


class Where:
    """Conditions that all hold, with the values they speak of: $4 and on, as `behind` wants them."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values
        self.conditions: list[str] = []

    @property
    def sql(self) -> str:
        """The conditions, joined."""
        return " AND ".join(self.conditions)

    def put(self, value: Any) -> str:
        """The placeholder of a value."""
        self.values.append(value)
        return f"${3 + len(self.values)}"

    def text(self, column: str, left: str, match: TextMatch) -> list[str]:
        """The conditions on a column such as c.name. `left` is what is compared of it: folded, unless the match is exact."""
        found = []
        if match.eq is not None:
            found.append(f"{left} = {self._folded(match.eq, match)}")
        if match.among is not None:
            if len(match.among) > IDS_AT_ONCE:
                raise BadRequest(f"in takes at most {IDS_AT_ONCE} values.", ("filter", column.rpartition(".")[2]))
            found.append(f"({' OR '.join(f'{left} = {self._folded(v, match)}' for v in match.among) or 'false'})")
        if match.starts_with is not None:
            found.append(f"starts_with({left}, {self._folded(match.starts_with, match)})")
        if match.contains is not None:
            found.append(f"strpos({left}, {self._folded(match.contains, match)}) > 0")
        if match.is_null is not None:
            found.append(f"{column} IS {'' if match.is_null else 'NOT '}NULL")
        return found

    def span(self, column: str, match: TimeMatch) -> list[str]:
        """The conditions on a column of times."""
        return [f"{column} {sign} {self.put(at)}" for sign, at in ((">=", match.gte), ("<", match.lt)) if at is not None]

    def _folded(self, value: str, match: TextMatch) -> str:
        if len(value) > SEARCH_LENGTH:
            raise BadRequest(f"filter may have at most {SEARCH_LENGTH} characters.", ("filter",))
        if "\x00" in value:
            raise BadRequest("filter holds a character that no text has.", ("filter",))
        placeholder = f"{self.put(value)}::text"
        return placeholder if match.exact else f"(SELECT fold({placeholder}))"  # SELECT: folded once, not for each row
