"""What people see while Postgres restarts, takes no writes, or is fought over: 503, in time, and nothing half done."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from urllib.parse import urlsplit

import asyncpg
import orjson
import pytest
from aiohttp.test_utils import TestClient
from pydantic import SecretStr

from models import contact
from models.tenancy import DOOR, ask, behind, through
from resolvers import contacts
from tests.conftest import EMPTY, Serve
from tests.postgres import Postgres, durable
from tests.rest.kit import ZOE
from tests.world import LOGIN, PASSWORD, Answer, Person, World

COUNT = "{ contacts { totalCount } }"
CREATE = "mutation($name: String!) { createContact(input: {contact: {name: $name}}) { contact { id } userErrors { code } } }"
RENAME = "mutation($id: ID!, $name: String!) { updateContact(input: {id: $id, contact: {name: $name}}) { contact { name } } }"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with durable() as server:
        yield server


@pytest.fixture
async def theirs(postgres: Postgres) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection to that Postgres, which is empty and takes writes."""
    await postgres.writable(yes=True)
    connection = await asyncpg.connect(postgres.database.admin)
    await connection.execute(EMPTY)
    yield connection
    await connection.close()


@pytest.fixture
async def house(serve: Serve, postgres: Postgres, theirs: asyncpg.Connection) -> World:
    """The usual people, in a server over that Postgres."""
    return await World.made(await serve(database_url=SecretStr(postgres.database.app)), theirs)


async def _until(true: Callable[[], Awaitable[bool]], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110 - what is awaited is a server
            await asyncio.sleep(0.05)


def _away(answer: Answer) -> bool:
    return (answer.status, answer.codes) == (503, ["UNAVAILABLE"]) and int(answer.headers["Retry-After"]) >= 1


async def test_a_restart_of_postgres_loses_nothing_that_was_acknowledged(house: World, postgres: Postgres) -> None:
    kept: list[str] = []
    refused: list[Answer] = []
    done = asyncio.Event()

    async def write(who: int) -> None:
        number = 0
        while not done.is_set():
            number += 1
            answer = await house.grace.gql(CREATE, name=f"{who}-{number}")
            if answer.status == 200:
                kept.append(f"{who}-{number}")
            else:
                refused.append(answer)
                await asyncio.sleep(0.05)

    writers = [asyncio.create_task(write(who)) for who in range(4)]
    await _until(lambda: _so(len(kept) > 20))
    await postgres.restart()
    before = len(kept)
    await _until(lambda: _so(len(kept) > before + 20), 30)
    done.set()
    await asyncio.gather(*writers)
    assert [answer.text for answer in refused if not _away(answer)] == []
    admin = await asyncpg.connect(postgres.database.admin)
    stored = {row["name"] for row in await admin.fetch("SELECT name FROM contacts")}
    await admin.close()
    assert set(kept) - stored == set()
    assert (await house.client.get("/readyz")).status == 200


async def _so(true: bool) -> bool:
    return true


async def test_reads_go_on_though_all_connections_were_killed(house: World, theirs: asyncpg.Connection) -> None:
    await asyncio.gather(*(house.grace.gql(COUNT) for _ in range(5)))
    await theirs.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'address_book_app'")
    answers = [await house.grace.gql(COUNT) for _ in range(10)]
    assert [answer.codes for answer in answers] == [[]] * 10


async def test_a_read_whose_connection_dies_half_way_is_asked_again_and_a_write_is_not(
    house: World, theirs: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE usename = 'address_book_app' AND query LIKE '%pg_sleep%' AND state = 'active'"
    )
    find, slow = contacts.find, "SELECT 1 AS x, pg_sleep(0.7) LIMIT 1"

    async def slowly(caller: object, *rest: object) -> object:
        async with through(caller.to(contacts.Permission.CONTACTS_READ)):  # type: ignore[attr-defined]
            await ask(behind(slow))
        return await find(caller, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(contacts, "find", slowly)
    asking = asyncio.create_task(house.grace.gql('{ contact(id: "contact_' + 32 * "0" + '") { id } }'))
    await _until(lambda: theirs.fetchval(kill))
    answer = await asking
    assert (answer.status, answer.data) == (200, {"contact": None})
    scraped = await (await house.client.get("/metrics")).text()
    assert 'addressbook_db_retries_total{reason="lost"} 1.0' in scraped
    add = contact._add
    monkeypatch.setattr(contact, "_add", lambda columns: add(columns).replace(DOOR, f"{DOOR} CROSS JOIN pg_sleep(2) AS s"))
    writing = asyncio.create_task(house.grace.gql(CREATE, name="Zoë"))
    await _until(lambda: theirs.fetchval(kill))
    unsure = await writing
    assert _away(unsure)
    assert "it may have been done" in unsure.errors[0]["message"]
    assert await theirs.fetchval("SELECT count(*) FROM contacts") == 0


async def test_while_nothing_can_be_written_reading_goes_on_and_it_ends_by_itself(
    house: World, postgres: Postgres, logged: io.StringIO
) -> None:
    await house.grace.gql(CREATE, name="Zoë")
    await postgres.writable(yes=False)
    for _ in range(5):
        refused = await house.grace.gql(CREATE, name="Eve")
        assert (refused.status, refused.codes, refused.headers["Retry-After"]) == (503, ["UNAVAILABLE"], "5")
        assert "reading goes on" in refused.errors[0]["message"]
        assert (await house.grace.gql(COUNT)).data == {"contacts": {"totalCount": 1}}
    contact = (await house.linus.gql("{ contacts { nodes { id } } }")).data["contacts"]["nodes"][0]["id"]
    assert (await house.grace.gql(RENAME, id=contact, name="Eve")).status == 503
    old = await house.grace.rest("POST", "/api/address-book", ZOE)
    assert (old.status, old.headers["Retry-After"]) == (503, "5")
    assert (await house.grace.rest("GET", "/api/address-book")).status == 200
    login = {"tenant": "acme", "usernameOrEmail": "ada", "password": PASSWORD}
    assert (await house.stranger.gql(LOGIN, input=login)).status == 503
    ready = await house.client.get("/readyz")
    assert (ready.status, (await ready.json())["database"]) == (200, "read-only")
    assert "addressbook_read_only 1.0" in await (await house.client.get("/metrics")).text()
    await postgres.writable(yes=True)
    await _until(lambda: _wrote(house), 10)
    await _until(lambda: _has(house.client, "addressbook_read_only 0.0"), 10)
    modes = [line["mode"] for line in map(orjson.loads, logged.getvalue().splitlines()) if line["event"] == "database"]
    assert modes == ["read-only", "read-write"]


async def _wrote(house: World) -> bool:
    return (await house.grace.gql(CREATE, name="Adam")).status == 200


async def test_a_hot_standby_is_read_from_until_it_is_the_primary(serve: Serve, house: World, postgres: Postgres) -> None:
    await house.grace.gql(CREATE, name="Zoë")
    first = urlsplit(postgres.database.app)

    async def over(*ports: int | None, query: str = "") -> tuple[TestClient, Person]:
        hosts = ",".join(f"127.0.0.1:{one}" for one in ports)
        dsn = first._replace(netloc=f"{first.username}:{first.password}@{hosts}", query=query).geturl()
        client = await serve(database_url=SecretStr(dsn))
        return client, Person(client, "acme", "grace", house.grace.user, house.grace.token)

    async with postgres.standby() as port:
        client, grace = await over(1, port, query="target_session_attrs=any")
        await _until(lambda: _sees(grace, 1))
        refused = await grace.gql(CREATE, name="Eve")
        assert (refused.status, "reading goes on" in refused.errors[0]["message"]) == (503, True)
        assert (await (await client.get("/readyz")).json())["database"] == "read-only"
        _, strict = await over(1, port)
        assert _away(await strict.gql(COUNT))
        _, found = await over(port, first.port)
        assert await _created(found)
        promoted = await asyncpg.connect(postgres.database.admin.replace(f":{first.port}/", f":{port}/"))
        await promoted.execute("SELECT pg_promote()")
        await promoted.close()
        await _until(lambda: _created(grace), 20)
        await _until(lambda: _is_ready(client, "read-write"))


async def _is_ready(client: TestClient, mode: str) -> bool:
    return (await (await client.get("/readyz")).json()) == {
        "status": "ready",
        "faults": [],
        "database": mode,
        "throttles": "this process",
    }


async def _sees(person: Person, many: int) -> bool:
    return (await person.gql(COUNT)).data == {"contacts": {"totalCount": many}}


async def _created(person: Person) -> bool:
    return (await person.gql(CREATE, name="Ida")).status == 200


async def test_of_a_deadlock_both_get_what_they_asked_for(house: World, theirs: asyncpg.Connection) -> None:
    """Two requests that put two contacts into the trash in opposite orders, with a third party that makes them meet."""
    one, two = [(await house.grace.gql(CREATE, name=name)).data["createContact"]["contact"]["id"] for name in ("A", "B")]
    ids = {row["name"]: row["id"] for row in await theirs.fetch("SELECT name, id FROM contacts")}
    other = await asyncpg.connect(theirs_dsn(theirs))
    await other.execute("SET deadlock_timeout = '30s'")  # so that it is the request that is the victim
    act = other.transaction()
    await act.start()
    await other.execute("UPDATE contacts SET notes = 'x' WHERE id = $1", ids["B"])
    asking = asyncio.create_task(house.grace.gql(_TRASH, ids=[one, two]))
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'address_book_app'"
    await _until(lambda: theirs.fetchval(waiting))
    await other.execute("UPDATE contacts SET notes = 'x' WHERE id = $1", ids["A"])
    await act.commit()
    await other.close()
    answer = await asking
    assert (answer.status, answer.data) == (200, {"deleteContacts": {"deletedIds": [one, two], "userErrors": []}})
    rows = await theirs.fetch("SELECT notes, deleted_at IS NOT NULL AS trashed FROM contacts")
    assert [tuple(row) for row in rows] == [("x", True), ("x", True)]
    assert 'addressbook_db_retries_total{reason="contended"} 1.0' in await (await house.client.get("/metrics")).text()


_TRASH = "mutation($ids: [ID!]!) { deleteContacts(input: {ids: $ids}) { deletedIds userErrors { code } } }"


def theirs_dsn(connection: asyncpg.Connection) -> str:
    """The DSN by which a connection was made."""
    host, port = connection._addr
    params = connection._params
    return f"postgresql://{params.user}:{params.password}@{host}:{port}/{params.database}"


async def test_who_waits_for_a_lock_too_long_is_told_to_come_again(house: World, theirs: asyncpg.Connection) -> None:
    made = (await house.grace.gql(CREATE, name="Zoë")).data["createContact"]["contact"]["id"]
    async with theirs.transaction():
        await theirs.execute("LOCK TABLE contacts")
        began = time.monotonic()
        answers = await asyncio.gather(
            house.grace.gql(RENAME, id=made, name="Eve"), house.grace.gql(CREATE, name="Eve"), house.linus.gql(COUNT)
        )
        assert time.monotonic() - began < 9  # the lock's own bound is two seconds; the machine may be busy
        old = await house.grace.rest("GET", "/api/address-book")
        assert (old.status, old.headers["Retry-After"]) == (503, "1")
    assert [(answer.status, answer.codes, answer.headers["Retry-After"]) for answer in answers] == [(503, ["TIMEOUT"], "1")] * 3
    assert [row["name"] for row in await theirs.fetch("SELECT name FROM contacts")] == ["Zoë"]


async def test_two_hundred_who_hang_up_leave_nothing_behind(
    house: World, theirs: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = (await house.grace.gql(CREATE, name="Zoë")).data["createContact"]["contact"]["id"]

    async def cut(number: int) -> None:
        query = (COUNT, {}) if number % 2 else (RENAME, {"id": made, "name": "Zoë"})
        asking = asyncio.create_task(house.grace.gql(query[0], **query[1]))
        await asyncio.sleep(0.005 + number % 100 / 1000)
        asking.cancel()
        await asyncio.wait([asking])

    for first in range(0, 200, 40):
        await asyncio.gather(*(cut(number) for number in range(first, first + 40)))

    async def sleepy(caller: object, *_: object) -> None:
        async with through(caller.to(contacts.Permission.CONTACTS_READ)):  # type: ignore[attr-defined]
            await ask(behind("SELECT 1 AS x, pg_sleep(30) LIMIT 1"))

    monkeypatch.setattr(contacts, "find", sleepy)
    asking = asyncio.create_task(house.grace.gql('{ contact(id: "contact_' + 32 * "0" + '") { id } }'))
    running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND state = 'active' AND pid <> pg_backend_pid()"
    await _until(lambda: theirs.fetchval(running))
    await asyncio.sleep(0.2)
    asking.cancel()
    await _until(lambda: _none(theirs, running), 5)  # a second on a machine with nothing else to do
    await _until(lambda: _none(theirs, "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"), 5)
    await _until(lambda: _has(house.client, "addressbook_db_pool_in_use 0.0"), 10)
    assert (await house.linus.gql(COUNT)).data == {"contacts": {"totalCount": 1}}


async def _none(connection: asyncpg.Connection, count: str) -> bool:
    return bool(await connection.fetchval(count) == 0)


async def _has(client: TestClient, line: str) -> bool:
    return line in await (await client.get("/metrics")).text()
