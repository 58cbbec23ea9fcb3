"""Heavy operations of one tenant are executed one after another; light ones and those of others do not wait for them."""

from __future__ import annotations

import asyncio
import gc
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from gql.engine.engine import Engine
from gql.engine.turns import HEAVY, Turns
from tests.conftest import Serve
from tests.world import Person, World

PAGE = "{ contacts(first: 100) { nodes { id name labels { id name } } } }"
LIGHT = "{ viewer { id } }"


async def test_heavy_operations_of_a_tenant_take_turns_and_nobody_else_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, ended = [0], [0], list[str]()
    executed = Engine._executed

    async def slowly(engine: Engine, document: Any, operation: Any, variables: Any, context: Any) -> Any:
        heavy = context.cost >= HEAVY and context.signed_in.tenant == world.acme
        running[0] += heavy
        most[0] = max(most[0], running[0])
        if heavy:
            await asyncio.sleep(0.1)
        result = await executed(engine, document, operation, variables, context)
        running[0] -= heavy
        return result

    async def ask(name: str, person: Person, document: str) -> None:
        answer = await person.gql(document)
        assert answer.status == 200, answer.text
        ended.append(name)

    monkeypatch.setattr(Engine, "_executed", slowly)
    heavy = [("ada", world.ada, PAGE), ("grace", world.grace, PAGE), ("linus", world.linus, PAGE)]
    others = [("ada, a little", world.ada, LIGHT), ("mallory", world.mallory, PAGE)]
    await asyncio.gather(*(ask(*one) for one in (*heavy, *others)))
    assert most == [1]
    assert set(ended[:2]) == {"ada, a little", "mallory"}


async def test_who_waits_past_the_deadline_is_told_so(
    serve: Serve, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await World.made(await serve(operation_seconds=2.0), admin)
    executed, held = Engine._executed, asyncio.Event()

    async def stuck(engine: Engine, *given: Any) -> Any:
        held.set()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(5)  # until the deadline of who waits, which began a little later, is over too
        return await executed(engine, *given)

    monkeypatch.setattr(Engine, "_executed", stuck)
    first = asyncio.create_task(world.ada.gql(PAGE))
    await held.wait()
    monkeypatch.setattr(Engine, "_executed", executed)
    second = await world.grace.gql(PAGE)
    assert {one.status for one in (await first, second)} == {503}
    assert (await first).codes == second.codes == ["TIMEOUT"]
    assert (await world.linus.gql(PAGE)).status == 200  # who has gone keeps no turn


def test_a_tenants_turns_are_forgotten_with_their_last_holder() -> None:
    turns, tenant = Turns(), uuid4()
    held = turns.of(tenant)
    assert turns.of(tenant) is held
    assert turns.of(None) is not held
    del held
    gc.collect()
    assert tenant not in turns._tenants
