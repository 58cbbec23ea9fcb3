"""Both roads answer alike: generated documents, on a server with compiled plans and on one with graphql-core alone."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import orjson
import pytest
import time_machine
from hypothesis import HealthCheck, Phase, given, settings

import gql.schema
from gql.engine.engine import Engine, Road
from models.values import now
from tests.conftest import Serve
from tests.gql.engine.again import Fresh, Kept
from tests.gql.engine.documents import CALLERS, Case, cases
from tests.gql.engine.values import Known
from tests.world import Person, World

DOCUMENTS = int(os.environ.get("DIFFERENTIAL_DOCUMENTS", "200"))
SHARE = 0.8
"""Of the valid documents, how many take the plan's road at the least."""

KEEP = """
mutation Keep($contact: ContactDraft!) { createContact(input: {contact: $contact}) { contact { id } userErrors { message } } }
"""
LABEL = """mutation Label($name: String!) { createLabel(input: {name: $name, color: "#aabbcc"}) { label { id } } }"""
CURSORS = """query { contacts(first: 3) { edges { cursor } } viewer { tenant { users(first: 2) { pageInfo { endCursor } } } } }"""


async def _filled(world: World) -> tuple[dict[str, Person], Known]:
    """Callers by their names, and what they may ask for."""
    dead = await world.grace.login()
    await dead.gql("mutation { logout { ok } }")
    callers = {name: getattr(world, name) for name in {*CALLERS} - {"dead"}} | {"dead": dead}
    labels = [(await world.ada.gql(LABEL, name=name)).data["createLabel"]["label"]["id"] for name in ("family", "work", "Ärzte")]
    contacts = []
    for number, name in enumerate(("Zoë", "Ada", "bob", "Åse", "zoe", "Max")):
        draft = {
            "name": name,
            "age": 30 + number if number % 2 else None,
            "labelIds": labels[: number % 3 + 1],
            "favorite": number > 3,
        }
        draft |= {"gender": "FEMALE", "email": f"{number}@example.org", "notes": "a\nb"} if number % 2 else {}
        contacts.append((await world.grace.gql(KEEP, contact=draft)).data["createContact"]["contact"]["id"])
    foreign = (await world.mallory.gql(KEEP, contact={"name": "Foreign"})).data["createContact"]["contact"]["id"]
    await world.ada.gql("mutation($ids: [ID!]!) { deleteContacts(input: {ids: $ids}) { deletedIds } }", ids=contacts[-1:])
    answer = (await world.ada.gql(CURSORS)).data
    cursors = [edge["cursor"] for edge in answer["contacts"]["edges"]]
    cursors += [answer["viewer"]["tenant"]["users"]["pageInfo"]["endCursor"], "nonsense"]
    sessions = [(await p.gql("{ viewer { id } }")).data["viewer"]["id"] for p in (world.ada, world.grace)]
    users = [f"user_{p.user.hex}" for p in (world.linus, world.grace, world.ada, world.mallory) if p.user]
    ids = {
        "node": [
            contacts[0],
            labels[0],
            users[0],
            sessions[0],
            f"tenant_{world.acme.hex}",
            f"tenantsummary_{world.evil.hex}",
            foreign,
            "?",
        ],
        "contact": [*contacts, foreign, "contact_" + "0" * 32, "contact_", "typo"],
        "label": [*labels, "label_" + "f" * 32, contacts[0]],
        "user": users,
        "session": [*sessions, "session_" + "0" * 32],
        "tenant": [f"tenantsummary_{world.evil.hex}", f"tenantsummary_{world.acme.hex}"],
    }
    refresh = [p.refresh for p in (world.ada, world.linus) if p.refresh]
    return callers, Known(ids, {"after": cursors, "before": cursors, "refreshToken": [*refresh, "nonsense"]})


async def _answer(client: Any, person: Person, case: Case) -> tuple[int, bytes, bytes | None]:
    """The status, and the body without its extensions and them alone."""
    body = orjson.dumps({"query": case.text, "variables": case.variables, "operationName": case.name})
    headers = {"Accept": "application/graphql-response+json", "Content-Type": "application/json", "X-Request-ID": "differential"}
    response = await client.post("/graphql", data=body, headers=headers | person._headers())
    told = orjson.loads(await response.read())
    told.pop("extensions", None)
    return response.status, orjson.dumps(told), response.headers.get("Set-Cookie")


@time_machine.travel(now(), tick=False)
async def test_generated_documents_answer_alike_on_both_roads(
    serve: Serve, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh, kept = Fresh(monkeypatch), Kept(admin)
    roads: list[Road] = []
    monkeypatch.setattr(Engine, "__init__", _told_to(roads.append, Engine.__init__))
    fast, slow = await serve(fast_road=True), await serve(fast_road=False)
    callers, known = await _filled(await World.made(fast, admin))
    await kept.keep()
    taken: Counter[str] = Counter()

    async def compare(case: Case) -> None:
        answers = []
        for client in (fast, slow):
            fresh.begin()
            roads.clear()
            answers.append(await _answer(client, callers[case.caller], case))
            if client is fast:
                executed = roads[-1] if roads else "refused"
            if "mutation" in case.text:
                await kept.restore()
        body = orjson.loads(answers[0][1])
        if answers[0] != answers[1]:
            assert _raced(body) == _raced(orjson.loads(answers[1][1])) != [], (case, answers)
            taken["raced"] += 1
        errors = body.get("errors", [])
        assert executed != "failed", case
        assert "INTERNAL" not in [error["extensions"]["code"] for error in errors], (case, errors)
        taken[executed if all("path" in error for error in errors) else "refused"] += 1

    await _each(compare, cases(gql.schema.build()._schema, known))
    raced = taken.pop("raced", 0)
    valid = taken.total() - taken["refused"]
    share = taken["plan"] / valid
    with capsys.disabled():  # to the error stream, which a worker shares with its run
        sys.stderr.write(f"\n{taken.total()} documents, {valid} valid: {dict(taken)}; {share:.0%} by their plan\n")
    assert share >= SHARE
    assert raced <= DOCUMENTS // 100
    assert min(taken[road] for road in ("plan", "replay", "core", "refused")) > 0


def _told_to(took: Callable[[Road], None], then: Any) -> Any:
    def init(*given: Any, **more: Any) -> None:
        then(*given, **more | {"took": took})

    return init


def _raced(body: Any) -> list[Any]:
    """What is left of an answer where fields failed below something that is null for it; nothing where none did.

    Of several such fields graphql-core tells of one (GraphQL, section 6.4.4), and which one is the database's affair.
    """
    told, raced = [], False
    for error in body.get("errors", []):
        source, above = body["data"], []
        for key in error.get("path", ())[:-1]:
            if source is None:
                break
            source = source[key]
            above.append(key)
        raced |= source is None
        told.append(above if source is None else error)
    return [body["data"], *(one for place, one in enumerate(told) if one not in told[:place])] if raced else []


async def _each(check: Callable[[Case], Awaitable[None]], strategy: Any) -> None:
    """Runs hypothesis in a thread of its own, so that the servers' loop stays free for what it tries."""
    loop = asyncio.get_running_loop()

    @settings(
        max_examples=DOCUMENTS,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def one(case: Case) -> None:
        asyncio.run_coroutine_threadsafe(check(case), loop).result(60)  # type: ignore[arg-type]

    await asyncio.to_thread(one)
