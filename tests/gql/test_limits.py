"""What bounds a document before it runs."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import pytest
from graphql import OperationDefinitionNode, get_introspection_query, parse

from gql.limits import DEFAULT, Limits, Measure, measure
from gql.schema import build
from models.errors import LimitExceeded
from tests.conftest import Serve
from tests.world import Person, World

SCHEMA = build()._schema
ROW = "id name email phone organization favorite version"
PAGE = "query($first: Int, $last: Int) { contacts(first: $first, last: $last) { nodes { id } pageInfo { endCursor } } }"
NESTED = "{ contacts { nodes { labels { contacts { nodes { id } } } } } }"
CIRCLES = "{ __schema { types " + "{ fields { type " * 12 + "{ name } " + "} } " * 12 + "} }"
BOMB = "{ ...F0 } fragment F22 on Query { __typename } " + " ".join(
    f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(22)
)
ALIASED_BOMB = "{ contacts { nodes { ...F0 } } } fragment F22 on Contact { id } " + " ".join(
    f"fragment F{n} on Contact {{ a: labels {{ ...G{n} }} b: labels {{ ...G{n} }} }} "
    f"fragment G{n} on Label {{ contacts {{ nodes {{ ...F{n + 1} }} }} }}"
    for n in range(22)
)
CYCLES = (
    "{ ...A } fragment A on Query { ...A }",
    "{ ...A } fragment A on Query { ...B } fragment B on Query { viewer { id } ...A }",
    "{ viewer { tenant { ...T } } } fragment T on Tenant { users { nodes { id } } ...T }",
)


def measured(text: str, limits: Limits = DEFAULT) -> Measure:
    """The document's first operation."""
    document = limits.parse(text)
    operation = next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    return measure(SCHEMA, document, operation, limits)


def refused(text: str, variables: dict[str, Any] | None = None, limits: Limits = DEFAULT) -> dict[str, Any]:
    """What is told of a document that is refused."""
    with pytest.raises(LimitExceeded) as error:
        limits.refuse(measured(text, limits), variables)
    return error.value.figures


@pytest.mark.parametrize(
    ("text", "cost", "nodes"),
    [
        ("{ __typename }", 0, 0),
        ("{ viewer { user { id } } }", 2, 2),
        (f'{{ contact(id: "x") {{ {ROW} }} }}', 1, 1),
        (f"{{ contacts(first: 50) {{ nodes {{ {ROW} }} pageInfo {{ endCursor }} }} }}", 52, 52),
        (f"{{ contacts(first: 50) {{ nodes {{ {ROW} labels {{ id name }} }} pageInfo {{ endCursor }} }} }}", 2_552, 2_552),
        ("{ contacts(first: 10) { edges { cursor node { id } } } }", 21, 21),
        ("{ contacts { totalCount } }", 6, 1),
        ("{ contacts(last: 7) { nodes { id } } }", 8, 8),
        ("{ labels { id name contactCount } }", 1_000, 500),
        ("{ viewer { sessions { id } tenant { usage { contacts users } users(first: 100) { nodes { id } } } } }", 164, 154),
        ('{ nodes(ids: ["x"]) { id ... on Contact { labels { id } } ... on Label { contactCount } } }', 5_100, 5_100),
        ("mutation { createContact(input: {}) { contact { id } userErrors { message } } }", 12, 3),
        ("mutation { login(input: {}) { tokens { accessToken } userErrors { code } } }", 102, 3),
        (get_introspection_query(), 2_319, 2_319),
    ],
)
def test_the_common_documents_cost_so_much(text: str, cost: int, nodes: int) -> None:
    one = measured(text)
    assert (one.cost(), one.nodes(), one.slicing) == (cost, nodes, ())
    assert DEFAULT.refuse(one, None) == cost


def test_the_introspection_of_every_tool_is_allowed() -> None:
    text = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )
    assert DEFAULT.refuse(measured(text), None) < DEFAULT.cost / 2
    assert measured(text).shape.depth == 6  # wrappers do not count


def test_fields_of_one_name_are_one_field_wherever_they_are_selected() -> None:
    once = "{ contacts { nodes { id labels { name } } } }"
    spread = (
        "{ contacts { nodes { ...A ...B } } contacts { nodes { id } } } "
        "fragment A on Contact { labels { id } } fragment B on Contact { ... { labels { name } } }"
    )
    assert measured(spread).cost() == measured(once).cost() == 1 + 25 + 25 * 50


def test_what_an_object_cannot_be_at_once_is_not_added_up() -> None:
    text = '{ node(id: "x") { ... on Tenant { usage { users } } ... on Label { contacts { nodes { id } } } ... on Node { id } } }'
    assert (measured(text).cost(), measured(text).nodes()) == (27, 27)


@pytest.mark.parametrize(
    ("variables", "items"),
    [
        ({}, 25),
        (None, 25),
        ({"first": None}, 25),
        ({"first": 1}, 1),
        ({"first": 40}, 40),
        ({"last": 60}, 60),
        ({"first": 10, "last": 20}, 20),
        ({"first": 100}, 100),
        ({"first": 0}, 100),
        ({"first": -1}, 100),
        ({"first": 101}, 100),
        ({"first": 2**63}, 100),
        ({"first": "10"}, 100),
        ({"first": 1.5}, 100),
        ({"first": True}, 100),
        ({"first": [1]}, 100),
        ({"first": {"a": 1}}, 100),
    ],
)
def test_a_page_may_be_sized_by_variables_of_any_kind(variables: Any, items: int) -> None:
    one = measured(PAGE)
    assert one.slicing == ("first", "last")
    assert [one.cost(variables), one.cost(variables), one.nodes(variables)] == [items + 2] * 3


@pytest.mark.parametrize(
    ("arguments", "items"),
    [("first: 5", 5), ("first: null", 25), ("first: 0", 100), ("first: -5", 100), (f"first: {'9' * 99}", 100), ('first: "5"', 100)],
)
def test_a_page_may_be_sized_by_literals_of_any_kind(arguments: str, items: int) -> None:
    assert measured(f"{{ contacts({arguments}) {{ nodes {{ id }} }} }}").cost() == items + 1


def test_a_variables_default_counts_where_it_is_left_out() -> None:
    one = measured("query($n: Int = 50) { contacts(first: $n) { nodes { id } } }")
    assert [one.cost(), one.cost({"n": None}), one.cost({"n": 2})] == [51, 26, 3]


def test_few_weights_are_kept() -> None:
    one = measured(PAGE)
    for n in range(1_000):
        one.cost({"first": n, "last": "x" * 1_000})
        one.cost({"first": n, "last": n})
    assert 0 < len(one.known) <= 256
    assert all(type(value) is int for key in one.known for value in key)


@pytest.mark.parametrize(
    "text",
    [
        "{ nope { nope } }",
        "{ viewer { ...Nope ... on Nope { id } } }",
        "subscription { a }",
        "{ contacts(nope: $x) { id { id } } }",
    ],
)
def test_what_the_schema_does_not_know_is_left_to_validation(text: str) -> None:
    assert DEFAULT.refuse(measured(text), None) <= 1


@pytest.mark.parametrize("text", CYCLES)
async def test_circular_fragments_are_left_to_validation(text: str, world: World) -> None:
    assert measured(text).cost() == 0
    answer = await world.ada.gql(text)
    assert (answer.data, answer.codes) == (None, ["BAD_REQUEST"])
    assert "Cannot spread fragment" in answer.text


ABUSES = [
    ("{ " + " ".join(f"a{n}: __typename" for n in range(1_000)) + " }", "tokens", 2_001),
    ("{ " + " ".join(f"a{n}: __typename" for n in range(600)) + " }", "aliases", 600),
    (
        "{ " + " ".join(f"a{n}: viewer {{ ...F }}" for n in range(14)) + " } "
        "fragment F on Viewer { " + " ".join(f"b{n}: id" for n in range(14)) + " }",
        "aliases",
        14 + 14 * 14,
    ),
    ("{ __typename" + " @skip(if: false)" * 1_000 + " }", "tokens", 2_001),
    ("{ __typename" + " @a" * 900 + " }", "directives", 900),
    ("query($a: Int @a @b) @c { " + " ".join("__typename @a" for _ in range(48)) + " }", "directives", 51),
    ("{ " + "__typename " * 3_000 + "}", "tokens", 2_001),
    ("{ " + "__typename " * 1_900 + "}", "duplicates", 1_899),
    ("{ " + "contacts { nodes { id id } } " * 30 + "}", "duplicates", 29 + 30),
    (
        "{ " + " ".join(f"...F{n}" for n in range(150)) + " } " + " ".join(f"fragment F{n} on A {{ a }}" for n in range(150)),
        "duplicates",
        149,
    ),
    ("{ " + "a " * 100_000 + "}", "tokens", 2_001),
    ("{ viewer(" + "a: 1 " * 40_000 + ") }", "tokens", 2_001),
    ("{ a } # " + "# \n" * 3_000, "tokens", 2_001),
    (" ".join(f"query Q{n} {{ a }}" for n in range(8_000)), "tokens", 2_001),
    ("{ a " * 5_000 + "} " * 5_000, "nesting", 65),
    ("{ a(b: " + "[" * 5_000 + "]" * 5_000 + ") }", "nesting", 65),
    ("{ a(b: " + "{ c: " * 5_000 + "1" + "}" * 5_000 + ") }", "nesting", 65),
    ("query($a: " + "[" * 5_000 + "Int" + "]" * 5_000 + ") { a }", "nesting", 65),
    ("{ " + "... { " * 200 + "a" + " }" * 200 + " }", "nesting", 65),
    ("{ " + "a { " * 12 + "b" + " }" * 12 + " }", "depth", 13),
    ("{ " + "a { " * 60 + "b" + " }" * 60 + " }", "depth", 61),
    (
        "{ a { ...F0 } } fragment F60 on A { a } " + " ".join(f"fragment F{n} on A {{ a {{ ...F{n + 1} }} }}" for n in range(60)),
        "depth",
        62,
    ),
    (CIRCLES, "depth", 27),
    (ALIASED_BOMB, "depth", 69),
    (BOMB, "duplicates", 2**22 - 1),
    ("{ " + " ".join(f"f{n}" for n in range(11)) + " }", "root_fields", 11),
    ("{ ...A } fragment A on Query { " + " ".join(f"f{n}" for n in range(11)) + " }", "root_fields", 11),
    ("query A { a } query B { " + "b " * 60 + "}", "duplicates", 59),
    ("mutation { login(input: {}) { ok } signup(input: {}) { ok } }", "attempts", 2),
    ("mutation { a: login(input: {}) { ok } ...B } fragment B on Mutation { b: login(input: {}) { ok } }", "attempts", 2),
    ("mutation { refresh(input: {}) { ok } changePassword(input: {}) { ok } }", "attempts", 2),
    (
        "{ "
        + " ".join(f"f{n} {{ ...F }}" for n in range(10))
        + " } fragment F on A { "
        + " ".join(f"a{n}" for n in range(250))
        + " }",
        "selections",
        10 * 252,
    ),
]
"""Documents that are too much, by which limit, and what is counted."""


MOST_CALLS = 500_000
"""Of functions, to refuse the longest of them; what grows with the square or worse of a document takes many times that. Counted,
since time tells of the machine."""


@pytest.mark.parametrize(
    ("text", "limit", "count"), ABUSES, ids=lambda value: value if isinstance(value, str) and len(value) < 20 else ""
)
def test_too_much_is_refused_at_once(text: str, limit: str, count: int) -> None:
    calls = 0

    def called(*_: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(called)
    try:
        told = refused(text)
    finally:
        sys.setprofile(None)
    assert calls < MOST_CALLS
    assert told == {
        "limit": limit,
        "allowed": getattr(DEFAULT, limit, {"nesting": 64, "attempts": 1}.get(limit)),
        "measured": count,
    }


@pytest.mark.parametrize(
    "text",
    [
        "mutation { login(input: {}) { ok } }",
        "mutation A { login(input: {}) { ok } } mutation B { login(input: {}) { ok } }",
        "{ " + " ".join("contacts { nodes { id } }" for _ in range(10)) + " }",
        "{ " + "a { " * 11 + "b" + " }" * 11 + " }",
        "{ " + " ".join(f"a{n}: __typename" for n in range(10)) + " }",
    ],
)
def test_as_much_as_is_allowed_is_measured(text: str) -> None:
    assert measured(text).shape


def test_a_refusal_names_the_costliest_paths_and_a_page_that_fits() -> None:
    assert refused(NESTED) == {
        "limit": "cost",
        "allowed": 10_000,
        "measured": 33_776,
        "costliest": [
            {"path": "contacts.nodes.labels.contacts.nodes", "cost": 31_250},
            {"path": "contacts.nodes.labels", "cost": 1_250},
            {"path": "contacts.nodes.labels.contacts", "cost": 1_250},
        ],
        "first": 7,
    }
    assert measured(NESTED.replace("contacts {", "contacts(first: 7) {", 1)).cost() <= 10_000
    assert measured(NESTED.replace("contacts {", "contacts(first: 8) {", 1)).cost() > 10_000


def test_the_page_that_fits_may_be_a_variable_in_two_places() -> None:
    text = "query($n: Int) { contacts(first: $n) { nodes { labels { contacts(first: $n) { nodes { id } } } } } }"
    first = refused(text, {"n": 90})["first"]
    assert [measured(text).cost({"n": n}) > 10_000 for n in (first, first + 1)] == [False, True]


def test_no_page_is_named_where_none_is_to_blame() -> None:
    told = refused("{ " + " ".join(f"a{n}: labels {{ contactCount }}" for n in range(10)) + " }", None, Limits(cost=9_000))
    assert told["costliest"][0] == {"path": "a0", "cost": 500}
    assert "first" not in told


def test_nodes_have_a_limit_of_their_own() -> None:
    told = refused("{ contacts(first: 40) { nodes { id } totalCount } }", None, Limits(nodes=30))
    assert told == {
        "limit": "nodes",
        "allowed": 30,
        "measured": 41,
        "costliest": [{"path": "contacts.nodes", "cost": 40}, {"path": "contacts", "cost": 1}],
        "first": 29,
    }


def test_a_document_that_was_parsed_by_somebody_else_is_measured_too() -> None:
    document = parse("{ viewer { id } }")
    assert measure(SCHEMA, document, document.definitions[0]).cost() == 1  # type: ignore[arg-type]  # it is an operation


async def test_a_refusal_teaches_and_comes_before_anybody_is_asked_for(world: World) -> None:
    answer = await world.stranger.gql(NESTED)
    assert (answer.status, answer.data) == (400, None)
    assert answer.errors == [
        {
            "message": "The operation costs 33,776 points, and at most 10,000 are allowed. It would fit with first: 7 at contacts.",
            "extensions": {"code": "LIMIT_EXCEEDED", **refused(NESTED)},
        }
    ]
    answer = await world.ada.gql(CIRCLES)
    assert answer.errors[0]["message"] == "Over the limit of depth: the document has 27, and 12 are allowed."


async def test_a_page_in_a_variable_counts_with_what_was_sent(world: World) -> None:
    text = "query($n: Int) { contacts(first: $n) { nodes { labels { contactCount } } } }"
    assert (await world.ada.gql(text, n=50)).codes == []
    for n in (99 + 1, 2**31, -1):
        answer = await world.ada.gql(text, n=n)
        assert answer.codes == ["LIMIT_EXCEEDED"]
        assert answer.errors[0]["extensions"]["first"] == 99


async def test_every_abuse_is_answered_soon_while_the_server_lives(world: World) -> None:
    async def alive() -> float:
        began = time.perf_counter()
        assert (await world.client.get("/healthz")).status == 200
        return time.perf_counter() - began

    async def asked(text: str) -> float:
        began = time.perf_counter()
        answer = await world.stranger.gql(text)
        nameless = text.startswith("query A")  # and is refused for that before it is measured
        assert (answer.status, answer.data, answer.codes) == (400, None, ["BAD_REQUEST" if nameless else "LIMIT_EXCEEDED"])
        assert "recursion" not in answer.text.lower()
        return time.perf_counter() - began

    for text in (NESTED, *(text for text, _, _ in ABUSES if len(text) < 250_000)):
        took, *lives = await asyncio.gather(asked(text), *(alive() for _ in range(3)))
        assert took < 2
        assert max(lives) < 0.5


async def test_each_limit_is_a_setting(serve: Serve) -> None:
    client = Person(await serve(graphql_max_depth=1, graphql_max_cost=5_000))
    assert (await client.gql("{ viewer { id } }")).errors[0]["extensions"]["limit"] == "depth"
    assert (await client.gql("{ __typename }")).data == {"__typename": "Query"}


_TWO = "query A { a: __typename } query B { b: __typename }"


async def test_the_operation_is_named_where_there_are_several(world: World) -> None:
    for name, data in (("A", {"a": "Query"}), ("B", {"b": "Query"})):
        response = await world.client.post("/graphql", json={"query": _TWO, "operationName": name})
        assert (await response.json(content_type=None))["data"] == data
    answer = await world.stranger.gql(_TWO)
    assert (answer.status, answer.data, answer.codes) == (400, None, ["BAD_REQUEST"])
    assert answer.errors[0]["message"] == "Name the operation to execute by operationName."


@pytest.mark.parametrize("field", ['__type(name: "User") { name }', "__schema { types { name } }"])
async def test_the_schema_may_be_kept_from_strangers(field: str, world: World, serve: Serve) -> None:
    query = f"{{ {field} }}"
    assert (await world.stranger.gql(query)).codes == []
    client = await serve(introspection=False)
    answer = await Person(client).gql(query)
    assert (answer.data, set(answer.codes)) == (None, {"BAD_REQUEST"})
    assert (await Person(client).gql("{ __typename viewer { __typename } }")).codes == []
    for person in (world.linus, world.mallory):
        assert (await Person(client, token=person.token).gql(query)).codes == []
    assert set((await Person(client, token="x.y.z").gql(query)).codes) == {"BAD_REQUEST"}
