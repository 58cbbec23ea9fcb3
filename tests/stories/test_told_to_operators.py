"""What operators are told of a day with a bit of everything: one line a request, and nothing of people (TI-17, ER-03)."""

from __future__ import annotations

import io
import json
import re
from hashlib import sha256
from typing import Any

import pytest

from gql.digest import digest
from observability.logging import logger
from tests.conftest import Serve
from tests.world import LOGIN, PASSWORD, World

CREATE = "mutation Create($c: ContactDraft!) { createContact(input: {contact: $c}) { contact { id } userErrors { code } } }"
NAME, EMAIL, PHONE = "Kanarienvogel", "canary@example.org", "+49 30 5550199"
NOTES, WRONG, INLINE = "CanaryNote so yellow", "canary-horse-battery", "inlinecanary"
CANARIES = [NAME, EMAIL, PHONE, NOTES, WRONG, INLINE, "Canary Lane 7", "Canary & Sons", "CanaryTitle", "canarynick", "canary/agent"]
CONTACT = {
    "name": NAME,
    "email": EMAIL,
    "phone": PHONE,
    "notes": NOTES,
    "address": CANARIES[6],
    "organization": CANARIES[7],
    "jobTitle": CANARIES[8],
    "nickname": CANARIES[9],
}
INJECTION = 'x\n{"event": "forged", "level": "error"}\r\n'


def lines(logged: io.StringIO) -> list[dict[str, Any]]:
    """Each line is one object."""
    return [json.loads(line) for line in logged.getvalue().split("\n")[:-1]]


async def _day(world: World) -> list[str]:
    """Canaries in all places, by both ways; the tokens that were given out."""
    grace, stranger = world.grace, world.stranger
    grace.headers["User-Agent"] = CANARIES[10]
    for draft in (CONTACT, CONTACT | {"age": 3}, CONTACT | {"email": [EMAIL]}, CONTACT | {"nickname": "a\x00" + NAME}):
        await grace.gql(CREATE, c=draft)
    await grace.gql(f'{{ contacts(search: "{INLINE}", filter: {{name: {{eq: "{INLINE}"}}}}) {{ nodes {{ name email phone }} }} }}')
    for document in (f'{{ contact(id: "{INLINE}") {{ {INLINE} }} }}', f'{{ contacts(after: "{INLINE}") {{ nodes {{ id }} }} }}'):
        await grace.gql(document)
    await grace.gql(f'{{ contact(id: "{INLINE}')
    account = {"tenant": "acme", "usernameOrEmail": EMAIL, "password": WRONG}
    await stranger.gql(LOGIN, input=account)
    await stranger.gql(LOGIN.replace("$input", "$i"), i=account)
    inline = f'tenant: "acme", usernameOrEmail: "{EMAIL}", password: "{WRONG}"'
    await stranger.gql(f"mutation {{ login(input: {{{inline}}}) {{ userErrors {{ code }} }} }}")
    signup = "mutation($i: SignupInput!) { signup(input: $i) { tokens { accessToken refreshToken } userErrors { code } } }"
    new = {"tenant": "acme", "username": NAME, "email": EMAIL, "password": WRONG}
    tokens = list((await stranger.gql(signup, i=new)).data["signup"]["tokens"].values())
    old = {"name": NAME, "gender": True, "age": 3, "address": CANARIES[6], "phone": PHONE, "email": EMAIL}
    await grace.rest("POST", "/api/address-book", json=old)
    await grace.rest("POST", "/api/address-book", json=old | {"age": INLINE})
    await grace.rest("GET", f"/api/address-book/filter?name={NAME}&email={EMAIL}&page_num={INLINE}")
    await grace.rest("GET", f"/api/{INLINE}/{EMAIL}")
    login = {"username_or_email": EMAIL, "password": WRONG, "tenant_id": "acme"}
    await stranger.rest("POST", "/api/auth/login", json=login)
    await stranger.rest("POST", "/api/auth/login", json=login | {"password": PASSWORD})
    for token in (*tokens, f"{world.ada.token}x"):
        await stranger.rest("GET", "/api/auth/me", Authorization=f"Bearer {token}")
    await world.client.get(f"/{INLINE}", headers={"X-Request-ID": f"{EMAIL} {INLINE}", "Referer": f"https://{INLINE}.example"})
    return tokens


async def test_nothing_of_people_stands_in_the_log_or_in_the_metrics(world: World, logged: io.StringIO) -> None:
    tokens = await _day(world)
    metrics = await (await world.client.get("/metrics")).text()
    assert len([line for line in lines(logged) if line["event"] == "request"]) > 20
    told = {"the log": logged.getvalue(), "the metrics": metrics}
    secrets = [*CANARIES, *tokens, PASSWORD, str(world.grace.token), str(world.ada.refresh), "canary"]
    found = [(canary, where) for canary in secrets for where, text in told.items() if canary.lower() in text.lower()]
    assert found == []
    people = [world.acme.hex, str(world.acme), world.grace.user.hex if world.grace.user else "", "127.0.0"]
    assert [one for one in people if one in metrics] == []


async def test_no_line_of_one_tenant_tells_of_another(world: World, logged: io.StringIO) -> None:
    """Markers of acme in every field; mallory reads her own, and tries theirs."""
    mine = (await world.grace.gql(CREATE, c=CONTACT)).data["createContact"]["contact"]["id"]
    await world.mallory.gql("query Theirs($id: ID!) { contact(id: $id) { name } }", id=mine)
    await world.mallory.gql(CREATE, c=CONTACT)
    await world.mallory.rest("GET", "/api/address-book", **{"X-Tenant-ID": "acme"})
    told = lines(logged)
    hers = [line for line in told if line.get("tenant") == world.evil.hex]
    assert len([line for line in hers if line["event"] == "request"]) == 3
    acme = [
        world.acme.hex,
        str(world.acme),
        mine.removeprefix("contact_"),
        "acme",
        world.grace.user.hex if world.grace.user else "",
    ]
    assert [(marker, line) for line in hers for marker in acme if marker in json.dumps(line)] == []


async def test_every_line_of_a_request_has_its_ids_and_whoever_is_signed_in(world: World, logged: io.StringIO) -> None:
    await _day(world)
    for line in lines(logged):
        assert re.fullmatch(r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", line["time"])
        assert line["level"] in {"debug", "info", "warning", "error"}
        assert re.fullmatch(r"[0-9a-f]{32}", line["request_id"])
        assert re.fullmatch(r"[0-9a-f]{32}", line["trace_id"])
    graces = (world.acme.hex, getattr(world.grace.user, "hex", ""))
    whose = [(line.get("tenant"), line.get("user")) for line in lines(logged)]
    assert {tenant for tenant, _ in whose} == {world.acme.hex, None}
    assert whose.count(graces) == 12


async def test_a_request_is_one_line_with_what_it_was_and_what_it_cost(world: World, logged: io.StringIO) -> None:
    query = "query Mine { viewer { user { username } } }"
    answer = await world.client.post("/graphql", json={"query": query, "operationName": "Mine"}, headers=world.ada._headers())
    await world.ada.rest("GET", "/api/address-book?page_num=1")
    first, second = lines(logged)
    for line in (first, second):
        assert line.pop("time") > "2026"
        assert line.pop("milliseconds") > 0
        assert len(line.pop("trace_id")) == 32
    common = {
        "event": "request",
        "level": "info",
        "logger": "server.access",
        "tenant": world.acme.hex,
        "user": getattr(world.ada.user, "hex", ""),
        "status": 200,
        "outcome": "ok",
    }
    cost = (await answer.json())["extensions"]["cost"]["requested"]
    assert first == common | {
        "request_id": answer.headers["X-Request-ID"],
        "method": "POST",
        "route": "/graphql",
        "operation": "Mine",
        "document": sha256(query.encode()).hexdigest()[:16],
        "cost": cost,
    }
    assert second.pop("request_id") != first["request_id"]
    assert second == common | {"method": "GET", "route": "/api/address-book"}


async def test_a_batch_is_one_line_with_each_of_its_operations(serve: Serve, world: World, logged: io.StringIO) -> None:
    client = await serve(graphql_batch=5)
    good, bad = "query Mine { viewer { id } }", "query Other { nothing }"
    batch: list[Any] = [{"query": good, "operationName": "Mine"}, {"query": bad, "operationName": "Other"}, {"query": 1}]
    answer = await client.post("/graphql", json=batch, headers=world.ada._headers())
    (line,) = [line for line in lines(logged) if line["event"] == "request"]
    assert (line["operation"], line["outcome"], line["status"]) == ("batch", "refused", 200)
    costs = [one.get("extensions", {}).get("cost", {}).get("requested") for one in await answer.json()]
    assert line["operations"] == [
        {"operation": "Mine", "document": digest(good), "cost": costs[0]},
        {"operation": "Other", "document": digest(bad), "cost": costs[1], "outcome": "refused"},
        {"outcome": "refused"},
    ]
    assert line["cost"] == sum(cost or 0 for cost in costs)


@pytest.mark.unwatched
async def test_what_fails_is_found_whatever_the_level_even_where_old_clients_get_a_200(
    world: World, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("observability.logging.output.level", 40)
    monkeypatch.setattr("resolvers.contacts.find", broken)
    query = {"query": 'query Broken { viewer { id } contact(id: "contact_00000000000000000000000000000000") { id } }'}
    answer = await world.client.post("/graphql", json=query, headers=world.ada._headers())
    assert answer.status == 200
    told = [line for line in lines(logged) if line["event"] == "request"]
    assert [(line["level"], line["status"], line["outcome"]) for line in told] == [("error", 200, "failed")]
    exposed = await (await world.client.get("/metrics")).text()
    labels = '{operation="anonymous",outcome="failed",transport="graphql"}'
    assert f"addressbook_request_duration_seconds_count{labels} 1.0" in map(_sorted, exposed.splitlines())


def _sorted(line: str) -> str:
    """A line of the exposition with its labels in order."""
    found = re.fullmatch(r"(\w+)\{(.*)\} (.*)", line)
    return line if found is None else f"{found[1]}{{{','.join(sorted(found[2].split(',')))}}} {found[3]}"


async def test_a_slow_request_is_a_warning_and_a_quick_one_is_not(serve: Serve, logged: io.StringIO) -> None:
    for slow, level in ((1, "warning"), (60_000, "info"), (0, "info")):
        client = await serve(slow_request_ms=slow)
        query = "{ " + " ".join(f"a{n}: __typename" for n in range(300)) + " }"
        await client.post("/graphql", json={"query": query})
        assert lines(logged)[-1]["level"] == level


@pytest.mark.parametrize("header", ["X-Request-ID", "User-Agent", "traceparent"])
async def test_a_line_break_in_what_is_sent_forges_no_line(world: World, logged: io.StringIO, header: str) -> None:
    await world.ada.gql("query A { viewer { id } }", x=INJECTION)
    body = {"query": f"query B {{ contact(id: {json.dumps(INJECTION)}) {{ id }} }}", "operationName": INJECTION}
    await world.client.post("/graphql", json=body, headers={header: "x event: forged", **world.ada._headers()})
    logger("test").warning(INJECTION, value=INJECTION)
    told = lines(logged)
    assert [line["event"] for line in told if line["event"] != "request"] == [INJECTION]
    assert "other" in {line.get("operation") for line in told}
