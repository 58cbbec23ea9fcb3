"""Each story over GraphQL and over the old routes in both dialects; and mallory of the other tenant tries it, too."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drivers import Driver, GraphQL, Refused
from tests.drivers_rest import Rest
from tests.world import Person, World

TRANSPORTS = ("graphql", "rest-rust", "rest-ui")


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest, world: World) -> Driver:
    """Nobody in particular, by one of the ways."""
    way = request.param
    return GraphQL(world.stranger) if way == "graphql" else Rest(world.stranger, ui=way == "rest-ui")


async def _refused(deed: Any) -> str:
    with pytest.raises(Refused) as refusal:
        await deed
    return str(refusal.value)


async def _told(deed: Any) -> str:
    """What a person is told where a value is refused."""
    with pytest.raises(Refused, match="invalid") as refusal:
        await deed
    return refusal.value.told.lower()


async def _rows(world: World) -> list[Any]:
    """All of acme's contacts and people, as they lie in the database."""
    rows = []
    for table in ("contacts", "users"):
        found = await world.admin.fetch(f"SELECT t::text AS told FROM {table} t WHERE tenant_id = $1 ORDER BY id", world.acme)
        rows += [row["told"] for row in found]
    return rows


async def test_a_contact_is_kept_read_changed_and_thrown_away(transport: Driver, world: World) -> None:
    grace, mallory = transport.as_(world.grace), transport.as_(world.mallory)
    handle = await grace.keep("Zoë")
    assert ((await grace.read(handle)).name, (await grace.read(handle)).age) == ("Zoë", 34)
    before = await _rows(world)
    assert await _refused(mallory.read(handle)) == "not there"
    assert await _refused(mallory.change(handle, age=1)) == "not there"
    assert await _refused(mallory.throw_away(handle)) == "not there"
    assert await _rows(world) == before
    await grace.change(handle, age=35)
    assert (await transport.as_(world.linus).read(handle)).age == 35
    await grace.throw_away(handle)
    assert await _refused(grace.read(handle)) == "not there"
    assert await grace.everything(10) == []


async def test_of_two_who_change_one_version_the_second_is_told(transport: Driver, world: World) -> None:
    grace, ada = transport.as_(world.grace), transport.as_(world.ada)
    handle = await grace.keep("Zoë")
    version = (await grace.read(handle)).version
    await grace.change(handle, age=40, version=version)
    before = await _rows(world)
    assert await _refused(ada.change(handle, age=50, version=version)) == "stale"
    assert await _refused(transport.as_(world.mallory).change(handle, age=1, version=version + 1)) == "not there"
    assert await _rows(world) == before
    assert ((await ada.read(handle)).age, (await ada.read(handle)).version) == (40, version + 1)


async def test_all_is_paged_and_found_by_its_own_tenant_alone(transport: Driver, world: World) -> None:
    grace, mallory = transport.as_(world.grace), transport.as_(world.mallory)
    names = [f"Zoë {number:02}" for number in range(7)]
    for name in names:
        await grace.keep(name)
    await mallory.keep("Zoë of evil")
    before = await _rows(world)
    for size in (1, 3, 7, 50):
        assert await transport.as_(world.linus).everything(size) == names
    assert await grace.find("Zoë") == names
    assert await mallory.everything(2) == ["Zoë of evil"]
    assert await mallory.find("Zoë") == ["Zoë of evil"]
    assert await _rows(world) == before


async def test_what_is_added_meanwhile_moves_no_page(transport: Driver, world: World) -> None:
    grace, mallory = transport.as_(world.grace), transport.as_(world.mallory)
    for name in ("Zoë 0", "Zoë 1", "Zoë 2", "Zoë 3"):
        await grace.keep(name)
    seen: list[list[str]] = []
    async for page in transport.as_(world.linus).pages(2):
        seen.append(page)
        if len(seen) == 1:
            await mallory.keep("Zoë of evil")
            await grace.keep("Zoë 4")
    assert seen == [["Zoë 0", "Zoë 1"], ["Zoë 2", "Zoë 3"], ["Zoë 4"]]
    assert await mallory.everything(2) == ["Zoë of evil"]


async def test_a_value_that_breaks_its_rule_is_not_kept(transport: Driver, world: World) -> None:
    grace = transport.as_(world.grace)
    handle = await grace.keep("Zoë")
    before = await _rows(world)
    assert "age" in await _told(grace.change(handle, age=151))
    assert "name" in await _told(grace.keep(" "))
    assert "name" in await _told(grace.keep("Zoë\x00"))
    assert await _refused(transport.as_(world.mallory).change(handle, age=34)) == "not there"
    assert await _rows(world) == before


async def test_a_viewer_reads_and_writes_nothing(transport: Driver, world: World) -> None:
    handle = await transport.as_(world.grace).keep("Zoë")
    linus = transport.as_(world.linus)
    before = await _rows(world)
    assert (await linus.read(handle)).name == "Zoë"
    assert await _refused(linus.keep("Léa")) == "forbidden"
    assert await _refused(linus.change(handle, age=1)) == "forbidden"
    assert await _refused(linus.throw_away(handle)) == "forbidden"
    assert await _refused(transport.as_(world.mallory).read(handle)) == "not there"
    assert await _rows(world) == before


async def test_neither_a_viewer_nor_an_editor_manages_people(transport: Driver, world: World) -> None:
    people = await transport.as_(world.linus).people()
    assert people.keys() == {"ada", "adam", "grace", "linus"}
    before = await _rows(world)
    for person in (world.linus, world.grace):
        assert await _refused(transport.as_(person).deactivate(people["linus"], "linus")) == "forbidden"
    mallory = transport.as_(world.mallory)
    assert (await mallory.people()).keys() == {"mallory"}
    assert await _refused(mallory.deactivate(people["linus"], "linus")) == "not there"
    assert await _rows(world) == before


async def test_a_session_lives_until_it_is_left(transport: Driver, world: World) -> None:
    assert await _refused(transport.sign_in("acme", "grace", "wrong")) == "signed out"
    assert await _refused(transport.sign_in("evil", "grace")) == "signed out"
    grace, other = await transport.sign_in("acme", "grace"), await transport.sign_in("acme", "grace@example.org")
    assert (await grace.me(), await other.me()) == ("grace", "grace")
    await grace.leave()
    assert await _refused(grace.me()) == "signed out"
    assert await _refused(grace.refresh()) == "signed out"
    assert await other.me() == "grace"
    assert await transport.as_(world.mallory).me() == "mallory"


async def test_a_refresh_token_is_spent_once(transport: Driver, world: World) -> None:
    first = await transport.sign_in("acme", "grace")
    second = await first.refresh()
    third = await second.refresh()
    assert await third.me() == "grace"
    stolen = transport.as_(Person(world.client, "evil", "mallory", refresh=third.person.refresh))
    if isinstance(transport, Rest):  # which names the tenant beside the token
        assert await _refused(stolen.refresh()) == "signed out"
    assert await _refused(first.refresh()) == "signed out"
    assert await _refused(third.me()) == "signed out"
    assert await transport.as_(world.grace).me() == "grace"


async def test_who_is_deactivated_is_out_with_their_next_request(transport: Driver, world: World) -> None:
    grace = await transport.sign_in("acme", "grace")
    handle = (await grace.people())["grace"]
    before = await _rows(world)
    assert await _refused(transport.as_(world.mallory).deactivate(handle, "grace")) == "not there"
    assert (await grace.me(), await _rows(world)) == ("grace", before)
    await transport.as_(world.adam).deactivate(handle, "grace")
    assert await _refused(grace.me()) == "signed out"
    assert await _refused(grace.keep("Zoë")) == "signed out"
    assert await _refused(grace.refresh()) == "signed out"
    assert await _refused(transport.sign_in("acme", "grace")) == "signed out"
    assert await world.admin.fetchval("SELECT count(*) FROM contacts") == 0


async def test_a_lowered_role_and_a_suspended_tenant_bite_with_the_next_request(transport: Driver, world: World) -> None:
    grace = await transport.sign_in("acme", "grace")
    handle = await grace.keep("Zoë")
    await world.admin.execute("UPDATE users SET role = 'VIEWER' WHERE id = $1", world.grace.user)
    assert await _refused(grace.keep("Léa")) == "forbidden"
    await world.admin.execute("UPDATE tenants SET status = 'SUSPENDED' WHERE id = $1", world.acme)
    assert await _refused(grace.everything(10)) == "signed out"
    assert await _refused(transport.sign_in("acme", "grace")) == "signed out"
    before = await _rows(world)
    assert await _refused(transport.as_(world.mallory).read(handle)) == "not there"
    assert await _refused(transport.as_(world.mallory).throw_away(handle)) == "not there"
    assert await _rows(world) == before


@pytest.mark.parametrize("ui", [False, True])
async def test_what_one_way_writes_the_other_reads(world: World, ui: bool) -> None:
    graphql, rest = GraphQL(world.grace), Rest(world.grace, ui=ui)
    await graphql.keep("Zoë")
    await rest.keep("Léa")
    assert await graphql.everything(10) == await rest.everything(10) == ["Zoë", "Léa"]
    for way in (GraphQL(world.mallory), Rest(world.mallory, ui=ui)):
        assert (await way.everything(10), await way.find("Zoë")) == ([], [])


@pytest.mark.parametrize("ui", [False, True])
async def test_a_session_of_one_way_is_ended_by_the_other(world: World, ui: bool) -> None:
    graphql, rest = GraphQL(world.stranger), Rest(world.stranger, ui=ui)
    for begun, ended in ((graphql, rest), (rest, graphql)):
        session = await begun.sign_in("acme", "grace")
        assert await ended.as_(session.person).me() == "grace"
        await ended.as_(session.person).leave()
        assert [await _refused(way.as_(session.person).me()) for way in (begun, ended)] == ["signed out", "signed out"]
        assert await _refused(begun.as_(session.person).refresh()) == "signed out"
    assert await graphql.as_(world.mallory).me() == await rest.as_(world.mallory).me() == "mallory"
