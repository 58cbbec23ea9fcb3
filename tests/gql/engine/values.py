"""Values for arguments and variables as clients might send them, right and wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLList, GraphQLNonNull, GraphQLSchema, Undefined

from tests.world import PASSWORD

CHOICES: Final = 600
"""Bytes, one for each choice; beyond them everything is the simplest there is."""

WRONG: Final = (None, 5, 2**40, 3.0, 1.5, True, "typo", "5", [], ["x"], {}, {"nope": 1}, [None])
INTS: Final = {"first": (2, 1, 3, 25), "last": (2, 1, 3, 25), "age": (34, 0, 151), "expectedVersion": (1, 2, 7)}
TEXTS: Final = {
    "tenant": ("acme", "evil", "nobody"),
    "usernameOrEmail": ("linus", "ADA@example.org", "nobody"),
    "password": (PASSWORD, "wrong", "much-too-good-7to-guess"),
    "currentPassword": (PASSWORD, "wrong"),
    "newPassword": ("much-too-good-7to-guess", "short"),
    "slug": ("fresh", "acme", "no slug!"),
    "color": ("#00ff7f", "red"),
    "email": ("zoe@example.org", "ada@example.org", "@"),
    "username": ("zoe", "linus", "x"),
    "DateTime": ("2026-01-31T12:00:00Z", "2199-01-31t12:00:00.123456789+02:00", "0001-01-01T00:00:00+14:00"),
}
NAMES: Final = ("Zoë", "family", "a", "", "  ", 'tab\t "quoted" \\ \u2028 😀', "y" * 201)


class Name(str):
    """A value that stands in a document without quotes, such as an enum's."""

    __slots__ = ()


@dataclass(frozen=True)
class Known:
    """What lies in the database: ids by their kinds, some of them another tenant's or nobody's, and cursors and tokens."""

    ids: dict[str, Sequence[str]]
    texts: dict[str, Sequence[str]]


class Values:
    """Makes values by choices, a byte each. What is `faulty` is wrong here and there; the rest fits its type."""

    def __init__(self, choices: bytes, schema: GraphQLSchema, known: Known) -> None:
        self._choices, self._schema, self._known = iter(choices), schema, known
        self._definitions: dict[str, tuple[str, str]] = {}
        self._values: dict[str, Any] = {}
        self._faulty = self.chance(25)

    def chance(self, percent: int) -> bool:
        """Whether something that happens in so many of a hundred cases happens; it shrinks to no."""
        return next(self._choices, 0) * 100 >= (100 - percent) * 256

    def pick(self, options: Sequence[Any]) -> Any:
        """One of them; it shrinks to the first."""
        return options[next(self._choices, 0) * len(options) >> 8]

    def made(self, type_: Any, place: str, *, nested: bool = False) -> Any:
        """A value of an input type, that stands at `place`; with variables in it where it is `nested` in the document."""
        if nested and self.chance(35):
            return self.variable(type_, place)
        if self._faulty and self.chance(10):
            return Name("TYPO") if nested and self.chance(20) else self.pick(WRONG)
        if isinstance(type_, GraphQLNonNull):
            return self.present(type_.of_type, place, nested=nested)
        return None if self.chance(8) else self.present(type_, place, nested=nested)

    def present(self, type_: Any, place: str, *, nested: bool) -> Any:
        """The same for what is not null."""
        if isinstance(type_, GraphQLList):
            if self.chance(6):
                return self.made(type_.of_type, place)
            return [self.made(type_.of_type, place, nested=nested) for _ in range(self.pick((1, 2, 0)))]
        if isinstance(type_, GraphQLInputObjectType):
            return self.object(type_, place, nested=nested)
        if isinstance(type_, GraphQLEnumType):
            return Name(self.pick([*type_.values]))
        key = place.rpartition(".")[2]
        if type_.name == "Boolean":
            return self.pick((True, False))
        if type_.name == "Int":
            return self.pick(INTS.get(key, (1, 34, 2**31 - 1)))
        if type_.name == "ID":
            kinds = [kind for kind in self._known.ids if kind in place.lower()]
            return self.pick(
                self._known.ids[kinds[-1]] if kinds and self.chance(85) else [i for ids in self._known.ids.values() for i in ids]
            )
        return self.pick(TEXTS.get("DateTime" if type_.name == "DateTime" else key) or self._known.texts.get(key) or NAMES)

    def object(self, type_: GraphQLInputObjectType, place: str, *, nested: bool) -> dict[str, Any]:
        """An input object."""
        fields, share = type_.fields, 30 if place.count(".") < 4 else 8
        if type_.is_one_of and not (self._faulty and self.chance(30)):
            one = self.pick([*fields])
            return {one: self.made(GraphQLNonNull(fields[one].type), f"{place}.{type_.name}.{one}", nested=nested)}
        return {
            one: self.made(known.type, f"{place}.{type_.name}.{one}", nested=nested)
            for one, known in fields.items()
            if (isinstance(known.type, GraphQLNonNull) and known.default_value is Undefined) or self.chance(share)
        }

    def variable(self, type_: Any, place: str) -> Name:
        """A variable that may stand where a value of this type may; an old one, or a new one with its value."""
        old = [name for name, (known, _) in self._definitions.items() if known == str(type_)]
        if old and self.chance(25):
            return Name(f"${self.pick(old)}")
        name, default = f"v{len(self._definitions)}", ""
        required = isinstance(type_, GraphQLNonNull)
        declared = str(type_)
        if self.chance(12):
            self._definitions[name] = ("Boolean", "")  # taken, while its default is made
            default = f" = {literal(self.made(type_, place))}"
            declared = declared.removesuffix("!") if self.chance(50) else declared
        elif not required and self.chance(10):
            type_, declared = GraphQLNonNull(type_), f"{type_}!"
        self._definitions[name] = (declared, default)
        if not self.chance(50 if default else 5 if required and not self._faulty else 15) or (
            required and not default and not self._faulty
        ):
            self._values[name] = self.made(type_, place)
        return Name(f"${name}")


def literal(value: Any) -> str:
    """A value as it stands in a document."""
    if isinstance(value, Name):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(one)}" for name, one in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)
