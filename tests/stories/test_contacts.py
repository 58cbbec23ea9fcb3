"""Contacts are kept, changed, thrown away and taken back; and nobody of another tenant has a part in it."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from uuid import uuid4

import pytest

from tests.world import Answer, Person, World

_FIELDS = "givenName familyName nickname gender age email phone address organization jobTitle notes favorite"
_CONTACT = f"id version name {_FIELDS} ageRecordedAt createdAt updatedAt deletedAt labels {{ name }}"
_CREATE = f"""
mutation($c: ContactDraft!) {{ createContact(input: {{contact: $c}}) {{
  contact {{ {_CONTACT} }} userErrors {{ __typename code message path }}
}} }}
"""
_UPDATE = f"""
mutation($i: UpdateContactInput!) {{ updateContact(input: $i) {{
  contact {{ {_CONTACT} }} userErrors {{
    __typename code path ... on StaleVersionError {{ current {{ id version name labels {{ name }} }} }} }}
}} }}
"""
_DELETE = "mutation($i: DeleteContactsInput!) { deleteContacts(input: $i) { deletedIds userErrors { code path } } }"
_RESTORE = (
    "mutation($i: RestoreContactsInput!) { restoreContacts(input: $i) { contacts { id deletedAt } userErrors { code path } } }"
)
_READ = f"query($id: ID!) {{ contact(id: $id) {{ {_CONTACT} }} }}"

_WHOLE: dict[str, Any] = {
    "name": "Zoë Müller",
    "givenName": "Zoë",
    "familyName": "Müller",
    "nickname": "Zo",
    "gender": "FEMALE",
    "age": 41,
    "email": "zoe@example.org",
    "phone": "+49 (30) 555-01.99/2",
    "address": "Am Ring 1\n10115 Berlin",
    "organization": "ACME",
    "jobTitle": "Chair",
    "notes": "Likes pears.",
    "favorite": True,
}
_OTHER: dict[str, Any] = {
    "name": "Ann",
    "givenName": "Ann",
    "familyName": "Lee",
    "nickname": "A",
    "gender": "OTHER",
    "age": 0,
    "email": "ann@example.org",
    "phone": "1",
    "address": "Elsewhere",
    "organization": "EVIL",
    "jobTitle": "Clerk",
    "notes": "None.",
    "favorite": False,
}
_NEEDED = {"name", "favorite"}

HOSTILE = [
    "'; DROP TABLE contacts; --",
    '" OR ""="',
    "Robert'); DELETE FROM users;--",
    "%_\\%",
    "$1 $2 ${x} {{x}} %s %(x)s {0}",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "a\nb\r\nc\td",
    "\u202eevil\u202c",
    "a\u200bb\u200d\ufeff",
    "e\u0301 é",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0010ffff\uffff\ufffe",
    "\ufdfa" * 200,
    "İıſßŉ",
    "NULL",
    "  blanks around  ",
    "\x01\x1f\x7f\x85\u2028",
    "null\\u0000",
    "中文 עברית العربية",
]


async def _create(person: Person, **contact: Any) -> Any:
    payload = (await person.gql(_CREATE, c={"name": "Zoë"} | contact)).data["createContact"]
    assert payload["userErrors"] == []
    return payload["contact"]


async def _update(person: Person, contact_id: str, version: int | None = None, **patch: Any) -> Any:
    answer = await person.gql(_UPDATE, i={"id": contact_id, "expectedVersion": version, "contact": patch})
    return answer.data["updateContact"]


async def _read(person: Person, contact_id: str) -> Any:
    answer = await person.gql(_READ, id=contact_id)
    assert answer.errors == []
    return answer.data["contact"]


async def _rows(world: World) -> list[Any]:
    return [dict(row) for row in await world.admin.fetch("SELECT * FROM contacts ORDER BY id")]


def _told(payload: Any) -> list[tuple[str, list[str] | None]]:
    return [(error["code"], error["path"]) for error in payload["userErrors"]]


async def test_a_whole_contact_is_kept_as_it_was_given(world: World) -> None:
    made = await _create(world.grace, **_WHOLE)
    assert made == _WHOLE | {
        "id": made["id"],
        "version": 1,
        "labels": [],
        "deletedAt": None,
        "ageRecordedAt": made["createdAt"],
        "createdAt": made["createdAt"],
        "updatedAt": made["createdAt"],
    }
    assert re.fullmatch(r"contact_[0-9a-f]{32}", made["id"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", made["createdAt"])
    assert await _read(world.linus, made["id"]) == made
    assert await _read(world.mallory, made["id"]) is None


async def test_what_is_omitted_is_empty(world: World) -> None:
    made = await _create(world.grace)
    assert [made[field] for field in _FIELDS.split()] == [None] * 11 + [False]
    assert made["ageRecordedAt"] is None
    blank = await _create(world.grace, nickname="  ", email=" ", phone="", notes="\n", gender=None, age=None)
    assert [blank[field] for field in _FIELDS.split()] == [None] * 11 + [False]


@pytest.mark.parametrize("field", _WHOLE)
async def test_omitted_keeps_null_clears_and_a_value_sets(field: str, world: World) -> None:
    made = await _create(world.grace, **_WHOLE)
    kept = {"id", "createdAt", "labels", "deletedAt"} | set(_WHOLE)

    def same(contact: Any, but: str | None = None) -> bool:
        return {n: contact[n] for n in kept if n != but} == {n: made[n] for n in kept if n != but}

    omitted = (await _update(world.grace, made["id"]))["contact"]
    assert same(omitted)
    assert omitted["version"] == 2
    value = (await _update(world.grace, made["id"], **{field: _OTHER[field]}))["contact"]
    assert value[field] == _OTHER[field]
    assert same(value, field)
    null = await _update(world.grace, made["id"], **{field: None})
    if field in _NEEDED:
        assert _told(null) == [("REQUIRED", ["contact", field])]
        assert (await _read(world.grace, made["id"]))[field] == _OTHER[field]
    else:
        assert null["contact"][field] is None
        assert same(null["contact"], field)
    stranger = await _update(world.mallory, made["id"], **{field: _WHOLE[field]})
    assert (stranger["contact"], _told(stranger)) == (None, [("NOT_FOUND", ["id"])])
    assert same(await _read(world.grace, made["id"]), field)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_texts_are_kept_to_the_letter_and_found(text: str, world: World) -> None:
    values = dict.fromkeys(["name", "givenName", "familyName", "nickname", "address", "organization", "jobTitle", "notes"], text)
    made = await _create(world.grace, **values)
    assert {field: made[field] for field in values} == values
    assert {field: (await _read(world.linus, made["id"]))[field] for field in values} == values
    await _create(world.grace, name="7777")
    for field in ("name", "address", "organization"):
        for operator in ("eq", "contains", "startsWith"):
            answer = await world.linus.gql(
                "query($f: ContactFilter) { contacts(filter: $f) { nodes { id } } }", f={field: {operator: text}}
            )
            assert answer.data == {"contacts": {"nodes": [{"id": made["id"]}]}}, (field, operator)
    if text.split() and text.isprintable():
        answer = await world.linus.gql("query($s: String) { contacts(search: $s) { nodes { id } } }", s=text)
        assert answer.data == {"contacts": {"nodes": [{"id": made["id"]}]}}
        assert (await world.mallory.gql("query($s: String) { contacts(search: $s) { nodes { id } } }", s=text)).data == {
            "contacts": {"nodes": []}
        }


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "", "REQUIRED"),
        ("name", " \n", "REQUIRED"),
        ("name", "x" * 201, "TOO_LONG"),
        ("name", "x" * 100_000, "TOO_LONG"),
        ("name", "a\x00b", "INVALID"),
        ("givenName", "x" * 201, "TOO_LONG"),
        ("familyName", "x" * 201, "TOO_LONG"),
        ("nickname", "x" * 201, "TOO_LONG"),
        ("organization", "x" * 201, "TOO_LONG"),
        ("jobTitle", "x" * 201, "TOO_LONG"),
        ("address", "x" * 501, "TOO_LONG"),
        ("notes", "x" * 10_001, "TOO_LONG"),
        ("notes", "a\x00b", "INVALID"),
        ("email", "x" * 255, "TOO_LONG"),
        ("email", "nobody", "INVALID"),
        ("email", "a@b@c.org", "INVALID"),
        ("phone", "1" * 41, "TOO_LONG"),
        ("phone", "call me", "INVALID"),
        ("phone", "١٢٣", "INVALID"),
        ("age", -1, "INVALID"),
        ("age", 151, "INVALID"),
    ],
    ids=lambda value: str(value)[:12],
)
async def test_what_breaks_a_rule_is_named_and_not_kept(field: str, value: Any, code: str, world: World) -> None:
    made = await _create(world.grace, **_WHOLE)
    before = await _rows(world)
    for payload in (
        (await world.grace.gql(_CREATE, c={"name": "Zoë", field: value})).data["createContact"],
        await _update(world.grace, made["id"], **{field: value}),
    ):
        assert payload["contact"] is None
        assert _told(payload) == [(code, ["contact", field])]
        assert payload["userErrors"][0]["__typename"] == "InvalidInputError"
    assert await _rows(world) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 200),
        ("name", "\U0001f600" * 200),
        ("notes", "\U0001f600" * 10_000),
        ("address", "x" * 500),
        ("phone", "1" * 40),
        ("age", 150),
        ("email", "x" * 64 + "@" + ".".join(["y" * 61] * 3) + ".o"),
        ("email", "zoë@exämple.org"),
    ],
    ids=lambda value: str(value)[:12],
)
async def test_the_longest_that_a_rule_allows_is_kept(field: str, value: Any, world: World) -> None:
    assert (await _create(world.grace, **{field: value}))[field] == value


async def test_an_age_tells_when_it_was_recorded(world: World) -> None:
    made = await _create(world.grace, age=41)
    same = (await _update(world.grace, made["id"], age=41, name="Zoé"))["contact"]
    assert same["ageRecordedAt"] == made["ageRecordedAt"]
    older = (await _update(world.grace, made["id"], age=42))["contact"]
    assert made["ageRecordedAt"] < older["ageRecordedAt"] <= older["updatedAt"]
    none = (await _update(world.grace, made["id"], age=None))["contact"]
    assert (none["age"], none["ageRecordedAt"]) == (None, None)


async def test_of_two_writers_one_wins_and_the_other_is_shown_what_is_there(world: World) -> None:
    label = await world.grace.gql('mutation { createLabel(input: {name: "Friends"}) { label { id } } }')
    made = await _create(world.grace, labelIds=[label.data["createLabel"]["label"]["id"]])
    payloads = await asyncio.gather(*(_update(world.grace, made["id"], 1, name=f"Writer {n}") for n in range(5)))
    won = [payload["contact"] for payload in payloads if payload["contact"]]
    assert len(won) == 1
    assert won[0]["version"] == 2
    current = {"id": made["id"], "version": 2, "name": won[0]["name"], "labels": [{"name": "Friends"}]}
    for payload in payloads:
        if not payload["contact"]:
            stale = {"__typename": "StaleVersionError", "code": "STALE_VERSION", "path": ["expectedVersion"], "current": current}
            assert payload["userErrors"] == [stale]
    assert (await _update(world.grace, made["id"], 2, name="Next"))["contact"]["version"] == 3
    assert _told(await _update(world.mallory, made["id"], 2, name="Evil")) == [("NOT_FOUND", ["id"])]
    assert (await _read(world.grace, made["id"]))["name"] == "Next"


async def test_two_patches_without_a_version_both_hold(world: World) -> None:
    made = await _create(world.grace)
    await asyncio.gather(_update(world.grace, made["id"], nickname="Zo"), _update(world.ada, made["id"], notes="Pears"))
    contact = await _read(world.grace, made["id"])
    assert (contact["nickname"], contact["notes"], contact["version"]) == ("Zo", "Pears", 3)


async def test_contacts_go_to_the_trash_and_come_back(world: World) -> None:
    first, second = await _create(world.grace, name="First"), await _create(world.grace, name="Second")
    ids = [second["id"], first["id"], second["id"]]
    gone = (await world.grace.gql(_DELETE, i={"ids": ids})).data["deleteContacts"]
    assert gone == {"deletedIds": ids[:2], "userErrors": []}
    both = "{ contacts { nodes { name } totalCount } trash: contacts(trashed: true) { nodes { name } totalCount } }"
    empty, full = {"nodes": [], "totalCount": 0}, {"nodes": [{"name": "First"}, {"name": "Second"}], "totalCount": 2}
    assert (await world.linus.gql(both)).data == {"contacts": empty, "trash": full}
    assert (await world.mallory.gql(both)).data == {"contacts": empty, "trash": empty}
    trashed = await _read(world.grace, first["id"])
    assert trashed["deletedAt"] == trashed["updatedAt"]
    assert trashed["version"] == 2
    assert (await world.grace.gql(_DELETE, i={"ids": [first["id"]]})).data["deleteContacts"]["deletedIds"] == [first["id"]]
    assert await _read(world.grace, first["id"]) == trashed
    back = (await world.grace.gql(_RESTORE, i={"ids": ids})).data["restoreContacts"]
    assert back == {"contacts": [{"id": text, "deletedAt": None} for text in ids[:2]], "userErrors": []}
    assert (await world.linus.gql(both)).data == {"contacts": full, "trash": empty}
    assert (await _read(world.grace, first["id"]))["version"] == 3


async def test_only_an_admin_removes_for_good(world: World) -> None:
    made = [await _create(world.grace, name=str(n)) for n in range(3)]
    ids = [contact["id"] for contact in made]
    await world.grace.gql(_DELETE, i={"ids": ids[:1]})
    before = await _rows(world)
    for person, codes in (
        (world.grace, ["FORBIDDEN"]),
        (world.linus, ["FORBIDDEN"]),
        (world.mallory, []),
        (world.oskar, ["FORBIDDEN"]),
    ):
        answer = await person.gql(_DELETE, i={"ids": ids, "permanently": True})
        assert answer.codes == codes
        if not codes:
            assert _told(answer.data["deleteContacts"]) == [("NOT_FOUND", ["ids", "0"])]
    for query in (_DELETE, _RESTORE):
        assert (await world.linus.gql(query, i={"ids": ids})).codes == ["FORBIDDEN"]
        assert (await world.stranger.gql(query, i={"ids": ids})).codes == ["UNAUTHENTICATED"]
    assert await _rows(world) == before
    gone = (await world.adam.gql(_DELETE, i={"ids": ids[:2], "permanently": True})).data["deleteContacts"]
    assert gone == {"deletedIds": ids[:2], "userErrors": []}
    assert [await _read(world.grace, text) is None for text in ids] == [True, True, False]
    assert await world.admin.fetchval("SELECT details FROM audit_entries WHERE action = 'contacts.deleted'") == '{"count": 2}'


@pytest.mark.parametrize("query", [_DELETE, _RESTORE])
async def test_of_many_ids_all_are_taken_or_none(query: str, world: World) -> None:
    ids = [(await _create(world.grace, name=str(n)))["id"] for n in range(3)]
    foreign = (await _create(world.mallory))["id"]
    if query == _RESTORE:
        await world.grace.gql(_DELETE, i={"ids": ids})
        await world.mallory.gql(_DELETE, i={"ids": [foreign]})
    before = await _rows(world)
    for miss in (
        foreign,
        f"contact_{uuid4().hex}",
        "rubbish",
        "",
        ids[0].upper(),
        ids[0].replace("contact", "label"),
        ids[0] + "0",
    ):
        for place in range(3):
            wanted = [*ids[:place], miss, *ids[place:], miss]
            payload = next(iter((await world.grace.gql(query, i={"ids": wanted})).data.values()))
            assert payload["userErrors"] == [{"code": "NOT_FOUND", "path": ["ids", str(place)]}]
            assert not payload.get("deletedIds")
            assert not payload.get("contacts")
    many = next(iter((await world.grace.gql(query, i={"ids": [ids[0]] * 101})).data.values()))
    assert many["userErrors"] == [{"code": "TOO_MANY", "path": ["ids"]}]
    assert await _rows(world) == before
    none = next(iter((await world.grace.gql(query, i={"ids": []})).data.values()))
    assert none["userErrors"] == []
    assert await _rows(world) == before


async def test_a_viewer_and_an_operator_may_not_write(world: World) -> None:
    made = await _create(world.grace)
    before = await _rows(world)
    for person, code in ((world.linus, "FORBIDDEN"), (world.oskar, "FORBIDDEN"), (world.stranger, "UNAUTHENTICATED")):
        answers: list[Answer] = [
            await person.gql(_CREATE, c={"name": "x"}),
            await person.gql(_UPDATE, i={"id": made["id"], "contact": {"name": "x"}}),
            await person.gql(_DELETE, i={"ids": [made["id"]]}),
            await person.gql(_RESTORE, i={"ids": [made["id"]]}),
        ]
        assert [answer.codes for answer in answers] == [[code]] * 4
        assert {answer.data for answer in answers} == {None}
        assert {answer.status for answer in answers} == {403 if code == "FORBIDDEN" else 401}
    assert await _rows(world) == before


async def test_every_type_is_found_by_its_id_and_by_its_own_tenant_alone(world: World) -> None:
    contact = (await _create(world.grace))["id"]
    label = (await world.grace.gql('mutation { createLabel(input: {name: "A"}) { label { id } } }')).data["createLabel"]["label"][
        "id"
    ]
    ids = "{ viewer { id session { id } user { id } tenant { id } } }"
    viewer = (await world.ada.gql(ids)).data["viewer"]
    summary = (await world.oskar.gql("{ tenants { nodes { id } } }")).data["tenants"]["nodes"][0]["id"]
    known = {
        contact: "Contact",
        label: "Label",
        viewer["session"]["id"]: "Session",
        viewer["user"]["id"]: "User",
        viewer["tenant"]["id"]: "Tenant",
    }
    texts = [
        *known,
        summary,
        "rubbish",
        "",
        "_",
        "ghost_" + "0" * 32,
        *(f"{text.partition('_')[0]}_{uuid4().hex}" for text in [*known, summary]),
        *(text.upper() for text in known),
        f"user_{contact.partition('_')[2]}",
        contact.partition("_")[2],
        contact + "\n",
    ]
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    answer = await world.ada.gql(query, ids=texts)
    expected = [{"__typename": known[text], "id": text} if text in known else None for text in texts]
    assert (answer.data, answer.errors) == ({"nodes": expected}, [])
    for text, node in zip(texts, expected, strict=True):
        assert (await world.ada.gql("query($id: ID!) { node(id: $id) { __typename id } }", id=text)).data == {"node": node}
        assert (await world.mallory.gql("query($id: ID!) { node(id: $id) { id } }", id=text)).data == {"node": None}
    assert (await world.mallory.gql(query, ids=texts)).data == {"nodes": [None] * len(texts)}
    assert (await world.oskar.gql(query, ids=[summary, contact])).data["nodes"][0] == {"__typename": "TenantSummary", "id": summary}
    assert (await world.stranger.gql(query, ids=texts)).codes == ["UNAUTHENTICATED"]
    assert (await world.ada.gql(query, ids=[contact] * 101)).codes == ["BAD_REQUEST"]
    assert (await world.ada.gql(query, ids=[contact, contact])).data["nodes"] == [{"__typename": "Contact", "id": contact}] * 2
