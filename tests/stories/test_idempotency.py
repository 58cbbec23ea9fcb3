"""A contact whose answer was lost is kept once, however often it is sent again: over GraphQL, and by both of the old clients."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from tests.abuse.server import Server, running
from tests.conftest import JWT_KEYS, Database, Serve
from tests.world import LOGIN, PASSWORD, Person, World, add_user, tenant

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"
CREATE = """
mutation ($name: String!, $notes: String, $key: String, $labels: [ID!]) {
  createContact(input: {contact: {name: $name, notes: $notes, age: 36, gender: FEMALE, labelIds: $labels}, idempotencyKey: $key}) {
    contact { id version name givenName gender age ageRecordedAt notes favorite createdAt updatedAt deletedAt labels { name } }
    userErrors { code message path }
  }
}
"""
OLD = {"name": "Zoë", "gender": False, "age": 36, "address": "1 Oak Street", "phone": "0100-000000", "email": "zoe@example.org"}

DIES = """
import os, resolvers.contacts
kept = resolvers.contacts._add_once
async def dies(*given):
    await kept(*given)
    os._exit(9)
resolvers.contacts._add_once = dies
"""
"""Put into a server: it commits, and is gone."""


@dataclass(frozen=True)
class Told:
    """What an answer says: whether it was done, its whole text, and the code or the status of a refusal."""

    done: bool
    text: str
    refused: str = ""
    replayed: bool = False


async def by_graphql(person: Person, key: str, name: str = "Zoë") -> Told:
    """A new contact over GraphQL."""
    answer = await person.gql(CREATE, name=name, key=key)
    if answer.errors:
        return Told(False, answer.text, answer.codes[0])
    errors = answer.data["createContact"]["userErrors"]
    text = answer.text.partition('"extensions"')[0]  # what is left of the budget differs
    return Told(not errors, text, errors[0]["code"] if errors else "")


async def by_rust(person: Person, key: str, name: str = "Zoë") -> Told:
    """The same as the clients of the Rust service send it."""
    return await _posted(person, key, OLD | {"name": name})


async def by_ui(person: Person, key: str, name: str = "Zoë") -> Told:
    """The same as the old UI sends it."""
    return await _posted(person, key, OLD | {"name": name, "gender": "female"}, **{"X-Tenant-ID": person.tenant})


async def _posted(person: Person, key: str, body: dict[str, Any], **headers: str) -> Told:
    answer = await person.rest("POST", "/api/address-book", body, **{"Idempotency-Key": key, **headers})
    text = f"{await answer.text()} {answer.headers.get('ETag')}"
    done = answer.status == 201
    return Told(done, text, "" if done else str(answer.status), "Idempotent-Replayed" in answer.headers)


Way = Callable[..., Awaitable[Told]]
WAYS = pytest.mark.parametrize("create", [by_graphql, by_rust, by_ui], ids=["graphql", "rust", "ui"])
REUSED = {by_graphql: "IDEMPOTENCY_KEY_REUSED", by_rust: "422", by_ui: "422"}
INVALID = {by_graphql: "INVALID", by_rust: "400", by_ui: "400"}
FORBIDDEN = {by_graphql: "FORBIDDEN", by_rust: "403", by_ui: "403"}
OUT = {by_graphql: "UNAUTHENTICATED", by_rust: "401", by_ui: "401"}


async def _patiently(create: Way, person: Person) -> Told:
    """As a client does it that comes again when it is told to: five connections for ten at once are a crowd on a busy machine."""
    told = await create(person, KEY)
    if told.refused not in {"503", "UNAVAILABLE", "TIMEOUT"}:
        return told
    await asyncio.sleep(1)
    return await _patiently(create, person)


async def kept(admin: asyncpg.Connection) -> int:
    """How many contacts there are."""
    return int(await admin.fetchval("SELECT count(*) FROM contacts"))


@WAYS
async def test_twenty_at_once_and_one_later_make_one_contact_and_get_one_answer(
    create: Way, world: World, serve: Serve, admin: asyncpg.Connection
) -> None:
    there = replace(world.grace, client=await serve())  # a second server over the same database
    told = await asyncio.gather(*(_patiently(create, who) for _ in range(10) for who in (world.grace, there)))
    told.append(await create(there, KEY))
    assert {one.done for one in told} == {True}
    assert len({one.text for one in told}) == 1
    assert [one.replayed for one in told].count(False) == (21 if create is by_graphql else 1)
    assert await kept(admin) == 1


@WAYS
async def test_it_is_answered_as_the_first_time_whatever_became_of_the_contact(
    create: Way, world: World, admin: asyncpg.Connection
) -> None:
    first = await create(world.grace, KEY)
    await admin.execute("UPDATE contacts SET name = 'Another', notes = 'new', version = 7, deleted_at = now()")
    assert (await create(world.grace, KEY)).text == first.text
    await admin.execute("DELETE FROM contacts")
    assert (await create(world.grace, KEY)).text == first.text
    assert await kept(admin) == 0


@WAYS
async def test_a_key_with_another_input_is_refused_and_nothing_is_kept(
    create: Way, world: World, admin: asyncpg.Connection
) -> None:
    await create(world.grace, KEY)
    told = await create(world.grace, KEY, "Zoé")
    assert (told.done, told.refused) == (False, REUSED[create])
    assert await kept(admin) == 1


@WAYS
async def test_a_key_is_its_user_s_alone(create: Way, world: World, admin: asyncpg.Connection) -> None:
    for person in (world.grace, world.ada, world.mallory):
        told = await create(person, KEY)
        assert (told.done, told.replayed) == (True, False)
    assert await kept(admin) == 3
    assert await admin.fetchval("SELECT count(DISTINCT tenant_id) FROM contacts") == 2


@WAYS
async def test_after_a_day_a_key_is_a_new_one(create: Way, world: World, admin: asyncpg.Connection) -> None:
    await create(world.grace, KEY)
    await admin.execute("UPDATE idempotency_keys SET created_at = created_at - interval '23 hours 59 minutes'")
    await create(world.grace, KEY)
    assert await kept(admin) == 1
    await admin.execute("UPDATE idempotency_keys SET created_at = created_at - interval '1 minute'")
    assert (await create(world.grace, KEY, "Zoé")).done
    assert (await create(world.grace, KEY, "Zoé")).done
    assert await kept(admin) == 2


@WAYS
async def test_who_was_refused_may_mend_it_and_keep_the_key(create: Way, world: World, admin: asyncpg.Connection) -> None:
    told = await create(world.grace, KEY, "x" * 201)
    assert not told.done
    assert await admin.fetchval("SELECT count(*) FROM idempotency_keys") == 0
    assert (await create(world.grace, KEY)).done


@WAYS
@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel"])
async def test_what_is_no_key_is_refused(create: Way, key: str, world: World, admin: asyncpg.Connection) -> None:
    told = await create(world.grace, key)
    assert (told.done, told.refused) == (False, INVALID[create])
    assert "An idempotency key is 1 to 255 printable characters of ASCII." in told.text
    assert await kept(admin) == 0
    assert (await create(world.grace, "x" * 255)).done


@WAYS
async def test_who_may_not_write_any_more_gets_no_old_answer(create: Way, world: World, admin: asyncpg.Connection) -> None:
    await create(world.grace, KEY)
    await admin.execute("UPDATE users SET role = 'VIEWER' WHERE id = $1", world.grace.user)
    told = await create(world.grace, KEY)
    assert (told.done, told.refused) == (False, FORBIDDEN[create])
    await admin.execute("UPDATE sessions SET ended_at = now(), ended_reason = 'LOGGED_OUT' WHERE user_id = $1", world.grace.user)
    told = await create(world.grace, KEY)
    assert (told.done, told.refused) == (False, OUT[create])


async def test_both_ways_are_two_inputs(world: World, admin: asyncpg.Connection) -> None:
    await by_graphql(world.grace, KEY)
    assert (await by_rust(world.grace, KEY)).refused == "422"
    assert await kept(admin) == 1


async def test_labels_are_put_on_once_and_told_as_they_are_now(world: World, admin: asyncpg.Connection) -> None:
    made = await world.grace.gql('mutation { createLabel(input: {name: "Friends"}) { label { id } } }')
    label = made.data["createLabel"]["label"]["id"]
    for labels in ([label], [label]):
        told = (await world.grace.gql(CREATE, name="Zoë", key=KEY, labels=labels)).data["createContact"]
        assert told["contact"]["labels"] == [{"name": "Friends"}]
    assert (await world.grace.gql(CREATE, name="Zoë", key=KEY)).data["createContact"]["userErrors"] == [
        {
            "code": "IDEMPOTENCY_KEY_REUSED",
            "message": "This idempotency key came with another input before. Take a new key for it.",
            "path": ["idempotencyKey"],
        }
    ]
    unknown = await world.grace.gql(CREATE, name="Zoë", key="other", labels=["label_" + 32 * "0"])
    assert unknown.data["createContact"]["userErrors"][0]["code"] == "NOT_FOUND"
    assert await kept(admin) == 1


async def test_what_is_kept_names_nobody(world: World, admin: asyncpg.Connection) -> None:
    await world.grace.gql(CREATE, name="Zoë Müller", notes="private", key=KEY)
    (row,) = await admin.fetch("SELECT * FROM idempotency_keys")
    assert {name for name, value in row.items() if not isinstance(value, bytes)} == {
        "tenant_id", "id", "user_id", "number", "created_at"
    }  # fmt: skip
    assert len(row["key"]) == len(row["request"]) == 32


async def test_two_keys_in_one_header_are_none(world: World, admin: asyncpg.Connection) -> None:
    headers = [("Idempotency-Key", "one"), ("Idempotency-Key", "two"), ("Authorization", f"Bearer {world.grace.token}")]
    answer = await world.client.post("/api/address-book", json=OLD, headers=headers)
    assert answer.status == 400
    assert (await answer.json())["message"] == "Idempotency-Key is given once."
    assert await kept(admin) == 0


async def test_who_waits_too_long_for_the_first_is_told_to_come_again(world: World, admin: asyncpg.Connection) -> None:
    await by_graphql(world.grace, KEY)
    async with admin.transaction():
        await admin.execute("SELECT FROM idempotency_keys FOR UPDATE")
        await admin.execute("UPDATE idempotency_keys SET created_at = created_at - interval '2 days'")  # as one that takes it over
        answer = await world.grace.gql(CREATE, name="Zoë", key=KEY)
    assert (answer.status, answer.codes) == (503, ["TIMEOUT"])
    assert answer.headers["Retry-After"] == "1"
    assert await kept(admin) == 1


async def test_a_server_that_dies_before_it_answers_has_kept_it_once(
    database: Database, admin: asyncpg.Connection, tmp_path: Path
) -> None:
    await add_user(admin, await tenant(admin, "acme"), "grace", "EDITOR")
    given = {"tenant": "acme", "usernameOrEmail": "grace", "password": PASSWORD}
    body = {"query": CREATE, "variables": {"name": "Zoë", "key": KEY}}
    with ExitStack() as stack:
        start = partial(running, database.app, JWT_KEYS, tmp_path)
        dying, other = [await asyncio.to_thread(stack.enter_context, start(patch=patch)) for patch in (DIES, "")]
        async with aiohttp.ClientSession() as http:

            async def ask(server: Server, given: Any, **headers: str) -> Any:
                async with http.post(f"http://127.0.0.1:{server.port}/graphql", json=given, headers=headers) as answer:
                    return (await answer.json())["data"]

            token = (await ask(other, {"query": LOGIN, "variables": {"input": given}}))["login"]["tokens"]["accessToken"]
            with pytest.raises(aiohttp.ClientError):
                await ask(dying, body, Authorization=f"Bearer {token}")
            assert await kept(admin) == 1
            told = (await ask(other, body, Authorization=f"Bearer {token}"))["createContact"]
    assert told["userErrors"] == []
    assert told["contact"]["id"] == f"contact_{(await admin.fetchval('SELECT id FROM contacts')).hex}"
    assert await kept(admin) == 1
