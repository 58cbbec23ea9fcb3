"""A request is one trace, down to its statements; what fails is found by the id in its answer; and nobody's words are in it."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from models import contact as contact_model
from observability import exporter
from server.database import ROOT
from tests.collector import Received, hanging, receiving, told
from tests.conftest import Serve
from tests.world import LOGIN, PASSWORD, Answer, Person, World

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
_CREATE = "mutation Add($c: ContactDraft!) { createContact(input: {contact: $c}) { contact { id } userErrors { code } } }"
_ONE = "query One($id: ID!) { contact(id: $id) { name } }"
_GHOST = "contact_" + 32 * "0"


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> Iterator[Received]:
    """A collector to which spans go at once."""
    monkeypatch.setattr(exporter, "DELAY_SECONDS", 0.05)
    with receiving() as one:
        yield one


async def _traced(world: World, serve: Serve, received: Received, **settings: object) -> World:
    """The same people at a server that traces."""
    client = await serve(otlp_endpoint=received.url, **settings)
    people = {name: Person(client, one.tenant, one.username, one.user, one.token) for name, one in _people(world).items()}
    return World(**vars(world) | people | {"client": client})


def _people(world: World) -> dict[str, Person]:
    return {name: one for name, one in vars(world).items() if isinstance(one, Person)}


def _tree(spans: list[Span]) -> list[tuple[str, str | None]]:
    """Each span's name with that of the one above it, in the order in which they began."""
    names = {span.span_id: span.name for span in spans}
    return [(span.name, names.get(span.parent_span_id)) for span in spans]


def _line(logged: io.StringIO, answer: Any) -> dict[str, Any]:
    """The line of the log that the id in an answer finds."""
    request_id = answer.headers["X-Request-ID"]
    lines = [json.loads(line) for line in logged.getvalue().splitlines() if request_id in line]
    (line,) = [line for line in lines if line["event"] == "request"]
    return line


async def _spans(received: Received, trace_id: str, name: str = "POST /graphql") -> list[Span]:
    return await asyncio.to_thread(received.awaited, trace_id, name)


async def test_an_operation_is_one_trace_down_to_its_statements(world: World, serve: Serve, received: Received) -> None:
    traced = await _traced(world, serve, received, trace_ratio=0.0)
    traced.grace.headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "congo=t61rcWkgMzE"}
    answer = await traced.grace.gql(_CREATE, c={"name": "Zoë"})
    assert answer.data["createContact"]["contact"]["id"]
    spans = await _spans(received, TRACE)
    tree = _tree(spans)
    assert tree[:5] == [
        ("POST /graphql", None),
        ("prepare", "POST /graphql"),
        ("resolve", "POST /graphql"),
        ("connection", "resolve"),  # the first one is opened
        tree[4],
    ]
    assert {above for name, above in tree[4:]} == {"resolve"}
    assert ("INSERT contacts", "resolve") in tree
    root, resolve = spans[0], spans[2]
    assert (root.parent_span_id.hex(), root.kind, root.flags) == (PARENT, Span.SPAN_KIND_SERVER, 0x300)
    assert {span.trace_state for span in spans} == {"congo=t61rcWkgMzE"}
    assert told(root.attributes) == {
        "http.request.method": "POST",
        "http.route": "/graphql",
        "http.response.status_code": 200,
        "graphql.operation.name": "anonymous",
        "request.id": answer.headers["X-Request-ID"],
        "tenant.id": world.acme.hex,
        "user.id": world.grace.user.hex if world.grace.user else None,
    }
    assert told(resolve.attributes) == {"graphql.operation.type": "mutation", "graphql.operation.name": "Add"}
    insert = next(span for span in spans if span.name == "INSERT contacts")
    known = told(insert.attributes)
    assert len(known.pop("db.query.hash")) == 16
    assert known == {
        "db.system.name": "postgresql",
        "db.operation.name": "INSERT",
        "db.collection.name": "contacts",
        "db.query.summary": "INSERT contacts",
    }
    assert insert.kind == Span.SPAN_KIND_CLIENT
    for span in spans:
        assert root.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano <= root.end_time_unix_nano


async def test_a_transaction_of_tortoise_is_told_statement_by_statement(world: World, serve: Serve, received: Received) -> None:
    traced = await _traced(world, serve, received, trace_ratio=0.0)
    traced.grace.headers = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
    made = await traced.grace.gql('mutation { createLabel(input: {name: "VIP"}) { label { id } } }')
    assert made.data["createLabel"]["label"]["id"]
    tree = _tree(await _spans(received, TRACE))
    statements = [name for name, above in tree if above == "resolve" and name != "connection"]
    assert statements[:2] == ["BEGIN", "SELECT enter"]
    assert "INSERT labels" in statements
    assert statements[-1] == "COMMIT"


async def test_an_old_route_is_traced_by_its_template(world: World, serve: Serve, received: Received) -> None:
    traced = await _traced(world, serve, received, trace_ratio=0.0)
    answer = await traced.grace.rest("GET", "/api/address-book/12345", traceparent=f"00-{TRACE}-{PARENT}-01")
    assert answer.status == 404
    spans = await _spans(received, TRACE, "GET /api/address-book/{id}")
    root = spans[0]
    assert (root.name, told(root.attributes)["http.response.status_code"]) == ("GET /api/address-book/{id}", 404)
    assert root.status.code == 0  # a caller's fault is none of ours
    assert ("SELECT contacts", root.name) in _tree(spans)
    assert "12345" not in str(spans)


async def test_hashing_a_password_is_told_of(world: World, serve: Serve, received: Received) -> None:
    traced = await _traced(world, serve, received, trace_ratio=0.0)
    traced.stranger.headers = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
    await traced.stranger.gql(LOGIN, input={"tenant": "acme", "usernameOrEmail": "grace", "password": PASSWORD})
    assert ("password", "resolve") in _tree(await _spans(received, TRACE))


async def _broken(*_: object, **__: object) -> None:
    raise RuntimeError("the secret is pear-tree-partridge")


@pytest.mark.unwatched
@pytest.mark.parametrize("way", ["graphql", "rest"])
async def test_the_id_of_a_failing_answer_finds_its_line_and_its_span(
    way: str, world: World, serve: Serve, received: Received, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    traced = await _traced(world, serve, received, trace_ratio=0.0)
    monkeypatch.setattr(contact_model.Contact, "maybe" if way == "graphql" else "maybe_by_number", _broken)
    if way == "graphql":
        answer: Any = await traced.grace.gql(_ONE, id=_GHOST)
        name = "POST /graphql"
    else:
        answer = await traced.grace.rest("GET", "/api/address-book/1")
        name = "GET /api/address-book/{id}"
    assert answer.status == 500
    line = _line(logged, answer)
    (span,) = await _spans(received, line["trace_id"], name)
    known = told(span.attributes)
    assert span.status.code == 2
    assert known["error.type"] == "RuntimeError"
    assert known["http.response.status_code"] == 500
    assert known["request.id"] == answer.headers["X-Request-ID"]
    assert (known["tenant.id"], known["user.id"]) == (line["tenant"], line["user"])
    assert "pear-tree" not in str(span)


async def test_a_request_that_was_given_up_is_found_by_its_id(
    world: World, serve: Serve, received: Received, logged: io.StringIO
) -> None:
    made = await world.grace.gql(_CREATE, c={"name": "Zoë"})
    traced = await _traced(world, serve, received, trace_ratio=0.0, statement_timeout_ms=200)
    async with world.admin.transaction():
        await world.admin.execute("SELECT 1 FROM contacts FOR UPDATE")
        update = 'mutation($id: ID!) { updateContact(input: {id: $id, contact: {name: "Zoé"}}) { userErrors { code } } }'
        answer = await traced.grace.gql(update, id=made.data["createContact"]["contact"]["id"])
    assert answer.status == 503
    (span,) = await _spans(received, _line(logged, answer)["trace_id"])
    assert span.status.code == 2
    assert told(span.attributes)["http.response.status_code"] == 503
    assert span.end_time_unix_nano - span.start_time_unix_nano >= 200_000_000


async def test_the_id_of_a_refused_sign_in_finds_its_line_its_entry_and_its_span(
    world: World, serve: Serve, received: Received, logged: io.StringIO
) -> None:
    traced = await _traced(world, serve, received, trace_ratio=1.0)
    answer: Answer = await traced.stranger.gql(LOGIN, input={"tenant": "acme", "usernameOrEmail": "grace", "password": "x"})
    assert answer.data["login"]["userErrors"][0]["code"] == "INVALID_CREDENTIALS"
    request_id = answer.headers["X-Request-ID"]
    entry = await world.admin.fetchrow("SELECT action FROM audit_entries WHERE request_id = $1", request_id)
    assert entry is not None
    assert entry["action"] == "login.failed"
    spans = await _spans(received, _line(logged, answer)["trace_id"])
    assert told(spans[0].attributes)["request.id"] == request_id
    assert ("INSERT audit_entries", "resolve") in _tree(spans)


async def test_what_people_write_never_stands_in_a_trace_and_what_does_is_documented(
    world: World, serve: Serve, received: Received
) -> None:
    canaries = ["Kanarienvogel", "canary@example.org", "+49 30 5550199", "CanaryNote", "canary-horse-battery", "inlinecanary"]
    name, email, phone, notes, password, inline = canaries
    traced = await _traced(world, serve, received, trace_ratio=1.0)
    draft = {"name": name, "email": email, "phone": phone, "notes": notes}
    account = {"tenant": "acme", "username": name, "email": email, "password": password}
    signup = "mutation($i: SignupInput!) { signup(input: $i) { tokens { accessToken refreshToken } userErrors { code } } }"
    traced.stranger.headers = {"tracestate": f"x={email}", "traceparent": f"00-{TRACE}-{PARENT}-01"}
    await traced.grace.gql(_CREATE, c=draft)
    await traced.grace.gql(_CREATE, c=draft | {"nickname": f"a\x00{name}"})
    await traced.grace.gql(_CREATE, c=draft | {"ghost": notes})
    await traced.grace.gql(f'mutation {{ createLabel(input: {{name: "{inline}"}}) {{ label {{ id }} }} }}')
    await traced.grace.gql(f'mutation {{ createLabel(input: {{name: "{inline}"}}) {{ label {{ id }} }} }}')  # it is taken
    await traced.grace.gql(f'{{ contacts(search: "{inline}", filter: {{name: {{eq: "{inline}"}}}}) {{ nodes {{ id }} }} }}')
    await traced.grace.gql(f'{{ contact(id: "{inline}") {{ {inline} }} }}')
    tokens = (await traced.stranger.gql(signup, i=account)).data["signup"]["tokens"]
    await traced.stranger.gql(LOGIN, input={"tenant": "acme", "usernameOrEmail": email, "password": password})
    await traced.stranger.gql(LOGIN, input={"tenant": "acme", "usernameOrEmail": email, "password": f"{password}x"})
    await traced.grace.rest("POST", "/api/address-book", draft)
    await traced.grace.rest("GET", f"/api/address-book/filter?name={inline}")
    await traced.grace.rest("GET", f"/api/{inline}")
    await traced.client.request("PROPFIND", f"/{inline}?token={tokens['accessToken']}")
    await asyncio.to_thread(received.until, lambda: "HTTP" in {span.name for span in received.spans})
    names = {span.name for span in received.spans}
    assert names >= {"POST /graphql", "HTTP", "prepare", "resolve", "password", "INSERT contacts", "INSERT labels", "INSERT users"}
    page = (ROOT / "docs" / "tracing.md").read_text(encoding="utf-8")
    assert {key for span in received.spans for key in told(span.attributes) if f"`{key}`" not in page} == set()
    text = "\n".join(map(str, received.spans))
    secrets = [*canaries, *tokens.values(), str(world.grace.token), "PROPFIND", "WHERE", "tenant_id", "$1"]
    assert [secret for secret in secrets if secret in text] == []


async def test_requests_go_on_while_the_collector_hangs(world: World, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporter, "DELAY_SECONDS", 0.05)
    with hanging() as url:
        client = await serve(otlp_endpoint=url, trace_ratio=1.0)
        grace = Person(client, token=world.grace.token)
        answers = [await grace.gql("{ viewer { user { username } } }") for _ in range(50)]
        told_of = await (await client.get("/metrics")).text()
    assert {answer.status for answer in answers} == {200}
    assert 'addressbook_spans_total{outcome="exported"} 0.0' in told_of
