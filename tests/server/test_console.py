"""What an operator does at the machine: with DATABASE_URL and SECRET_KEYS, each act on record, and nothing changed by a mistake."""

from __future__ import annotations

import json
from pathlib import Path

import asyncpg
import pytest

from auth.mailed import MailedToken
from auth.vault import Vault
from models.audit import AuditEntry
from models.errors import Unavailable
from tests.authenticators import enrolled, login, told
from tests.commands import Command, Said
from tests.conftest import JWT_KEYS, SECRET_KEYS, Database
from tests.world import World, add_user, tenant

GOOD = "violet-harbour-lantern-29"
LETTERS = {
    "SECRET_KEYS": SECRET_KEYS,
    "SMTP_URL": "smtp://127.0.0.1:2525",
    "MAIL_FROM": "no-reply@book.test",
    "JWT_KEYS": JWT_KEYS,
}


async def audit(admin: asyncpg.Connection) -> list[tuple[str, str]]:
    """Every entry as its action and the tenant's slug, oldest first. Each names the console, and nobody."""
    rows = await admin.fetch("SELECT a.*, t.slug FROM audit_entries a JOIN tenants t ON t.id = a.tenant_id ORDER BY a.id")
    assert {row["actor_id"] for row in rows} <= {None}
    assert {json.loads(row["details"])["by"] for row in rows} <= {"console"}
    return [(row["action"], row["slug"]) for row in rows]


async def state(admin: asyncpg.Connection) -> list[object]:
    """All that a command could change."""
    return [await admin.fetch(f"SELECT * FROM {table}") for table in ("tenants", "users", "sessions", "audit_entries")]


async def test_a_tenant_and_its_owner_are_made_and_the_owner_signs_in(run: Command, world: World) -> None:
    assert await run("tenant", "create", "nova", "Nova Ltd") == Said(0, "nova is made.\n", "")
    made = await run("user", "create", "nova", "nina", "nina@nova.example", "--role", "OWNER", "--generate")
    first, shown = made.out.splitlines()
    assert (made.code, made.err, first) == (0, "", "nina of nova is made, as OWNER.")
    password = shown.removeprefix("Password, shown this once: ")
    world.stranger.tenant, world.stranger.username = "nova", "nina"
    nina = await world.stranger.login(password)
    answer = await nina.gql("{ viewer { user { role } tenant { slug name settings { signup } } } }")
    assert answer.data["viewer"] == {
        "user": {"role": "OWNER"},
        "tenant": {"slug": "nova", "name": "Nova Ltd", "settings": {"signup": "INVITATION"}},
    }
    entries = await world.admin.fetch("SELECT action FROM audit_entries WHERE details ->> 'by' = 'console' ORDER BY id")
    assert [row["action"] for row in entries] == ["tenant.created", "user.created"]


async def test_a_tenant_that_cannot_be_put_on_record_is_not_made(
    run: Command, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unwritten(*_: object, **__: object) -> None:
        raise Unavailable("The log is full.")

    monkeypatch.setattr(AuditEntry, "append", unwritten)
    assert await run("tenant", "create", "nova", "Nova Ltd") == Said(1, "", "The log is full.\n")
    assert await admin.fetch("SELECT slug FROM tenants") == []


async def test_the_first_owner_is_invited_and_joins(run: Command, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LETTERS.items():
        monkeypatch.setenv(name, value)
    made = await run("tenant", "create", "nova", "Nova Ltd", "--owner-email", "nina@nova.example")
    said = "nova is made.\nThe invitation goes to nina@nova.example as soon as `serve` or `work` runs.\n"
    assert made == Said(0, said, "")
    row = await world.admin.fetchrow("SELECT * FROM invitations")
    assert (row["email"], row["role"], row["invited_by"]) == ("nina@nova.example", "OWNER", None)
    assert await world.admin.fetchval("SELECT payload ->> 'invitation' FROM jobs") == row["id"].hex
    assert await world.admin.fetchval("SELECT count(*) FROM queue.pgqueuer") == 1
    entries = await world.admin.fetch(
        "SELECT action, details FROM audit_entries WHERE tenant_id = $1 ORDER BY id", row["tenant_id"]
    )
    assert [(entry["action"], json.loads(entry["details"])) for entry in entries] == [
        ("tenant.created", {"by": "console"}),
        ("invitation.sent", {"by": "console", "role": "OWNER"}),
    ]
    token = MailedToken.again(Vault.parse(SECRET_KEYS), row["tenant_id"], row["id"], row["digest"])
    assert token is not None
    account = {"username": "nina", "password": GOOD, "invitationToken": token.text}
    signup = "mutation($i: SignupInput!) { signup(input: $i) { viewer { user { email role } } } }"
    joined = (await world.stranger.gql(signup, i=account)).data["signup"]["viewer"]["user"]
    assert joined == {"email": "nina@nova.example", "role": "OWNER"}


async def test_an_owner_who_cannot_be_invited_makes_no_tenant(
    run: Command, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("tenant", "create", "nova", "Nova Ltd", "--owner-email")
    monkeypatch.delenv("SECRET_KEYS", raising=False)
    missing = await run(*command, "nina@nova.example")
    assert (missing.code, missing.err) == (1, "BadSettings:\nSECRET_KEYS: Field required\nJWT_KEYS: Field required\n")
    for name, value in (LETTERS | {"MAIL": "off"}).items():
        monkeypatch.setenv(name, value)
    assert (await run(*command, "nina@nova.example")).err == "This server sends no mail: ask those who run it.\n"
    monkeypatch.delenv("MAIL")
    assert (await run(*command, "nina")).err == "email is not an e-mail address, such as ada@example.org.\n"
    assert await state(admin) == [[], [], [], []]


async def test_tenants_are_listed_with_their_state(run: Command, admin: asyncpg.Connection) -> None:
    assert (await run("tenant", "list")).out == ""
    await run("tenant", "create", "nova", "Nova Ltd", "--signup", "open")
    await run("tenant", "create", "ab", "Über AG")
    assert (await run("tenant", "suspend", "ab")).out == "ab is suspended.\n"
    assert (await run("tenant", "list")).out == "ab    SUSPENDED  INVITATION  Über AG\nnova  ACTIVE     OPEN        Nova Ltd\n"
    assert (await run("tenant", "resume", "ab")).out == "ab is active.\n"
    assert "SUSPENDED" not in (await run("tenant", "list")).out
    assert await audit(admin) == [
        ("tenant.created", "nova"),
        ("tenant.created", "ab"),
        ("tenant.suspended", "ab"),
        ("tenant.resumed", "ab"),
    ]


async def test_a_suspension_ends_the_sessions_of_the_tenant_alone(run: Command, world: World) -> None:
    await run("tenant", "suspend", "acme")
    assert (await world.ada.gql("{ contacts { totalCount } }")).codes == ["UNAUTHENTICATED"]
    assert (await world.mallory.gql("{ contacts { totalCount } }")).errors == []
    await run("tenant", "resume", "acme")
    assert (await world.ada.gql("{ contacts { totalCount } }")).codes == ["UNAUTHENTICATED"]
    assert (await (await world.ada.login()).gql("{ contacts { totalCount } }")).errors == []


async def test_a_deactivated_user_is_out_at_once_and_may_come_back(run: Command, world: World) -> None:
    assert (await run("user", "deactivate", "acme", "GRACE")).out == "grace of acme is deactivated.\n"
    assert (await world.grace.gql("{ contacts { totalCount } }")).codes == ["UNAUTHENTICATED"]
    listed = (await run("user", "list", "acme")).out.splitlines()
    assert [line.split() for line in listed] == [
        ["ada", "OWNER", "active", "ada@example.org"],
        ["adam", "ADMIN", "active", "adam@example.org"],
        ["grace", "EDITOR", "deactivated", "grace@example.org"],
        ["linus", "VIEWER", "active", "linus@example.org"],
    ]
    assert (await run("user", "activate", "acme", "grace@example.org")).out == "grace of acme is active.\n"
    assert (await (await world.grace.login()).gql("{ contacts { totalCount } }")).errors == []


async def test_the_last_owner_stays(run: Command, world: World) -> None:
    before = await state(world.admin)
    said = await run("user", "deactivate", "acme", "ada")
    assert said == Said(1, "", "A tenant keeps at least one active owner. Make another one first.\n")
    assert await state(world.admin) == before


async def test_a_new_password_ends_the_sessions(run: Command, world: World, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{GOOD}\nnot this\n")
    said = await run("user", "password", "acme", "grace", "--password-file", str(file))
    assert said == Said(0, "grace of acme has a new password; sessions ended: 1.\n", "")
    assert (await world.grace.gql("{ contacts { totalCount } }")).codes == ["UNAUTHENTICATED"]
    assert (await (await world.grace.login(GOOD)).gql("{ contacts { totalCount } }")).errors == []


async def test_a_password_is_asked_for_twice_and_never_shown(run: Command, admin: asyncpg.Connection) -> None:
    await tenant(admin, "nova")
    command = ("user", "create", "nova", "nina", "nina@nova.example")
    said = await run(*command, typed=f"{GOOD}\nanother one\n{GOOD}\n{GOOD}\n")
    assert (said.code, said.out.splitlines()[-1]) == (0, "nina of nova is made, as EDITOR.")
    assert GOOD not in said.out + said.err
    assert (await run(*command, typed="")).code == 1


@pytest.mark.usefixtures("clock")
async def test_a_lost_authenticator_is_reset_and_its_sessions_end(run: Command, world: World) -> None:
    _, codes = await enrolled(world.linus)
    assert told(await login(world.linus)) == ["TOTP_REQUIRED"]
    reset = await run("user", "totp-reset", "acme", "linus")
    assert reset == Said(0, "linus of acme has no authenticator any more; sessions ended: 1.\n", "")
    assert (await world.linus.gql("{ viewer { id } }")).codes == ["UNAUTHENTICATED"]
    assert told(await login(world.linus)) == []
    assert await world.admin.fetchval("SELECT count(*) FROM recovery_codes") == 0
    entries = await world.admin.fetch("SELECT action, details FROM audit_entries WHERE details ->> 'by' = 'console'")
    assert [(row["action"], json.loads(row["details"])) for row in entries] == [
        ("totp.reset", {"by": "console", "sessions_ended": 1})
    ]
    assert codes[0] not in reset.out + reset.err


async def test_an_operator_operates_and_no_longer(run: Command, world: World) -> None:
    query = "{ tenants { totalCount } }"
    assert (await world.linus.gql(query)).codes == ["FORBIDDEN"]
    assert (await run("operator", "add", "acme", "linus")).out == "linus of acme is an operator.\n"
    assert (await world.linus.gql(query)).data == {"tenants": {"totalCount": 3}}
    assert (await run("operator", "list")).out == "acme   linus  linus@example.org\nhouse  oskar  oskar@example.org\n"
    assert (await run("operator", "remove", "acme", "linus")).out == "linus of acme is no operator.\n"
    assert (await world.linus.gql(query)).codes == ["FORBIDDEN"]
    entries = await world.admin.fetch("SELECT action FROM audit_entries WHERE details ->> 'by' = 'console' ORDER BY id")
    assert [row["action"] for row in entries] == ["operator.added", "operator.removed"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("tenant create nova Again", "This slug is taken."),
        ("tenant create no/va Nova", "slug must be 1 to 36 letters, digits, dashes or underscores."),
        ("tenant suspend nobody", "There is no tenant nobody."),
        ("tenant resume \udcff", "tenant must be 1 to 36 letters, digits, dashes or underscores."),
        ("user list nobody", "There is no tenant nobody."),
        ("user create nova NINA x@nova.example --generate", "This username is taken."),
        ("user create nova nora NINA@example.org --generate", "This e-mail address is taken."),
        ("user create nova nora nowhere --generate", "email is not an e-mail address, such as ada@example.org."),
        ("user create nova no no@nova.example --generate", "username must have at least 3 characters."),
        ("user create nobody nora nora@nova.example --generate", "There is no tenant nobody."),
        ("user create nova nora nora@nova.example --password-file missing", "missing cannot be read."),
        ("user password nova nora --generate", "There is no user nora in nova."),
        ("user password nova nina --generate --password-file x", "Use --generate or --password-file, not both."),
        ("user deactivate nova nora", "There is no user nora in nova."),
        ("user totp-reset nova nora", "There is no user nora in nova."),
        ("user totp-reset nova nina", "nina of nova has no authenticator."),
        ("operator add nova nora", "There is no user nora in nova."),
        ("operator remove nobody nina", "There is no tenant nobody."),
    ],
)
async def test_a_mistake_is_one_line_and_changes_nothing(
    run: Command, admin: asyncpg.Connection, arguments: str, told: str
) -> None:
    await add_user(admin, await tenant(admin, "nova"), "nina", "OWNER")
    before = await state(admin)
    assert await run(*arguments.split()) == Said(1, "", f"{told}\n")
    assert await state(admin) == before


@pytest.mark.parametrize("command", ["user create nova nora nora@nova.example", "user password nova nina"])
async def test_a_weak_password_is_refused_with_its_reason(
    run: Command, admin: asyncpg.Connection, tmp_path: Path, command: str
) -> None:
    await add_user(admin, await tenant(admin, "nova"), "nina", "OWNER")
    before = await state(admin)
    file = tmp_path / "password"
    file.write_text("password1\n")
    said = await run(*command.split(), "--password-file", str(file))
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("This password is too easy to guess.")
    assert said.err.count("\n") == 1
    assert await state(admin) == before


async def test_without_a_database_one_line_tells_it(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:secret-of-mine@127.0.0.1:1/nothing")
    said = await run("tenant", "list")
    assert said == Said(1, "", "The service is not available for the moment. Try again soon.\n")


async def test_without_the_right_password_one_line_tells_it(
    run: Command, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.app.replace("test-app", "secret-of-mine"))
    said = await run("tenant", "list")
    assert said == Said(1, "", "The service is not available for the moment. Try again soon.\n")
