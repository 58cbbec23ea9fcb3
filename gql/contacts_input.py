"""What clients send of contacts: drafts, patches, filters and orders, and their way into values of the models."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import strawberry
from strawberry.types.maybe import Some

from gql.enums import Gender, described
from gql.nodes import NOBODY, parse_id
from models.conditions import TextMatch, TimeMatch
from models.contact_search import ContactFilter as FilterValue
from models.contact_search import ContactOrder as OrderValue
from models.contact_search import IntMatch, LabelMatch

_NAME = "How the contact is called in full; not blank, at most 200 characters."
_LABELS = "At most 50: the contact's labels from now on."


@strawberry.input(description="A whole contact. What is omitted is empty.")
class ContactDraft:
    """Input of createContact."""

    name: str = strawberry.field(description=_NAME)
    given_name: str | None = strawberry.field(default=None, description="At most 200 characters.")
    family_name: str | None = strawberry.field(default=None, description="At most 200 characters.")
    nickname: str | None = strawberry.field(default=None, description="At most 200 characters.")
    gender: Gender | None = strawberry.field(default=None, description="As the contact gave it.")
    age: int | None = strawberry.field(default=None, description="In years, 0 to 150.")
    email: str | None = strawberry.field(default=None, description="At most 254 characters.")
    phone: str | None = strawberry.field(default=None, description="As people write it, at most 40 characters.")
    address: str | None = strawberry.field(default=None, description="At most 500 characters.")
    organization: str | None = strawberry.field(default=None, description="At most 200 characters.")
    job_title: str | None = strawberry.field(default=None, description="At most 200 characters.")
    notes: str | None = strawberry.field(default=None, description="At most 10,000 characters.")
    favorite: bool = strawberry.field(default=False, description="Whether to mark it.")
    label_ids: list[strawberry.ID] | None = strawberry.field(default=None, description=_LABELS)


@strawberry.input(
    description="A change of a contact. What is omitted stays; null clears, and is refused where nothing may be empty."
)
class ContactPatch:
    """Input of updateContact."""

    name: strawberry.Maybe[str | None] = strawberry.field(description=_NAME)
    given_name: strawberry.Maybe[str | None] = strawberry.field(description="At most 200 characters.")
    family_name: strawberry.Maybe[str | None] = strawberry.field(description="At most 200 characters.")
    nickname: strawberry.Maybe[str | None] = strawberry.field(description="At most 200 characters.")
    gender: strawberry.Maybe[Gender | None] = strawberry.field(description="As the contact gave it.")
    age: strawberry.Maybe[int | None] = strawberry.field(description="In years, 0 to 150.")
    email: strawberry.Maybe[str | None] = strawberry.field(description="At most 254 characters.")
    phone: strawberry.Maybe[str | None] = strawberry.field(description="As people write it, at most 40 characters.")
    address: strawberry.Maybe[str | None] = strawberry.field(description="At most 500 characters.")
    organization: strawberry.Maybe[str | None] = strawberry.field(description="At most 200 characters.")
    job_title: strawberry.Maybe[str | None] = strawberry.field(description="At most 200 characters.")
    notes: strawberry.Maybe[str | None] = strawberry.field(description="At most 10,000 characters.")
    favorite: strawberry.Maybe[bool | None] = strawberry.field(description="Whether to mark it.")
    label_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(description=_LABELS)


def columns(given: ContactDraft | ContactPatch) -> tuple[dict[str, Any], list[UUID | None] | None]:
    """The columns that an input sets, and the labels where it names them."""
    values: dict[str, Any] = {}
    for name, value in vars(given).items():
        if isinstance(given, ContactDraft):
            values[name] = value
        elif isinstance(value, Some):
            values[name] = value.value
    if "label_ids" not in values:
        return values, None
    label_ids = values.pop("label_ids")
    return values, [parse_id("label", text) for text in label_ids or ()]


@strawberry.input(description="Conditions on a text, all of which hold. Accents and case do not matter.")
class StringFilter:
    """Part of a filter."""

    eq: str | None = strawberry.field(default=None, description="Equal to this.")
    among: list[str] | None = strawberry.field(default=None, name="in", description="Equal to one of these, at most 100.")
    starts_with: str | None = strawberry.field(default=None, description="Begins so.")
    contains: str | None = strawberry.field(default=None, description="Holds this.")
    is_null: bool | None = strawberry.field(default=None, description="Whether it is empty.")

    def value(self) -> TextMatch:
        """The models' conditions."""
        return TextMatch(self.eq, self.among, self.starts_with, self.contains, self.is_null)


@strawberry.input(description="Conditions on a whole number, all of which hold.")
class IntFilter:
    """Part of a filter."""

    eq: int | None = strawberry.field(default=None, description="Equal to this.")
    gte: int | None = strawberry.field(default=None, description="At least this.")
    lte: int | None = strawberry.field(default=None, description="At most this.")
    is_null: bool | None = strawberry.field(default=None, description="Whether it is empty.")


@strawberry.input(description="A span of time.")
class DateTimeFilter:
    """Part of a filter."""

    gte: datetime | None = strawberry.field(default=None, description="Not before this.")
    lt: datetime | None = strawberry.field(default=None, description="Before this.")

    def value(self) -> TimeMatch:
        """The models' conditions."""
        return TimeMatch(self.gte, self.lt)


@strawberry.input(description="Conditions on a contact's labels, all of which hold; at most 100 ids each.")
class LabelFilter:
    """Part of a filter."""

    any: list[strawberry.ID] | None = strawberry.field(default=None, description="Carries one of these.")
    all: list[strawberry.ID] | None = strawberry.field(default=None, description="Carries each of these.")
    none: list[strawberry.ID] | None = strawberry.field(default=None, description="Carries none of these.")


@strawberry.input(description="Conditions on a contact, all of which hold: at most 50, nested at most 5 levels.")
class ContactFilter:
    """Argument of contacts."""

    every: list[ContactFilter] | None = strawberry.field(default=None, name="and", description="All of these hold.")
    either: list[ContactFilter] | None = strawberry.field(default=None, name="or", description="One of these holds.")
    negated: ContactFilter | None = strawberry.field(default=None, name="not", description="This does not hold.")
    name: StringFilter | None = strawberry.field(default=None, description="On the name.")
    email: StringFilter | None = strawberry.field(default=None, description="On the e-mail address.")
    phone: StringFilter | None = strawberry.field(default=None, description="On the phone, as it is written.")
    address: StringFilter | None = strawberry.field(default=None, description="On the address.")
    organization: StringFilter | None = strawberry.field(default=None, description="On the organisation.")
    gender: Gender | None = strawberry.field(default=None, description="Has this gender.")
    age: IntFilter | None = strawberry.field(default=None, description="On the age as it was recorded.")
    labels: LabelFilter | None = strawberry.field(default=None, description="On the labels.")
    favorite: bool | None = strawberry.field(default=None, description="Whether it is marked.")
    created_at: DateTimeFilter | None = strawberry.field(default=None, description="When it was made.")
    updated_at: DateTimeFilter | None = strawberry.field(default=None, description="When it last changed.")

    def value(self) -> FilterValue:
        """The models' filter."""
        texts = {
            column: text.value()
            for column in ("name", "email", "phone", "address", "organization")
            if (text := getattr(self, column)) is not None
        }
        return FilterValue(
            every=[inner.value() for inner in self.every or ()],
            either=None if self.either is None else [inner.value() for inner in self.either],
            negated=self.negated.value() if self.negated else None,
            texts=texts,
            gender=self.gender,
            age=IntMatch(self.age.eq, self.age.gte, self.age.lte, self.age.is_null) if self.age else None,
            labels=LabelMatch(*(_label_ids(ids) for ids in (self.labels.any, self.labels.all, self.labels.none)))
            if self.labels
            else None,
            favorite=self.favorite,
            created_at=self.created_at.value() if self.created_at else None,
            updated_at=self.updated_at.value() if self.updated_at else None,
        )


def _label_ids(ids: Sequence[str] | None) -> list[UUID] | None:
    return None if ids is None else [parse_id("label", text) or NOBODY for text in ids]


@described(
    "By what contacts can be sorted; texts without accents and case, what is empty last in both directions.",
    NAME="The full name.",
    FAMILY_NAME="The family name.",
    EMAIL="The e-mail address.",
    PHONE="The phone, as it is written.",
    AGE="The age, as it was recorded.",
    CREATED_AT="When it was made.",
    UPDATED_AT="When it last changed.",
)
class ContactOrderField(StrEnum):
    """The orders that GraphQL offers."""

    NAME = "NAME"
    FAMILY_NAME = "FAMILY_NAME"
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    AGE = "AGE"
    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"


@described("Which way to sort.", ASC="Up.", DESC="Down.")
class OrderDirection(StrEnum):
    """Up or down."""

    ASC = "ASC"
    DESC = "DESC"


@strawberry.input(description="One order.")
class ContactOrder:
    """Argument of contacts."""

    field: ContactOrderField = strawberry.field(description="By what.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Which way.")

    def value(self) -> tuple[OrderValue, bool]:
        """The models' order, and whether it is descending."""
        return OrderValue(self.field.value), self.direction is OrderDirection.DESC
