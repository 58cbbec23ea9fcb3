"""What the schema declares of its fields' costs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_introspection_type,
    is_list_type,
)

from gql.cost import CHANGES, COUNTS, HASHES, ListSize, prices
from gql.schema import build
from models.paging import PAGE_DEFAULT
from models.rules import IDS_AT_ONCE, LABELS_A_CONTACT, LABELS_A_TENANT
from server.database import ROOT

SCHEMA = build()._schema
PRICES = prices(SCHEMA)
FIELDS = [
    (kind, name, field)
    for kind in SCHEMA.type_map.values()
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and not is_introspection_type(kind)
    for name, field in kind.fields.items()
]


def _list_sizes(field: Any) -> list[ListSize]:
    return [one for one in field.extensions["strawberry-definition"].directives if isinstance(one, ListSize)]


def test_every_list_says_how_long_it_is() -> None:
    paged = {get_named_type(field.type).name: _list_sizes(field) for _, _, field in FIELDS if _list_sizes(field)}
    silent = [
        f"{kind.name}.{name}"
        for kind, name, field in FIELDS
        if is_list_type(get_nullable_type(field.type))
        and not _list_sizes(field)
        and not any(name in (one.sized_fields or []) for one in paged.get(kind.name, []))
    ]
    assert silent == []


def test_every_connection_is_sliced() -> None:
    connections = [
        (f"{kind.name}.{name}", PRICES[kind.name, name])
        for kind, name, f in FIELDS
        if str(f.type).rstrip("!").endswith("Connection")
    ]
    both, forward = {"Query.contacts", "Query.tenants", "Label.contacts", "Tenant.users"}, {"Query.auditLog", "Query.jobs"}
    assert {name for name, _ in connections} == both | forward
    for name, price in connections:
        slicing = ("first", "last") if name in both else ("first",)
        assert (price.weight, price.size, price.slicing) == (1, PAGE_DEFAULT, slicing), name
        assert price.sized == {"edges", "nodes"}, name


def test_a_list_that_takes_first_is_sliced_by_it() -> None:
    for kind, name, field in FIELDS:
        assert ("first" in field.args) == ("first" in PRICES[kind.name, name].slicing), f"{kind.name}.{name}"


@pytest.mark.parametrize(
    ("field", "weight", "size"),
    [
        ("Query.viewer", 1, 1),
        ("Contact.name", 0, 1),
        ("Contact.labels", 1, LABELS_A_CONTACT),
        ("Query.labels", 1, LABELS_A_TENANT),
        ("Query.nodes", 1, IDS_AT_ONCE),
        ("Viewer.sessions", 1, 50),
        ("ContactConnection.totalCount", COUNTS, 1),
        ("Label.contactCount", 1, 1),
        ("Mutation.createContact", CHANGES, 1),
        ("Mutation.login", HASHES, 1),
        ("Mutation.refresh", CHANGES, 1),
        ("__Type.ofType", 0, 1),
    ],
)
def test_a_field_weighs_what_answering_it_takes(field: str, weight: int, size: int) -> None:
    kind, name = field.split(".")
    assert (PRICES[kind, name].weight, PRICES[kind, name].size) == (weight, size)


def test_a_mutation_never_weighs_as_little_as_a_read() -> None:
    assert SCHEMA.mutation_type is not None
    weights = {name: PRICES["Mutation", name].weight for name in SCHEMA.mutation_type.fields}
    assert {name for name, weight in weights.items() if weight == HASHES} == set(
        "changePassword login reauthenticate resetPassword signup".split()
    )
    assert set(weights.values()) == {CHANGES, HASHES}


def test_both_directives_are_printed_and_nothing_unused() -> None:
    text = (ROOT / "schema.graphql").read_text(encoding="utf-8")
    assert "directive @cost(weight: String!) on FIELD_DEFINITION\n" in text
    assert (
        "directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], "
        "requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION\n"
    ) in text
    assert (
        '  ): ContactConnection @listSize(assumedSize: 25, slicingArguments: ["first", "last"], sizedFields: ["edges", "nodes"]'
        in text
    )
    assert '  login(input: LoginInput!): TokensPayload! @cost(weight: "100")' in text
    for name in re.findall(r"directive @(\w+)", text):
        assert text.count(f"@{name}") > 1, name
