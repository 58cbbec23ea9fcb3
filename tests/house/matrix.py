"""The tenant matrix: every place of the schema where an id goes in, and the operation that puts one there; all of it generated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from server.database import ROOT

SCHEMA: Final = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))

CASES: Final[dict[str, str]] = {
    "Query.auditLog.filter.actorId": "user",
    "Query.contact.id": "contact",
    "Query.contacts.filter.labels.all": "label",
    "Query.contacts.filter.labels.any": "label",
    "Query.contacts.filter.labels.none": "label",
    "Query.node.id": "contact",
    "Query.nodes.ids": "contact",
    "Mutation.cancelJob.input.id": "job",
    "Mutation.createContact.input.contact.labelIds": "label",
    "Mutation.deleteContacts.input.ids": "contact",
    "Mutation.deleteLabel.input.id": "label",
    "Mutation.deleteUser.input.id": "user",
    "Mutation.restoreContacts.input.ids": "contact",
    "Mutation.resumeTenant.input.id": "tenantsummary",
    "Mutation.revokeInvitation.input.id": "invitation",
    "Mutation.revokeSessions.input.sessionId": "session",
    "Mutation.suspendTenant.input.id": "tenantsummary",
    "Mutation.updateContact.input.contact.labelIds": "label",
    "Mutation.updateContact.input.id": "contact",
    "Mutation.updateLabel.input.id": "label",
    "Mutation.updateUser.input.id": "user",
}
"""Each place of the schema that takes an id, with the kind of id that bites there."""

SAMPLES: Final[dict[str, dict[str, Any]]] = {
    "ContactPatch": {"name": "Mallory was here"},
    "RefreshInput": {"refreshToken": "unknown"},
    "UpdateLabelInput": {"name": "Mallory was here"},
    "UpdateUserInput": {"username": "mallory-was-here"},
}
"""What an operation writes, where the required fields alone would write nothing."""


WIDE: Final = {"graphql_max_cost": 1_000_000, "graphql_max_nodes": 1_000_000, "graphql_max_aliases": 1_000}
"""Settings of a server that answers operations which read everything there is."""


@dataclass(frozen=True)
class Operation:
    """A document, and how its variables are made of an id and the caller's own ones."""

    place: str
    document: str
    field: GraphQLField

    @property
    def arguments(self) -> list[str]:
        """Those that are required, and the one in which the place lies."""
        return [
            name for name, given in self.field.args.items() if is_required_argument(given) or name in self.place.split(".")[2:3]
        ]

    def variables(self, chosen: str, own: dict[str, str]) -> dict[str, Any]:
        """Everything required, with `chosen` at the place, and ids of the caller's own in all other places."""
        root, name, *path = self.place.split(".")
        return {
            argument: _value(
                self.field.args[argument].type,
                path[1:] if argument in path[:1] else None,
                f"{root}.{name}.{argument}",
                chosen,
                own,
            )
            for argument in self.arguments
        }


def places(schema: GraphQLSchema) -> list[str]:
    """Every argument and input field of type ID that a field of any object type takes; recursion is entered once."""
    found: list[str] = []
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                for argument, given in field.args.items():
                    found += _ids(given.type, f"{kind.name}.{name}.{argument}", ())
    return sorted(found)


def operation(place: str, schema: GraphQLSchema = SCHEMA) -> Operation:
    """The operation that reaches a place, and reads everything that comes back."""
    root, name, _ = place.split(".", 2)
    assert root in {"Query", "Mutation"}, f"{place} is not at the root: say here how it is reached"
    return root_operation(root, name, place, schema)


def root_operation(root: str, name: str, place: str | None = None, schema: GraphQLSchema = SCHEMA) -> Operation:
    """The operation of a root field, with what is required and the argument of the place."""
    kind = schema.type_map[root]
    assert isinstance(kind, GraphQLObjectType)
    field = kind.fields[name]
    one = Operation(place or f"{root}.{name}", "", field)
    declared = ", ".join(f"${argument}: {field.args[argument].type}" for argument in one.arguments)
    passed = ", ".join(f"{argument}: ${argument}" for argument in one.arguments)
    document = (
        f"{root.lower()}{f'({declared})' if declared else ''} "
        f"{{ {name}{f'({passed})' if passed else ''} {selection(field.type, schema)} }}"
    )
    return Operation(one.place, document, field)


def collections(schema: GraphQLSchema = SCHEMA) -> Iterator[tuple[str, str]]:
    """Each root field that is asked without an id, with a document that reads all that it leads to."""
    assert schema.query_type is not None
    for name, field in schema.query_type.fields.items():
        if not any(is_required_argument(given) for given in field.args.values()):
            yield name, f"{{ {name} {selection(field.type, schema, depth=6)} }}"


def selection(kind: GraphQLOutputType, schema: GraphQLSchema, depth: int = 3, seen: tuple[str, ...] = ()) -> str:
    """All fields that need no argument, down to a depth, each type once on a way; empty for a scalar."""
    named = get_named_type(kind)
    if is_leaf_type(named):
        return ""
    if isinstance(named, GraphQLInterfaceType | GraphQLUnionType):
        # Aliases, since types that share an interface may differ in fields of one name.
        parts = [
            f"... on {one.name} {{ {_fields(one, schema, depth, (*seen, named.name), prefix=f'{one.name}_')} }}"
            for one in schema.get_possible_types(named)
        ]
        return f"{{ __typename {' '.join(parts)} }}"
    assert isinstance(named, GraphQLObjectType)
    return f"{{ {_fields(named, schema, depth, seen)} }}"


def _fields(kind: GraphQLObjectType, schema: GraphQLSchema, depth: int, seen: tuple[str, ...], prefix: str = "") -> str:
    chosen = ["__typename"]
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        alias = f"{prefix}{name}: " if prefix else ""
        if is_leaf_type(inner):
            chosen.append(f"{alias}{name}")
        elif depth > 0 and inner.name not in seen:
            chosen.append(f"{alias}{name} {selection(field.type, schema, depth - 1, (*seen, kind.name))}")
    return " ".join(chosen)


def _ids(kind: GraphQLInputType, here: str, seen: tuple[str, ...]) -> Iterator[str]:
    named = get_named_type(kind)
    if named.name == "ID":
        yield here
    elif isinstance(named, GraphQLInputObjectType) and named.name not in seen:
        for name, field in named.fields.items():
            yield from _ids(field.type, f"{here}.{name}", (*seen, named.name))


def _value(kind: GraphQLInputType, path: list[str] | None, here: str, chosen: str, own: dict[str, str]) -> Any:
    """A value of the type; `path` leads from here to the place of the chosen id, and is None beside that way."""
    if isinstance(kind, GraphQLNonNull):
        return _value(kind.of_type, path, here, chosen, own)
    if isinstance(kind, GraphQLList):
        return [_value(kind.of_type, path, here, chosen, own)]
    if isinstance(kind, GraphQLInputObjectType):
        given = {} if path == [] else dict(SAMPLES.get(kind.name, {}))
        for name, field in kind.fields.items():
            if path and name == path[0]:
                given[name] = _value(field.type, path[1:], f"{here}.{name}", chosen, own)
            elif name not in given and is_required_input_field(field):
                given[name] = _value(field.type, None, f"{here}.{name}", chosen, own)
        return given
    if kind.name == "ID":
        return chosen if path is not None else own[CASES[here]]
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    return {"String": "Mallory", "Int": 1, "Boolean": True}[kind.name]
