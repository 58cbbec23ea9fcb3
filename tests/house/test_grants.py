"""Role × operation × transport, as the real server answers. `docs/grants.md` is the committed table: a change is a visible diff."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from server.database import ROOT
from tests.conftest import Serve
from tests.house.matrix import CASES, SCHEMA, WIDE, operation, root_operation
from tests.house.routes import body, routes, sent
from tests.world import Person, World

COMMITTED = ROOT / "docs" / "grants.md"
HEAD = """# Who may do what

Printed by `tests/house/test_grants.py` from a running server: each operation, asked as each role. `yes`: the door opens (what
is asked for need not exist); `no`: FORBIDDEN, 403; `sign in`: UNAUTHENTICATED, 401. An operator here is a VIEWER with the mark.
Whom an admin or an owner reaches among the users depends on both roles, and is told by the resolver's own tests.
After a change on purpose: `UPDATE=1 python -m pytest tests/house/test_grants.py`, and look at the difference.

"""

GHOST = "0" * 12 + "7000" + "8" + "0" * 15
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "Mutation.deleteContacts, permanently": (
        "mutation($ids: [ID!]!) { deleteContacts(input: { ids: $ids, permanently: true }) { deletedIds } }",
        {"ids": [f"contact_{GHOST}"]},
    ),
    "Mutation.updateTenant, how long data is kept": ("mutation { updateTenant(input: { trashDays: 30 }) { tenant { name } } }", {}),
    "Query.node of a session": ("query($id: ID!) { node(id: $id) { id } }", {"id": f"session_{GHOST}"}),
    "Query.node of a tenant": ("query($id: ID!) { node(id: $id) { id } }", {"id": f"tenant_{GHOST}"}),
    "Query.node of a user": ("query($id: ID!) { node(id: $id) { id } }", {"id": f"user_{GHOST}"}),
    "Query.viewer.tenant.usage": ("{ viewer { tenant { usage { contacts } } } }", {}),
    "Query.viewer.tenant.users": ("{ viewer { tenant { users { totalCount } } } }", {}),
}
"""Operations that ask for another permission than their field alone does."""


@pytest.fixture
async def world(serve: Serve, admin: asyncpg.Connection) -> World:
    """A server that answers operations which read everything there is."""
    return await World.made(await serve(**WIDE), admin)


async def test_the_table_is_as_committed(world: World) -> None:
    people = {
        "OWNER": world.ada,
        "ADMIN": world.adam,
        "EDITOR": world.grace,
        "VIEWER": world.linus,
        "operator": world.oskar,
        "nobody": world.stranger,
    }
    rows = [f"| operation | {' | '.join(people)} |", "|---" * (len(people) + 1) + "|"]
    async for name, answers in _graphql(list(people.values())):
        rows.append(f"| `{name}` | {' | '.join(answers)} |")
    async for name, answers in _rest(world, list(people.values())):
        rows.append(f"| `{name}` | {' | '.join(answers)} |")
    printed = HEAD + "\n".join(rows) + "\n"
    if os.environ.get("UPDATE") == "1":
        COMMITTED.write_text(printed, encoding="utf-8")
    assert printed.splitlines() == COMMITTED.read_text(encoding="utf-8").splitlines()


async def _graphql(people: list[Person]) -> AsyncIterator[tuple[str, list[str]]]:
    asked = dict(VARIANTS)
    ghosts = {kind: f"{kind}_{GHOST}" for kind in (*CASES.values(), "user")}
    for root in (SCHEMA.query_type, SCHEMA.mutation_type):
        assert root is not None
        for name in root.fields:
            place = next((place for place in CASES if place.startswith(f"{root.name}.{name}.")), None)
            one = operation(place) if place else root_operation(root.name, name)
            asked[f"{root.name}.{name}"] = (one.document, one.variables(ghosts[CASES[place]] if place else "", ghosts))
    for name, (document, variables) in sorted(asked.items()):
        answers = []
        for person in people:
            # Logging out ends a session: everybody does it in one of their own.
            who = await person.login() if name == "Mutation.logout" and person.token else person
            answer = await who.gql(document, **variables)
            refused = {"FORBIDDEN": "no", "UNAUTHENTICATED": "sign in"}
            assert set(answer.codes) <= set(refused), f"{name}: {answer.text}"
            answers.append(refused[answer.codes[0]] if answer.codes else "yes")
        yield name, answers


async def _rest(world: World, people: list[Person]) -> AsyncIterator[tuple[str, list[str]]]:
    for method, path in sorted(routes(world), key=lambda route: (route[1], route[0])):
        answers = []
        for person in people:
            who, known = person, person if person.token else world.ada
            if path.startswith("/api/auth"):
                known = await known.login()
                who = known if person.token else person
            status, _ = await sent(who, method, path.replace("{id}", "999999"), body(known, known.refresh))
            assert status < 500, f"{method} {path}"
            answers.append({401: "sign in", 403: "no"}.get(status, "yes"))
        yield f"{method} {path}", answers
