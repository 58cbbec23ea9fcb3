"""Labels, as the schema shows them: each field of a label in every place it is reached from."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from resolvers import contacts
from tests.conftest import Serve
from tests.world import World

_LABEL = "id name color contactCount contacts(first: 1) { totalCount nodes { name } }"


@pytest.mark.parametrize("place", ["labels", "node", "contact", "mutation"])
async def test_a_label_is_the_same_wherever_it_is_met(place: str, world: World) -> None:
    made = await world.grace.gql('mutation { createLabel(input: {name: "Friends", color: "#00ff00"}) { label { id } } }')
    label = made.data["createLabel"]["label"]["id"]
    keep = 'mutation($l: ID!) { createContact(input: {contact: {name: "Zoë", labelIds: [$l]}}) { contact { id } } }'
    contact = (await world.grace.gql(keep, l=label)).data["createContact"]["contact"]["id"]
    query = (
        {
            "labels": f"query($l: ID, $c: ID) {{ __typename labels {{ {_LABEL} }} }}",
            "node": f"query($l: ID!, $c: ID) {{ node(id: $l) {{ ... on Label {{ {_LABEL} }} }} }}",
            "contact": f"query($l: ID, $c: ID!) {{ contact(id: $c) {{ labels {{ {_LABEL} }} }} }}",
            "mutation": f"mutation($l: ID!, $c: ID) {{ updateLabel(input: {{id: $l}}) {{ label {{ {_LABEL} }} }} }}",
        }[place]
        .replace("$l: ID, ", "")
        .replace(", $c: ID)", ")")
        .replace("($c: ID)", "")
    )
    answer = await world.grace.gql(query, l=label, c=contact)
    found = {
        "labels": lambda data: data["labels"][0],
        "node": lambda data: data["node"],
        "contact": lambda data: data["contact"]["labels"][0],
        "mutation": lambda data: data["updateLabel"]["label"],
    }[place](answer.data)
    page = {"totalCount": 1, "nodes": [{"name": "Zoë"}]}
    assert found == {"id": label, "name": "Friends", "color": "#00ff00", "contactCount": 1, "contacts": page}


@pytest.mark.parametrize("fast_road", [True, False])
async def test_the_contacts_of_many_labels_are_read_one_after_another(
    fast_road: bool, serve: Serve, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await World.made(await serve(fast_road=fast_road, database_pool=2), admin)
    for number in range(8):
        await admin.execute(
            "INSERT INTO labels (tenant_id, id, name) VALUES ($1, gen_random_uuid(), $2)", world.acme, f"Label {number}"
        )
    running, most = 0, 0

    def watched(act: Any) -> Any:
        async def watching(*given: Any) -> Any:
            nonlocal running, most
            running += 1
            most = max(most, running)
            try:
                return await act(*given)
            finally:
                running -= 1

        return watching

    for name in ("search", "count"):
        monkeypatch.setattr(contacts, name, watched(getattr(contacts, name)))
    answer = await world.linus.gql("{ labels { contacts(first: 1) { totalCount nodes { name } } } }")
    assert answer.data["labels"] == [{"contacts": {"totalCount": 0, "nodes": []}}] * 8
    assert (running, most) == (0, 1)
