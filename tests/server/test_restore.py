"""`tenant restore`: what of a tenant comes back from a database that was restored beside this one, and what never does (RE-15)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models.values import new_id
from server.database import door_keys, migrate
from tests.commands import Command, Said
from tests.conftest import VAULT, Database
from tests.house.walls import checksums
from tests.then import Then
from tests.world import LOGIN, PASSWORD, Person, World, add_user, tenant

ZOE = {
    "number": 12,
    "name": "Zoë",
    "given_name": None,
    "family_name": None,
    "nickname": None,
    "gender": None,
    "age": 44,
    "age_recorded_at": "2026-03-01T00:00:00+00:00",
    "email": "zoe@example.org",
    "phone": None,
    "address": None,
    "organization": None,
    "job_title": None,
    "notes": None,
    "favorite": True,
    "deleted_at": None,
    "created_at": "2026-02-01T00:00:00+00:00",
}
"""Of a contact all that a diff tells, but for labels."""

HEAD = "             missing   changed     extra      left"
KEPT = "given_name, family_name, email, phone, notes, favorite, deleted_at, age, number"


@dataclass
class Home:
    """A tenant with its contacts, labels and people, for arranging and looking."""

    admin: asyncpg.Connection
    id: UUID

    async def contact(self, name: str, *labels: UUID, **columns: Any) -> UUID:
        """A contact that carries these labels."""
        contact_id = new_id()
        names = "".join(f", {column}" for column in columns)
        values = "".join(f", ${n}" for n in range(4, 4 + len(columns)))
        await self.admin.execute(
            f"INSERT INTO contacts (tenant_id, id, name{names}) VALUES ($1, $2, $3{values})",
            self.id,
            contact_id,
            name,
            *columns.values(),
        )
        for label in labels:
            await self.admin.execute("INSERT INTO contact_labels VALUES ($1, $2, $3)", self.id, contact_id, label)
        return contact_id

    async def label(self, name: str, color: str = "#112233") -> UUID:
        """A label."""
        label_id = new_id()
        await self.admin.execute(
            "INSERT INTO labels (tenant_id, id, name, color) VALUES ($1, $2, $3, $4)", self.id, label_id, name, color
        )
        return label_id

    async def do(self, sql: str, *values: Any) -> None:
        """A statement about the tenant, which is $1."""
        await self.admin.execute(sql, self.id, *values)

    async def contacts(self) -> list[tuple[Any, ...]]:
        """Every contact without what tells how often it was changed, with the names of its labels; by id."""
        rows = await self.admin.fetch(
            f"SELECT id, name, {KEPT}, created_at, ARRAY(SELECT l.name FROM contact_labels x "
            "JOIN labels l ON l.tenant_id = x.tenant_id AND l.id = x.label_id "
            "WHERE x.tenant_id = c.tenant_id AND x.contact_id = c.id ORDER BY 1) FROM contacts c WHERE tenant_id = $1 ORDER BY id",
            self.id,
        )
        return [tuple(row) for row in rows]

    async def versions(self) -> dict[str, int]:
        """The version of each contact, by name."""
        rows = await self.admin.fetch("SELECT name, version FROM contacts WHERE tenant_id = $1", self.id)
        return {row["name"]: row["version"] for row in rows}

    async def told(self) -> list[tuple[str, Any]]:
        """What the audit log has of restores."""
        rows = await self.admin.fetch(
            "SELECT action, details FROM audit_entries WHERE tenant_id = $1 AND starts_with(action, 'restore.') ORDER BY at, id",
            self.id,
        )
        return [(row["action"], json.loads(row["details"])) for row in rows]


@pytest.fixture
async def acme(admin: asyncpg.Connection) -> Home:
    """The tenant that has lost something."""
    return Home(admin, await tenant(admin, "acme"))


@pytest.fixture
async def evil(admin: asyncpg.Connection) -> Home:
    """Its neighbour, of whom nothing may change."""
    home = Home(admin, await tenant(admin, "evil"))
    await home.contact("Mallory's", await home.label("theirs"))
    return home


def lines(said: Said) -> list[str]:
    """What a run that ended well found."""
    assert said.err == ""
    head, *rest = said.out.splitlines()
    assert (said.code, head) == (0, HEAD)
    return rest


async def test_a_dry_run_says_what_a_run_then_does_and_a_second_one_finds_nothing(
    run: Command, then: Then, acme: Home, evil: Home, admin: asyncpg.Connection
) -> None:
    friends, work = await acme.label("Friends"), await acme.label("Work")
    gone = await acme.contact("Gone", friends, work, email="gone@example.org", phone="+49 30 1", age=44, favorite=True)
    await acme.contact("Kept", friends)
    spoiled = await acme.contact("Spoiled", notes="as it was")
    unlabelled = await acme.contact("Unlabelled", work)
    trashed = await acme.contact("Trashed")
    await acme.do("UPDATE contacts SET version = 3 WHERE tenant_id = $1")
    before = await acme.contacts()
    await then.keep()

    await acme.do("DELETE FROM contacts WHERE tenant_id = $1 AND id = $2", gone)
    await acme.do("UPDATE contacts SET name = 'Hacked', notes = NULL, version = 7 WHERE tenant_id = $1 AND id = $2", spoiled)
    await acme.do("UPDATE contacts SET deleted_at = now(), version = 4 WHERE tenant_id = $1 AND id = $2", trashed)
    await acme.do("UPDATE contacts SET version = 9, updated_at = now() WHERE tenant_id = $1 AND name = 'Kept'")  # and back again
    await acme.do("DELETE FROM contact_labels WHERE tenant_id = $1 AND contact_id = $2", unlabelled)
    await acme.do("UPDATE labels SET color = NULL WHERE tenant_id = $1 AND id = $2", friends)
    new = await acme.contact("New")
    await evil.do("UPDATE contacts SET name = 'Changed since, and none of our business' WHERE tenant_id = $1")
    neighbour, now = await checksums(admin, evil.id), await checksums(admin, acme.id)

    expected = [
        "users              0         0         0         0",
        "labels             0         1         0         0",
        "contacts           1         3         1         0",
    ]
    dry = lines(await run("tenant", "restore", "acme", "--from", then.url, "--dry-run"))
    assert dry == [*expected, "5 rows would be as they were."]
    assert await checksums(admin, acme.id) == now
    assert lines(await run("tenant", "restore", "acme", "--from", then.url)) == [*expected, "5 rows are as they were."]

    assert [row for row in await acme.contacts() if row[0] != new] == before
    assert await acme.versions() == {"Gone": 1_000_003, "Kept": 9, "New": 1, "Spoiled": 8, "Trashed": 5, "Unlabelled": 4}
    assert await admin.fetchval("SELECT color FROM labels WHERE id = $1", friends) == "#112233"
    assert await checksums(admin, evil.id) == neighbour
    assert await acme.told() == [
        ("restore.started", {"by": "console"}),
        ("restore.finished", {"by": "console", "users": 0, "labels": 1, "contacts": 4}),
    ]
    again = await checksums(admin, acme.id)
    assert lines(await run("tenant", "restore", "acme", "--from", then.url))[-1] == "0 rows are as they were."
    assert await checksums(admin, acme.id) == again


async def test_no_right_and_no_credential_comes_back(then: Then, world: World, run: Command, admin: asyncpg.Connection) -> None:
    """Grace was removed, adam was demoted, linus has a new password and one session fewer."""
    await admin.execute("UPDATE users SET operator = true WHERE username IN ('grace', 'adam')")
    await then.keep()
    kept = ("sessions", "refresh_tokens", "login_history", "audit_entries", "audit_seals")
    await admin.execute("DELETE FROM users WHERE username = 'grace'")
    await admin.execute("UPDATE users SET role = 'VIEWER', operator = false WHERE username = 'adam'")
    await admin.execute("UPDATE users SET password_hash = 'new' WHERE username = 'linus'")
    await admin.execute("DELETE FROM sessions WHERE user_id = $1", world.linus.user)
    before = await checksums(admin, world.acme)

    said = lines(await run("tenant", "restore", "acme", "--from", then.url))
    assert said[0] == "users              1         1         0         1"
    assert world.adam.user is not None
    assert said[3] == f"users left: CHANGED_SINCE, 1: {world.adam.user.hex}"
    grace = await admin.fetchrow("SELECT * FROM users WHERE username = 'grace'")
    assert grace["id"] == world.grace.user
    assert (grace["active"], grace["role"], grace["operator"], grace["password_hash"]) == (False, "VIEWER", False, "legacy:none")
    after = await checksums(admin, world.acme)
    assert {table for table in after if after[table] != before[table]} == {"users", "audit_entries"}
    assert {table for table in kept if after[table] != before[table]} == {"audit_entries"}
    assert await admin.fetchval("SELECT password_hash FROM users WHERE username = 'linus'") == "new"
    await admin.execute("UPDATE users SET active = true WHERE username = 'grace'")
    for person in (world.grace, Person(world.client, "acme", "grace")):
        answer = await person.gql("{ viewer { user { username } } }")
        assert answer.data in (None, {"viewer": None})
    answer = await world.stranger.gql(LOGIN, input={"tenant": "acme", "usernameOrEmail": "grace", "password": PASSWORD})
    assert answer.data["login"]["tokens"] is None


async def test_who_has_seen_a_later_version_cannot_take_the_old_one_for_it(then: Then, world: World, run: Command) -> None:
    made = await world.grace.gql('mutation { createContact(input: {contact: {name: "Zoë"}}) { contact { id } } }')
    contact = made.data["createContact"]["contact"]["id"]
    await then.keep()
    change = (
        'mutation($id: ID!, $v: Int) { updateContact(input: {id: $id, expectedVersion: $v, contact: {phone: "1"}}) '
        "{ contact { version } userErrors { code } } }"
    )
    assert (await world.grace.gql(change, id=contact, v=1)).data["updateContact"]["contact"] == {"version": 2}
    await world.admin.execute("DELETE FROM contacts WHERE tenant_id = $1", world.acme)
    assert (
        lines(await run("tenant", "restore", "acme", "--from", then.url))[2] == "contacts           1         0         0         0"
    )
    stale = await world.grace.gql(change, id=contact, v=2)
    assert stale.data["updateContact"] == {"contact": None, "userErrors": [{"code": "STALE_VERSION"}]}
    assert (await world.grace.gql(change, id=contact, v=1_000_001)).data["updateContact"]["contact"] == {"version": 1_000_002}


async def test_what_is_taken_by_others_now_is_left_and_told(
    then: Then, acme: Home, run: Command, admin: asyncpg.Connection
) -> None:
    friends = await acme.label("Friends")
    carrier = await acme.contact("Carrier", friends)
    numbered = await acme.contact("Numbered")
    user = await add_user(admin, acme.id, "grace", "EDITOR")
    before = await acme.contacts()
    await then.keep()
    await acme.do("DELETE FROM labels WHERE tenant_id = $1")
    again = await acme.label("FRIENDS")
    number = await admin.fetchval("SELECT number FROM contacts WHERE id = $1", numbered)
    await acme.do("DELETE FROM contacts WHERE tenant_id = $1")
    await acme.contact("Successor", number=number)
    await acme.do("DELETE FROM users WHERE tenant_id = $1")
    await add_user(admin, acme.id, "grace", "VIEWER")
    for arguments in (["--dry-run"], []):
        assert lines(await run("tenant", "restore", "acme", "--from", then.url, *arguments))[:-1] == [
            "users              1         0         1         1",
            "labels             1         0         1         1",
            "contacts           2         0         1         1",
            f"contacts left: TAKEN_SINCE, 1: {numbered.hex}",
            f"labels left: TAKEN_SINCE, 1: {friends.hex}",
            f"users left: TAKEN_SINCE, 1: {user.hex}",
        ]
    back = next(row for row in await acme.contacts() if row[0] == carrier)
    assert (back[:-1], back[-1]) == (before[0][:-1], ["FRIENDS"])
    assert await admin.fetchval("SELECT label_id FROM contact_labels WHERE contact_id = $1", carrier) == again


async def test_one_may_ask_for_some_and_for_what_is_missing_alone(then: Then, acme: Home, run: Command) -> None:
    label = await acme.label("Work")
    gone, changed = await acme.contact("Gone", label), await acme.contact("Changed")
    await then.keep()
    await acme.do("DELETE FROM contacts WHERE tenant_id = $1 AND id = $2", gone)
    await acme.do("UPDATE contacts SET name = 'Better' WHERE tenant_id = $1 AND id = $2", changed)
    await acme.do("DELETE FROM labels WHERE tenant_id = $1")
    said = lines(await run("tenant", "restore", "acme", "--from", then.url, "--table", "contacts", "--only-missing"))
    assert said == [
        "contacts           1         1         0         1",
        f"contacts left: CHANGED_SINCE, 1: {changed.hex}",
        "1 rows are as they were.",
    ]
    assert [(row[1], row[-1]) for row in await acme.contacts()] == [("Gone", []), ("Better", [])]
    assert lines(await run("tenant", "restore", "acme", "--from", then.url))[1:3] == [
        "labels             1         0         0         0",
        "contacts           0         2         0         0",
    ]
    assert [(row[1], row[-1]) for row in await acme.contacts()] == [("Gone", ["Work"]), ("Changed", [])]


async def test_what_cannot_be_is_refused_in_a_line_and_nothing_is_written(
    then: Then, acme: Home, run: Command, admin: asyncpg.Connection, database: Database
) -> None:
    await acme.contact("Here")
    await then.keep()
    await acme.do("DELETE FROM contacts WHERE tenant_id = $1")
    late = await tenant(admin, "late")
    there = await asyncpg.connect(then.database.admin)

    async def refused(slug: str = "acme", url: str = then.url) -> str:
        before = await checksums(admin, acme.id), await checksums(admin, late)
        said = await run("tenant", "restore", slug, "--from", url)
        assert (said.code, said.out, (await checksums(admin, acme.id), await checksums(admin, late))) == (1, "", before)
        return said.err.strip()

    assert await refused("nobody") == "There is no tenant nobody."
    await admin.execute("UPDATE tenants SET status = 'DELETING' WHERE id = $1", late)
    assert await refused("late") == "late is being deleted: nothing is brought back."
    await admin.execute("UPDATE tenants SET status = 'SUSPENDED' WHERE id = $1", late)
    assert await refused("late") == "There was no such tenant at that moment."
    assert await refused(url="rubbish") == "The restored database's URL is not postgresql://user:password@host:port/database."
    assert (await refused(url="postgresql://nobody@127.0.0.1:9/none")).startswith("The restored database cannot be read: ")
    await there.execute("UPDATE door_keys SET digest = sha256('another')")
    assert await refused() == "The restored database knows none of SECRET_KEYS: `migrate` it with those in use now."
    await migrate(then.database.owner, VAULT)
    await there.execute("INSERT INTO aerich (version, app, content) VALUES ('99_later.py', 'models', '{}')")
    assert "migrations, this one" in await refused()
    await there.execute("DELETE FROM aerich WHERE version = '99_later.py'")
    await there.execute("DROP TABLE idempotency_keys")
    assert lines(await run("tenant", "restore", "acme", "--from", then.url))[2].split()[1] == "1"
    await there.execute("DROP TABLE aerich")
    assert (await refused()).startswith("This is no restored database of the service, seen by address_book_app: ")
    await there.close()
    assert len(door_keys(VAULT)) == 1


async def test_many_come_back_batch_by_batch(then: Then, acme: Home, evil: Home, run: Command, admin: asyncpg.Connection) -> None:
    """More than are read at once; every third is gone, and of the others every second was changed."""
    await acme.do(
        "INSERT INTO contacts (tenant_id, id, name) SELECT $1, gen_random_uuid(), 'Contact ' || n FROM generate_series(1, 1234) n"
    )
    before = await acme.contacts()
    await then.keep()
    await acme.do("DELETE FROM contacts WHERE tenant_id = $1 AND substr(name, 9)::int % 3 = 0")
    await acme.do("UPDATE contacts SET name = name || ' spoiled' WHERE tenant_id = $1 AND substr(name, 9)::int % 2 = 0")
    neighbour = await checksums(admin, evil.id)
    assert lines(await run("tenant", "restore", "acme", "--from", then.url))[2:] == [
        "contacts         411       412         0         0",
        "823 rows are as they were.",
    ]
    assert await acme.contacts() == before
    assert await checksums(admin, evil.id) == neighbour


def told(text: str) -> list[Any]:
    """A diff, row by row."""
    return [json.loads(line) for line in text.splitlines()]


def row(table: str, row_id: UUID, what: str, *, left: str | None = None, now: Any = None, then: Any = None) -> dict[str, Any]:
    """What a diff tells of one."""
    return {"table": table, "id": row_id.hex, "what": what, "left": left, "now": now, "then": then}


def files(folder: Path) -> dict[str, int]:
    """What is in it, and who may read that."""
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


def by_id(rows: list[Any]) -> list[Any]:
    """In an order that does not depend on when they were made."""
    return sorted(rows, key=lambda row: row["id"])


async def test_a_diff_tells_of_each_row_what_would_change_in_it(
    run: Command, then: Then, acme: Home, evil: Home, admin: asyncpg.Connection, tmp_path: Path
) -> None:
    made: dict[str, Any] = {name: datetime.fromisoformat(ZOE[name]) for name in ("created_at", "age_recorded_at")}
    made |= {name: ZOE[name] for name in ("email", "age", "favorite")}
    friends, work, spare = await acme.label("Friends"), await acme.label("Work"), await acme.label("Spare")
    gone = await acme.contact("Zoë", work, friends, number=12, **made)
    spoiled = await acme.contact("Spoiled", work, notes="as it was", email="s@example.org")
    carrying, taken = await acme.contact("Carrying", friends), await acme.contact("Taken", **made | {"number": 5})
    kept = await acme.contact("Kept", work)
    await then.keep()
    await acme.do("DELETE FROM contacts WHERE tenant_id = $1 AND id = ANY ($2)", [gone, taken])
    await acme.do("UPDATE contacts SET name = 'Hacked', notes = NULL WHERE tenant_id = $1 AND id = $2", spoiled)
    await acme.do("UPDATE contact_labels SET label_id = $2 WHERE tenant_id = $1 AND contact_id = $3", spare, carrying)
    await acme.do("UPDATE labels SET color = NULL WHERE tenant_id = $1 AND id = $2", friends)
    await acme.do("DELETE FROM labels WHERE tenant_id = $1 AND id = $2", work)
    later, new = await acme.label("Later"), await acme.contact("Zoë", spare, number=13, **made)
    other = await acme.contact("Zoë", number=5, **made)
    before = await checksums(admin, acme.id), await checksums(admin, evil.id)

    file = tmp_path / "diff"
    assert lines(await run("tenant", "restore", "acme", "--from", then.url, "--dry-run", "--diff", str(file))) == [
        "users              0         0         0         0",
        "labels             1         1         1         0",
        "contacts           2         3         2         1",
        f"contacts left: TAKEN_SINCE, 1: {taken.hex}",
        "6 rows would be as they were.",
    ]
    assert (await checksums(admin, acme.id), await checksums(admin, evil.id)) == before
    assert files(tmp_path) == {"diff": 0o600}
    zoe = ZOE | {"labels": []}
    was = {"name": "Spoiled", "notes": "as it was", "labels": ["Work"]}
    written = told(file.read_text())
    assert by_id(written) == by_id(
        [
            row("labels", friends, "changed", now={"color": None}, then={"color": "#112233"}),
            row("labels", work, "missing", then={"name": "Work", "color": "#112233"}),
            row("labels", later, "extra", now={"name": "Later", "color": "#112233"}),
            row("contacts", gone, "missing", then=ZOE | {"labels": ["Friends", "Work"]}),
            row("contacts", taken, "missing", left="TAKEN_SINCE", then=zoe | {"name": "Taken", "number": 5}),
            row("contacts", spoiled, "changed", now={"name": "Hacked", "notes": None, "labels": []}, then=was),
            row("contacts", carrying, "changed", now={"labels": ["Spare"]}, then={"labels": ["Friends"]}),
            row("contacts", kept, "changed", now={"labels": []}, then={"labels": ["Work"]}),
            row("contacts", new, "extra", now=zoe | {"number": 13, "labels": ["Spare"]}),
            row("contacts", other, "extra", now=zoe | {"number": 5}),
        ]
    )
    assert [one["table"] for one in written] == ["labels"] * 3 + ["contacts"] * 7


async def test_a_diff_for_the_terminal_leaves_stdout_to_whoever_reads_it_and_counts_as_the_dry_run_does(
    run: Command, then: Then, acme: Home
) -> None:
    """More rows than are read at once, of those that are here and of those that were."""
    many = "INSERT INTO contacts (tenant_id, id, name) SELECT $1, gen_random_uuid(), $2 || n FROM generate_series(1, 1234) n"
    await acme.do(many, "Contact ")
    await then.keep()
    await acme.do("DELETE FROM contacts WHERE tenant_id = $1 AND substr(name, 9)::int % 3 = 0")
    await acme.do("UPDATE contacts SET name = name || ' spoiled' WHERE tenant_id = $1 AND substr(name, 9)::int % 2 = 0")
    await acme.do(many, "New ")
    said = await run("tenant", "restore", "acme", "--from", then.url, "--dry-run", "--only-missing", "--diff", "-")
    assert (said.code, said.err.splitlines()[:4]) == (
        0,
        [
            HEAD,
            "users              0         0         0         0",
            "labels             0         0         0         0",
            "contacts         411       412      1234       412",
        ],
    )
    found = told(said.out)
    assert Counter((row["table"], row["what"], row["left"]) for row in found) == {
        ("contacts", "missing", None): 411,
        ("contacts", "changed", "CHANGED_SINCE"): 412,
        ("contacts", "extra", None): 1234,
    }
    assert len({row["id"] for row in found}) == 411 + 412 + 1234
    assert {row["now"]["name"] for row in found if row["what"] == "extra"} == {f"New {n}" for n in range(1, 1235)}
    assert all(row["now"] == {"name": f"{row['then']['name']} spoiled"} for row in found if row["what"] == "changed")


async def test_a_diff_tells_nothing_that_lets_anybody_in(then: Then, world: World, run: Command, admin: asyncpg.Connection) -> None:
    """Grace was removed, adam was demoted and has a new password, linus has a new password alone, and nia came since."""
    assert world.grace.user is not None
    assert world.adam.user is not None
    await then.keep()
    await admin.execute("DELETE FROM users WHERE username = 'grace'")
    await admin.execute("UPDATE users SET role = 'VIEWER', password_hash = 'new' WHERE username = 'adam'")
    await admin.execute("UPDATE users SET password_hash = 'new' WHERE username = 'linus'")
    nia = await add_user(admin, world.acme, "nia", "EDITOR")
    said = await run("tenant", "restore", "acme", "--from", then.url, "--dry-run", "--table", "users", "--diff", "-")
    grace = {"username": "grace", "email": "grace@example.org", "email_verified": False}
    rights = {"role": "EDITOR", "operator": False, "active": True}
    assert by_id(told(said.out)) == by_id(
        [
            row("users", world.grace.user, "missing", then=grace | rights),
            row("users", world.adam.user, "changed", left="CHANGED_SINCE", now={"role": "VIEWER"}, then={"role": "ADMIN"}),
            row("users", nia, "extra", now=grace | rights | {"username": "nia", "email": "nia@example.org"}),
        ]
    )


async def test_what_a_terminal_would_obey_is_told_in_letters(then: Then, acme: Home, run: Command) -> None:
    mallory = await acme.contact("x\x9b2J\x1b[2J\u202e")
    await then.keep()
    await acme.do("UPDATE contacts SET name = 'Zoë' WHERE tenant_id = $1")
    said = await run("tenant", "restore", "acme", "--from", then.url, "--dry-run", "--diff", "-")
    told_so = '"now": {"name": "Zo\\u00eb"}, "then": {"name": "x\\u009b2J\\u001b[2J\\u202e"}}'
    assert said.out == f'{{"table": "contacts", "id": "{mallory.hex}", "what": "changed", "left": null, {told_so}\n'


async def test_a_diff_is_of_a_dry_run_alone(
    then: Then, acme: Home, run: Command, admin: asyncpg.Connection, tmp_path: Path
) -> None:
    await acme.contact("Gone")
    await then.keep()
    await acme.do("DELETE FROM contacts WHERE tenant_id = $1")
    before = await checksums(admin, acme.id)
    said = await run("tenant", "restore", "acme", "--from", then.url, "--diff", str(tmp_path / "diff"))
    assert said == Said(1, "", "--diff goes with --dry-run.\n")
    assert (files(tmp_path), await checksums(admin, acme.id)) == ({}, before)
    nowhere = tmp_path / "nowhere" / "diff"
    said = await run("tenant", "restore", "acme", "--from", then.url, "--dry-run", "--diff", str(nowhere))
    assert said == Said(1, "", f"{nowhere} cannot be written.\n")
