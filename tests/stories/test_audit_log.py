"""The audit log holds one entry for each act of its list, by either way, and none for others; it tells no secret and no name."""

from __future__ import annotations

import io
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from unittest.mock import ANY

import asyncpg
import pytest

from models.actions import ACTIONS
from resolvers.background import settled
from tests.authenticators import enrolled
from tests.commands import Command
from tests.conftest import Serve
from tests.letters import Mailing, mailing
from tests.stories.audit_acts import CANARY, LIST, NEW, RIGHT, Told, forget
from tests.stories.audit_acts_of_letters import LETTERS
from tests.stories.audit_acts_of_second_factors import SECOND_FACTORS
from tests.world import PASSWORD, Answer, Person, World

_BY_CONSOLE = {"by": "console"}
_USER = "user create acme canary1 canary@example.org --role OWNER --generate"

CONSOLE: dict[str, list[Told]] = {
    "tenant create fresh canary": [Told("tenant.created", None, "fresh", _BY_CONSOLE, tenant="fresh")],
    "tenant suspend acme": [Told("tenant.suspended", None, "acme", _BY_CONSOLE)],
    "tenant resume acme": [Told("tenant.resumed", None, "acme", _BY_CONSOLE)],
    _USER: [Told("user.created", None, "canary1", _BY_CONSOLE | {"role": "OWNER"})],
    "user deactivate acme grace": [Told("user.deactivated", None, "grace", _BY_CONSOLE | {"sessions_ended": 1})],
    "user activate acme grace": [Told("user.activated", None, "grace", _BY_CONSOLE)],
    "user password acme grace --generate": [Told("password.changed", None, "grace", _BY_CONSOLE | {"sessions_ended": 1})],
    "user totp-reset acme linus": [Told("totp.reset", None, "linus", _BY_CONSOLE | {"sessions_ended": 1})],
    "operator add acme grace": [Told("operator.added", None, "grace", _BY_CONSOLE)],
    "operator remove house oskar": [Told("operator.removed", None, "oskar", _BY_CONSOLE, tenant="house")],
    "user list acme": [],
    "tenant hold acme": [Told("tenant.held", None, "acme", _BY_CONSOLE)],
    "tenant hold acme --off": [Told("tenant.released", None, "acme", _BY_CONSOLE)],
    "tenant delete acme --confirm acme": [Told("tenant.deletion_requested", None, "acme", _BY_CONSOLE | {"until": ANY})],
    "tenant retention acme": [],
}
"""Commands at the machine, as `LIST`. Linus has an authenticator."""


@pytest.fixture
async def post(serve: Serve, admin: asyncpg.Connection) -> AsyncIterator[Mailing]:
    """The people of a server that sends letters."""
    async with mailing(serve, admin) as one:
        yield one


async def _entries(world: World) -> list[Any]:
    return await world.admin.fetch("SELECT * FROM audit_entries ORDER BY at, id")


async def _names(world: World) -> dict[str, str]:
    """The names of people and tenants by their ids in hexadecimal."""
    rows = await world.admin.fetch("SELECT id, username AS name FROM users UNION ALL SELECT id, slug FROM tenants")
    return {row["id"].hex: row["name"] for row in rows}


async def _left(world: World, act: Callable[[], Awaitable[Any]], *origin: str | None) -> list[Told]:
    """What an act leaves: entries with this request id and network, the details that the catalogue has, and nothing of people."""
    before = await _names(world)
    await forget(world)
    for person in vars(world).values():
        if isinstance(person, Person):
            person.headers["X-Request-ID"] = "the-request"
    await act()
    await settled()
    names, found = await _names(world) | before, []
    for entry in await _entries(world):
        kind, said = ACTIONS[entry["action"]].target, json.loads(entry["details"])
        assert said.keys() <= set(re.findall(r"`(\w+)`", ACTIONS[entry["action"]].details))
        assert kind is not None or entry["target_id"] is None
        assert (entry["request_id"], entry["ip_prefix"]) == origin
        text = str(dict(entry))
        assert not [secret for secret in (CANARY, PASSWORD, NEW, "@") if secret in text], text
        actor = entry["actor_id"] and names[entry["actor_id"].hex]
        target = entry["target_id"] and names.get(entry["target_id"], kind)
        found.append(Told(entry["action"], actor, target, said, names[entry["tenant_id"].hex]))
    return found


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("name", LIST | SECOND_FACTORS)
async def test_each_act_is_told_exactly_once(name: str, world: World) -> None:
    act, expected = (LIST | SECOND_FACTORS)[name]
    assert await _left(world, lambda: act(world), "the-request", "127.0.0.0/24") == expected


@pytest.mark.parametrize("name", LETTERS)
async def test_each_act_that_letters_are_for_is_told_exactly_once(name: str, post: Mailing) -> None:
    act, expected = LETTERS[name]

    async def whole() -> None:
        await act(post)
        await post.done()

    assert await _left(post.world, whole, "the-request", "127.0.0.0/24") == expected


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("command", CONSOLE)
async def test_each_act_at_the_machine_is_told_exactly_once(command: str, world: World, run: Command) -> None:
    await enrolled(world.linus)

    async def whole() -> None:
        assert (await run(*command.split())).code == 0

    assert await _left(world, whole, None, None) == CONSOLE[command]


async def test_every_action_is_on_a_list() -> None:
    lists = [*(expected for _, expected in [*(LIST | SECOND_FACTORS).values(), *LETTERS.values()]), *CONSOLE.values()]
    elsewhere = {"import.started", "import.finished"}  # told of in tests/server/test_import_legacy.py
    elsewhere |= {"restore.started", "restore.finished"}  # in tests/server/test_restore.py
    elsewhere |= {"tenant.exported", "tenant.imported", "export.finished"}  # in tests/server/test_bundles.py, and test_exports.py
    elsewhere |= {"retention.applied"}  # in tests/resolvers/test_sweeping.py
    elsewhere |= {"person.found", "person.exported", "person.erased"}  # in tests/server/test_person.py
    assert {one.action for expected in lists for one in expected} == ACTIONS.keys() - elsewhere


async def test_the_request_id_of_an_answer_finds_its_line_and_its_entry(world: World, logged: io.StringIO) -> None:
    """For an act that is refused, too: its entry survives."""
    answer = await world.stranger.gql(
        "mutation($i: LoginInput!) { login(input: $i) { userErrors { code } } }", i=RIGHT | {"password": "x"}
    )
    assert answer.data["login"]["userErrors"] == [{"code": "INVALID_CREDENTIALS"}]
    request_id = answer.headers["X-Request-ID"]
    lines = [json.loads(line) for line in logged.getvalue().splitlines() if request_id in line]
    assert [line["route"] for line in lines if line["event"] == "request"] == ["/graphql"]
    (entry,) = [entry for entry in await _entries(world) if entry["request_id"] == request_id]
    assert entry["action"] == "login.failed"
    query = "{ auditLog(first: 1) { nodes { action requestId } } }"
    shown: Answer = await world.adam.gql(query)
    assert shown.data["auditLog"]["nodes"] == [{"action": "login.failed", "requestId": request_id}]
