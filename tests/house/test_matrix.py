"""No id, list, search or cursor of one tenant is of any use to another, over GraphQL (TI-01, TI-02, TI-04, TI-10).

Everything is asked by mallory, with what belongs to acme and with what belongs to nobody: both answers are the same to the
byte, nothing of acme stands in them, and acme's rows stay as they were. Then each wall is taken away alone, and it is still so.
With both away it leaks, or this test would see nothing.
"""

from __future__ import annotations

import base64
import json
import re

import asyncpg
import pytest

from tests.conftest import Serve
from tests.house import isolation, walls
from tests.house.matrix import CASES, SCHEMA, WIDE, collections, operation, places
from tests.house.two import Two
from tests.world import Answer, Person, World

KINDS = ("auditentry", "contact", "invitation", "job", "label", "session", "tenant", "tenantsummary", "user")
GUARDED = {
    "Mutation.resumeTenant.input.id": "asks for the operator's mark, which mallory has not",
    "Mutation.revokeSessions.input.sessionId": "asks whether the session is the caller's own",
    "Mutation.suspendTenant.input.id": "asks for the operator's mark, which mallory has not",
}
"""Where a third guard stands, and nothing leaks even without the walls."""

SEARCHES = (
    '{ contacts(search: "acmesecret") { totalCount nodes { id name } } }',
    "{ contacts(trashed: true) { totalCount nodes { id name labels { id name } } } }",
    '{ contacts(filter: { name: { contains: "acmesecret" } }) { totalCount nodes { id } } }',
    "{ contacts(filter: { not: { favorite: true } }) { totalCount nodes { id name } } }",
    "{ contacts(filter: { or: [{ labels: { none: [] } }, { favorite: false }] }, last: 50) { totalCount nodes { id name } } }",
    "{ labels { id name contactCount contacts { totalCount nodes { name } } } }",
    "{ viewer { tenant { slug usage { contacts users } users(last: 50) { totalCount nodes { username email } } } } }",
    "{ viewer { tenant { invitations { id email role } } } }",
)


@pytest.fixture
async def world(serve: Serve, admin: asyncpg.Connection) -> World:
    """A server that answers operations which read everything there is."""
    return await World.made(await serve(**WIDE), admin)


@pytest.fixture
async def two(world: World) -> Two:
    """Two tenants with rows of every kind."""
    return await Two.furnished(world)


def test_every_place_for_an_id_has_a_case() -> None:
    assert places(SCHEMA) == sorted(CASES)
    assert set(CASES.values()) <= set(KINDS)
    assert set(GUARDED) <= set(CASES)


def test_every_kind_of_id_is_tried() -> None:
    from gql.schema import NODES

    assert sorted(NODES) == sorted(KINDS)


async def test_each_case_bites_where_the_id_is_ones_own(two: Two) -> None:
    for place in _in_order():
        kind = CASES[place]
        person = two.world.oskar if kind == "tenantsummary" else two.world.ada
        answers = [await _ask(person, place, chosen, two.acme) for chosen in (two.acme[kind], two.ghost[kind])]
        assert _plain(answers[0], two.acme[kind]) != _plain(answers[1], two.ghost[kind]), place
        assert answers[0].errors == [], place
        assert '"userErrors":[{' not in answers[0].text, f"{place}: {answers[0].text}"


async def test_nothing_leaks_through_an_id(two: Two) -> None:
    assert await _leaks(two, isolation.BOTH) == set()


async def test_nothing_leaks_through_a_list(two: Two) -> None:
    assert await _shows(two, isolation.BOTH) == set()


async def test_a_list_counts_own_rows_alone(two: Two) -> None:
    answer = await two.world.mallory.gql(
        "{ contacts { totalCount nodes { name } } trash: contacts(trashed: true) { totalCount } labels { name contactCount } "
        "viewer { tenant { usage { contacts users } users { totalCount } } } }"
    )
    assert answer.data == {
        "contacts": {"totalCount": 1, "nodes": [{"name": "evilsecret"}]},
        "trash": {"totalCount": 1},
        "labels": [{"name": "evilsecret", "contactCount": 1}],
        "viewer": {"tenant": {"usage": {"contacts": 1, "users": 1}, "users": {"totalCount": 1}}},
    }


async def test_a_header_does_not_choose_the_tenant(two: Two) -> None:
    mallory, acme = two.world.mallory, two.world.acme
    query = "{ viewer { tenant { slug } } contacts { nodes { name } } }"
    for name in ("X-Tenant-ID", "X-Tenant", "X-Forwarded-Host", "Host", "Cookie", "X-Original-URL"):
        for value in ("acme", str(acme), two.acme["tenant"]):
            mallory.headers = {name: f"tenant={value}" if name == "Cookie" else value}
            answer = await mallory.gql(query)
            assert answer.data == {"viewer": {"tenant": {"slug": "evil"}}, "contacts": {"nodes": [{"name": "evilsecret"}]}}, name


async def test_row_level_security_alone_holds(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    walls.without_filters(monkeypatch)
    assert await _leaks(two, isolation.POLICIES) == set()
    assert await _shows(two, isolation.POLICIES) == set()


async def test_the_applications_filters_alone_hold(two: Two) -> None:
    async with walls.without_policies(two.world.admin):
        assert await _leaks(two, isolation.FILTERS) == set()
        assert await _shows(two, isolation.FILTERS) == set()


@pytest.mark.unwatched
async def test_without_both_walls_everything_leaks(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    walls.without_filters(monkeypatch)
    async with walls.without_policies(two.world.admin):
        shown = await _shows(two, isolation.NEITHER)
        leaked = await _leaks(two, isolation.NEITHER)
    assert {"contacts", "jobs", "labels", "viewer", *SEARCHES} <= shown
    assert leaked == set(CASES) - set(GUARDED)


def _in_order() -> list[str]:
    """Reading first, and last what takes away the things that the others need."""
    return sorted(
        CASES, key=lambda place: ("delete" in place or "cancel" in place or "suspend" in place, "Mutation" in place, place)
    )


async def _leaks(two: Two, standing: str) -> set[str]:
    """The places where an id of acme is of any use to mallory, while these walls stand; the page of them is as committed."""
    found = set()
    for place in _in_order():
        before = await walls.checksums(two.world.admin, two.world.acme)
        for kind in KINDS:
            theirs = await _ask(two.world.mallory, place, two.acme[kind], two.evil)
            nobodys = await _ask(two.world.mallory, place, two.ghost[kind], two.evil)
            same = theirs.status == nobodys.status and _plain(theirs, two.acme[kind]) == _plain(nobodys, two.ghost[kind])
            if not same or two.tells(_plain(theirs, two.acme[kind])):
                found.add(place)
        if await walls.checksums(two.world.admin, two.world.acme) != before:
            found.add(place)
    isolation.told(isolation.IDS, standing, {place: place in found for place in CASES}, questions=2 * len(KINDS))
    return found


async def _shows(two: Two, standing: str) -> set[str]:
    """The lists, searches and pages in which something of acme stands for mallory; the same holds for their page."""
    documents = dict(collections()) | {document: document for document in SEARCHES} | await _pages(two)
    found = set()
    for name, document in documents.items():
        answer = await two.world.mallory.gql(document)
        assert answer.codes in ([], ["FORBIDDEN"], ["BAD_REQUEST"]), answer.text
        if two.tells(answer.text):
            found.add(name)
    isolation.told(isolation.LISTS, standing, {name: name in found for name in documents}, questions=1)
    return found


async def _pages(two: Two) -> dict[str, str]:
    """Pages that begin or end at acme's own cursors, by what they are."""
    pages = {}
    for query in ("contacts(%s)", "viewer { tenant { users(%s)"):
        closing = " }" * query.count("{")
        mine = await two.world.ada.gql(f"{{ {query % 'first: 1'} {{ pageInfo {{ endCursor }} }} {closing} }}")
        cursor = mine.text.partition('"endCursor":"')[2].partition('"')[0]
        assert cursor
        for at in ("after: %s", "before: %s", "last: 5, before: %s"):
            asked = query % (at % f'"{cursor}"')
            pages[f"{query % (at % 'a cursor of acme')}{closing}"] = (
                f"{{ {asked} {{ nodes {{ id }} pageInfo {{ startCursor endCursor }} totalCount }} {closing} }}"
            )
    return pages


async def _ask(person: Person, place: str, chosen: str, own: dict[str, str]) -> Answer:
    asked = operation(place)
    return await person.gql(asked.document, **asked.variables(chosen, own))


_BUDGET = re.compile(r',"remaining":\d+(,"resetAt":"[^"]+")?')


def _plain(answer: Answer, chosen: str) -> str:
    """The answer's text without the id that was asked for, the digest of the question in its cursors, and the caller's budget."""

    def undigested(cursor: re.Match[str]) -> str:
        version, _, *position = json.loads(base64.urlsafe_b64decode(cursor[2] + "=="))
        return f"{cursor[1]}{[version, *position]}"

    return re.sub(
        r'("(?:cursor|startCursor|endCursor)":)"([^"]+)"', undigested, _BUDGET.sub("", answer.text).replace(chosen, "the id")
    )
