"""Contacts, as the schema shows them: nothing more than a row has, and labels from one batch."""

from __future__ import annotations

from gql import schema
from models.contact import Contact
from tests.world import World


def test_a_contact_shows_its_columns_and_labels_alone() -> None:
    shown = set(schema.build()._schema.type_map["Contact"].fields)  # type: ignore[attr-defined]  # an object type
    columns = {
        part[0] + "".join(word.title() for word in part[1:]) for name in Contact._meta.db_fields if (part := name.split("_"))
    }
    assert shown == columns - {"tenantId", "number"} | {"labels"}


async def test_the_same_contact_twice_in_one_operation_is_one(world: World) -> None:
    made = await world.grace.gql('mutation { createContact(input: {contact: {name: "Zoë"}}) { contact { id } } }')
    contact = made.data["createContact"]["contact"]["id"]
    query = "query($id: ID!) { a: contact(id: $id) { name labels { id } } b: contact(id: $id) { name labels { id } } }"
    assert (await world.linus.gql(query, id=contact)).data == {
        "a": {"name": "Zoë", "labels": []},
        "b": {"name": "Zoë", "labels": []},
    }
    assert (await world.mallory.gql(query, id=contact)).data == {"a": None, "b": None}


async def test_several_mutations_of_one_operation_run_in_their_order(world: World) -> None:
    fields = "{ contact { name } userErrors { code } }"
    parts = [
        f'{name}: createContact(input: {{contact: {{name: "{text}"}}}}) {fields}' for name, text in zip("abc", "A C", strict=True)
    ]
    answer = await world.grace.gql(f"mutation {{ {' '.join(parts)} }}")
    assert [answer.data[key]["userErrors"] for key in "abc"] == [[], [{"code": "REQUIRED"}], []]
    names = await world.admin.fetch("SELECT name FROM contacts ORDER BY number")
    assert [row["name"] for row in names] == ["A", "C"]
