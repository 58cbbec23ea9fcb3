"""Labels sort the contacts of a tenant, and are known to no other."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from models.connection import Connection
from tests.conftest import Serve
from tests.world import Person, World

_CREATE = (
    "mutation($i: CreateLabelInput!) { createLabel(input: $i) { label { id name color } userErrors { __typename code path } } }"
)
_UPDATE = "mutation($i: UpdateLabelInput!) { updateLabel(input: $i) { label { id name color } userErrors { code path } } }"
_DELETE = "mutation($i: DeleteLabelInput!) { deleteLabel(input: $i) { deletedId userErrors { code path } } }"
_KEEP = "mutation($c: ContactDraft!) { createContact(input: {contact: $c}) { contact { id } userErrors { code path } } }"
_PATCH = """
mutation($id: ID!, $c: ContactPatch!) {
  updateContact(input: {id: $id, contact: $c}) { contact { version labels { name } } userErrors { code path } }
}
"""
_ALL = "{ labels { id name color contactCount } }"


async def _create(person: Person, name: str, color: str | None = None) -> Any:
    return (await person.gql(_CREATE, i={"name": name, "color": color})).data["createLabel"]


async def _made(person: Person, name: str) -> str:
    payload = await _create(person, name)
    assert payload["userErrors"] == []
    return str(payload["label"]["id"])


async def _keep(person: Person, name: str, *label_ids: str) -> Any:
    return (await person.gql(_KEEP, c={"name": name, "labelIds": list(label_ids)})).data["createContact"]


def _told(payload: Any) -> list[tuple[str, list[str] | None]]:
    return [(error["code"], error["path"]) for error in payload["userErrors"]]


async def _names(person: Person) -> list[str]:
    return [label["name"] for label in (await person.gql("{ labels { name } }")).data["labels"]]


async def test_labels_are_listed_by_name_without_case_and_accents(world: World) -> None:
    for name in ("Zoo", "élan", "Apple", "apricot", "  Ä  "):
        await _made(world.grace, name)
    assert await _names(world.linus) == ["  Ä  ", "Apple", "apricot", "élan", "Zoo"]
    assert await _names(world.mallory) == []
    assert (await world.stranger.gql(_ALL)).codes == ["UNAUTHENTICATED"]


async def test_a_name_is_unique_in_its_tenant_whatever_its_case_and_accents(world: World) -> None:
    await _made(world.grace, "Café")
    other = await _made(world.grace, "Tea")
    for name in ("Café", "CAFE", "cafe\u0301", "ｃａｆé"):
        payload = await _create(world.grace, name)
        assert payload == {
            "label": None,
            "userErrors": [{"__typename": "RefusedError", "code": "ALREADY_EXISTS", "path": ["name"]}],
        }
        renamed = (await world.grace.gql(_UPDATE, i={"id": other, "name": name})).data["updateLabel"]
        assert _told(renamed) == [("ALREADY_EXISTS", ["name"])]
    assert await _names(world.grace) == ["Café", "Tea"]
    assert (await _create(world.mallory, "CAFE"))["userErrors"] == []


async def test_ten_at_once_of_one_name_make_one_label(world: World) -> None:
    payloads = await asyncio.gather(*(_create(world.grace, name) for name in ["Café", "CAFE"] * 5))
    assert sorted(len(payload["userErrors"]) for payload in payloads) == [0] + [1] * 9
    assert len(await _names(world.grace)) == 1


@pytest.mark.parametrize(
    ("name", "color", "told"),
    [
        ("", None, ("REQUIRED", ["name"])),
        (" ", None, ("REQUIRED", ["name"])),
        ("x" * 81, None, ("TOO_LONG", ["name"])),
        ("a\x00b", None, ("INVALID", ["name"])),
        ("A", "red", ("INVALID", ["color"])),
        ("A", "#12345", ("INVALID", ["color"])),
        ("A", "#1234567", ("INVALID", ["color"])),
        ("A", "#12345g", ("INVALID", ["color"])),
        ("A", "#123456\n", ("INVALID", ["color"])),
        ("A", "", ("INVALID", ["color"])),
    ],
)
async def test_what_breaks_a_rule_is_named_and_not_kept(
    name: str, color: str | None, told: tuple[str, list[str]], world: World
) -> None:
    assert _told(await _create(world.grace, name, color)) == [told]
    assert await _names(world.grace) == []
    label = await _made(world.grace, "Kept")
    assert _told((await world.grace.gql(_UPDATE, i={"id": label, "name": name, "color": color})).data["updateLabel"]) == [told]
    assert await _names(world.grace) == ["Kept"]


async def test_a_label_changes_what_is_given_and_keeps_the_rest(world: World) -> None:
    made = (await _create(world.grace, "x" * 80, "#ABCDEF"))["label"]
    assert made == {"id": made["id"], "name": "x" * 80, "color": "#abcdef"}

    async def update(**values: Any) -> Any:
        return (await world.grace.gql(_UPDATE, i={"id": made["id"]} | values)).data["updateLabel"]

    assert (await update())["label"] == made
    assert (await update(name="Friends"))["label"] == made | {"name": "Friends"}
    assert (await update(name="FRIENDS"))["label"] == made | {"name": "FRIENDS"}
    assert (await update(color=None))["label"] == {"id": made["id"], "name": "FRIENDS", "color": None}
    assert _told(await update(name=None)) == [("REQUIRED", ["name"])]
    assert (await update(color="#000000"))["label"] == {"id": made["id"], "name": "FRIENDS", "color": "#000000"}


async def test_nobody_else_changes_or_removes_a_label(world: World) -> None:
    label = await _made(world.grace, "Friends")
    await _keep(world.grace, "Zoë", label)
    before = (await world.linus.gql(_ALL)).data
    for person in (world.linus, world.oskar):
        assert (await person.gql(_CREATE, i={"name": "x"})).codes == ["FORBIDDEN"]
        assert (await person.gql(_UPDATE, i={"id": label, "name": "x"})).codes == ["FORBIDDEN"]
        assert (await person.gql(_DELETE, i={"id": label})).codes == ["FORBIDDEN"]
    for person, texts in (
        (world.mallory, [label]),
        (world.grace, ["rubbish", "label_" + "0" * 32, label.replace("label", "user")]),
    ):
        for text in texts:
            assert _told((await person.gql(_UPDATE, i={"id": text, "name": "x"})).data["updateLabel"]) == [("NOT_FOUND", ["id"])]
            assert _told((await person.gql(_UPDATE, i={"id": text})).data["updateLabel"]) == [("NOT_FOUND", ["id"])]
            assert (await person.gql(_DELETE, i={"id": text})).data["deleteLabel"] == {
                "deletedId": None,
                "userErrors": [{"code": "NOT_FOUND", "path": ["id"]}],
            }
    assert (await world.linus.gql(_ALL)).data == before


async def test_a_label_counts_and_lists_its_contacts_outside_the_trash(world: World) -> None:
    friends, family, empty = [await _made(world.grace, name) for name in ("Friends", "Family", "Empty")]
    for number in range(5):
        await _keep(world.grace, f"Name {number}", friends, *([family] if number < 2 else []))
    trashed = (await _keep(world.grace, "Gone", friends))["contact"]["id"]
    await world.grace.gql("mutation($id: ID!) { deleteContacts(input: {ids: [$id]}) { deletedIds } }", id=trashed)
    counts = {label["id"]: label["contactCount"] for label in (await world.linus.gql(_ALL)).data["labels"]}
    assert counts == {friends: 5, family: 2, empty: 0}
    query = """
    query($id: ID!, $first: Int, $after: String) { node(id: $id) { ... on Label {
      contacts(first: $first, after: $after) { totalCount nodes { name labels { name } } pageInfo { hasNextPage endCursor } }
    } } }
    """
    page = (await world.linus.gql(query, id=friends, first=2)).data["node"]["contacts"]
    assert page["totalCount"] == 5
    assert [node["name"] for node in page["nodes"]] == ["Name 0", "Name 1"]
    assert page["nodes"][0]["labels"] == [{"name": "Family"}, {"name": "Friends"}]
    after = page["pageInfo"]["endCursor"]
    page = (await world.linus.gql(query, id=friends, first=9, after=after)).data["node"]["contacts"]
    assert [node["name"] for node in page["nodes"]] == ["Name 2", "Name 3", "Name 4"]
    other = await world.linus.gql(query, id=family, first=9, after=after)
    assert (other.data, other.codes) == ({"node": None}, ["BAD_REQUEST"])
    assert (await world.mallory.gql(query, id=friends)).data == {"node": None}


async def test_a_removed_label_leaves_all_its_contacts(world: World) -> None:
    label = await _made(world.grace, "Friends")
    contact = (await _keep(world.grace, "Zoë", label))["contact"]["id"]
    assert (await world.grace.gql(_DELETE, i={"id": label})).data["deleteLabel"] == {"deletedId": label, "userErrors": []}
    assert await world.admin.fetchval("SELECT count(*) FROM contact_labels") == 0
    read = "query($id: ID!) { contact(id: $id) { name labels { id } } }"
    assert (await world.linus.gql(read, id=contact)).data == {"contact": {"name": "Zoë", "labels": []}}


async def test_a_contact_takes_labels_of_its_own_tenant_alone(world: World) -> None:
    friends, family, evil = (
        await _made(world.grace, "Friends"),
        await _made(world.grace, "Family"),
        await _made(world.mallory, "Evil"),
    )
    contact = (await _keep(world.grace, "Zoë", friends))["contact"]["id"]
    for miss in (evil, "rubbish", "label_" + "0" * 32, contact):
        payload = await _keep(world.grace, "Lost", family, miss)
        assert (payload["contact"], _told(payload)) == (None, [("NOT_FOUND", ["contact", "labelIds", "1"])])
        payload = (await world.grace.gql(_PATCH, id=contact, c={"name": "Lost", "labelIds": [family, miss]})).data["updateContact"]
        assert _told(payload) == [("NOT_FOUND", ["contact", "labelIds", "1"])]
    read = "query($id: ID!) { contact(id: $id) { name version labels { name } } }"
    kept = {"name": "Zoë", "version": 1, "labels": [{"name": "Friends"}]}
    assert (await world.linus.gql(read, id=contact)).data == {"contact": kept}
    assert await world.admin.fetchval("SELECT count(*) FROM contacts") == 1

    async def put(*ids: str) -> list[str]:
        payload = (await world.grace.gql(_PATCH, id=contact, c={"labelIds": list(ids)})).data["updateContact"]
        return [label["name"] for label in payload["contact"]["labels"]]

    assert await put(friends, family, friends) == ["Family", "Friends"]
    assert await put(family) == ["Family"]
    assert (await world.grace.gql(_PATCH, id=contact, c={"name": "Zoé"})).data["updateContact"]["contact"]["labels"] == [
        {"name": "Family"}
    ]
    assert await put() == []
    await put(friends)
    cleared = (await world.grace.gql(_PATCH, id=contact, c={"labelIds": None})).data["updateContact"]["contact"]["labels"]
    assert cleared == []


async def test_a_contact_has_fifty_labels_at_most(world: World) -> None:
    ids = [await _made(world.grace, f"Label {n:02}") for n in range(51)]
    assert _told(await _keep(world.grace, "Zoë", *ids)) == [("TOO_MANY", ["contact", "labelIds"])]
    assert await world.admin.fetchval("SELECT count(*) FROM contacts") == 0
    assert _told(await _keep(world.grace, "Zoë", *ids[:50])) == []
    assert await world.admin.fetchval("SELECT count(*) FROM contact_labels") == 50


async def test_a_tenant_has_five_hundred_labels_at_most(world: World) -> None:
    await world.admin.execute(
        "INSERT INTO labels (tenant_id, id, name) SELECT $1, gen_random_uuid(), 'Label ' || n FROM generate_series(1, 499) n",
        world.acme,
    )
    await _made(world.grace, "The last one")
    assert _told(await _create(world.grace, "One more")) == [("TOO_MANY", ["name"])]
    assert len(await _names(world.linus)) == 500
    assert (await _create(world.mallory, "One more"))["userErrors"] == []


async def test_fifty_contacts_with_their_labels_take_few_statements(
    serve: Serve, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await World.made(await serve(fast_road=True), admin)
    ids = [await _made(world.grace, f"Label {n}") for n in range(3)]
    for number in range(50):
        await _keep(world.grace, f"Name {number:02}", *ids)
    told: list[str] = []
    for name in ("fetch", "fetchrow", "execute"):
        monkeypatch.setattr(Connection, name, _telling(getattr(Connection, name), told))
    query = "{ contacts(first: 50) { nodes { name labels { name contactCount } } } }"
    answer = await world.linus.gql(query)
    nodes = answer.data["contacts"]["nodes"]
    assert [len(node["labels"]) for node in nodes] == [3] * 50
    assert nodes[0]["labels"][0] == {"name": "Label 0", "contactCount": 50}
    assert ["enter(" in sql for sql in told] == [True] * 3
    for size in (1, 10, 50):
        told.clear()
        answer = await world.linus.gql(f"{{ contacts(first: {size}) {{ edges {{ node {{ name labels {{ name }} }} }} }} }}")
        assert len(answer.data["contacts"]["edges"]) == size
        assert len(told) == 2


def _telling(method: Any, told: list[str]) -> Any:
    async def telling(self: asyncpg.Connection, sql: str, *values: Any, **options: Any) -> Any:
        told.append(sql)
        return await method(self, sql, *values, **options)

    return telling


async def test_a_label_that_goes_while_it_is_put_on_a_contact_is_not_found(world: World) -> None:
    label = (await world.grace.gql('mutation { createLabel(input: {name: "VIP"}) { label { id } } }')).data["createLabel"]["label"][
        "id"
    ]
    async with world.admin.transaction():
        await world.admin.execute("DELETE FROM labels WHERE tenant_id = $1", world.acme)
        deed = asyncio.create_task(
            world.grace.gql(
                'mutation($l: [ID!]) { createContact(input: {contact: {name: "Zoë", labelIds: $l}}) { userErrors { code path } } }',
                l=[label],
            )
        )
        await asyncio.sleep(0.3)
        assert not deed.done()
    assert (await deed).data == {"createContact": {"userErrors": [{"code": "NOT_FOUND", "path": ["contact", "labelIds"]}]}}
    assert await world.admin.fetchval("SELECT count(*) FROM contacts") == 0
