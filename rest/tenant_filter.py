"""The filter of the old tenant list, `filters[N][field|operator|value]` and its shorthands, over the tenants' old JSON."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from models.errors import BadRequest

_KEY: Final = re.compile(r"filters\[([0-9]{1,4})\]\[(field|operator|value)\]")
_TEXTS: Final[dict[str, Callable[[Any, Any], bool]]] = {"contains": operator.contains, "equals": operator.eq}
_TIMES: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "equals": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_SHORTHANDS: Final = {"name": "contains", "db_url": "contains", "id": "equals"}


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions on a tenant's JSON, each a key, a comparison and what to compare with; all of which hold."""

    every: tuple[tuple[str, Callable[[Any, Any], bool], Any], ...]

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Conditions:
        """Those of a query. Fields and operators that are not known are ignored; a time that is none raises BadRequest."""
        asked = [(key, how, query[key]) for key, how in _SHORTHANDS.items() if key in query]
        parts: dict[str, dict[str, str]] = {}
        for key, value in query.items():
            if named := _KEY.fullmatch(key):
                parts.setdefault(named[1], {})[named[2]] = value
        asked += [(p.get("field", ""), p.get("operator", ""), p.get("value", "")) for p in parts.values()]
        return cls(tuple(condition for field, how, value in asked if (condition := _condition(field, how, value))))

    def hold(self, tenant: Mapping[str, Any]) -> bool:
        """Whether all of them hold for this tenant."""
        return all(compare(_comparable(key, tenant[key]), value) for key, compare, value in self.every)


def _condition(field: str, how: str, value: str) -> tuple[str, Callable[[Any, Any], bool], Any] | None:
    if field in _SHORTHANDS and how in _TEXTS:
        return field, _TEXTS[how], value
    if field in {"created_at", "updated_at"} and how in _TIMES:
        return field, _TIMES[how], _time(value)
    return None


def _comparable(key: str, value: str) -> Any:
    return value if key in _SHORTHANDS else datetime.fromisoformat(value).replace(tzinfo=UTC)


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest("Failed to filter tenants: this is no time such as 2023-12-25T10:00:00.000Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
