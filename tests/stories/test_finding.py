"""Contacts are found: in every order, page by page, by words and by conditions, each in its own tenant alone."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import contact_search, paging, tenancy
from models.values import Row
from tests.world import Person, World

_PAGE = """
query($first: Int, $after: String, $last: Int, $before: String, $order: [ContactOrder!], $filter: ContactFilter, $search: String) {
  contacts(first: $first, after: $after, last: $last, before: $before, orderBy: $order, filter: $filter, search: $search) {
    edges { cursor node { id } } nodes { id name } totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
_RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

# Each text with the form in which it is sorted and searched.
_NAMES = {
    "Zoë": "zoe",
    "ZOE": "zoe",
    "Émile": "emile",
    "emil": "emil",
    "Straße": "strasse",
    "Ａda": "ada",
    "中": "中",
    "Øre": "ore",
    "_": "_",
}
_FAMILIES = {"Ørsted": "orsted", "O'Neil": "o'neil", "Müller": "muller", "MULLER": "muller", None: None}
_EMAILS = {"a@x.org": "a@x.org", "A@x.org": "a@x.org", "b@x.org": "b@x.org", None: None}
_PHONES = {"+49 1": "+49 1", "(030)": "(030)", "1": "1", None: None}
_AGES = [None, 0, 7, 41, 150]
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_COLUMNS = {
    "NAME": lambda row: _NAMES[row["name"]],
    "FAMILY_NAME": lambda row: _FAMILIES[row["family_name"]],
    "EMAIL": lambda row: _EMAILS[row["email"]],
    "PHONE": lambda row: _PHONES[row["phone"]],
    "AGE": lambda row: row["age"],
    "CREATED_AT": lambda row: row["created_at"],
    "UPDATED_AT": lambda row: row["updated_at"],
}
_FILTERS: list[tuple[Any, Callable[[Row], bool]]] = [
    (None, lambda _: True),
    ({"age": {"gte": 7}}, lambda row: row["age"] is not None and row["age"] >= 7),
    ({"email": {"isNull": True}}, lambda row: row["email"] is None),
    ({"not": {"name": {"contains": "O"}}}, lambda row: "o" not in _NAMES[row["name"]]),
    ({"or": [{"phone": {"eq": "1"}}, {"age": {"eq": 0}}]}, lambda row: row["phone"] == "1" or row["age"] == 0),
]


async def _sown(admin: asyncpg.Connection, home: UUID, many: int, seed: int = 1) -> list[Row]:
    chance, rows = Random(seed), []  # noqa: S311 - the same for each run
    for _ in range(many):
        row = {
            "id": UUID(int=chance.getrandbits(128)),
            "name": chance.choice(list(_NAMES)),
            "family_name": chance.choice(list(_FAMILIES)),
            "email": chance.choice(list(_EMAILS)),
            "phone": chance.choice(list(_PHONES)),
            "age": chance.choice(_AGES),
            "created_at": _BEGIN + timedelta(microseconds=chance.randrange(4)),
            "updated_at": _BEGIN + timedelta(days=chance.randrange(3)),
        }
        await admin.execute(
            f"INSERT INTO contacts (tenant_id, {', '.join(row)}) VALUES ($1, {', '.join(f'${n}' for n in range(2, 10))})",
            home,
            *row.values(),
        )
        rows.append(row)
    return rows


def _sorted(rows: list[Row], order: list[tuple[str, bool]]) -> list[str]:
    found = sorted(rows, key=lambda row: row["id"], reverse=order[-1][1] if order else False)
    for field, descending in reversed(order or [("NAME", False)]):
        column = _COLUMNS[field]
        empty = [row for row in found if column(row) is None]
        found = sorted((row for row in found if column(row) is not None), key=column, reverse=descending) + empty
    return [f"contact_{row['id'].hex}" for row in found]


async def _page(person: Person, **variables: Any) -> Any:
    answer = await person.gql(_PAGE, **variables)
    assert answer.errors == [], answer.text
    return answer.data["contacts"]


async def _names(person: Person, **variables: Any) -> list[str]:
    page = await _page(person, **variables)
    assert page["totalCount"] == len(page["nodes"])
    return [node["name"] for node in page["nodes"]]


async def _keep(person: Person, **contact: Any) -> str:
    query = "mutation($c: ContactDraft!) { createContact(input: {contact: $c}) { contact { id } userErrors { code path } } }"
    payload = (await person.gql(query, c=contact)).data["createContact"]
    assert payload["userErrors"] == []
    return str(payload["contact"]["id"])


@_RELAXED
@given(
    order=st.lists(st.tuples(st.sampled_from(list(_COLUMNS)), st.booleans()), max_size=4),
    filtered=st.sampled_from(_FILTERS),
    size=st.integers(1, 30),
    backward=st.booleans(),
)
async def test_pages_put_together_are_the_sorted_list(
    order: list[tuple[str, bool]], filtered: tuple[Any, Callable[[Row], bool]], size: int, backward: bool, world: World
) -> None:
    if not await world.admin.fetchval("SELECT count(*) FROM contacts"):
        await _sown(world.admin, world.evil, 5, seed=2)
        await _sown(world.admin, world.acme, 40)
    rows = await _sown_rows(world)
    wanted = _sorted([row for row in rows if filtered[1](row)], order)
    chosen = [{"field": field, "direction": "DESC" if descending else "ASC"} for field, descending in order]
    found: list[str] = []
    cursor = None
    for _ in range(len(wanted) + 1):
        window = {"last": size, "before": cursor} if backward else {"first": size, "after": cursor}
        page = await _page(world.linus, order=chosen, filter=filtered[0], **window)
        ids = [edge["node"]["id"] for edge in page["edges"]]
        assert ids == [node["id"] for node in page["nodes"]]
        assert page["totalCount"] == len(wanted)
        info = page["pageInfo"]
        ends = [page["edges"][0]["cursor"], page["edges"][-1]["cursor"]] if ids else [None, None]
        assert [info["startCursor"], info["endCursor"]] == ends
        found = ids + found if backward else found + ids
        onward = info["hasPreviousPage"] if backward else info["hasNextPage"]
        assert onward == (len(found) < len(wanted))
        assert (info["hasNextPage"] if backward else info["hasPreviousPage"]) == (cursor is not None)
        if not onward:
            break
        cursor = info["startCursor"] if backward else info["endCursor"]
    assert found == wanted


async def _sown_rows(world: World) -> list[Row]:
    return [dict(row) for row in await world.admin.fetch("SELECT * FROM contacts WHERE tenant_id = $1", world.acme)]


async def test_a_cursor_survives_what_comes_and_goes_around_it(world: World) -> None:
    rows = await _sown(world.admin, world.acme, 30)
    stay = {f"contact_{row['id'].hex}" for row in rows}
    order = [{"field": "FAMILY_NAME", "direction": "DESC"}]
    seen: list[str] = []
    cursor = None
    for step in itertools.count():
        page = await _page(world.linus, first=4, after=cursor, order=order)
        seen += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        cursor = page["pageInfo"]["endCursor"]
        gone = page["nodes"][-1]["id"]  # the very row of the cursor
        await world.admin.execute("DELETE FROM contacts WHERE id = $1", UUID(gone.removeprefix("contact_")))
        await _sown(world.admin, world.acme, 3, seed=100 + step)
    assert len(seen) == len(set(seen))
    assert stay <= set(seen)


async def test_a_window_between_two_cursors(world: World) -> None:
    for number in range(6):
        await _keep(world.grace, name=f"Name {number}")
    cursors = [edge["cursor"] for edge in (await _page(world.linus))["edges"]]
    page = await _page(world.linus, after=cursors[0], before=cursors[5])
    assert [node["name"] for node in page["nodes"]] == [f"Name {n}" for n in range(1, 5)]
    page = await _page(world.linus, last=2, after=cursors[0], before=cursors[5])
    assert [node["name"] for node in page["nodes"]] == ["Name 3", "Name 4"]


async def test_a_cursor_is_of_use_in_its_own_list_alone(world: World) -> None:
    for person, name in itertools.product((world.grace, world.mallory), ("Ann", "Bob", "Cid")):
        await _keep(person, name=name)
    cursor = (await _page(world.linus, first=1))["pageInfo"]["endCursor"]
    assert [n["name"] for n in (await _page(world.ada, after=cursor))["nodes"]] == ["Bob", "Cid"]
    for person, variables in (
        (world.linus, {"order": [{"field": "NAME", "direction": "DESC"}]}),
        (world.linus, {"order": [{"field": "EMAIL"}]}),
        (world.linus, {"order": [{"field": "NAME"}, {"field": "AGE"}]}),
        (world.linus, {"filter": {"favorite": False}}),
        (world.linus, {"search": "b"}),
        (world.mallory, {}),
    ):
        for window in ({"after": cursor}, {"last": 1, "before": cursor}):
            answer = await person.gql(_PAGE, **variables, **window)
            assert (answer.data, answer.codes) == ({"contacts": None}, ["BAD_REQUEST"])
            assert answer.errors[0]["message"].startswith("before" if "before" in window else "after")
    trash = "query($after: String) { contacts(trashed: true, after: $after) { nodes { id } } }"
    assert (await world.linus.gql(trash, after=cursor)).codes == ["BAD_REQUEST"]


_PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=30), st.just("2026-01-01"))


@_RELAXED
@given(
    mangled=st.one_of(
        st.text(max_size=100),
        st.binary(max_size=100).map(lambda raw: base64.urlsafe_b64encode(raw).decode()),
        st.text("ABCxyz019-_=+/", max_size=3_000),
    ),
    parts=st.lists(
        st.one_of(_PLAIN, st.lists(_PLAIN, max_size=2), st.dictionaries(st.text(max_size=3), _PLAIN, max_size=2)), max_size=5
    ),
    place=st.integers(0, 3),
    value=st.one_of(
        _PLAIN, st.lists(_PLAIN, max_size=2), st.sampled_from(["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
    ),
    field=st.sampled_from(list(_COLUMNS)),
)
async def test_a_mangled_cursor_is_refused_and_breaks_nothing(
    mangled: str, parts: list[Any], place: int, value: Any, field: str, world: World
) -> None:
    if not await world.admin.fetchval("SELECT count(*) FROM contacts"):
        await _sown(world.admin, world.acme, 5)
    order = [{"field": field}]
    cursor = (await _page(world.linus, first=1, order=order))["pageInfo"]["endCursor"]
    real = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    forged = [*real]
    forged[place] = value
    forged_value = [real[0], real[1], [value], real[3]]
    for text in (mangled, _encoded(parts), _encoded(forged), _encoded(forged_value)):
        answer = await world.linus.gql(_PAGE, after=text, order=order)
        assert answer.codes in ([], ["BAD_REQUEST"]), (text, answer.text)
        if text == mangled:
            assert answer.codes == ["BAD_REQUEST"]


def _encoded(value: Any) -> str:
    try:
        return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()
    except TypeError:  # an integer beyond 64 bits
        return base64.urlsafe_b64encode(repr(value).encode("utf-8", "replace")).decode()


async def test_the_longest_texts_have_cursors_too(world: World) -> None:
    for letter in "abc":
        await _keep(world.grace, name=f"{letter}" + "\U0001f600" * 199, familyName="\ufdfa" * 200)
    order = [{"field": "NAME"}, {"field": "FAMILY_NAME"}, {"field": "EMAIL"}, {"field": "PHONE"}]
    page = await _page(world.linus, first=1, order=order)
    page = await _page(world.linus, first=5, after=page["pageInfo"]["endCursor"], order=order)
    assert [node["name"][0] for node in page["nodes"]] == ["b", "c"]


@pytest.mark.parametrize(
    "window",
    [{"first": n} for n in (0, -1, 101, 1001, 10**6, 2**31 - 1)]
    + [{"last": n} for n in (0, -1, 101)]
    + [{"first": 1, "last": 1}, {"after": ""}, {"before": "x"}],
    ids=str,
)
async def test_a_page_that_makes_no_sense_is_refused(window: dict[str, Any], world: World) -> None:
    answer = await world.linus.gql(_PAGE, **window)
    assert (answer.data, answer.codes) == ({"contacts": None}, ["BAD_REQUEST"])


async def test_a_page_has_25_items_unless_told_and_100_at_most(world: World) -> None:
    await _sown(world.admin, world.acme, 101)
    assert len((await _page(world.linus))["nodes"]) == 25
    assert len((await _page(world.linus, first=100))["nodes"]) == 100
    assert len((await _page(world.linus, last=100))["nodes"]) == 100


async def test_the_total_is_counted_where_it_is_selected_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    async def counted(sql: str, *values: Any) -> list[Row]:
        told.append(sql)
        return await tenancy.ask(sql, *values)

    monkeypatch.setattr(paging, "ask", counted)
    monkeypatch.setattr(contact_search, "ask", counted)
    await world.linus.gql("{ contacts { nodes { id } pageInfo { hasNextPage } } }")
    assert ["count(" in sql for sql in told] == [False]
    told.clear()
    await world.linus.gql("{ contacts { nodes { id } totalCount } }")
    assert sorted("count(" in sql for sql in told) == [False, True]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", 7),
        ("   ", 7),
        ("zoe", ["Zoë Müller"]),
        ("MÜLLER zoë", ["Zoë Müller"]),
        ("muller", ["Max", "Zoë Müller"]),
        ("zoe max", []),
        ("zo\u0308e", ["Zoë Müller"]),
        ("zoe\u0308", ["Zoë Müller"]),
        ("strasse", ["Straße 7"]),
        ("STRASSE", ["Straße 7"]),
        ("acme", ["Ann"]),
        ("ann.lee@", ["Ann"]),
        ("nick", ["Ann"]),
        ("given", ["Ann"]),
        ("secret", []),
        ("5550199", ["Zoë Müller"]),
        ("+49(30)555", ["Zoë Müller"]),
        ("030/555-01", []),
        ("30/555-01", ["Zoë Müller"]),
        ("100%", ["100% sure"]),
        ("%", ["100% sure"]),
        ("_", ["under_score"]),
        ("r_s", ["under_score"]),
        ("\\", ["back\\slash"]),
        ("k\\s", ["back\\slash"]),
        ("' OR 1=1 --", []),
    ],
)
async def test_words_are_found_whatever_their_case_and_accents(search: str, found: list[str] | int, world: World) -> None:
    await _keep(world.grace, name="Zoë Müller", phone="+49 (30) 555-01.99")
    await _keep(world.grace, name="Max", familyName="Muller", notes="secret", address="secret", jobTitle="secret")
    await _keep(world.grace, name="Ann", organization="Acmé", email="Ann.Lee@example.org", nickname="Nick", givenName="Given")
    for name in ("100% sure", "under_score", "back\\slash", "Straße 7"):
        await _keep(world.grace, name=name)
    names = await _names(world.linus, search=search)
    assert len(names) == found if isinstance(found, int) else names == found
    assert await _names(world.mallory, search=search) == []


@pytest.mark.parametrize("search", ["x" * 201, "a b c d e f g h i j k", "a\x00b", "\x00"])
async def test_a_search_that_is_too_much_is_refused(search: str, world: World) -> None:
    answer = await world.linus.gql(_PAGE, search=search)
    assert (answer.data, answer.codes) == ({"contacts": None}, ["BAD_REQUEST"])


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({}, "ann bob cid"),
        ({"name": {"eq": "ÄNN"}}, "ann"),
        ({"name": {"in": ["ann", "CID", "dan"]}}, "ann cid"),
        ({"name": {"in": []}}, ""),
        ({"name": {"startsWith": "B"}}, "bob"),
        ({"name": {"startsWith": "%"}}, ""),
        ({"name": {"contains": "n"}}, "ann"),
        ({"name": {"contains": "_"}}, ""),
        ({"name": {"isNull": True}}, ""),
        ({"name": {"isNull": False}}, "ann bob cid"),
        ({"email": {"eq": "ANN@example.org"}}, "ann"),
        ({"email": {"isNull": True}}, "bob cid"),
        ({"email": {"isNull": False}}, "ann"),
        ({"phone": {"startsWith": "+49"}}, "bob"),
        ({"address": {"contains": "BERLIN"}}, "bob"),
        ({"organization": {"eq": "acme", "isNull": False}}, "ann"),
        ({"organization": {"startsWith": "x", "contains": "acme"}}, ""),
        ({"gender": "FEMALE"}, "ann"),
        ({"age": {"eq": 41}}, "ann"),
        ({"age": {"gte": 20, "lte": 40}}, "bob"),
        ({"age": {"isNull": True}}, "cid"),
        ({"age": {"isNull": False, "lte": 2**31 - 1}}, "ann bob"),
        ({"favorite": True}, "bob"),
        ({"favorite": False}, "ann cid"),
        ({"createdAt": {"gte": "2020-01-01T00:00:00Z", "lt": "2100-01-01T00:00:00+02:00"}}, "ann bob cid"),
        ({"createdAt": {"lt": "2020-01-01T00:00:00Z"}}, ""),
        ({"updatedAt": {"gte": "2100-01-01T00:00:00.5Z"}}, ""),
        ({"and": [{"age": {"gte": 20}}, {"age": {"lte": 40}}]}, "bob"),
        ({"and": []}, "ann bob cid"),
        ({"or": [{"age": {"eq": 41}}, {"favorite": True}]}, "ann bob"),
        ({"or": []}, ""),
        ({"or": [{}]}, "ann bob cid"),
        ({"not": {}}, ""),
        ({"not": {"age": {"eq": 41}}}, "bob cid"),
        ({"not": {"age": {"gte": 20}}}, "cid"),
        ({"not": {"email": {"contains": "x"}}}, "bob cid"),
        ({"not": {"not": {"age": {"eq": 41}}}}, "ann"),
        ({"not": {"or": [{"age": {"eq": 41}}, {"email": {"isNull": True}}]}}, ""),
        ({"age": {"gte": 0}, "not": {"favorite": True}}, "ann"),
        ({"labels": {"any": ["FRIENDS", "FAMILY"]}}, "ann bob"),
        ({"labels": {"all": ["FRIENDS", "FAMILY"]}}, "bob"),
        ({"labels": {"none": ["FAMILY"]}}, "ann cid"),
        ({"labels": {"any": ["FRIENDS"], "none": ["FAMILY"]}}, "ann"),
        ({"labels": {"any": []}}, ""),
        ({"labels": {"all": []}}, "ann bob cid"),
        ({"labels": {"none": []}}, "ann bob cid"),
        ({"labels": {"any": ["ghost"]}}, ""),
        ({"labels": {"none": ["ghost"]}}, "ann bob cid"),
        ({"not": {"labels": {"any": ["FRIENDS"]}}}, "cid"),
    ],
    ids=str,
)
async def test_conditions_mean_what_they_say(condition: dict[str, Any], found: str, world: World) -> None:
    labels = {}
    for name in ("FRIENDS", "FAMILY"):
        answer = await world.grace.gql("mutation($n: String!) { createLabel(input: {name: $n}) { label { id } } }", n=name)
        labels[name] = answer.data["createLabel"]["label"]["id"]
    friends = [labels["FRIENDS"]]
    await _keep(world.grace, name="ann", age=41, gender="FEMALE", email="ann@example.org", organization="ACME", labelIds=friends)
    await _keep(world.grace, name="bob", age=30, favorite=True, phone="+49 30 1", address="Berlin", labelIds=list(labels.values()))
    await _keep(world.grace, name="cid")
    text = orjson.dumps(condition).decode()
    for name, label_id in labels.items():
        text = text.replace(f'"{name}"', f'"{label_id}"')
    assert await _names(world.linus, filter=orjson.loads(text)) == found.split()
    assert await _names(world.mallory, filter=orjson.loads(text)) == []


def _nested(levels: int) -> dict[str, Any]:
    return {"not": _nested(levels - 1)} if levels > 1 else {"favorite": True}


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        (_nested(5), True),
        (_nested(6), False),
        ({"or": [{"favorite": True}] * 49}, True),
        ({"or": [{"favorite": True}] * 51}, False),
        ({"and": [{"favorite": True}] * 51}, False),
        ({"name": {"in": ["x"] * 100}}, True),
        ({"name": {"in": ["x"] * 101}}, False),
        ({"labels": {"any": ["x"] * 100}}, True),
        ({"labels": {"any": ["x"] * 101}}, False),
        ({"labels": {"all": ["x"] * 101}}, False),
        ({"labels": {"none": ["x"] * 101}}, False),
        ({"name": {"eq": "x" * 200}}, True),
        ({"name": {"contains": "x" * 201}}, False),
        ({"address": {"eq": "a\x00b"}}, False),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_filters_have_limits(condition: dict[str, Any], allowed: bool, world: World) -> None:
    answer = await world.linus.gql("query($f: ContactFilter) { contacts(filter: $f) { totalCount } }", f=condition)
    assert answer.codes == ([] if allowed else ["BAD_REQUEST"]), answer.text


async def test_at_most_four_orders_are_taken(world: World) -> None:
    order = [{"field": field} for field in _COLUMNS]
    assert (await world.linus.gql(_PAGE, order=order[:4])).codes == []
    assert (await world.linus.gql(_PAGE, order=order[:5])).codes == ["BAD_REQUEST"]


async def test_who_may_not_read_finds_nothing(world: World) -> None:
    contact = await _keep(world.grace, name="Zoë")
    assert (await world.stranger.gql(_PAGE)).codes == ["UNAUTHENTICATED"]
    assert (await world.stranger.gql("query($id: ID!) { contact(id: $id) { id } }", id=contact)).codes == ["UNAUTHENTICATED"]
    query = "query($id: ID!) { contact(id: $id) { id } }"
    for text in (f"contact_{uuid4().hex}", contact.upper(), "rubbish"):
        assert (await world.linus.gql(query, id=text)).data == {"contact": None}
    assert (await world.oskar.gql(query, id=contact)).data == {"contact": None}
