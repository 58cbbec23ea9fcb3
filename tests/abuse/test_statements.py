"""How many statements reach Postgres, counted on the wire between the two (its protocol, section 55.7)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from tests.conftest import Database, Serve
from tests.world import Person, World

_CREATE = "mutation($c: ContactDraft!) { createContact(input: {contact: $c}) { userErrors { code } } }"
_LABEL = "mutation($n: String!) { createLabel(input: {name: $n}) { label { id } } }"
_LIST = "query($n: Int) { contacts(first: $n) { nodes { name labels { name } } } }"
_NESTED = "{ contacts { nodes { labels { contacts { nodes { id } } } } } }"


class Wire:
    """A way to Postgres that tells what goes over it."""

    def __init__(self) -> None:
        self.executed = 0
        self.dsn = ""

    async def connected(self, host: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: what the server sends is counted, what comes back is passed on."""
        back, onward = await asyncio.open_connection(host, port)

        async def returned() -> None:
            with suppress(ConnectionError):
                while piece := await back.read(65_536):
                    writer.write(piece)
            writer.close()

        returning = asyncio.create_task(returned())
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            started = False
            while True:
                kind = await reader.readexactly(1) if started else b""
                length = await reader.readexactly(4)
                body = await reader.readexactly(int.from_bytes(length) - 4)
                started = started or body[:2] == b"\x00\x03"  # the version, and no question whether TLS is spoken
                self.executed += kind in {b"E", b"Q"}
                onward.write(kind + length + body)
        onward.close()
        await returning


@pytest.fixture
async def wire(database: Database) -> AsyncIterator[Wire]:
    """The way, open."""
    parts = urlsplit(database.app)
    assert parts.hostname
    assert parts.port
    wire, host, port = Wire(), parts.hostname, parts.port
    server = await asyncio.start_server(lambda reader, writer: wire.connected(host, port, reader, writer), "127.0.0.1", 0)
    wire.dsn = database.app.replace(f"{host}:{port}", f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    yield wire
    server.close()


@pytest.mark.parametrize(("fast", "most"), [(True, 6), (False, 12)], ids=["single statements", "transactions"])
async def test_50_contacts_with_labels_take_as_few_statements_as_2(
    fast: bool, most: int, wire: Wire, serve: Serve, world: World
) -> None:
    labels = [(await world.grace.gql(_LABEL, n=f"Label {n}")).data["createLabel"]["label"]["id"] for n in range(5)]
    for n in range(50):
        made = await world.grace.gql(_CREATE, c={"name": f"Number {n}", "labelIds": labels[: 1 + n % 5]})
        assert made.data["createContact"]["userErrors"] == []
    person = Person(await serve(database_url=SecretStr(wire.dsn), fast_road=fast), token=world.linus.token)
    await person.gql(_LIST, n=1)
    taken = []
    for n in (2, 50):
        wire.executed = 0
        answer = await person.gql(_LIST, n=n)
        assert sum(bool(node["labels"]) for node in answer.data["contacts"]["nodes"]) == n
        taken.append(wire.executed)
    assert taken[0] == taken[1]
    assert 1 <= taken[1] <= most


async def test_what_costs_too_much_is_refused_before_any_statement(wire: Wire, serve: Serve, world: World) -> None:
    client = await serve(database_url=SecretStr(wire.dsn))
    person = Person(client, token=world.linus.token)
    assert (await person.gql("{ contacts { nodes { id } } }")).codes == []
    assert wire.executed > 0
    wire.executed = 0
    for query in (_NESTED, _NESTED.replace("contacts {", "contacts(first: 100) {")):
        answer = await person.gql(query)
        assert (answer.data, answer.codes) == (None, ["LIMIT_EXCEEDED"])
        assert answer.errors[0]["extensions"]["limit"] == "cost"
        assert answer.errors[0]["extensions"]["measured"] > answer.errors[0]["extensions"]["allowed"] == 10_000
    assert wire.executed == 0
