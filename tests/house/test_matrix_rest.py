"""No number and no slug of one tenant is of any use to another over the old routes, which come from the router (TI-03)."""

from __future__ import annotations

import pytest

from tests.house import isolation, walls
from tests.house.routes import body, routes, sent
from tests.house.two import Two
from tests.world import Person, World

METHODS = ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE")
GHOSTS = {"contact": "900099", "user": "900098", "tenant": "nobody"}
OPERATORS = ("/api/admin/", "/api/tenants")


@pytest.fixture
async def two(world: World) -> Two:
    """Two tenants with rows of every kind."""
    return await Two.furnished(world)


def _named(two: Two) -> list[str]:
    """The paths that name something."""
    return sorted({path for _, path in routes(two.world) if "{" in path})


def _theirs(two: Two) -> dict[str, str]:
    return {"contact": str(two.numbers["contact"]), "user": str(two.numbers["user"]), "tenant": "acme"}


def _kind(path: str) -> str:
    """What a path names. A new one has to be entered here."""
    return {"/api/address-book/{id}": "contact", "/api/users/{id}": "user"}.get(path) or {
        "/api/admin/tenants/{id}": "tenant",
        "/api/tenants/{id}": "tenant",
    }[path]


async def test_every_route_that_names_something_bites_where_it_is_ones_own(two: Two) -> None:
    assert {_kind(path) for path in _named(two)} == {"contact", "user", "tenant"}
    own = [(method, path) for method, path in routes(two.world) if "{" in path]
    for method, path in sorted(own, key=lambda route: (METHODS.index(route[0]), route[1].startswith(OPERATORS), route[1])):
        person = two.world.oskar if path.startswith(OPERATORS) else two.world.ada
        kind = _kind(path)
        ids = _theirs(two) | ({"tenant": "evil"} if method == "DELETE" and path == "/api/tenants/{id}" else {})
        mine = await sent(person, method, path.replace("{id}", ids[kind]), _writes(person))
        ghost = await sent(person, method, path.replace("{id}", GHOSTS[kind]), _writes(person))
        assert mine[0] == 200, f"{method} {path}: {mine}"
        assert ghost[0] == 404, f"{method} {path}: {ghost}"


async def test_nothing_leaks_through_a_route(two: Two) -> None:
    assert await _leaks(two, isolation.BOTH) == set()


async def test_nobody_gets_anything_at_all(two: Two) -> None:
    before = await walls.checksums(two.world.admin, two.world.acme)
    for path in _named(two):
        for value in (*_theirs(two).values(), *GHOSTS.values()):
            for method in METHODS:
                status, text = await sent(two.world.stranger, method, path.replace("{id}", value), _writes(two.world.mallory))
                assert status in {401, 404, 405}, f"{method} {path}: {status}"
                assert not two.tells(text)
    assert await walls.checksums(two.world.admin, two.world.acme) == before


async def test_row_level_security_alone_holds(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    walls.without_filters(monkeypatch)
    assert await _leaks(two, isolation.POLICIES) == set()


async def test_the_applications_filters_alone_hold(two: Two) -> None:
    async with walls.without_policies(two.world.admin):
        assert await _leaks(two, isolation.FILTERS) == set()


async def test_without_both_walls_the_routes_leak(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    walls.without_filters(monkeypatch)
    async with walls.without_policies(two.world.admin):
        leaked = await _leaks(two, isolation.NEITHER)
    lists = {"GET /api/address-book", "GET /api/address-book/filter", "GET /api/users"}
    named = {f"{method} {path}" for method, path in routes(two.world) if "{" in path and not path.startswith(OPERATORS)}
    assert leaked - {"HEAD " + path for path in _named(two)} == lists | named


async def _leaks(two: Two, standing: str) -> set[str]:
    """The routes by which mallory gets at something of acme, while these walls stand; the page of them is as committed."""
    found = set()
    mallory, acme = two.world.mallory, two.world.acme
    lists = {f"{method} {path}" for method, path in routes(two.world) if method == "GET" and "{" not in path}
    named = {f"{method} {path}" for method in METHODS for path in _named(two)}
    given = _writes(mallory)
    for method, path in routes(two.world):
        if method == "GET" and "{" not in path:
            for query in ("", "?name=secret&email=secret", "?limit=500&page_size=500&search=secret"):
                _, text = await sent(mallory, method, path + query, None)
                if two.tells(text):
                    found.add(f"{method} {path}")
    for method, path in [(method, path) for method in METHODS for path in _named(two)]:
        before = await walls.checksums(two.world.admin, acme)
        for kind, value in _theirs(two).items():
            theirs = await sent(mallory, method, path.replace("{id}", value), given)
            nobodys = await sent(mallory, method, path.replace("{id}", GHOSTS[kind]), given)
            plain = theirs[1].replace(value, "the id")
            if (theirs[0], plain) != (nobodys[0], nobodys[1].replace(GHOSTS[kind], "the id")) or two.tells(plain):
                found.add(f"{method} {path}")
            assert theirs[0] in {401, 403, 404, 405} or f"{method} {path}" in found, f"{method} {path}: {theirs}"
        if await walls.checksums(two.world.admin, acme) != before:
            found.add(f"{method} {path}")
    isolation.told(isolation.ROUTES, standing, {route: route in found for route in lists | named}, questions=6)
    return found


def _writes(person: Person) -> dict[str, object]:
    return body(person) | {"username": "mallory-was-here", "email": "mallory-was-here@example.org"}
