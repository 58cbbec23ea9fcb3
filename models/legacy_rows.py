"""Rows of the old service as rows of ours: what is decided about them, what is wrong with them, and what is kept all the same.

Nothing here is written or asked; a row that breaks a rule is told as faults, without what stands in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, Literal, NamedTuple
from zlib import crc32

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models import rules
from models.contact import Contact
from models.errors import InvalidInput
from models.values import Gender, ImportKind, Row, normal

NUMBER_LIMIT: Final = 1_000_000_000
"""Old ids above it are not kept as numbers: numbers of all tenants come from one sequence, which goes on after the highest."""

SKIP: Final = "skip"
_FIELDS: Final = ("name", "gender", "age", "address", "phone", "email")
_CHECKED: Final = {ImportKind.USER: ("id", "username", "email", "password", "active"), ImportKind.CONTACT: ("id", *_FIELDS)}


class Fault(NamedTuple):
    """What is wrong with a row, or worth a look: a stable code, the field, a sentence, and the other rows that it is about."""

    reason: str
    field: str | None
    message: str
    others: tuple[int, ...] = ()


class _Choice(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    number: None = Field(None, description="Given as null, the row takes the next number in place of its old id.")


class UserChoice(_Choice):
    """What is to stand in place of a user's own values."""

    username: str = ""
    email: str = ""


class ContactChoice(_Choice):
    """What is to stand in place of a contact's own values."""

    name: str = ""
    gender: bool | None = None
    age: int | None = None
    address: str = ""
    phone: str = ""
    email: str = ""


class Decisions(BaseModel):
    """What was decided about rows, by their old ids: other values for them, or that they stay behind."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    users: dict[int, UserChoice | Literal["skip"]] = Field(default_factory=dict)
    contacts: dict[int, ContactChoice | Literal["skip"]] = Field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Decisions:
        """The decisions of a JSON object. Refuses with InvalidInput, a line for each fault, no value shown."""
        try:
            return cls.model_validate(json.loads(text, object_pairs_hook=_unique))
        except json.JSONDecodeError as error:
            raise InvalidInput(f"The decisions are no JSON: line {error.lineno}, column {error.colno}.") from None
        except ValidationError as error:
            lines = {f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False, include_url=False)}
            raise InvalidInput("\n".join(["The decisions cannot be understood.", *sorted(lines)])) from None

    def of(self, kind: ImportKind) -> Mapping[int, _Choice | str]:
        """Those about one kind of row."""
        about: dict[ImportKind, Mapping[int, _Choice | str]] = {ImportKind.USER: self.users, ImportKind.CONTACT: self.contacts}
        return about.get(kind, {})

    def skips(self, kind: ImportKind, row: Row) -> bool:
        """Whether a row is to stay behind."""
        return self.of(kind).get(row["id"]) == SKIP

    def apply(self, kind: ImportKind, row: Row) -> Row:
        """The old row with what was decided in it, and its `number`."""
        choice = self.of(kind).get(row["id"])
        changes = choice.model_dump(exclude_unset=True) if isinstance(choice, _Choice) else {}
        return {**row, "number": row["id"], **changes}


def checksum(kind: ImportKind, row: Row) -> int:
    """32 bits that change with the row: enough to see a change, too few to tell what stood in it."""
    values = [row[name] for name in _CHECKED[kind]] if kind in _CHECKED else sorted(map(str, row.values()))
    return crc32(json.dumps(values, default=str).encode())


def user(row: Row) -> tuple[Row, list[Fault]]:
    """A user's own columns from an old row, but for the password; with what is wrong."""
    address, faults = _tried("email", lambda: rules.email(row["email"], "email"))
    name, wrong = _tried("username", lambda: rules.username(row["username"], address or row["email"], "username"))
    kept = {"number": row["number"], "active": bool(row["active"]), "username": name, "email": address}
    keys = {"username_key": normal(name or ""), "email_key": normal(address or "")}
    return kept | keys, [*faults, *wrong, *_number(row)]


def contact(row: Row, *, keep: bool) -> tuple[Row, list[Fault], list[Fault]]:
    """A contact's own columns from an old row; with what is wrong, and with what went into the notes instead where `keep`."""
    given: Row = {name: row[name] for name in _FIELDS}
    if row["gender"] is not None:
        given["gender"] = Gender.MALE if row["gender"] else Gender.FEMALE
    kept: Row = {"number": row["number"], "notes": None}
    noted: list[Fault] = []
    for name in _FIELDS:
        kept[name], wrong = _tried(name, partial(Contact.check, name, given[name]))
        noted += wrong
    if not keep or not noted:
        return kept, [*noted, *_number(row)], []
    kept["name"] = kept["name"] or (row["name"].strip() or kept["email"] or f"Contact {row['id']}")[: rules.NAME_LENGTH]
    notes = "\n".join(["From the old service:", *(f"{fault.field}: {row[str(fault.field)]}" for fault in noted)])
    kept["notes"], wrong = _tried("notes", lambda: Contact.check("notes", notes))
    return kept, [*wrong, *_number(row)], noted


class Names:
    """Usernames and e-mail addresses of the old users, to tell which of them are one and the same in our normal form.

    Half a kilobyte a user is held, until the users are moved.
    """

    def __init__(self) -> None:
        self._who: dict[tuple[str, str], list[int]] = {}

    def add(self, row: Row) -> None:
        """A user who is not to stay behind, as decided."""
        for field in ("username", "email"):
            self._who.setdefault((field, normal(row[field])), []).append(row["id"])

    def called(self, username: str) -> list[int]:
        """The ids of the users of this name."""
        return self._who.get(("username", normal(username)), [])

    def clashes(self, row: Row) -> list[Fault]:
        """With whom this user shares a name or an address."""
        found = []
        for field in ("username", "email"):
            others = tuple(number for number in self._who[field, normal(row[field])] if number != row["id"])
            if others:
                found.append(Fault("SAME_AS_ANOTHER", field, f"{field} is another old user's too: decide who keeps it.", others))
        return found


def _tried(field: str, check: Callable[[], Any]) -> tuple[Any, list[Fault]]:
    try:
        return check(), []
    except InvalidInput as refusal:
        return None, [Fault(refusal.code, field, refusal.message)]


def _number(row: Row) -> list[Fault]:
    if row["number"] is None or row["number"] <= NUMBER_LIMIT:
        return []
    return [Fault("NUMBER_TOO_HIGH", "id", f"An id above {NUMBER_LIMIT} cannot be kept: decide on number null for a new one.")]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise InvalidInput("The decisions name an id or a key twice.")
    return dict(pairs)
