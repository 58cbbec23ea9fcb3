"""Ids and nodes: what a client may cache. An id is `<type>_<uuid in hex>`, opaque to clients."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final, Self, cast
from uuid import UUID

import strawberry
from graphql import GraphQLError

from models.values import Row

_ID = re.compile(r"[a-z]+_[0-9a-f]{32}")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")


def parse_id(kind: str, text: str) -> UUID | None:
    """The uuid of an id of this kind; None for every other text, so that malformed and unknown are one."""
    if not _ID.fullmatch(text) or not text.startswith(f"{kind}_"):
        return None
    return UUID(hex=text.rpartition("_")[2])


NOBODY: Final = UUID(int=0)
"""What nothing is called."""


def kind_of(text: str) -> str:
    """The part of an id that names its type."""
    return text.partition("_")[0]


def read(source: Any, name: str) -> Any:
    """The default resolver: fields read the records of the database by column, and payloads by attribute."""
    return source[name] if hasattr(source, "keys") else getattr(source, name)


class FromRow:
    """The mark of a type whose fields read a record of the database, each the column of its name."""

    @staticmethod
    def is_type_of(source: Any, _info: Any) -> bool:
        """A field's declared type is the row's type."""
        return hasattr(source, "keys")


@strawberry.interface(description="What a client may cache, and fetch again by its id.")
class Node(FromRow):
    """Resolved from rows: the row of a node whose type is not known from its field carries `__typename`."""

    id: strawberry.ID = strawberry.field(description="Opaque, and the same for ever.")

    @classmethod
    def of(cls, row: Row) -> Self:
        """The row as this type. Fields read records: no object is built for a row."""
        return cast("Self", row)

    @classmethod
    def maybe(cls, row: Row | None) -> Self | None:
        """The row as this type, or None."""
        return cast("Self | None", row)

    @staticmethod
    def resolve_type(source: Row, _info: Any, _abstract: Any) -> str:
        """The type of a row that was looked up by its id."""
        return str(source["__typename"])


def identity(kind: str) -> Any:
    """The id field of a type whose ids begin with `kind`."""

    def resolve(root: strawberry.Parent[Any]) -> strawberry.ID:
        return f"{kind}_{root['id'].hex}"  # type: ignore[return-value]  # a call of ID for each row would cost more than the rest

    return strawberry.field(resolver=resolve, description="Opaque, and the same for ever.", metadata={"columns": ("id",)})


def _serialize(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _parse(text: Any) -> datetime:
    if not isinstance(text, str) or not _RFC3339.fullmatch(text):
        raise GraphQLError("A DateTime is written as in RFC 3339, such as 2026-01-31T12:00:00Z.")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):  # such as one whose year is 0 in UTC
        raise GraphQLError("There is no such DateTime.") from None


DATE_TIME: Final = strawberry.scalar(
    name="DateTime",
    description="RFC 3339, in UTC on output.",
    specified_by_url="https://scalars.graphql.org/andimarek/date-time",
    serialize=_serialize,
    parse_value=_parse,
)
