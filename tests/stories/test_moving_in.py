"""Moving in from the old service: people find their accounts and contacts, by the passwords and numbers that they know."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands import Command, Said
from tests.house.walls import checksums
from tests.old import OLD_PASSWORD, Old, argon2, old_database, plain_bcrypt
from tests.world import Person, World, tenant

ANN, BEN, CAT, DAN, EVE = range(50_001, 50_006)


@pytest.fixture
async def old(worker_id: str) -> AsyncIterator[Old]:
    """A small company: five people, three contacts, a few sign-ins."""
    async with old_database(f"old_{worker_id}") as old:
        await old.user(ANN, "Ann", password=argon2())
        await old.user(BEN, "ben", password=plain_bcrypt())
        await old.user(CAT, "cat", active=False)
        await old.user(DAN, "dan")
        await old.user(EVE, "DAN ", "eve@old.example")
        await old.contact(60_001, "Zoë Müller")
        await old.contact(60_002, "'; DROP TABLE contacts; --", gender=True, address="\u202eמימין לשמאל")
        await old.contact(60_003, "Broken", email="nowhere@")
        await old.login(70_001, ANN)
        await old.login(70_002, DAN)
        yield old


async def _moved(run: Command, old: Old, *options: str) -> Said:
    said = await run("import-legacy", old.url, "--tenant", "nova", *options)
    assert said.code == 0, said
    return said


async def _sign_in(world: World, username: str, password: str = OLD_PASSWORD) -> Person:
    return await Person(world.client, "nova", username).login(password)


async def _api(world: World, username: str, password: str = OLD_PASSWORD) -> tuple[int, Any]:
    """Signs in over the old routes: the status, and the token where there is one."""
    given = {"username_or_email": username, "password": password, "tenant_id": "nova"}
    answer = await world.stranger.rest("POST", "/api/auth/login", given)
    return answer.status, (await answer.json())["data"]


async def test_people_sign_in_with_their_old_passwords_both_ways(run: Command, world: World, old: Old) -> None:
    nova = await tenant(world.admin, "nova")
    said = await _moved(run, old, "--owner", "ann")
    assert said.out.splitlines() == [
        "               taken    before      left     noted",
        "users              3         0         2         0",
        "contacts           2         0         1         0",
        "logins             1         0         1         0",
        "contact left: INVALID, 1: 60003",
        "login left: USER_NOT_HERE, 1: 70002",
        "user left: SAME_AS_ANOTHER, 2: 50004, 50005",
    ]
    for username in ("Ann", "ben"):
        stored = "SELECT password_hash FROM users WHERE tenant_id = $1 AND username = $2"
        assert (await world.admin.fetchval(stored, nova, username)).startswith("legacy:$")
        assert (await _api(world, username, "Summer2020"))[0] == 401
        status, _ = await _api(world, username)
        assert status == 200
        rehashed = await world.admin.fetchval(stored, nova, username)
        assert rehashed.startswith("$2b$04$")
        me = await (await _sign_in(world, username)).gql("{ viewer { user { username role } tenant { slug } } }")
        role = "OWNER" if username == "Ann" else "EDITOR"
        assert me.data["viewer"] == {"user": {"username": username, "role": role}, "tenant": {"slug": "nova"}}
        assert await world.admin.fetchval(stored, nova, username) == rehashed
    assert (await _api(world, "cat"))[0] == 401  # deactivated there, and here
    assert (await _api(world, "dan"))[0] == 401  # not here yet
    at = "SELECT h.at::text FROM login_history h JOIN users u ON u.id = h.user_id WHERE u.number = $1 ORDER BY at LIMIT 1"
    assert await world.admin.fetchval(at, ANN) == "2024-05-01 10:00:00+00"


async def test_contacts_keep_their_numbers_and_new_ones_come_after(run: Command, world: World, old: Old) -> None:
    await tenant(world.admin, "nova")
    await _moved(run, old)
    ben = await _sign_in(world, "ben")
    answer = await ben.rest("GET", "/api/address-book/60002")
    assert (await answer.json())["data"] == {
        "id": 60_002,
        "name": "'; DROP TABLE contacts; --",
        "gender": True,
        "age": 34,
        "address": "\u202eמימין לשמאל",
        "phone": "0100-000000",
        "email": "c60002@old.example",
    }
    found = await ben.gql('{ contacts(first: 9, search: "muller") { nodes { name gender ageRecordedAt } } }')
    (zoe,) = found.data["contacts"]["nodes"]
    assert (zoe["name"], zoe["gender"]) == ("Zoë Müller", "FEMALE")
    assert zoe["ageRecordedAt"] is not None
    made = {"name": "New", "gender": True, "age": 1, "address": "1 Oak Street", "phone": "0100-000000", "email": "new@nova.example"}
    assert (await ben.rest("POST", "/api/address-book", made)).status == 201
    listed = await (await ben.rest("GET", "/api/address-book")).json()
    assert [contact["id"] for contact in listed["data"]][:2] == [60_001, 60_002]
    assert listed["data"][2]["id"] > 60_003  # the one that is left for a decision has its number free
    users = (await (await ben.rest("GET", "/api/users")).json())["data"]
    assert [user["id"] for user in users] == [ANN, BEN, CAT]


async def test_what_was_left_moves_when_it_is_decided(run: Command, world: World, old: Old, tmp_path: Path) -> None:
    await tenant(world.admin, "nova")
    await _moved(run, old)
    decisions = {"users": {str(EVE): {"username": "eve"}}, "contacts": {"60003": {"email": "broken@old.example"}}}
    file = tmp_path / "decisions.json"
    file.write_text(json.dumps(decisions))
    said = await _moved(run, old, "--decisions", str(file))
    assert said.out.splitlines()[1:] == [
        "users              2         3         0         0",
        "contacts           1         2         0         0",
        "logins             1         1         0         0",
    ]
    for username in ("dan", "eve"):
        assert (await _api(world, username))[0] == 200
    assert (await _sign_in(world, "eve@old.example")).token


async def test_moving_into_one_tenant_touches_no_other_and_not_the_old_one(run: Command, world: World, old: Old) -> None:
    await tenant(world.admin, "nova")
    before = await checksums(world.admin, world.evil), await checksums(world.admin, world.acme), await old.rows()
    await _moved(run, old)
    assert (await checksums(world.admin, world.evil), await checksums(world.admin, world.acme), await old.rows()) == before
    answer = await world.mallory.rest("GET", "/api/address-book/60001")
    assert answer.status == 404
    assert (await world.mallory.gql('{ contacts(search: "Zoë") { totalCount } }')).data["contacts"]["totalCount"] == 0
    given = {"username_or_email": "ben", "password": OLD_PASSWORD, "tenant_id": "evil"}
    assert (await world.stranger.rest("POST", "/api/auth/login", given)).status == 401
