"""The engine: what is kept of documents, what is executed how often, and what graphql-core tells in its own words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import ExecutionResult, OperationType

import gql.engine.engine as module
import gql.schema
from auth.budget import UNBOUNDED, Budgets
from auth.caller import Caller
from gql.context import Context
from gql.engine.engine import Engine, NoOperation, Road, WrongKind
from gql.limits import Limits
from models.errors import Forbidden, NotFound
from models.paging import Page
from models.values import Origin, new_id
from resolvers import contacts, labels, sessions

BOTH = frozenset({OperationType.QUERY, OperationType.MUTATION})
CALLER = Caller(new_id(), new_id(), new_id(), "acme", "ada", Origin())
_DESK: Any = SimpleNamespace(budget=Budgets(UNBOUNDED, UNBOUNDED))
LOOKED = ["add", "counts", "search", "count"]
LABEL = {"id": new_id(), "name": "family", "color": None}
CONTACT = f"contact_{new_id().hex}"
MAKE, REMOVE = 'createLabel(input: {name: "x"})', f'deleteLabel(input: {{id: "label_{LABEL["id"].hex}"}})'


class Bench:
    """An engine over resolvers that count their calls instead of asking a database."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.roads: list[Road] = []
        self.calls: list[str] = []
        self.engine = Engine(gql.schema.build(), Limits(), took=self.roads.append)
        self._patch = monkeypatch

    def answers(self, room: Any, name: str, answer: Callable[..., Any], seconds: float = 0) -> None:
        """Has a resolver answer so, or raise, after a while."""

        async def resolver(*given: Any, **more: Any) -> Any:
            self.calls.append(name)
            await asyncio.sleep(seconds)
            found = answer(*given, **more)
            if isinstance(found, Exception):
                raise found
            return found

        self._patch.setattr(room, name, resolver)

    async def do(self, text: str, name: str | None = None, /, *, introspectable: bool = True, **variables: Any) -> ExecutionResult:
        """One operation of somebody who is signed in."""
        context = Context(_DESK, Origin(), signed_in=CALLER, introspectable=introspectable)
        return await self.engine.execute(text, variables, name, context, BOTH)

    @property
    def kept(self) -> int:
        """How many documents are kept."""
        return len(self.engine._documents)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    """An engine with a tenant of one label."""
    bench = Bench(monkeypatch)
    bench.answers(labels, "add", lambda *_: dict(LABEL))
    bench.answers(labels, "delete", lambda *_: None)
    bench.answers(labels, "counts", lambda _caller, ids: dict.fromkeys(ids, bench.calls.count("delete")))
    bench.answers(labels, "everyone", lambda _caller: [dict(LABEL)])
    bench.answers(contacts, "find", lambda _caller, contact_id, _columns: {"id": contact_id, "name": "Zoë"})
    bench.answers(sessions, "logout", lambda _caller: None)
    return bench


def _told(result: ExecutionResult) -> list[tuple[str, Any]]:
    return [(error.message, error.path) for error in result.errors or ()]


async def test_what_has_a_plan_takes_it_and_what_has_none_does_not(bench: Bench) -> None:
    assert (await bench.do("{ labels { name } }")).data == {"labels": [{"name": "family"}]}
    assert (await bench.do("{ __schema { queryType { name } } }")).data == {"__schema": {"queryType": {"name": "Query"}}}
    assert bench.roads == ["plan", "core"]


async def test_with_plans_off_graphql_core_executes_everything(bench: Bench) -> None:
    bench.engine._plans = False
    assert (await bench.do("{ labels { name contactCount } }")).data == {"labels": [{"name": "family", "contactCount": 0}]}
    assert bench.roads == ["core"]


async def test_a_replay_runs_no_root_resolver_twice(bench: Bench) -> None:
    bench.answers(contacts, "find", lambda *_: Forbidden("Your role does not allow this."))
    result = await bench.do(f'{{ labels {{ name }} contact(id: "{CONTACT}") {{ name }} }}')
    assert result.data == {"labels": [{"name": "family"}], "contact": None}
    assert _told(result) == [("Your role does not allow this.", ["contact"])]
    assert bench.calls == ["everyone", "find"]
    assert bench.roads == ["replay"]


async def test_no_mutation_is_repeated_and_those_after_it_are_done_once(bench: Bench) -> None:
    bench.answers(labels, "delete", lambda *_: Forbidden("Your role does not allow this."))
    result = await bench.do(f"mutation {{ a: {MAKE} {{ label {{ name }} }} {REMOVE} {{ deletedId }} logout {{ ok }} }}")
    assert result.data is None  # deleteLabel may not be null
    assert _told(result) == [("Your role does not allow this.", ["deleteLabel"])]
    assert bench.calls == ["add", "delete"]


async def test_a_null_that_may_not_be_is_told_without_repeating_the_mutation(bench: Bench) -> None:
    bench.answers(labels, "add", lambda *_: LABEL | {"name": None})
    result = await bench.do(f"mutation {{ {MAKE} {{ label {{ id name }} userErrors {{ message }} }} logout {{ ok }} }}")
    assert result.data == {"createLabel": {"label": None, "userErrors": []}, "logout": {"ok": True}}
    assert _told(result) == [("Cannot return null for non-nullable field Label.name.", ["createLabel", "label", "name"])]
    assert bench.calls == ["add", "logout"]
    assert bench.roads == ["replay"]


async def test_what_a_mutation_found_below_it_is_not_looked_up_again_past_a_later_one(bench: Bench) -> None:
    bench.answers(sessions, "logout", lambda *_: Forbidden("No."))
    bench.answers(contacts, "search", lambda *_: Page([], has_next=False, has_previous=False, digest="", keys=1))
    bench.answers(contacts, "count", lambda *_: bench.calls.count("delete"))
    made = f"{MAKE} {{ label {{ contactCount contacts {{ totalCount }} }} }}"
    text = f"mutation {{ a: {made} b: {REMOVE} {{ deletedId }} c: {made} %s }}"
    result = await bench.do(text % "")
    assert result.data is not None
    told = [result.data[key]["label"] for key in "ac"]
    assert told == [{"contactCount": number, "contacts": {"totalCount": number}} for number in (0, 1)]
    del bench.calls[:]
    result = await bench.do(text % "logout { ok }")
    assert bench.calls == [*LOOKED, "delete", *LOOKED, "logout"]
    assert (_told(result), bench.roads) == ([("No.", ["logout"])], ["plan", "replay"])


async def test_what_a_person_can_mend_stands_in_the_payload_and_is_the_plans(bench: Bench) -> None:
    bench.answers(labels, "delete", lambda *_: NotFound("There is no such label.", ("id",)))
    result = await bench.do(f"mutation {{ {REMOVE} {{ deletedId userErrors {{ __typename code path }} }} }}")
    told = [{"__typename": "NotFoundError", "code": "NOT_FOUND", "path": ["id"]}]
    assert (result.data, bench.roads) == ({"deleteLabel": {"deletedId": None, "userErrors": told}}, ["plan"])


async def test_errors_stand_in_the_order_of_the_document(bench: Bench) -> None:
    bench.answers(contacts, "find", lambda *_: Forbidden("No."))
    bench.answers(labels, "everyone", lambda *_: Forbidden("No."), seconds=0.01)
    text = f'query {{ ...F labels {{ id }} }} fragment F on Query {{ labels {{ name }} contact(id: "{CONTACT}") {{ id }} }}'
    for plans in (True, False):
        bench.engine._plans = plans
        assert [path for _, path in _told(await bench.do(text))] == [["labels"], ["contact"]]


async def test_a_wrong_variable_is_told_by_graphql_core_and_nothing_runs(bench: Bench) -> None:
    result = await bench.do("query($id: ID!) { labels { id } contact(id: $id) { id } }", id=None)
    assert _told(result) == [("Variable '$id' has invalid value: Expected value of non-null type 'ID!' not to be None.", None)]
    assert (result.data, bench.calls, bench.roads) == (None, [], ["core"])


async def test_there_is_a_plan_for_each_choice_of_the_directives_up_to_a_bound(bench: Bench) -> None:
    names = "abcde"
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    text = f"query({declared}) {{ labels {{ id {' '.join(f'{name}: name @include(if: ${name})' for name in names)} }} }}"
    for number in range(32):
        given = {name: bool(number >> place & 1) for place, name in enumerate(names)}
        result = await bench.do(text, **given)
        assert result.data is not None
        assert [*result.data["labels"][0]] == ["id", *(name for name in names if given[name])]
    assert bench.roads == ["plan"] * 8 + ["core"] * 24
    await bench.do(text, **dict.fromkeys(names, False))
    assert bench.roads[-1] == "plan"


async def test_an_invalid_document_is_not_kept(bench: Bench) -> None:
    for _ in range(2):
        assert _told(await bench.do("{ labels { nothing } }")) == [("Cannot query field 'nothing' on type 'Label'.", None)]
        assert _told(await bench.do("{"))[0][0].startswith("Syntax Error")
    assert (bench.kept, bench.calls) == (0, [])
    await bench.do("{ labels { id } }")
    assert bench.kept == 1


async def test_a_document_is_prepared_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    await bench.do("{ labels { id } }")
    for name in ("validate", "measure", "compiled"):
        monkeypatch.setattr(module, name, None)
    assert (await bench.do("{ labels { id } }")).data is not None


async def test_so_many_characters_of_documents_are_kept_and_no_more(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CACHE", 10_000)
    bench.engine = Engine(gql.schema.build(), Limits())
    for number in range(20):
        assert (await bench.do(f"{{ a{number}: labels {{ id }} }}")).errors is None
    assert bench.kept == 4  # each counts its plans, too
    assert (await bench.do("{ labels { id } } #" + "x" * 10_000)).errors is None
    assert bench.kept == 4
    await bench.do("{ a19: labels { id } } #" + "x" * 7_000)
    assert bench.kept == 1


async def test_introspection_that_one_may_is_not_answered_to_another(bench: Bench) -> None:
    text = "{ __schema { queryType { name } } }"
    for _ in range(2):
        assert (await bench.do(text)).errors is None
        assert "introspection" in _told(await bench.do(text, introspectable=False))[0][0]


async def test_of_two_operations_one_is_named(bench: Bench) -> None:
    text = "query A { labels { id } } query B { labels { name } }"
    with pytest.raises(NoOperation, match="Name the operation"):
        await bench.do(text)
    for name in ("C", ""):
        with pytest.raises(NoOperation, match="no operation of this name"):
            await bench.do(text, name)
    assert (await bench.do(text, "B")).data == {"labels": [{"name": "family"}]}
    with pytest.raises(NoOperation):
        await bench.do("fragment F on Label { id }")


async def test_an_operation_of_a_kind_that_is_not_allowed_does_not_run(bench: Bench) -> None:
    context = Context(_DESK, Origin(), signed_in=CALLER)
    with pytest.raises(WrongKind, match="mutation"):
        await bench.engine.execute("mutation { logout { ok } }", None, None, context, {OperationType.QUERY})
    with pytest.raises(WrongKind, match="subscription"):
        await bench.engine.execute("subscription { x }", None, None, context, BOTH)
    assert bench.calls == []


async def test_a_condition_that_is_null_is_no_choice_whatever_was_chosen_before(bench: Bench) -> None:
    text = "query($x: Boolean = true) { labels { id name @include(if: $x) } }"
    for chosen in (True, False):
        assert (await bench.do(text, x=chosen)).errors is None
    told = _told(await bench.do(text, x=None))
    bench.engine._plans = False
    assert told == _told(await bench.do(text, x=None)) != []
