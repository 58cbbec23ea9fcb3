"""Plans: what has one, what it asks of the database, and that its steps are taken in turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest
from graphql import OperationDefinitionNode, parse

import gql.contacts
import gql.labels
import gql.schema
from auth.caller import Caller
from gql.context import Context
from gql.engine.fields import conditions
from gql.engine.inputs import Given, Unusual
from gql.engine.plan import NoPlan, Plan, compiled
from gql.engine.replay import Resolved
from models import tenancy
from models.values import Origin, new_id
from resolvers import contacts, sessions
from tests.conftest import Serve
from tests.world import World

SCHEMA = gql.schema.build()._schema
_DESK: Any = SimpleNamespace()
_ROWS = [{"id": new_id(), "name": name} for name in ("Zoë", "Ada", "bob")]


def _plan(text: str, **variables: Any) -> Plan:
    document = parse(text)
    operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    return compiled(SCHEMA, document, operation, variables)


def _conditions(text: str) -> tuple[str, ...]:
    document = parse(text)
    return conditions(document, document.definitions[0])  # type: ignore[arg-type]  # it is an operation


@pytest.fixture
def context() -> Context:
    """Of somebody who is signed in."""
    return Context(_DESK, Origin(), signed_in=Caller(new_id(), new_id(), new_id(), "acme", "ada", Origin()))


async def _run(plan: Plan, context: Context, **variables: Any) -> Any:
    return await plan.run(context, Given(variables, variables), Resolved())


@pytest.mark.parametrize(
    "text",
    [
        "{ __typename }",
        "{ viewer { id session { current } user { username } tenant { settings { signup } usage { contacts } } } }",
        "query($id: ID!) { a: contact(id: $id) { ...F } node(id: $id) { ... on Label { id } } } fragment F on Contact { name }",
        "query($f: ContactFilter) { contacts(filter: $f, first: 3) { totalCount edges { cursor node { labels { name } } } } }",
        'mutation { createLabel(input: {name: "x"}) { label { contacts(first: 1) { nodes { id } } } userErrors { message } } }',
    ],
)
def test_what_clients_ask_for_has_a_plan(text: str) -> None:
    assert _plan(text, id="x").source.startswith("def ")


@pytest.mark.parametrize("text", ["{ __schema { queryType { name } } }", '{ viewer { id } __type(name: "Node") { name } }'])
def test_introspection_has_none(text: str) -> None:
    with pytest.raises(NoPlan):
        _plan(text)


def test_a_plan_is_made_for_one_choice_of_its_directives() -> None:
    text = "query($a: Boolean!, $b: Boolean!) { viewer { id @include(if: $a) ...F @skip(if: $b) } }"
    text += " fragment F on Viewer { __typename }"
    assert _conditions(text) == ("a", "b")
    assert "'id'" in _plan(text, a=True, b=True).source
    assert "'id'" not in _plan(text, a=False, b=False).source
    assert "'Viewer'" in _plan(text, a=False, b=False).source
    assert _conditions("{ viewer { id @include(if: true) } }") == ()


def test_what_another_operation_calls_by_the_name_of_a_condition_is_none() -> None:
    text = "query A($x: Boolean!) { __typename @include(if: $x) } "
    text += "query B($x: ID!, $y: Boolean) { contact(id: $x) { id @skip(if: $y) } }"
    assert [conditions(parse(text), one) for one in parse(text).definitions] == [("x",), ("y",)]  # type: ignore[arg-type]  # operations


def test_variables_that_do_not_fit_have_no_plan() -> None:
    with pytest.raises(NoPlan):
        _plan("query($a: Boolean!) { viewer { id @include(if: $a) } }")


def test_a_step_knows_the_columns_that_are_read_below_it_and_no_others() -> None:
    text = "{ contacts { nodes { n: name labels { color } } edges { node { givenName ...F } } } } fragment F on Contact { age }"
    root, labels = _plan(text).steps
    assert root.columns == {"id", "name", "given_name", "age"}
    assert labels.columns == {"id", "color"}


async def test_columns_that_are_selected_reach_the_statement(
    serve: Serve, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await World.made(await serve(fast_road=True), admin)
    made = await world.ada.gql('mutation { createContact(input: {contact: {name: "Zoë"}}) { contact { id } } }')
    asked = []

    async def ask(then: Callable[..., Awaitable[Any]], sql: str, *values: Any) -> Any:
        asked.append(sql)
        return await then(sql, *values)

    monkeypatch.setattr("models.contact.ask", partial(ask, tenancy.ask))
    text = "query($id: ID!) { contact(id: $id) { name age } }"
    answer = await world.ada.gql(text, id=made.data["createContact"]["contact"]["id"])
    assert answer.data == {"contact": {"name": "Zoë", "age": None}}
    assert asked[0].count("c.name") == asked[0].count("c.age") == 1
    assert "c.email" not in asked[0]
    assert "c.*" not in asked[0]


async def test_a_batch_is_called_once_for_all_rows_of_all_places(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    async def many(_caller: Caller, ids: Any) -> dict[Any, Any]:
        return {row["id"]: row for row in _ROWS if row["id"] in ids}

    async def labels_of(_caller: Caller, ids: list[Any], columns: Any) -> dict[Any, Any]:
        calls.append((ids, columns))
        return {one: [{"id": one, "name": f"label {number}"}] for number, one in enumerate(ids)}

    monkeypatch.setitem(gql.schema.NODES, "contact", (gql.contacts.Contact, many))
    monkeypatch.setattr(contacts, "labels_of", labels_of)
    ids = [f"contact_{row['id'].hex}" for row in _ROWS]
    plan = _plan("query($ids: [ID!]!) { nodes(ids: $ids) { ... on Contact { name labels { name } } } }", ids=ids)
    data = await _run(plan, context, ids=[*ids, ids[0]])
    assert calls == [([row["id"] for row in _ROWS], {"id", "name"})]
    assert [node["labels"][0]["name"] for node in data["nodes"]] == ["label 0", "label 1", "label 2", "label 0"]
    assert [node["name"] for node in data["nodes"]] == ["Zoë", "Ada", "bob", "Zoë"]


@pytest.fixture
async def at_once(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[int]]:
    """How many resolvers were running as each one began."""
    running, seen = [0], list[int]()

    async def find(_caller: Caller, contact_id: Any, _columns: Any) -> Any:
        running[0] += 1
        seen.append(running[0])
        await asyncio.sleep(0)
        running[0] -= 1
        return {"id": contact_id, "name": "Zoë"}

    monkeypatch.setattr(contacts, "find", find)
    return seen


async def test_steps_are_taken_one_after_the_other(context: Context, at_once: list[int]) -> None:
    one = f'contact(id: "contact_{new_id().hex}") {{ name }}'
    data = await _run(_plan(f"{{ a: {one} b: {one} c: {one} }}"), context)
    assert list(data) == ["a", "b", "c"]
    assert at_once == [1, 1, 1]


async def test_a_null_where_none_may_be_ends_the_plan(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    async def find(_caller: Caller, contact_id: Any, _columns: Any) -> Any:
        return {"id": contact_id, "name": None}

    monkeypatch.setattr(contacts, "find", find)
    text = f'{{ contact(id: "contact_{new_id().hex}") {{ %s }} }}'
    with pytest.raises(Unusual):
        await _run(_plan(text % "name"), context)
    with pytest.raises(KeyError):  # which is as unusual: a column that the row does not have
        await _run(_plan(text % "email"), context)
    assert await _run(_plan(text % "__typename"), context) == {"contact": {"__typename": "Contact"}}


async def test_an_interface_is_read_as_the_type_of_what_was_found(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    async def mine(_caller: Caller) -> Any:
        return [{**_ROWS[0], "user_agent": "curl"}]

    monkeypatch.setattr(sessions, "mine", mine)
    text = "query($id: ID!) { node(id: $id) { __typename id ... on Session { userAgent current } ... on Contact { name } } }"
    uuid = _ROWS[0]["id"]
    plan = _plan(text, id="x")
    data = await _run(plan, context, id=f"session_{uuid.hex}")
    assert data == {"node": {"__typename": "Session", "id": f"session_{uuid.hex}", "userAgent": "curl", "current": False}}
    assert await _run(plan, context, id="typo_0") == {"node": None}
