"""Documents as clients might write them, right and wrong, generated from the schema: hypothesis chooses, and shrinks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)
from hypothesis import strategies as st

from gql.shape import ATTEMPTS
from tests.gql.engine.values import CHOICES, Known, Values, literal

DEEPEST: Final = 6
MANY: Final = 4_000
"""Objects that a document asks for at the most, by a rough count: few documents are to be refused for their cost."""
SIZES: Final = {"Query.labels": 500, "Contact.labels": 50, "Tenant.invitations": 100, "Viewer.sessions": 50, "Query.nodes": 100}

CALLERS: Final = (*("ada",) * 6, *("adam", "linus", "oskar") * 2, *("grace",) * 3, "mallory", "stranger", "dead")
CURSORS: Final = {"after", "before"}
ADMINS: Final = {"auditLog", "jobs", "cancelJob", "startExport", "inviteUser", "revokeInvitation"}
OPERATORS: Final = {"tenants", "createTenant", "suspendTenant", "resumeTenant"}
OWN: Final = {
    *ATTEMPTS,
    *("logout", "revokeSessions", "enrollTotp", "regenerateRecoveryCodes", "disableTotp"),
}


@dataclass(frozen=True)
class Case:
    """One request, by one of the callers."""

    caller: str
    text: str
    variables: dict[str, Any] = field(default_factory=dict)
    name: str | None = None


def cases(schema: GraphQLSchema, known: Known) -> st.SearchStrategy[Case]:
    """Requests. All that is chosen comes from one string of bytes: hypothesis varies single choices of a kind too eagerly."""
    return st.binary(min_size=CHOICES, max_size=CHOICES).map(lambda choices: Writer(choices, schema, known).case())


class Writer(Values):
    """Writes one document. Half of what is `faulty` breaks some rule of GraphQL; the rest is valid, but for what merges badly."""

    def __init__(self, choices: bytes, schema: GraphQLSchema, known: Known) -> None:
        super().__init__(choices, schema, known)
        self._fragments: list[str] = []
        self._used: set[str] = set()
        self._tried = False
        self._caller = self.pick(CALLERS)

    def case(self) -> Case:
        """A request with its caller."""
        kind = "mutation" if self.chance(40) else "query"
        root: Any = self._schema.mutation_type if kind == "mutation" else self._schema.query_type
        selected = self.selected(root, 0, 1)
        declared = ", ".join(f"${name}: {type_}{default}" for name, (type_, default) in self._definitions.items())
        name = "Main" if self.chance(30) else ""
        text = f"{kind} {name}{f'({declared})' if declared else ''} {selected} {' '.join(self._fragments)}"
        asked = name if name and self.chance(50) else None
        if name and self.chance(20):
            text += " query Other { __typename }"
            asked = self.pick(("Main", "Main", "Main", None, "Nobody", "Other"))
        return Case(self._caller, text, self._values, asked)

    def selected(self, type_: Any, depth: int, times: int) -> str:
        """A selection set of an object or an abstract type, of which there may be so many."""
        if is_abstract_type(type_):
            some = [f"... on {self.pick(self._schema.get_possible_types(type_)).name}" for _ in range(self.pick((0, 1, 2)))]
            parts = [self.part(type_, depth, times)]
            for one in some:
                inner = self._schema.get_type(one.removeprefix("... on "))
                parts.append(f"{one}{self.directive()} {self.selected(inner, depth, times)}")
        else:
            parts = [self.part(type_, depth, times) for _ in range(self.pick((1, 2, 3, 4) if depth else (1, 1, 2, 3)))]
        return "{ " + " ".join(parts) + " }"

    def part(self, type_: Any, depth: int, times: int) -> str:
        """One selection."""
        if self.chance(7):
            return "__typename" + self.directive()
        if self.chance(5):
            return f"...{self.pick(('', f' on {type_.name}'))}{self.directive()} {self.selected(type_, depth, times)}"
        if self.chance(6):
            name = f"F{len(self._fragments)}"
            self._fragments.append("")
            self._fragments[int(name[1:])] = f"fragment {name} on {type_.name} {self.selected(type_, depth, times)}"
            return " ".join(f"...{name}{self.directive()}" for _ in range(self.pick((1, 1, 2))))
        if type_ is self._schema.query_type and self.chance(2):
            return self.pick(("__schema { queryType { name } }", '__type(name: "Node") { possibleTypes { name } }'))
        if self._faulty and self.chance(2):
            return self.pick(("nothing", "id { id }", "viewer", "name(x: 1)", "...Missing", "... on String { x }"))
        return self.field(type_, depth, times)

    def field(self, parent: GraphQLObjectType, depth: int, times: int) -> str:
        """A field with its arguments and all below it."""
        fitting = [
            one
            for one, known in parent.fields.items()
            if is_leaf_type(get_named_type(known.type)) or (depth < DEEPEST and times * size(parent, one, known) <= MANY)
        ]
        if depth == 0 and self.chance(92):
            fitting = [one for one in fitting if self.may(parent, one)]
        if self._tried:
            fitting = [one for one in fitting if one not in ATTEMPTS]
        if not fitting:
            return "__typename"
        name = self.pick(fitting)
        self._tried |= parent is self._schema.mutation_type and name in ATTEMPTS
        known = parent.fields[name]
        given = self.arguments(parent, name, known)
        alias = ""
        if given and (self.chance(40) or name in self._used):
            alias = f"a{len(self._used)}: "
        elif not given and self.chance(7):
            alias = self.pick((f"b{len(self._used)}: ", "name: ", "_: "))
        self._used |= {name, alias} if given else {alias}
        inner = get_named_type(known.type)
        below = "" if is_leaf_type(inner) else " " + self.selected(inner, depth + 1, times * size(parent, name, known))
        return f"{alias}{name}{given}{self.directive()}{below}"

    def may(self, parent: Any, name: str) -> bool:
        """Whether a field of the root is for the caller, as a rule."""
        if name in OPERATORS:
            return self._caller == "oskar"
        if name in ADMINS:
            return self._caller in {"ada", "adam", "mallory"}
        if self._caller in {"linus", "oskar"}:
            return parent is self._schema.query_type or name in OWN
        return self._caller not in {"stranger", "dead"} or name in {"viewer", "rateLimit", *OWN}

    def directive(self) -> str:
        """@include or @skip, seldom."""
        if not self.chance(8):
            return ""
        condition = literal(self.made(GraphQLNonNull(self._schema.get_type("Boolean")), "if", nested=True))  # type: ignore[type-var]
        return f" @{self.pick(('include', 'skip'))}(if: {condition})"

    def arguments(self, parent: Any, name: str, known: GraphQLField) -> str:
        """The arguments of a field, or none."""
        way = self.pick(({"last", "before"}, {"first", "after"}, {"first", "after"}, set() if self._faulty else {"last", "before"}))
        given = [
            f"{one}: {literal(self.made(argument.type, f'{parent.name}.{name}.{one}', nested=True))}"
            for one, argument in known.args.items()
            if one not in way
            and (
                (isinstance(argument.type, GraphQLNonNull) and argument.default_value is Undefined)
                or self.chance(12 if one in CURSORS else 35)
            )
        ]
        return f"({', '.join(given)})" if given else ""


def size(parent: Any, name: str, known: GraphQLField) -> int:
    """How many objects a field may find, roughly."""
    return SIZES.get(f"{parent.name}.{name}", 30 if "first" in known.args else 1)
