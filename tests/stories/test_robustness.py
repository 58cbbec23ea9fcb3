"""Whatever is sent, and whatever breaks: an answer in JSON with a code, nothing of our insides, and never a crash."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import orjson
import pytest
from aiohttp import ClientResponse
from pydantic import SecretStr

from resolvers import contacts
from tests.conftest import Database, Serve
from tests.watched import INSIDES
from tests.world import PASSWORD, Person, World

_CREATE = "mutation($c: ContactDraft!) { createContact(input: {contact: $c}) { contact { id } userErrors { code path } } }"
_JSON = {"Content-Type": "application/json"}
_ACCEPT = {"Accept": "application/graphql-response+json"}


async def _refused(response: ClientResponse, *statuses: int) -> dict[str, Any]:
    """The first error of an answer that tells a code and nothing of our insides."""
    text = await response.text()
    assert response.status in statuses, (response.status, text)
    assert not INSIDES.search(text), text
    assert response.content_type in {"application/json", "application/graphql-response+json"}
    error: dict[str, Any] = orjson.loads(text)["errors"][0]
    assert error["extensions"]["code"]
    return error


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"query": "{ viewer { id } }",}',
        b'\xef\xbb\xbf{"query": "{ viewer { id } }"}',
        b'{"query": "{ viewer { id } } # \xff"}',
        b"null",
        b"1",
        b'"x"',
        b"[]",
        b'[{"query": "{ viewer { id } }"}]',
        b"{}",
        b'{"query": null}',
        b'{"query": 1}',
        b'{"query": ""}',
        b'{"query": "{ viewer { id } }", "variables": []}',
        b'{"query": "{ viewer { id } }", "operationName": 1}',
        b'{"query": "{ viewer { id } }", "extensions": 1}',
        b'{"query": "{ viewer { id } }", "variables": {"x": NaN}}',
        b'{"query": "{ viewer { id } }", "variables": {"x": "\\ud800"}}',
        b'{"query": "{ viewer { id } }", "variables": {"x": Infinity}}',
        b'{"query": "{ viewer { id } }", "variables": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"query": "{ viewer { id } }", "variables": ' + b'{"a":' * 40_000 + b"1" + b"}" * 40_000 + b"}",
    ],
    ids=lambda body: body[:60].decode("ascii", "replace"),
)
async def test_what_is_no_request_is_refused(body: bytes, world: World) -> None:
    response = await world.client.post("/graphql", data=body, headers=_JSON)
    assert (await _refused(response, 400))["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    "query",
    [
        "{",
        "{ nothing }",
        "{ viewer }",
        "{ contacts(first: " + "9" * 5_000 + ") { totalCount } }",
        "{ contacts(first: 1e400) { totalCount } }",
        "{ contacts(first: -2147483649) { totalCount } }",
        '{ contacts(search: "\\ud800") { totalCount } }',
        '{ contacts(search: "\\u{110000}") { totalCount } }',
        "{ contacts(orderBy: [{field: PASSWORD}]) { totalCount } }",
        '{ contacts(filter: {createdAt: {gte: "yesterday"}}) { totalCount } }',
        '{ contacts(filter: {createdAt: {gte: "2026-02-30T00:00:00Z"}}) { totalCount } }',
        "{ node(id: [[[1]]]) { id } }",
        "query($x: Nothing) { viewer { id } }",
        "query A { viewer { id } } query B { viewer { id } }",
        "subscription { viewer { id } }",
        "fragment F on Viewer { id }",
        "{" + "viewer {" * 900 + "id" + "}" * 900 + "}",
        "{ node(id: " + "[" * 950 + "]" * 950 + ") { id } }",
        "{ ...F } fragment F on Query { ...F }",
        "{ a: viewer { id } " * 3_000 + "}",
        "\N{SNOWMAN}",
    ],
    ids=lambda query: query[:50],
)
async def test_what_is_no_operation_is_refused(query: str, world: World) -> None:
    for person in (world.ada, world.mallory, world.stranger):
        response = await world.client.post("/graphql", json={"query": query}, headers=_ACCEPT | person._headers())
        assert (await _refused(response, 400))["extensions"]["code"] in {"BAD_REQUEST", "LIMIT_EXCEEDED"}


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("query($n: Int) { contacts(first: $n) { totalCount } }", b'{"n": ' + b"9" * 5_000 + b"}"),
        ("query($n: Int) { contacts(first: $n) { totalCount } }", b'{"n": 9223372036854775808}'),
        ("query($n: Int) { contacts(first: $n) { totalCount } }", b'{"n": 1.5}'),
        ("query($n: Int) { contacts(first: $n) { totalCount } }", b'{"n": "1"}'),
        ("query($n: Int) { contacts(first: $n) { totalCount } }", b'{"n": {"a": [1]}}'),
        ("query($n: Int!) { contacts(first: $n) { totalCount } }", b"{}"),
        ("query($i: ID!) { node(id: $i) { id } }", b'{"i": {"a": [1]}}'),
        ("query($f: ContactFilter) { contacts(filter: $f) { totalCount } }", b'{"f": {"tenantId": "x"}}'),
        ("query($f: ContactFilter) { contacts(filter: $f) { totalCount } }", b'{"f": {"createdAt": {"gte": 1}}}'),
        (
            "query($f: ContactFilter) { contacts(filter: $f) { totalCount } }",
            b'{"f": ' + b'{"not": ' * 300 + b"{}" + b"}" * 300 + b"}",
        ),
    ],
    ids=range(10),
)
async def test_variables_of_another_type_are_refused(query: str, variables: bytes, world: World) -> None:
    body = b'{"query": ' + orjson.dumps(query) + b', "variables": ' + variables + b"}"
    response = await world.client.post("/graphql", data=body, headers=_JSON | world.ada._headers())
    assert (await _refused(response, 400, 200))["extensions"]["code"] == "BAD_REQUEST"


async def test_a_moment_at_the_end_of_time_is_answered(world: World) -> None:
    query = "query($f: ContactFilter) { contacts(filter: $f) { totalCount } }"
    for moment in (
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "9999-12-31T23:59:59.999999999Z",
        "0001-01-01T00:00:00Z",
    ):
        answer = await world.ada.gql(query, f={"createdAt": {"gte": moment}})
        assert answer.codes in ([], ["BAD_REQUEST"]), (moment, answer.text)
        assert not INSIDES.search(answer.text)


async def test_a_name_with_a_nul_signs_nobody_in(world: World) -> None:
    login = "mutation($i: LoginInput!) { login(input: $i) { userErrors { code } } }"
    for tenant, name in (("acme", "a\x00da"), ("ac\x00me", "ada"), ("acme", "\x00" * 300)):
        answer = await world.stranger.gql(login, i={"tenant": tenant, "usernameOrEmail": name, "password": PASSWORD})
        assert answer.data == {"login": {"userErrors": [{"code": "INVALID_CREDENTIALS"}]}}, answer.text


async def test_another_content_type_is_refused(world: World) -> None:
    body = b'{"query": "{ viewer { id } }"}'
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/graphql",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/jsonp",
    ):
        await _refused(await world.client.post("/graphql", data=body, headers={"Content-Type": kind}), 415)
    gzipped = _JSON | {"Content-Encoding": "gzip"}
    await _refused(await world.client.post("/graphql", data=body, headers=gzipped), 400, 415)


async def test_a_body_over_the_limit_is_refused(world: World) -> None:
    await _refused(await world.client.post("/graphql", data=b'{"query": "' + b" " * 300_000 + b'"}', headers=_JSON), 413)


async def test_an_unknown_operation_name_is_refused(world: World) -> None:
    document = {"query": "query A { viewer { id } } mutation B { logout { ok } }", "operationName": "C"}
    for person in (world.ada, world.mallory):
        await _refused(await world.client.post("/graphql", json=document, headers=_ACCEPT | person._headers()), 400)
        assert (await person.gql("{ viewer { id } }")).data["viewer"] is not None


async def test_a_mutation_by_get_is_refused_and_changes_nothing(world: World) -> None:
    for person in (world.ada, world.mallory):
        response = await world.client.get("/graphql", params={"query": "mutation { logout { ok } }"}, headers=person._headers())
        await _refused(response, 405)
        assert response.headers["Allow"] == "POST"
        assert (await person.gql("{ viewer { id } }")).data["viewer"] is not None


async def test_a_query_by_get_is_answered(world: World) -> None:
    query = {"query": "query V($id: ID!) { viewer { user { username } } node(id: $id) { id } }", "variables": '{"id": "x"}'}
    response = await world.client.get("/graphql", params=query, headers=world.ada._headers())
    assert (await response.json(content_type=None))["data"] == {"viewer": {"user": {"username": "ada"}}, "node": None}
    await _refused(await world.client.get("/graphql", params=query | {"variables": "{"}), 400)
    await _refused(await world.client.get("/graphql", params={"operationName": "V"}), 400)
    await _refused(await world.client.put("/graphql", json=query), 405)


async def test_headers_of_nonsense_break_nothing(world: World) -> None:
    for headers in (
        {"Origin": "http://[::1"},
        {"Origin": "null"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer " + "x" * 5_000},
        {"X-Request-ID": "a b;c"},
        {"Cookie": "__Host-refresh_token=\xff; a=b"},
        {"Accept": "*/*;q=x, ,"},
        {"Accept-Language": "x" * 1_000},
        {"X-Tenant-ID": "acme"},
        {"X-Forwarded-For": "not an address, , ::1"},
        {"User-Agent": "x" * 1_000},
    ):
        response = await world.client.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
        body = await response.json(content_type=None)
        assert (response.status, body["data"]) == (200, {"__typename": "Query"}), headers


async def test_headers_never_choose_a_tenant(world: World) -> None:
    made = await world.grace.gql(_CREATE, c={"name": "Zoë"})
    contact = made.data["createContact"]["contact"]["id"]
    for headers in (
        {"X-Tenant-ID": "acme"},
        {"X-Tenant": "acme"},
        {"Tenant": world.acme.hex},
        {"X-Forwarded-Host": "acme"},
        {"Host": "acme.example.org"},
        {"Cookie": "tenant=acme; tenant_id=acme"},
    ):
        person = Person(world.client, token=world.mallory.token, headers=headers)
        answer = await person.gql("query($id: ID!) { contact(id: $id) { name } contacts { totalCount } }", id=contact)
        assert answer.data == {"contact": None, "contacts": {"totalCount": 0}}


@pytest.mark.parametrize("field", ["tenantId", "ownerId", "id", "role", "createdAt", "version", "number"])
async def test_a_field_that_is_not_offered_is_refused(field: str, world: World) -> None:
    signup = "mutation($i: SignupInput!) { signup(input: $i) { userErrors { code } } }"
    account = {"tenant": "acme", "username": "eve", "email": "eve@example.org", "password": PASSWORD}
    for query, values in ((_CREATE, {"c": {"name": "Zoë", field: "1"}}), (signup, {"i": account | {field: "1"}})):
        answer = await world.grace.gql(query, **values)
        assert (answer.data, answer.codes) == (None, ["BAD_REQUEST"])
    assert await world.admin.fetchval("SELECT count(*) FROM contacts") == 0
    assert await world.admin.fetchval("SELECT count(*) FROM users WHERE username = 'eve'") == 0


async def test_aliased_logins_are_not_even_tried(world: World) -> None:
    guess = 'login(input: {tenant: "acme", usernameOrEmail: "linus", password: "wrong"}) { userErrors { code } }'
    answer = await world.stranger.gql("mutation { " + " ".join(f"a{n}: {guess}" for n in range(2)) + " }")
    assert (answer.data, answer.codes) == (None, ["LIMIT_EXCEEDED"])
    assert await world.admin.fetchval("SELECT count(*) FROM audit_entries WHERE action = 'login.failed'") == 0


@pytest.mark.unwatched
async def test_an_unexpected_error_is_told_by_its_request_id_alone(
    world: World, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("the secret is pear-tree-partridge")

    monkeypatch.setattr(contacts, "find", broken)
    contact = "contact_" + 32 * "0"
    response = await world.client.post(
        "/graphql",
        json={"query": "query Broken($id: ID!) { contact(id: $id) { name } }", "variables": {"id": contact}},
        headers=world.ada._headers() | {"X-Request-ID": "abc-123"},
    )
    error = await _refused(response, 500)
    assert error["extensions"] == {"code": "INTERNAL"}
    assert "abc-123" in error["message"]
    assert response.headers["X-Request-ID"] == "abc-123"
    lines = [orjson.loads(line) for line in logged.getvalue().splitlines()]
    told = [line for line in lines if line["event"] == "unexpected error"]
    assert [line["request_id"] for line in told] == ["abc-123"]
    assert "RuntimeError" in str(told[0]["error"])
    assert "pear-tree" not in await response.text()


@pytest.mark.unwatched
async def test_a_crash_outside_an_operation_is_told_alike(
    world: World, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    monkeypatch.setattr("gql.view.posted", lambda _request, _body: 1 / 0)
    response = await world.client.post("/graphql", json={}, headers={"X-Request-ID": "abc-124"})
    error = await _refused(response, 500)
    assert error["extensions"]["code"] == "INTERNAL"
    assert "abc-124" in error["message"]
    assert "ZeroDivisionError" in logged.getvalue()


async def test_what_people_write_never_stands_in_the_log(world: World, logged: io.StringIO) -> None:
    canaries = ["Kanarienvogel", "canary@example.org", "+49 30 5550199", "CanaryNote", "canary-horse-battery", "inlinecanary"]
    name, email, phone, notes, password, inline = canaries
    await world.grace.gql(_CREATE, c={"name": name, "email": email, "phone": phone, "notes": notes, "nickname": "a\x00" + name})
    await world.grace.gql(_CREATE, c={"name": name, "email": email, "phone": phone, "notes": notes, "age": 3})
    await world.grace.gql(_CREATE, c={"name": name, "email": [email], "ghost": notes})
    await world.grace.gql(f'{{ contacts(search: "{inline}", filter: {{name: {{eq: "{inline}"}}}}) {{ nodes {{ id }} }} }}')
    await world.grace.gql(f'{{ contact(id: "{inline}") {{ {inline} }} }}')
    await world.grace.gql(f'{{ contacts(first: "{inline}") {{ nodes {{ id }} }} }}')
    await world.grace.gql('{ contacts(after: "' + inline + '") { nodes { id } } }')
    login = "mutation($i: LoginInput!) { login(input: $i) { userErrors { code } } }"
    await world.stranger.gql(login, i={"tenant": "acme", "usernameOrEmail": email, "password": password})
    await world.stranger.gql(login, i={"tenant": "acme", "usernameOrEmail": f"a\x00{email}", "password": password})
    signup = "mutation($i: SignupInput!) { signup(input: $i) { tokens { accessToken refreshToken } userErrors { code } } }"
    account = {"tenant": "acme", "username": name, "email": email, "password": password}
    tokens = (await world.stranger.gql(signup, i=account)).data["signup"]["tokens"]
    await world.stranger.gql(signup, i=account)
    text = logged.getvalue()
    assert '"event":"request"' in text
    found = [canary for canary in [*canaries, *tokens.values(), str(world.grace.token)] if canary in text]
    assert found == []
    for line in text.splitlines():
        assert {"time", "level", "event"} <= orjson.loads(line).keys()


@asynccontextmanager
async def _proxy(dsn: str) -> AsyncIterator[tuple[str, Any]]:
    """A way to Postgres that can be cut: its DSN, and what cuts it."""
    parts = urlsplit(dsn)
    host, port = parts.hostname, parts.port
    writers: list[asyncio.StreamWriter] = []

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65_536):
                sink.write(data)
                await sink.drain()
        sink.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, onward = await asyncio.open_connection(host, port)
        writers.extend((writer, onward))
        await asyncio.gather(pump(reader, onward), pump(back, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"

    def cut() -> None:
        server.close()
        for writer in writers:
            writer.transport.abort()

    yield parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@{place}").geturl(), cut
    cut()


async def test_without_its_database_the_service_says_that_it_is_away(world: World, serve: Serve, database: Database) -> None:
    async with _proxy(database.app) as (dsn, cut):
        client = await serve(database_url=SecretStr(dsn))
        grace = Person(client, "acme", "grace", world.grace.user, world.grace.token)
        assert (await grace.gql("{ contacts { totalCount } }")).data == {"contacts": {"totalCount": 0}}
        cut()
        for _ in range(3):
            query = {"query": "{ contacts { totalCount } }"}
            response = await client.post("/graphql", json=query, headers=grace._headers())
            assert (await _refused(response, 503))["extensions"]["code"] == "UNAVAILABLE"
            assert int(response.headers["Retry-After"]) >= 1
        created = await client.post(
            "/graphql", json={"query": _CREATE, "variables": {"c": {"name": "x"}}}, headers=grace._headers()
        )
        assert (await _refused(created, 503))["extensions"]["code"] == "UNAVAILABLE"
        assert (await client.get("/healthz")).status == 200
    assert await world.admin.fetchval("SELECT count(*) FROM contacts") == 0


async def test_a_lost_connection_is_replaced(world: World) -> None:
    await world.admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'address_book_app' AND datname = current_database()"
    )
    answers = [await world.grace.gql("{ contacts { totalCount } }") for _ in range(6)]
    assert {tuple(answer.codes) for answer in answers} <= {(), ("UNAVAILABLE",)}
    assert answers[-1].data == {"contacts": {"totalCount": 0}}


async def test_a_statement_that_takes_too_long_is_given_up(world: World, serve: Serve) -> None:
    contact = (await world.grace.gql(_CREATE, c={"name": "Zoë"})).data["createContact"]["contact"]["id"]
    client = await serve(statement_timeout_ms=200)
    grace = Person(client, "acme", "grace", world.grace.user, world.grace.token)
    async with world.admin.transaction():
        await world.admin.execute("SELECT 1 FROM contacts FOR UPDATE")
        update = 'mutation($id: ID!) { updateContact(input: {id: $id, contact: {name: "Zoé"}}) { userErrors { code } } }'
        answer = await grace.gql(update, id=contact)
    assert (answer.status, answer.codes, answer.data) == (503, ["TIMEOUT"], None)
    assert answer.headers["Retry-After"] == "1"
    assert await world.admin.fetchval("SELECT name FROM contacts") == "Zoë"


async def test_tenants_never_mix_under_load(world: World, serve: Serve) -> None:
    """400 requests, 40 at once over two connections, reads, writes and old routes: some hang up, some fail, none sees another's."""
    client = await serve(database_pool=2)
    query = "{ viewer { user { username } tenant { slug } } contacts { nodes { name } } }"
    rename = "mutation($c: UpdateContactInput!) { updateContact(input: $c) { contact { name } userErrors { code } } }"
    people: dict[str, tuple[Person, str, str, str]] = {}
    for person, name in ((world.grace, "Zoë"), (world.mallory, "Eve")):
        made = await person.gql(_CREATE, c={"name": name})
        contact = made.data["createContact"]["contact"]["id"]
        people[person.username] = (Person(client, token=person.token), name, person.tenant, contact)
    answered: Counter[str] = Counter()

    async def ask(number: int) -> None:
        username = ("grace", "mallory")[number % 2]
        person, name, tenant, contact = people[username]
        if number % 7 == 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(
                    person.gql(query if number % 3 else rename, c={"id": contact, "contact": {"name": name}}), 0.01
                )
            return
        if number % 11 == 0:
            assert (await person.gql('{ contacts(after: "x") { totalCount } }')).codes == ["BAD_REQUEST"]
            return
        if number % 5 == 0:
            old = await person.rest("GET", "/api/address-book")
            assert old.status in {200, 503}
            if old.status == 200:
                assert [one["name"] for one in (await old.json())["data"]] == [name]
                answered[f"rest {username}"] += 1
            return
        if number % 3 == 0:
            # An id of one's own goes into a transaction, and every other time one of the other tenant's.
            mine = number % 4 < 2
            other = people["mallory" if username == "grace" else "grace"][3]
            answer = await person.gql(rename, c={"id": contact if mine else other, "contact": {"name": name}})
            expected: Any = {"contact": {"name": name} if mine else None, "userErrors": [] if mine else [{"code": "NOT_FOUND"}]}
            expected = {"updateContact": expected}
        else:
            answer = await person.gql(query)
            expected = {
                "viewer": {"user": {"username": username}, "tenant": {"slug": tenant}},
                "contacts": {"nodes": [{"name": name}]},
            }
        if answer.codes:
            assert set(answer.codes) == {"UNAVAILABLE"}
            return
        assert answer.data == expected
        answered[f"{'write' if 'updateContact' in expected else 'read'} {username}"] += 1

    for first in range(0, 400, 40):
        await asyncio.gather(*(ask(number) for number in range(first, first + 40)))
    # Or nearly all of them were told to come again, and nothing is shown.
    assert min(answered.values()) >= 10, answered
    assert len(answered) == 6
    rows = await world.admin.fetch("SELECT t.slug, c.name FROM contacts c JOIN tenants t ON t.id = c.tenant_id ORDER BY 1")
    assert [tuple(row) for row in rows] == [("acme", "Zoë"), ("evil", "Eve")]


async def _locked(world: World) -> str:
    """A contact whose row somebody else holds for as long as the transaction of `world.admin` lasts."""
    made = await world.grace.gql('mutation { createContact(input: {contact: {name: "Zoë"}}) { contact { id } } }')
    contact_id: str = made.data["createContact"]["contact"]["id"]
    await world.admin.execute("SELECT FROM contacts WHERE tenant_id = $1 FOR UPDATE", world.acme)
    return contact_id


_RENAME = 'mutation($id: ID!) { updateContact(input: {id: $id, contact: {name: "Zoe"}}) { contact { name } userErrors { code } } }'
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


async def _until(world: World, count: str, wanted: int) -> None:
    """Returns when this count is the wanted one, and fails where it has not become so within two seconds."""
    for _ in range(200):
        await world.admin.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction looks at the same moment each time
        if await world.admin.fetchval(count) == wanted:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"{count} is not {wanted}")


async def test_an_operation_that_takes_too_long_is_given_up_and_changes_nothing(serve: Serve, admin: asyncpg.Connection) -> None:
    world = await World.made(await serve(operation_seconds=0.3), admin)
    async with admin.transaction():
        answer = await world.grace.gql(_RENAME, id=await _locked(world))
    assert (answer.status, answer.codes, answer.data) == (503, ["TIMEOUT"], None)
    assert await admin.fetchval("SELECT name FROM contacts") == "Zoë"
    assert await admin.fetchval(_WAITING) == 0


async def test_a_mutation_that_was_given_up_half_way_does_not_ask_to_be_repeated(serve: Serve, admin: asyncpg.Connection) -> None:
    world = await World.made(await serve(operation_seconds=0.5), admin)
    label = (await world.grace.gql('mutation { createLabel(input: {name: "VIP"}) { label { id } } }')).data["createLabel"]["label"][
        "id"
    ]
    async with admin.transaction():
        await admin.execute("LOCK TABLE contact_labels")
        answer = await world.grace.gql(
            'mutation($l: ID!) { a: createContact(input: {contact: {name: "A"}}) { contact { name } } '
            'b: createContact(input: {contact: {name: "B", labelIds: [$l]}}) { contact { name } } }',
            l=label,
        )
    assert (answer.status, answer.codes, "Retry-After" in answer.headers) == (503, ["TIMEOUT"], False)
    assert "Some of it may have been done" in answer.errors[0]["message"]
    assert [row["name"] for row in await admin.fetch("SELECT name FROM contacts")] == ["A"]


async def test_an_attempt_to_sign_in_is_on_record_though_nobody_waits_for_it(world: World) -> None:
    login = 'mutation { login(input: {tenant: "acme", usernameOrEmail: "ada", password: "wrong"}) { userErrors { code } } }'
    async with world.admin.transaction():
        await world.admin.execute("LOCK TABLE audit_entries")
        asking = asyncio.create_task(world.stranger.gql(login))
        await _until(world, _WAITING, 1)
        asking.cancel()
        await asyncio.wait([asking])
    await _until(world, "SELECT count(*) FROM audit_entries WHERE action = 'login.failed'", 1)


@pytest.mark.parametrize(
    ("query", "given"),
    [
        ("query($v: Boolean) { contacts(trashed: $v) { totalCount } }", {"v": None}),
        ("mutation($v: Boolean) { deleteContacts(input: {ids: [], permanently: $v}) { deletedIds } }", {"v": None}),
    ],
)
async def test_a_null_where_only_a_default_may_stand_is_the_clients_fault(query: str, given: dict[str, Any], world: World) -> None:
    answer = await world.ada.gql(query, **given)
    assert answer.codes == ["BAD_REQUEST"]
    assert answer.status == 200


async def test_nobody_is_told_what_they_may_have_meant_where_the_schema_is_closed(serve: Serve, world: World) -> None:
    closed = await serve(introspection=False)
    for token in (None, world.grace.token):
        for query in ("{ contcts { totalCount } }", "query($f: ContactFilte) { contacts(filter: $f) { totalCount } }"):
            answer = await Person(closed, token=token).gql(query)
            assert answer.codes == ["BAD_REQUEST"]
            assert "Did you mean" not in answer.text
    assert "Did you mean" in (await world.stranger.gql("{ contcts { totalCount } }")).text


async def test_who_hangs_up_stops_what_was_done_for_them(world: World) -> None:
    async with world.admin.transaction():
        contact_id = await _locked(world)
        asking = asyncio.create_task(world.grace.gql(_RENAME, id=contact_id))
        await _until(world, _WAITING, 1)
        asking.cancel()
        await _until(world, _WAITING, 0)
    await asyncio.sleep(0.1)
    assert await world.admin.fetchval("SELECT name FROM contacts") == "Zoë"
