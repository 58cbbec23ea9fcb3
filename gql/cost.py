"""What the fields of the schema cost: `@cost` and `@listSize` of the GraphQL Cost Directives specification (IBM, 2021)."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final, NamedTuple

import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    get_named_type,
    is_composite_type,
)
from strawberry import UNSET
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField

from models.paging import PAGE_DEFAULT


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="cost",
    description="What the field costs each time it is answered. Without it an object costs 1, and a scalar or an enum nothing.",
)
class Cost:
    """The weight is a text, as the specification has it; ours are whole numbers."""

    weight: str


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="listSize",
    description="How many items a list is counted with: what a slicing argument asks for, else the assumed size. Where sizedFields "
    "are named, it is they that hold the items.",
)
class ListSize:
    """`assumed_size` is the most that the list holds, or the page where none is asked for."""

    assumed_size: int | None = UNSET
    slicing_arguments: list[str] | None = UNSET
    sized_fields: list[str] | None = UNSET
    require_one_slicing_argument: bool | None = True


def weighs(points: int) -> Cost:
    """The directive of a field that costs more than an object."""
    return Cost(weight=str(points))


def at_most(items: int) -> ListSize:
    """The directive of a list that holds so many items at the most."""
    return ListSize(assumed_size=items, require_one_slicing_argument=False)


PAGED: Final = ListSize(
    assumed_size=PAGE_DEFAULT,
    slicing_arguments=["first", "last"],
    sized_fields=["edges", "nodes"],
    require_one_slicing_argument=False,
)
"""The directive of a connection."""

FORWARD: Final = ListSize(
    assumed_size=PAGE_DEFAULT,
    slicing_arguments=["first"],
    sized_fields=["edges", "nodes"],
    require_one_slicing_argument=False,
)
"""The directive of one that is read from its beginning alone."""

COUNTS: Final = 5
"""Points of a number that the database has to count."""

CHANGES: Final = 10
"""Points of a mutation."""

HASHES: Final = 100
"""Points of a mutation that hashes a password, which takes as long as hundreds of reads."""


class Price(NamedTuple):
    """Of one field. `size` is how many items it has where nothing slices it; `sized` are the fields of its type that hold them."""

    weight: int
    target: GraphQLNamedType | None
    size: int = 1
    slicing: tuple[str, ...] = ()
    sized: frozenset[str] = frozenset()


@lru_cache(maxsize=8)
def prices(schema: GraphQLSchema) -> dict[tuple[str, str], Price]:
    """The price of each field, by the names of its type and itself."""
    sizes = _introspection_sizes(schema)
    found: dict[tuple[str, str], Price] = {}
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in kind.fields.items():
                found[kind.name, name] = _price(field, sizes.get((kind.name, name), 1))
    if schema.query_type is not None:
        for meta, field in (("__schema", SchemaMetaFieldDef), ("__type", TypeMetaFieldDef)):
            found[schema.query_type.name, meta] = _price(field, 1)
    # A wrapper is no type of its own: what it wraps has been counted.
    found["__Type", "ofType"] = found["__Type", "ofType"]._replace(weight=0)
    return found


def _price(field: GraphQLField, size: int) -> Price:
    named = get_named_type(field.type)
    weight, target = (1, named) if is_composite_type(named) else (0, None)
    slicing: list[str] = []
    sized: list[str] = []
    declared = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    for directive in declared.directives if isinstance(declared, StrawberryField) else ():
        if isinstance(directive, Cost):
            weight = int(directive.weight)
        elif isinstance(directive, ListSize):
            size = directive.assumed_size or size
            slicing, sized = directive.slicing_arguments or [], directive.sized_fields or []
    return Price(weight, target, size, tuple(slicing), frozenset(sized))


def _introspection_sizes(schema: GraphQLSchema) -> dict[tuple[str, str], int]:
    """How long the lists of introspection are: as many types as there are, and of the rest what a type has on average."""
    kinds = list(schema.type_map.values())
    fields = [f for k in kinds if isinstance(k, GraphQLObjectType | GraphQLInterfaceType) for f in k.fields.values()]

    def mean(total: int, among: int) -> int:
        return max(1, math.ceil(total / max(among, 1)))

    return {
        ("__Schema", "types"): len(kinds),
        ("__Schema", "directives"): len(schema.directives),
        ("__Directive", "args"): mean(sum(len(one.args) for one in schema.directives), len(schema.directives)),
        ("__Field", "args"): mean(sum(len(one.args) for one in fields), len(fields)),
        ("__Type", "fields"): mean(len(fields), len(kinds)),
        ("__Type", "inputFields"): mean(sum(len(k.fields) for k in kinds if isinstance(k, GraphQLInputObjectType)), len(kinds)),
        ("__Type", "enumValues"): mean(sum(len(k.values) for k in kinds if isinstance(k, GraphQLEnumType)), len(kinds)),
        ("__Type", "interfaces"): mean(sum(len(k.interfaces) for k in kinds if isinstance(k, GraphQLObjectType)), len(kinds)),
        ("__Type", "possibleTypes"): mean(
            sum(len(schema.get_possible_types(k)) for k in kinds if isinstance(k, GraphQLInterfaceType)), len(kinds)
        ),
    }
