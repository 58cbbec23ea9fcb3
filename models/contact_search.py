"""Finding contacts: what a filter, a search and an order mean in SQL."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from models.conditions import TextMatch, TimeMatch, Where
from models.contact import Contact
from models.errors import BadRequest
from models.paging import Key, Page, Window, page, searched
from models.rules import IDS_AT_ONCE
from models.tenancy import ask, behind, chosen, held, own
from models.values import Gender, Row

CONDITIONS: Final = 50
NESTING: Final = 5
ORDERS: Final = 4

_TOP: Final = "U&'\\+10FFFF'"
"""Sorts after every other text, as `'ASC NULLS LAST'` would put a null; the indexes are built with it."""


@dataclass(frozen=True, slots=True)
class IntMatch:
    """Conditions on a whole number, all of which hold."""

    eq: int | None = None
    gte: int | None = None
    lte: int | None = None
    is_null: bool | None = None


@dataclass(frozen=True, slots=True)
class LabelMatch:
    """Conditions on the labels of a contact: one of `any`, each of `all`, none of `none`."""

    any: Sequence[UUID] | None = None
    all: Sequence[UUID] | None = None
    none: Sequence[UUID] | None = None


@dataclass(frozen=True, slots=True)
class ContactFilter:
    """What contacts are asked for. All that is given holds; `either` and `negated` nest."""

    every: Sequence[ContactFilter] = ()
    either: Sequence[ContactFilter] | None = None
    negated: ContactFilter | None = None
    texts: dict[str, TextMatch] = field(default_factory=dict)
    gender: Gender | None = None
    age: IntMatch | None = None
    labels: LabelMatch | None = None
    favorite: bool | None = None
    created_at: TimeMatch | None = None
    updated_at: TimeMatch | None = None


EVERYTHING: Final = ContactFilter()
"""The filter that asks for nothing in particular."""


class ContactOrder(StrEnum):
    """By what contacts can be sorted. Texts sort without accents and case; what is empty comes last, in both directions."""

    NAME = "NAME"
    FAMILY_NAME = "FAMILY_NAME"
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    AGE = "AGE"
    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"
    NUMBER = "NUMBER"

    def key(self, descending: bool) -> Key:
        """The sort key, as the index of this direction has it."""
        match self:
            case ContactOrder.NAME:
                return Key("c.name_key", descending)
            case ContactOrder.AGE:
                return Key(_last("c.age", "-1" if descending else "32767"), descending, int)
            case ContactOrder.CREATED_AT | ContactOrder.UPDATED_AT:
                return Key(f"c.{self.lower()}", descending, datetime)
            case ContactOrder.NUMBER:
                return Key("c.number", descending, int)
            case _:
                return Key(_last(f"c.{self.lower()}_key", "''" if descending else _TOP), descending)


@dataclass(frozen=True, slots=True)
class ContactQuery:
    """Which contacts, in which order."""

    search: str | None = None
    filter: ContactFilter = EVERYTHING
    order: Sequence[tuple[ContactOrder, bool]] = ()
    trashed: bool = False
    label: UUID | None = None

    async def page(self, window: Window, columns: frozenset[str] | None = None) -> Page:
        """One page of them, with these of their columns. Refuses with BadRequest."""
        if len(self.order) > ORDERS:
            raise BadRequest(f"orderBy takes at most {ORDERS} fields.", ("orderBy",))
        where = self._where()
        keys = [order.key(descending) for order, descending in self.order] or [ContactOrder.NAME.key(descending=False)]
        scope = ("contacts", held(), self.search, self.filter, keys, self.trashed, self.label)
        select = f"SELECT {chosen(Contact, 'c', columns)}"
        return await page(select, "contacts c", where.conditions, where.values, keys, window, scope)

    async def count(self) -> int:
        """How many they are."""
        where = self._where()
        rows = await ask(behind(f"SELECT count(*) AS n FROM contacts c WHERE {where.sql}"), *where.values)
        return int(rows[0]["n"])

    async def numbered(self, after: int, offset: int, limit: int) -> list[Row]:
        """At most `limit` rows for the old routes: those whose number is above `after`, `offset` of them skipped."""
        where = self._where()
        where.conditions.append(f"c.number > {where.put(after)}::integer")
        orders = [order.key(descending) for order, descending in self.order] + [ContactOrder.NUMBER.key(descending=False)]
        ordering = ", ".join(f"{key.sql} {'DESC' if key.descending else 'ASC'}" for key in orders)
        rows = (
            f"SELECT c.* FROM contacts c WHERE {where.sql} ORDER BY {ordering} LIMIT {where.put(limit)} OFFSET {where.put(offset)}"
        )
        return await ask(behind(rows), *where.values)

    def _where(self) -> _Where:
        where = _Where([])
        where.conditions.append(own("c"))
        where.conditions.append("c.deleted_at IS NOT NULL" if self.trashed else "c.deleted_at IS NULL")
        if self.label is not None:
            where.conditions.append(where.labelled([self.label]))
        where.search(self.search)
        where.conditions.extend(where.filter(self.filter, NESTING))
        return where


class _Where(Where):
    def __init__(self, values: list[Any]) -> None:
        super().__init__(values)
        self._count = 0

    def search(self, search: str | None) -> None:
        """Each word stands in one of the names, the address, the organisation, or is part of the phone's digits."""
        for word in searched(search):
            spellings = [word]
            digits = re.sub(r"[^0-9]", "", word)
            if digits and digits != word and re.fullmatch(r"[0-9+().\-/]+", word):
                spellings.append(digits)
            # SELECT: made once. A planner that knows the text no more makes it anew for each row that the index finds.
            either = " OR ".join(f"c.search_text LIKE (SELECT '%' || literal({self.put(s)}) || '%')" for s in spellings)
            self.conditions.append(f"({either})")

    def filter(self, wanted: ContactFilter, depth: int) -> list[str]:
        if depth == 0:
            raise BadRequest(f"filter nests at most {NESTING} levels.", ("filter",))
        found: list[str] = []
        for column, match in wanted.texts.items():
            keyed = column in {"name", "email", "phone"}
            left = f"c.{column}" if match.exact else f"c.{column}_key" if keyed else f"fold(c.{column})"
            found.extend(self.text(f"c.{column}", left, match))
        if wanted.gender is not None:
            found.append(f"c.gender = {self.put(wanted.gender.value)}")
        if wanted.favorite is not None:
            found.append(f"c.favorite = {self.put(wanted.favorite)}")
        if wanted.age is not None:
            found.extend(self._age(wanted.age))
        for column, span in (("created_at", wanted.created_at), ("updated_at", wanted.updated_at)):
            if span is not None:
                found.extend(self.span(f"c.{column}", span))
        if wanted.labels is not None:
            found.extend(self._labels(wanted.labels))
        for inner in wanted.every:
            found.extend(self.filter(inner, depth - 1))
        if wanted.either is not None:
            alternatives = [" AND ".join(self.filter(inner, depth - 1)) or "true" for inner in wanted.either]
            found.append(f"({' OR '.join(f'({a})' for a in alternatives) or 'false'})")
        if wanted.negated is not None:
            # IS NOT TRUE: what is unknown of an empty field is not so, and its contact belongs to the complement.
            found.append(f"({' AND '.join(self.filter(wanted.negated, depth - 1)) or 'true'}) IS NOT TRUE")
        self._count += max(len(found), 1)  # an empty one costs, too
        if self._count > CONDITIONS:
            raise BadRequest(f"filter takes at most {CONDITIONS} conditions.", ("filter",))
        return found

    def _age(self, match: IntMatch) -> list[str]:
        found = [
            f"c.age {sign} {self.put(value)}::integer"
            for sign, value in (("=", match.eq), (">=", match.gte), ("<=", match.lte))
            if value is not None
        ]
        if match.is_null is not None:
            found.append(f"c.age IS {'' if match.is_null else 'NOT '}NULL")
        return found

    def _labels(self, match: LabelMatch) -> list[str]:
        found = []
        for ids in (match.any, match.all, match.none):
            if ids is not None and len(ids) > IDS_AT_ONCE:
                raise BadRequest(f"labels take at most {IDS_AT_ONCE} ids.", ("filter", "labels"))
        if match.any is not None:
            found.append(self.labelled(match.any))
        if match.all is not None:
            found.extend(self.labelled([label_id]) for label_id in match.all)
        if match.none is not None:
            found.append(f"NOT {self.labelled(match.none)}")
        return found

    def labelled(self, label_ids: Sequence[UUID]) -> str:
        return (
            f"EXISTS (SELECT FROM contact_labels x WHERE {own('x')} AND x.contact_id = c.id "
            f"AND x.label_id = ANY ({self.put(list(label_ids))}::uuid[]))"
        )


def _last(column: str, sentinel: str) -> str:
    """A column whose nulls come last. Written as the indexes have it: a coalesce would stay out of their conditions."""
    return f"CASE WHEN {column} IS NULL THEN {sentinel} ELSE {column} END"
