"""Labels, as the schema shows them: each field of a label in every place it is reached from."""

from __future__ import annotations

import pytest

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
