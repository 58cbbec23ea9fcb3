"""Inputs as the engine takes them: what graphql-core and Strawberry make of right values, and Unusual for every other one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import GraphQLError, Undefined, coerce_input_value, get_named_type, is_input_object_type, parse, type_from_ast
from graphql.language import parse_type
from hypothesis import given, settings
from hypothesis import strategies as st
from strawberry import ID
from strawberry.types.arguments import convert_arguments
from strawberry.types.maybe import Some

import gql.schema
from gql.contacts import CreateContactInput, UpdateContactInput
from gql.contacts_input import ContactDraft, ContactPatch
from gql.engine.inputs import Given, Unusual, Variables, bound, coercion, ours
from gql.enums import Gender, Role
from gql.sessions import RevokeScope, RevokeSessionsInput
from tests.gql.engine.values import CHOICES, Known, Name, Values

BUILT = gql.schema.build()
SCHEMA = BUILT._schema
PLACES: Any = [
    (f"{root.name}.{name}.{argument}", known)
    for root in (SCHEMA.query_type, SCHEMA.mutation_type)
    if root
    for name, one in root.fields.items()
    for argument, known in one.args.items()
]
KNOWN = Known({"contact": ["contact_1"], "label": ["label_1", "typo"]}, {})
MAKERS = st.binary(min_size=CHOICES, max_size=CHOICES).map(lambda choices: Values(choices, SCHEMA, KNOWN))
STRANGE = {5, 1.5, 2**40, 3.0, True}
"""What graphql-core makes a text of where an ID is asked for, or an Int of where it is whole: seldom, and so left to it."""


def _type(text: str) -> Any:
    return type_from_ast(SCHEMA, parse_type(text))


@pytest.mark.parametrize(
    ("kind", "value", "taken"),
    [
        ("String", "Zoë", "Zoë"),
        ("String", None, None),
        ("String", "", ""),
        ("ID!", "contact_1", "contact_1"),
        ("Int", -(2**31), -(2**31)),
        ("Int!", 2**31 - 1, 2**31 - 1),
        ("Boolean", False, False),
        ("DateTime", "2026-01-31T13:00:00+01:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("Gender", "OTHER", Gender.OTHER),
        ("Role!", "OWNER", Role.OWNER),
        ("[ID!]", "one", ["one"]),
        ("[ID!]!", [], []),
        ("[Gender]", ["MALE", None], [Gender.MALE, None]),
        ("RevokeSessionsInput!", {"scope": "ALL"}, RevokeSessionsInput(scope=Some(RevokeScope.ALL), session_id=None)),
        ("ContactDraft", {"name": "Zoë"}, ContactDraft(name="Zoë")),
        (
            "UpdateContactInput!",
            {"id": "x", "contact": {"name": None, "age": 3}},
            UpdateContactInput(
                id=ID("x"),
                contact=ContactPatch(
                    **dict.fromkeys(one.python_name for one in ours(SCHEMA.type_map["ContactPatch"]).fields)  # type: ignore[arg-type]
                    | {"name": Some(None), "age": Some(3)}
                ),
            ),
        ),
    ],
)
def test_a_right_value_becomes_what_the_resolver_takes(kind: str, value: Any, taken: Any) -> None:
    made = coercion(_type(kind))(value)
    assert (made, type(made)) == (taken, type(taken))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *((kind, None) for kind in ("String!", "ID!", "Int!", "Gender!", "[ID!]!", "ContactDraft!")),
        *(("String", value) for value in (5, True, 1.5, ["x"], {})),
        *(("ID", value) for value in (5, True, 1.5, ["x"], {})),
        *(("Int", value) for value in ("5", 2.0, 2.5, True, 2**31, -(2**31) - 1, [1], {})),
        *(("Boolean", value) for value in (0, 1, "true", [True])),
        *(("Gender", value) for value in ("male", "TYPO", 1, ["MALE"], {})),
        *(("[ID!]", value) for value in ([None], [5], 5, {})),
        *(("ContactDraft", value) for value in ([], "x", {}, {"nope": 1}, {"name": "x", "nope": 1}, {"name": None}, {"age": 1})),
        *(("RevokeSessionsInput", value) for value in ({}, {"scope": None}, {"scope": "ALL", "sessionId": "x"}, {"nope": 1})),
    ],
)
def test_every_other_value_is_unusual(kind: str, value: Any) -> None:
    with pytest.raises(Unusual):
        coercion(_type(kind))(value)


def test_what_a_scalar_refuses_is_left_to_graphql_core() -> None:
    with pytest.raises(Unusual):
        coercion(_type("DateTime"))("yesterday")


def _core(type_: Any, known: Any, value: Any) -> Any:
    """What graphql-core and Strawberry make of it; raises where it is wrong."""
    coerced = coerce_input_value(value, type_)
    assert coerced is not Undefined
    config, registry = BUILT.config, BUILT.schema_converter.scalar_registry
    argument = ours(known)
    return convert_arguments({config.name_converter.get_graphql_name(argument): coerced}, [argument], registry, config)[
        argument.python_name
    ]


@settings(max_examples=300, derandomize=True, database=None, deadline=None)
@given(MAKERS, st.sampled_from(PLACES))
def test_graphql_core_takes_what_is_taken_here_and_makes_the_same_of_it(maker: Values, place: tuple[str, Any]) -> None:
    where, known = place
    value = maker.made(known.type, where)
    value = str(value) if isinstance(value, Name) else value  # as JSON has it
    try:
        taken = coercion(known.type)(value)
    except (Unusual, GraphQLError):
        if not is_input_object_type(get_named_type(known.type)) and not _strange(value):
            assert coerce_input_value(value, known.type) is Undefined
        return
    assert taken == _core(known.type, known, value)


def _strange(value: Any) -> bool:
    return any(map(_strange, value)) if isinstance(value, list) else type(value) in {int, float, bool} and value in STRANGE


def _operation(text: str) -> Any:
    return parse(text).definitions[0]


def test_a_variable_that_is_not_given_has_its_default_or_stands_for_nothing() -> None:
    known = Variables(SCHEMA, _operation('query($a: Int = 3, $b: Int, $c: [ID!] = ["x"], $d: Gender! = MALE) { __typename }'))
    assert known.given({}).values == {"a": 3, "c": ["x"], "d": Gender.MALE}
    assert known.given({"a": None, "b": None, "c": "y", "z": 1}).values == {"a": None, "b": None, "c": ["y"], "d": Gender.MALE}
    for wrong in ({"d": None}, {"a": "3"}, {"c": [None]}):
        with pytest.raises(Unusual):
            known.given(wrong)
    with pytest.raises(Unusual):
        Variables(SCHEMA, _operation("query($a: Int!) { __typename }")).given({})


async def test_arguments_are_literals_and_variables_as_they_came() -> None:
    operation = _operation("query($n: Int, $t: Boolean) { contacts(first: 2, after: null, last: $n, trashed: $t) { totalCount } }")
    assert SCHEMA.query_type is not None
    known, node = SCHEMA.query_type.fields["contacts"], operation.selection_set.selections[0]
    _, arguments = bound(SCHEMA, operation, known, node)
    assert arguments(Given({}, {})) == {"first": 2, "after": None}
    assert arguments(Given({}, {"n": None, "t": True})) == {"first": 2, "after": None, "last": None, "trashed": True}
    with pytest.raises(Unusual):  # a nullable variable, at a place that takes no null
        arguments(Given({}, {"t": None}))


def test_an_object_written_in_the_document_is_made_by_graphql_core_with_its_variables() -> None:
    operation = _operation(
        'mutation($n: String!) { createContact(input: {contact: {name: $n, nickname: "Z"}}) { contact { id } } }'
    )
    assert SCHEMA.mutation_type is not None
    known, node = SCHEMA.mutation_type.fields["createContact"], operation.selection_set.selections[0]
    _, arguments = bound(SCHEMA, operation, known, node)
    given = {"n": "Zoë"}
    expected = {"input": {"contact": {"name": "Zoë", "nickname": "Z"}}}
    made = arguments(Given(given, given))["input"]["contact"]
    assert {name: made[name] for name in ("name", "nickname")} == expected["input"]["contact"]
    with pytest.raises(Unusual):
        arguments(Given({"n": 5}, {}))
    assert CreateContactInput(contact=ContactDraft(name="Zoë")) == coercion(_type("CreateContactInput"))(
        {"contact": {"name": "Zoë"}}
    )
