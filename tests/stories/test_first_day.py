"""The slice through everything: somebody signs in, keeps a contact and finds it again, and mallory sees nothing of it."""

from __future__ import annotations

from tests.world import World


async def test_a_contact_is_kept_and_found_again(world: World) -> None:
    made = await world.grace.gql(
        "mutation($c: ContactDraft!) { createContact(input: {contact: $c}) { contact { id version name } userErrors { code } } }",
        c={"name": "Zoë Müller", "email": "zoe@example.org"},
    )
    contact = made.data["createContact"]["contact"]
    assert contact == {"id": contact["id"], "version": 1, "name": "Zoë Müller"}
    found = await world.linus.gql('{ contacts(search: "zoe muller") { totalCount nodes { id email } } }')
    assert found.data == {"contacts": {"totalCount": 1, "nodes": [{"id": contact["id"], "email": "zoe@example.org"}]}}
    for query in ("query($id: ID!) { contact(id: $id) { name } }", "query($id: ID!) { node(id: $id) { id } }"):
        answer = await world.mallory.gql(query, id=contact["id"])
        assert list(answer.data.values()) == [None]
        assert answer.errors == []
