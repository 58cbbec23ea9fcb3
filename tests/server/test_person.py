"""One person is found, handed over and erased on request: all of theirs, nobody else's, and on record without a name."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from tortoise.exceptions import OperationalError

from auth.vault import Vault
from models import person
from models.person import PLACES
from models.values import new_id
from server.database import migrate
from tests.aged import add_aged
from tests.commands import Command, Said
from tests.conftest import SECRET_KEYS, VAULT
from tests.house.walls import checksums, tenant_tables
from tests.then import Then
from tests.world import World, add_user

AGE = timedelta(days=1)
ADDRESS = "gone@example.org"
OTHER_KEYS = "another-secret-of-another-service-0123456789"
HERS = ("--tenant", "acme", "--email", " Gone@Example.ORG ")
ALL = {
    "contacts": 2,
    "contact_labels": 1,
    "users": 1,
    "sessions": 4,
    "refresh_tokens": 3,
    "login_history": 3,
    "authenticators": 1,
    "recovery_codes": 1,
    "mail_tokens": 3,
    "signup_claims": 3,
    "idempotency_keys": 4,
    "invitations": 1,
    "jobs": 2,
    "audit_entries": 2,
    "legacy_imports": 1,
}
NAMELESS = {"contacts": 1, "contact_labels": 1, "idempotency_keys": 1}
NO_CONTACT = "This tenant has no contact of this id, which is contact_ and 32 hexadecimal digits, as the API gives it.\n"
NO_USER = "This tenant has no user of this id or username.\n"
NOT_ONE = "Name the person by one of --email, --user and --contact.\n"
KINDS = ("refresh_tokens", "sessions", "login_history", "mail_tokens", "signup_claims", "idempotency_keys")


@pytest.fixture
async def gone(world: World) -> str:
    """The id of a user who is in every place, and in the other tenant under the same address."""
    admin, digest = world.admin, bytes(range(32))
    for home in (world.acme, world.evil):
        user = await add_aged(admin, home, 3, -AGE, kinds=())
        await add_aged(admin, home, 3, -AGE, user=user, kinds=KINDS)
        contact, trashed, label, invitation = [new_id() for _ in range(4)]
        for statement, values in (
            ("UPDATE users SET username = 'gone', username_key = 'gone' WHERE tenant_id = $1 AND id = $2", (user,)),
            (
                "UPDATE users SET email = $3, email_key = $3, role = 'EDITOR' WHERE tenant_id = $1 AND id = $2",
                (user, ADDRESS),
            ),
            (
                "INSERT INTO contacts (tenant_id, id, name, email, notes) VALUES ($1, $2, 'Gone', 'GONE@example.org', 'hers')",
                (contact,),
            ),
            (
                "INSERT INTO contacts (tenant_id, id, name, email, deleted_at) VALUES ($1, $2, 'Gone', $3, now())",
                (trashed, ADDRESS),
            ),
            ("INSERT INTO contacts (tenant_id, id, name, notes) VALUES ($1, $2, 'Other', 'ask Gone@example.org')", (new_id(),)),
            ("INSERT INTO contacts (tenant_id, id, name, email) VALUES ($1, $2, 'Other', 'not-gone@example.org')", (new_id(),)),
            ("INSERT INTO labels (tenant_id, id, name) VALUES ($1, $2, 'x')", (label,)),
            ("INSERT INTO contact_labels VALUES ($1, $2, $3)", (contact, label)),
            (
                (
                    "INSERT INTO idempotency_keys (tenant_id, id, user_id, key, request) SELECT $1, $2, u.id, $3, $3 FROM users u "
                    "WHERE u.tenant_id = $1 AND u.id <> $4 LIMIT 1"
                ),
                (contact, digest, user),
            ),
            ("INSERT INTO authenticators (tenant_id, user_id, secret) VALUES ($1, $2, 'secret')", (user,)),
            ("INSERT INTO recovery_codes VALUES ($1, $2, $3)", (user, digest)),
            (
                (
                    "INSERT INTO invitations (tenant_id, id, digest, email, email_key, role, expires_at) "
                    "VALUES ($1, $2, $3, $4, $4, 'VIEWER', now())"
                ),
                (invitation, digest, ADDRESS),
            ),
            (
                "INSERT INTO jobs (tenant_id, id, kind, payload) VALUES ($1, $2, 'MAIL', jsonb_build_object('user', $3::text))",
                (new_id(), user.hex),
            ),
            (
                "INSERT INTO jobs (tenant_id, id, kind, payload) SELECT $1, $2, 'MAIL', jsonb_build_object('invitation', $3::text)",
                (new_id(), invitation.hex),
            ),
            ("INSERT INTO audit_entries (tenant_id, id, action, actor_id) VALUES ($1, $2, 'logout', $3)", (new_id(), user)),
            (
                "INSERT INTO audit_entries (tenant_id, id, action, target_id) VALUES ($1, $2, 'user.created', $3)",
                (new_id(), user.hex),
            ),
            ("INSERT INTO legacy_imports VALUES ($1, 'USER', 1, $2, 0)", (user,)),
        ):
            await admin.execute(statement, home, *values)
    return ADDRESS


MARK = VAULT.marks("erased", ADDRESS)[0]
_BUNDLE = "INSERT INTO exports (tenant_id, id, expires_at) VALUES ($1, $2, now() + interval '1 day')"
_FETCHABLE = "SELECT tenant_id FROM exports WHERE expires_at > now()"


async def _told(world: World) -> list[tuple[str, dict[str, Any]]]:
    rows = await world.admin.fetch("SELECT * FROM audit_entries WHERE action LIKE 'person.%' ORDER BY id")
    assert {(row["tenant_id"], row["target_id"], row["actor_id"]) for row in rows} <= {(world.acme, world.acme.hex, None)}
    assert "gone" not in str(rows).lower()
    return [(row["action"], json.loads(row["details"])) for row in rows]


async def test_every_place_that_leads_to_a_person_is_known(world: World) -> None:
    """A new table that refers to a user or a contact, or holds an address, must say here whether it is a person's."""
    rows = await world.admin.fetch(
        "SELECT DISTINCT conrelid::regclass::text AS name FROM pg_constraint WHERE contype = 'f' "
        "AND confrelid IN ('users'::regclass, 'contacts'::regclass, 'sessions'::regclass) UNION "
        "SELECT table_name::text FROM information_schema.columns WHERE table_schema = 'public' "
        "AND column_name IN ('email', 'username', 'user_id', 'actor_id', 'target_id')"
    )
    assert {row["name"] for row in rows} == PLACES.keys() == ALL.keys()
    assert PLACES.keys() <= set(await tenant_tables(world.admin))


@pytest.mark.parametrize("at_once", [1, 10_000])
async def test_a_person_is_found_and_others_that_mention_them_are_named(
    gone: str, world: World, run: Command, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(person, "_AT_ONCE", at_once)
    before = await checksums(world.admin, world.evil)
    found = await run("person", "find", *HERS)
    mention = await world.admin.fetchval("SELECT id FROM contacts WHERE tenant_id = $1 AND notes LIKE 'ask%'", world.acme)
    lines = [
        *(f"{name}  {count}" for name, count in ALL.items()),
        f"{sum(ALL.values())} rows.",
        f"mentioned in contact_{mention.hex}",
    ]
    assert (found.code, found.out.splitlines(), found.err) == (0, lines, "")
    assert await _told(world) == [("person.found", ALL | {"by": "console"})]
    assert await checksums(world.admin, world.evil) == before


async def test_only_who_looks_for_mentions_reads_every_text(
    gone: str, world: World, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person, "_MENTION", "1 / 0 = 1")  # stands for what takes long in a large tenant
    with pytest.raises(OperationalError):
        await run("person", "find", *HERS)
    assert (await run("person", "erase", *HERS, "--yes")).code == 0


async def test_all_of_them_is_handed_over_and_no_secret(gone: str, world: World, run: Command, tmp_path: Path) -> None:
    out = tmp_path / "person.json"
    assert await run("person", "export", *HERS, "--out", str(out)) == Said(0, "", "")
    assert out.stat().st_mode & 0o777 == 0o600
    told = json.loads(out.read_text())
    assert {name: len(rows) for name, rows in told.items()} == ALL
    assert {row["tenant_id"] for rows in told.values() for row in rows} == {str(world.acme)}
    assert sorted(row["email"].lower() for row in told["contacts"]) == [ADDRESS, ADDRESS]
    assert "hers" in {row["notes"] for row in told["contacts"]}
    secret = {"password_hash", "secret", "digest", "key", "request", "successor", "pending", "checksum"}
    columns = {column for rows in told.values() for row in rows for column in row}
    assert columns & secret == set()
    assert "\\\\x" not in out.read_text()
    assert await _told(world) == [("person.exported", ALL | {"by": "console"})]


async def test_all_of_them_is_erased_but_for_ids_and_nobody_elses(gone: str, world: World, run: Command) -> None:
    counts = {table: await world.admin.fetchval(f"SELECT count(*) FROM {table} WHERE tenant_id = $1", world.acme) for table in ALL}
    others = await checksums(world.admin, world.evil)
    erased = {name: count for name, count in ALL.items() if name not in {"audit_entries", "legacy_imports"}}
    done = await run("person", "erase", *HERS, "--yes")
    assert (done.code, done.out.splitlines()[-1]) == (0, f"{sum(erased.values())} rows.")
    after = {table: await world.admin.fetchval(f"SELECT count(*) FROM {table} WHERE tenant_id = $1", world.acme) for table in ALL}
    assert {table: counts[table] - after[table] for table in erased} == erased
    assert after["audit_entries"] == counts["audit_entries"] + 1
    assert await checksums(world.admin, world.evil) == others
    assert await _told(world) == [("person.erased", erased | {"by": "console", "mark": MARK})]
    for table in await tenant_tables(world.admin):
        left = await world.admin.fetch(f"SELECT t::text AS row FROM {table} t WHERE tenant_id = $1", world.acme)
        assert not [
            row["row"] for row in left if ADDRESS in row["row"].lower() and "ask" not in row["row"] and "not-" not in row["row"]
        ]
    again = await run("person", "erase", *HERS, "--yes")
    assert (again.code, again.err) == (1, "Nobody in this tenant has this address.\n")


async def test_what_others_did_is_handed_over_without_them(gone: str, world: World, run: Command) -> None:
    user = await world.admin.fetchval("SELECT id FROM users WHERE tenant_id = $1 AND email = $2", world.acme, ADDRESS)
    columns = "tenant_id, id, action, actor_id, target_id, ip_prefix"
    add = f"INSERT INTO audit_entries ({columns}) VALUES ($1, $2, $3, $4, $5, '192.0.2.0/24')"
    await world.admin.execute(add, world.acme, new_id(), "user.changed", world.ada.user, user.hex)
    await world.admin.execute(add, world.acme, new_id(), "password.changed", user, user.hex)
    told = json.loads((await run("person", "export", *HERS)).out)["audit_entries"]
    seen = {entry["action"]: (entry["actor_id"], entry["ip_prefix"]) for entry in told}
    assert seen["user.changed"] == (None, None)
    assert seen["password.changed"] == (str(user), "192.0.2.0/24")


async def test_a_neighbour_whose_address_differs_by_an_accent_is_somebody_else(world: World, run: Command) -> None:
    add = "INSERT INTO contacts (tenant_id, id, name, email, notes) VALUES ($1, $2, $3, $4, $5)"
    await world.admin.execute(add, world.acme, new_id(), "José", "JOSÉ@example.org", None)
    await world.admin.execute(add, world.acme, other := new_id(), "Jose", "jose@example.org", "not josé@example.org")
    his = ("--tenant", "acme", "--email", "josé@example.org")
    found = await run("person", "find", *his)
    assert found.out.splitlines() == ["contacts  1", "1 rows.", f"mentioned in contact_{other.hex}"]
    assert [row["name"] for row in json.loads((await run("person", "export", *his)).out)["contacts"]] == ["José"]
    assert (await run("person", "erase", *his, "--yes")).out.splitlines() == ["contacts  1", "1 rows."]
    assert await world.admin.fetchval("SELECT string_agg(name, ' ') FROM contacts WHERE tenant_id = $1", world.acme) == "Jose"


async def test_who_may_not_go_stays_whole(gone: str, world: World, run: Command) -> None:
    await world.admin.execute("UPDATE tenants SET legal_hold = true WHERE slug = 'acme'")
    before = await checksums(world.admin, world.acme)
    refused = await run("person", "erase", *HERS, "--yes")
    assert (refused.code, refused.err.startswith("This tenant is under legal hold")) == (1, True)
    await world.admin.execute("UPDATE tenants SET legal_hold = false")
    for arguments, told in (
        (("--tenant", "acme", "--email", "ada@example.org", "--yes"), "A tenant keeps at least one active owner."),
        (("--tenant", "acme", "--email", "nobody@example.org", "--yes"), "Nobody in this tenant has this address."),
        (("--tenant", "nowhere", "--email", ADDRESS, "--yes"), "There is no tenant nowhere."),
        (("--tenant", "acme", "--email", "x", "--yes"), ""),
    ):
        refused = await run("person", "erase", *arguments)
        assert (refused.code, refused.err.startswith(told)) == (1, True), arguments
    assert (await run("person", "erase", *HERS, typed="n\n")).code == 1
    after = await checksums(world.admin, world.acme)
    assert {table for table in after if after[table] != before[table]} <= {"tenants"}


async def _nameless(world: World, home: UUID) -> str:
    """The id of a new contact, in the trash, who has a phone number and no address; somebody else has the number too."""
    contact, label = new_id(), new_id()
    add = "INSERT INTO contacts (tenant_id, id, name, phone, deleted_at) VALUES ($1, $2, $3, '+49 30 1234567', $4)"
    for statement, *values in (
        (add, contact, "Nameless", datetime(2026, 1, 1, tzinfo=UTC)),
        (add, new_id(), "Other", None),
        ("INSERT INTO labels (tenant_id, id, name) VALUES ($1, $2, 'friends')", label),
        ("INSERT INTO contact_labels VALUES ($1, $2, $3)", contact, label),
        ("INSERT INTO legacy_imports VALUES ($1, 'CONTACT', 1, $2, 0)", contact),
        (
            (
                "INSERT INTO idempotency_keys (tenant_id, id, user_id, key, request) SELECT $1, $2, u.id, sha256('k'), sha256('r') "
                "FROM users u WHERE u.tenant_id = $1 LIMIT 1"
            ),
            contact,
        ),
    ):
        await world.admin.execute(statement, home, *values)
    return f"contact_{contact.hex}"


async def test_a_contact_without_an_address_is_found_handed_over_and_erased_by_its_id(world: World, run: Command) -> None:
    theirs, hers = [await _nameless(world, home) for home in (world.evil, world.acme)]
    await world.admin.execute(_BUNDLE, world.acme, new_id())
    all_of_it, others = NAMELESS | {"legacy_imports": 1}, await checksums(world.admin, world.evil)
    named = ("--tenant", "acme", "--contact", hers)
    lines = [*(f"{name}  {count}" for name, count in all_of_it.items()), "4 rows.", ""]
    assert await run("person", "find", *named) == Said(0, "\n".join(lines), "")
    told = json.loads((await run("person", "export", *named)).out)
    assert {name: len(rows) for name, rows in told.items()} == all_of_it
    assert [(row["name"], row["phone"], row["email"]) for row in told["contacts"]] == [("Nameless", "+49 30 1234567", None)]
    erased = NAMELESS | {"exports": 1}
    lines = [*(f"{name}  {count}" for name, count in erased.items()), "4 rows.", ""]
    assert await run("person", "erase", *named, "--yes") == Said(0, "\n".join(lines), "")
    assert [row["name"] for row in await world.admin.fetch("SELECT name FROM contacts WHERE tenant_id = $1", world.acme)] == [
        "Other"
    ]
    assert await checksums(world.admin, world.evil) == others
    assert await _told(world) == [
        ("person.found", all_of_it | {"by": "console"}),
        ("person.exported", all_of_it | {"by": "console"}),
        ("person.erased", erased | {"by": "console", "mark": VAULT.marks("erased", hers)[0]}),
    ]
    for unknown in (hers, theirs):
        again = await run("person", "erase", "--tenant", "acme", "--contact", unknown, "--yes")
        assert (again.code, again.err) == (1, NO_CONTACT)


async def test_a_contact_that_is_named_by_its_id_goes_alone_though_others_have_its_address(
    gone: str, world: World, run: Command
) -> None:
    contact = await world.admin.fetchval("SELECT id FROM contacts WHERE tenant_id = $1 AND notes = 'hers'", world.acme)
    named = ("--tenant", "acme", "--contact", f"contact_{contact.hex}")
    counts = ["contacts  1", "contact_labels  1", "idempotency_keys  1", "3 rows."]
    found = await run("person", "find", *named)
    assert found.out.splitlines() == [*counts, "Others have the address GONE@example.org too: look by --email."]
    assert (await run("person", "erase", *named, "--yes")).out.splitlines() == counts
    left = {name: ALL[name] - int(f"{name}  1" in counts) for name in ALL}
    found = await run("person", "find", *HERS)
    assert found.out.splitlines()[:-2] == [f"{name}  {count}" for name, count in left.items() if count]


async def test_of_a_contact_whose_address_nobody_else_has_nothing_is_said_to_be_elsewhere(world: World, run: Command) -> None:
    add = "INSERT INTO contacts (tenant_id, id, name, email) VALUES ($1, $2, 'Only', $3)"
    await world.admin.execute(add, world.acme, only := new_id(), ADDRESS)
    await world.admin.execute(add, world.evil, new_id(), ADDRESS)
    found = await run("person", "find", "--tenant", "acme", "--contact", f"contact_{only.hex}")
    assert found == Said(0, "contacts  1\n1 rows.\n", "")


@pytest.mark.parametrize("by", ["id", "username", "address"])
async def test_a_user_who_is_named_stands_for_their_address(gone: str, world: World, run: Command, by: str) -> None:
    user = await world.admin.fetchval("SELECT id FROM users WHERE tenant_id = $1 AND username = 'gone'", world.acme)
    named = ("--tenant", "acme", "--user", {"id": f"user_{user.hex}", "username": " GONE ", "address": ADDRESS}[by])
    assert (await run("person", "find", *named)).out == (await run("person", "find", *HERS)).out
    assert {name: len(rows) for name, rows in json.loads((await run("person", "export", *named)).out).items()} == ALL
    assert (await run("person", "erase", *named, "--yes")).code == 0
    assert [details["mark"] for action, details in await _told(world) if action == "person.erased"] == [MARK]
    assert (await run("person", "find", *named)).err == NO_USER


@pytest.mark.parametrize("command", ["find", "export", "erase"])
async def test_who_is_named_wrongly_is_refused_and_nothing_is_done(world: World, run: Command, command: str) -> None:
    theirs = await _nameless(world, world.evil)
    await world.admin.execute(
        "UPDATE users SET username = $1, username_key = $1 WHERE id = $2", name := f"user_{new_id().hex}", world.linus.user
    )
    before = await checksums(world.admin, world.acme), await checksums(world.admin, world.evil)
    for named, told in (
        ((), NOT_ONE),
        (("--email", ADDRESS, "--contact", theirs), NOT_ONE),
        (("--email", ADDRESS, "--user", "ada"), NOT_ONE),
        (("--user", "ada", "--contact", theirs), NOT_ONE),
        (("--contact", theirs), NO_CONTACT),
        (("--contact", f"contact_{new_id().hex}"), NO_CONTACT),
        (("--contact", f"user_{world.ada.user.hex}"), NO_CONTACT),
        (("--contact", "Nameless"), NO_CONTACT),
        (("--contact", ""), NO_CONTACT),
        (("--user", f"user_{world.mallory.user.hex}"), NO_USER),
        (("--user", "mallory"), NO_USER),
        (("--user", name), NO_USER),
        (("--user", ""), "user may not be empty.\n"),
    ):
        refused = await run("person", command, "--tenant", "acme", *named, *(["--yes"] if command == "erase" else []))
        assert refused == Said(1, "", told), named
    assert (await checksums(world.admin, world.acme), await checksums(world.admin, world.evil)) == before


async def test_a_contact_that_may_not_go_stays(world: World, run: Command) -> None:
    named = ("--tenant", "acme", "--contact", await _nameless(world, world.acme))
    await world.admin.execute("UPDATE tenants SET legal_hold = true WHERE slug = 'acme'")
    before = await checksums(world.admin, world.acme)
    refused = await run("person", "erase", *named, "--yes")
    assert (refused.code, refused.err.startswith("This tenant is under legal hold")) == (1, True)
    await world.admin.execute("UPDATE tenants SET legal_hold = false")
    asked = await run("person", "erase", *named, typed="n\n")
    assert (asked.code, asked.err.startswith(f"Erase {named[-1]} from acme, for good?")) == (1, True)
    after = await checksums(world.admin, world.acme)
    assert {table for table in after if after[table] != before[table]} <= {"tenants"}


async def test_bundles_that_hold_them_go_too_and_none_is_made_meanwhile(gone: str, world: World, run: Command) -> None:
    for home in (world.acme, world.evil):
        await world.admin.execute(_BUNDLE, home, new_id())
    going = new_id()
    await world.admin.execute("INSERT INTO jobs (tenant_id, id, kind) VALUES ($1, $2, 'EXPORT')", world.acme, going)
    refused = await run("person", "erase", *HERS, "--yes")
    assert (refused.code, refused.err.startswith("A bundle is being made")) == (1, True)
    await world.admin.execute("UPDATE jobs SET status = 'CANCELLED', finished_at = now() WHERE id = $1", going)
    assert "exports  1\n" in (await run("person", "erase", *HERS, "--yes")).out
    assert [row["tenant_id"] for row in await world.admin.fetch(_FETCHABLE)] == [world.evil]


async def _rows(then: Then) -> dict[str, int]:
    """How many rows of ALL are acme's in the database of then, but for its log."""
    connection = await asyncpg.connect(then.database.admin)
    try:
        return {
            table: await connection.fetchval(
                f"SELECT count(*) FROM {table} t JOIN tenants h ON h.id = t.tenant_id WHERE slug = 'acme'"
            )
            for table in ALL
            if table != "audit_entries"
        }
    finally:
        await connection.close()


async def test_after_a_restore_it_is_done_again_and_who_came_anew_stays(
    gone: str, world: World, then: Then, run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.admin.execute(_BUNDLE, world.acme, new_id())
    await then.keep()
    assert (await run("person", "erase", *HERS, "--yes")).code == 0
    await add_user(world.admin, world.acme, "gone", "VIEWER")
    counts = await checksums(world.admin, world.acme)
    at = await world.admin.fetchval("SELECT at FROM audit_entries WHERE action = 'person.erased'")
    kept = tmp_path / "erased.txt"
    kept.write_text((await run("erasure", "list")).out)
    assert kept.read_text() == f"{world.acme} {at.isoformat()} {MARK}\n"
    assert (await run("erasure", "repeat", str(kept))) == Said(0, "acme: 0 people, 0 rows.\n", "")
    assert await checksums(world.admin, world.acme) == counts
    before = await _rows(then)
    there = await asyncpg.connect(then.database.admin)
    others = await checksums(there, world.evil)
    monkeypatch.setenv("DATABASE_URL", then.url)
    replaced = f"{OTHER_KEYS},{SECRET_KEYS}"
    monkeypatch.setenv("SECRET_KEYS", replaced)
    await migrate(then.database.owner, Vault.parse(replaced))
    new_mark = Vault.parse(replaced).marks("erased", ADDRESS)[0]
    erased = {name: count for name, count in ALL.items() if name not in {"audit_entries", "legacy_imports"}}
    done = await run("erasure", "repeat", str(kept))
    assert done == Said(0, f"acme: 1 people, {sum(erased.values())} rows.\n", "")
    after = await _rows(then)
    assert {table: before[table] - after[table] for table in erased} == erased
    assert await checksums(there, world.evil) == others
    assert await there.fetch(_FETCHABLE) == []
    [entry] = await there.fetch("SELECT details FROM audit_entries WHERE action = 'person.erased'")
    assert json.loads(entry["details"]) == erased | {"by": "console", "mark": new_mark, "before": at.isoformat()}
    assert (await run("erasure", "list")).out == f"{world.acme} {at.isoformat()} {new_mark}\n"
    await there.close()


async def test_a_tenant_that_was_deleted_is_sent_away_again_and_what_is_refused_is_told(
    world: World, then: Then, run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await then.keep()
    await world.admin.execute(
        "INSERT INTO deletions (id, slug_digest, deletion_at, audit_number) VALUES ($1, sha256('acme'), now(), 0)", world.acme
    )
    assert (await run("erasure", "list")).out == ""  # not gone, nor on its way out
    await world.admin.execute("UPDATE deletions SET finished_at = now()")
    kept = tmp_path / "erased.txt"
    kept.write_text((await run("erasure", "list")).out + f"{new_id()} 2026-01-01T00:00:00+00:00 {MARK}\n")
    monkeypatch.setenv("DATABASE_URL", then.url)
    there = await asyncpg.connect(then.database.admin)
    await there.execute("UPDATE tenants SET legal_hold = true")
    refused = await run("erasure", "repeat", str(kept))
    assert (refused.code, refused.err.startswith("acme: This tenant is under legal hold")) == (1, True)
    await there.execute("UPDATE tenants SET legal_hold = false")
    assert await run("erasure", "repeat", str(kept)) == Said(0, "acme is deleted within minutes.\n", "")
    rows = await there.fetch("SELECT slug FROM tenants WHERE status = 'DELETING' AND deletion_at <= now()")
    assert [row["slug"] for row in rows] == ["acme"]
    await there.close()


@pytest.mark.parametrize("line", ["x", f"{UUID(int=1)} 2026-01-01 {MARK}", f"{UUID(int=1)} 2026-01-01T00:00:00+00:00 ab", "- - -"])
async def test_a_list_that_is_none_is_refused(line: str, run: Command, tmp_path: Path) -> None:
    kept = tmp_path / "erased.txt"
    kept.write_text(f"\n{line}\n")
    assert await run("erasure", "repeat", str(kept)) == Said(1, "", "Line 2 is none that `erasure list` prints.\n")


async def test_who_was_erased_since_does_not_come_back_with_their_tenant(
    gone: str, world: World, then: Then, run: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nor does a diff tell anything of them but ids."""
    await then.keep()
    assert (await run("person", "erase", *HERS, "--yes")).code == 0
    before = await checksums(world.admin, world.acme)
    monkeypatch.setenv("RESTORED_DATABASE_URL", then.url)
    diff = tmp_path / "diff"
    for dry in (("--dry-run", "--diff", str(diff)), ()):
        restored = await run("tenant", "restore", "acme", *dry)
        assert (restored.code, restored.err) == (0, "")
        assert [line.split(":")[1] for line in restored.out.splitlines() if "left: " in line] == [" ERASED, 2", " ERASED, 1"]
        assert restored.out.splitlines()[-1].startswith("0 rows ")
    after = await checksums(world.admin, world.acme)
    assert before == after
    told = [json.loads(line) for line in diff.read_text().splitlines()]
    assert [(row["table"], row["what"], row["left"], row["now"], row["then"]) for row in told if row["what"] != "extra"] == [
        ("users", "missing", "ERASED", None, None),
        ("contacts", "missing", "ERASED", None, None),
        ("contacts", "missing", "ERASED", None, None),
    ]


async def test_a_contact_that_was_erased_by_its_id_is_erased_again_after_a_restore(
    world: World, then: Then, run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _nameless(world, world.evil)
    hers = await _nameless(world, world.acme)
    await then.keep()
    assert (await run("person", "erase", "--tenant", "acme", "--contact", hers, "--yes")).code == 0
    at = await world.admin.fetchval("SELECT at FROM audit_entries WHERE action = 'person.erased'")
    mark = VAULT.marks("erased", hers)[0]
    kept = tmp_path / "erased.txt"
    kept.write_text((await run("erasure", "list")).out)
    assert kept.read_text() == f"{world.acme} {at.isoformat()} {mark}\n"
    monkeypatch.setenv("DATABASE_URL", then.url)
    assert await run("erasure", "repeat", str(kept)) == Said(0, "acme: 1 people, 3 rows.\n", "")
    assert await run("erasure", "repeat", str(kept)) == Said(0, "acme: 0 people, 0 rows.\n", "")
    there = await asyncpg.connect(then.database.admin)
    left = await there.fetch("SELECT tenant_id, name FROM contacts ORDER BY name, tenant_id = $1", world.acme)
    assert [tuple(row) for row in left] == [(world.evil, "Nameless"), (world.evil, "Other"), (world.acme, "Other")]
    [entry] = await there.fetch("SELECT tenant_id, details FROM audit_entries WHERE action = 'person.erased'")
    again = NAMELESS | {"by": "console", "mark": mark, "before": at.isoformat()}
    assert (entry["tenant_id"], json.loads(entry["details"])) == (world.acme, again)
    await there.close()


async def test_a_contact_that_was_erased_by_its_id_does_not_come_back_with_its_tenant(
    world: World, then: Then, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    hers = await _nameless(world, world.acme)
    await then.keep()
    assert (await run("person", "erase", "--tenant", "acme", "--contact", hers, "--yes")).code == 0
    await world.admin.execute("DELETE FROM contacts WHERE tenant_id = $1", world.acme)  # and by mistake, all others
    monkeypatch.setenv("RESTORED_DATABASE_URL", then.url)
    restored = await run("tenant", "restore", "acme")
    assert (restored.code, restored.err) == (0, "")
    assert [line for line in restored.out.splitlines() if "left: " in line] == [
        f"contacts left: ERASED, 1: {hers.removeprefix('contact_')}"
    ]
    assert [row["name"] for row in await world.admin.fetch("SELECT name FROM contacts WHERE tenant_id = $1", world.acme)] == [
        "Other"
    ]
