"""While an operation runs, each line of the log knows whose it is."""

from __future__ import annotations

import io

import orjson
import pytest

from observability import logging
from resolvers import contacts
from tests.world import World

_READ = "query Read($id: ID!) { contact(id: $id) { id } }"


@pytest.mark.parametrize(("name", "operation"), [("Read", "Read"), (None, "anonymous")])
async def test_a_line_of_an_operation_names_it_its_tenant_and_its_user(
    name: str | None, operation: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def told(*_: object) -> None:
        logging.logger("test").error("within the operation")

    stream = io.StringIO()
    monkeypatch.setattr(contacts, "find", told)
    monkeypatch.setattr(logging.output, "_stream", stream)
    for person in (world.ada, world.mallory):
        body = {"query": _READ, "operationName": name, "variables": {"id": "contact_" + "0" * 32}}
        assert (await world.client.post("/graphql", json=body, headers=person._headers())).status == 200
    logging.logger("test").error("after it")
    lines = [orjson.loads(line) for line in stream.getvalue().splitlines()]
    inside = [line for line in lines if line["event"] == "within the operation"]
    assert [(line["operation"], line["tenant"], line["user"]) for line in inside] == [
        (operation, world.acme.hex, str(world.ada.user).replace("-", "")),
        (operation, world.evil.hex, str(world.mallory.user).replace("-", "")),
    ]
    assert "tenant" not in lines[-1]
