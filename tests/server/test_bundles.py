"""A tenant carried out and in at the machine: all of it comes back, nothing altered is taken, and nothing is mixed or half done."""

from __future__ import annotations

import hashlib
import json
import stat
import subprocess
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from auth import signing
from auth.vault import Vault
from models import bundle
from models.errors import InvalidInput
from models.values import new_id
from resolvers import bundles
from server.database import known_migrations
from tests.commands import Command, Said
from tests.conftest import VAULT
from tests.house.walls import checksums, tenant_tables
from tests.world import PASSWORD, Person, World, add_user, tenant

OTHER_KEYS = "another-secret-of-another-service-0123456789"
CARRIED = sorted(bundle.TABLES)


async def furnish(admin: asyncpg.Connection, slug: str = "acme") -> UUID:
    """A tenant with something in each table that travels, and secrets that must not."""
    home = await tenant(admin, slug)
    ada, grace = await add_user(admin, home, "ada", "OWNER", operator=True), await add_user(admin, home, "grace", "EDITOR")
    label = new_id()
    await admin.execute("INSERT INTO labels (tenant_id, id, name, color) VALUES ($1, $2, 'Überraschung', '#00ff00')", home, label)
    for number in range(3):
        contact = new_id()
        await admin.execute(
            "INSERT INTO contacts (tenant_id, id, name, notes, age, age_recorded_at, phone, deleted_at) "
            "VALUES ($1, $2, $3, $4, 7, '2026-01-02 03:04:05.678901+05', '+1 555', $5::timestamptz)",
            home,
            contact,
            f'Zoë "{number}"\n=1+1\t\u2028🙂',
            "x" * 10_000,
            None if number else await admin.fetchval("SELECT now()"),
        )
        await admin.execute("INSERT INTO contact_labels VALUES ($1, $2, $3)", home, contact, label)
    await admin.execute(
        "INSERT INTO invitations (tenant_id, id, digest, email, email_key, role, invited_by, expires_at) "
        "VALUES ($1, $2, $3, 'new@example.org', 'new@example.org', 'VIEWER', $4, now() + '1 day')",
        home,
        new_id(),
        b"canary-digest-of-an-invitation..",
        ada,
    )
    await admin.execute("INSERT INTO authenticators (tenant_id, user_id, secret) VALUES ($1, $2, 'canary-totp')", home, grace)
    session = new_id()
    await admin.execute("INSERT INTO sessions (tenant_id, id, user_id, expires_at) VALUES ($1, $2, $3, now())", home, session, ada)
    await admin.execute(
        "INSERT INTO login_history (tenant_id, id, user_id, user_agent, ip_prefix) VALUES ($1, $2, $3, 'curl', '192.0.2.0/24')",
        home,
        new_id(),
        ada,
    )
    entry = new_id()
    await admin.execute(
        "INSERT INTO audit_entries (tenant_id, id, action, actor_id, details, at) "
        """VALUES ($1, $2, 'logout', $3, '{"b": 1, "a": [2]}', now() - interval '1 hour')""",
        home,
        entry,
        ada,
    )
    await admin.execute(
        "INSERT INTO audit_seals (tenant_id, number, entry_id, seal, latest_at) VALUES ($1, 1, $2, $3, now() - interval '1 hour')",
        home,
        entry,
        bytes(range(32)),
    )
    return home


def files(path: Path) -> dict[str, bytes]:
    """What lies in a bundle, by name."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def lying(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def rows(path: Path, table: str) -> list[dict[str, Any]]:
    """The rows of a table in a bundle."""
    return [json.loads(line) for line in files(path)[f"{table}.jsonl"].splitlines()]


def packed(path: Path, given: dict[str, bytes]) -> Path:
    """A bundle of these files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in given.items():
            archive.writestr(name, data)
    return path


def signed(given: dict[str, bytes], **changed: Any) -> dict[str, bytes]:
    """With another manifest, signed by this service."""
    manifest = json.dumps(json.loads(given["manifest.json"]) | changed).encode()
    return given | {"manifest.json": manifest, "manifest.sig": signing.sign(VAULT, manifest)}


async def emptied(admin: asyncpg.Connection, home: UUID) -> None:
    """Removes a tenant, as if this were another database."""
    for table in ("audit_seals", "audit_entries", "login_history", "contact_labels", *await tenant_tables(admin)):
        await admin.execute(f"DELETE FROM {table} WHERE tenant_id = $1", home)
    await admin.execute("DELETE FROM tenants WHERE id = $1", home)


async def state(admin: asyncpg.Connection) -> list[object]:
    """All that a command could change."""
    return [await admin.fetch(f"SELECT * FROM {table} ORDER BY 1, 2") for table in ("tenants", *await tenant_tables(admin))]


async def test_all_of_it_comes_back_and_leaves_again_byte_by_byte(run: Command, admin: asyncpg.Connection, tmp_path: Path) -> None:
    home = await furnish(admin)
    before = await checksums(admin, home)
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    said = await run("tenant", "export", "acme", str(first))
    assert said == Said(0, f"acme is exported: {first}, {first.stat().st_size} bytes.\n", "")
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    await emptied(admin, home)
    told = await run("tenant", "import", str(first))
    assert (told.code, told.err) == (0, "")
    assert "contacts                 3\n" in told.out
    after = await checksums(admin, home)
    same = {name for name in CARRIED if after[name] == before[name]}
    assert set(CARRIED) - same == {"users", "invitations", "audit_entries"}  # a hash, a mark, a digest; and that it came in
    assert (await run("tenant", "export", "acme", str(second))).code == 0
    one, two = files(first), files(second)
    assert {name for name in one if one[name] != two[name]} == {"manifest.json", "manifest.sig", "audit_entries.jsonl"}
    assert [row["action"] for row in rows(second, "audit_entries")] == ["logout", "tenant.imported"]


async def test_the_manifest_tells_what_is_in_it(run: Command, admin: asyncpg.Connection, tmp_path: Path) -> None:
    home = await furnish(admin)
    file = tmp_path / "acme.zip"
    await run("tenant", "export", "acme", str(file))
    given = files(file)
    manifest = json.loads(given["manifest.json"])
    assert (manifest["kind"], manifest["format"], manifest["passwords"]) == ("address-book tenant bundle", 1, False)
    assert manifest["tenant"] == {"id": str(home), "slug": "acme", "name": "Acme"}
    assert manifest["schema"] == known_migrations()[-1]
    for name, told in manifest["files"].items():
        table = name.removesuffix(".jsonl")
        own = bundle.TABLES[table].tenant
        here = await admin.fetchval(f"SELECT count(*) FROM {table} t WHERE t.{own} = $1", home)
        assert told["rows"] == here - (table == "audit_entries"), name  # that it left is told after it was read
        assert told["bytes"] == len(given[name])
    assert signing.verified(signing.public_keys(VAULT), given["manifest.json"], given["manifest.sig"])
    [entry] = await admin.fetch("SELECT * FROM audit_entries WHERE action = 'tenant.exported'")
    assert json.loads(entry["details"]) == {"by": "console", "passwords": False}


async def test_no_secret_leaves_unless_the_hashes_are_asked_for(run: Command, admin: asyncpg.Connection, tmp_path: Path) -> None:
    await furnish(admin)
    digest = await admin.fetchval("SELECT password_hash FROM users LIMIT 1")
    session = await admin.fetchval("SELECT id FROM sessions LIMIT 1")
    for options, hashes in (((), 0), (("--with-passwords",), 2)):
        file = tmp_path / "acme.zip"
        assert (await run("tenant", "export", "acme", str(file), *options)).code == 0
        everything = b"".join(files(file).values())
        assert everything.count(digest.encode()) == hashes
        for secret in (b"canary", b"canary".hex().encode(), session.hex.encode(), str(session).encode(), b'"operator"'):
            assert secret not in everything.replace(b"canary-name", b"")


async def test_who_came_without_a_password_has_none_and_who_came_with_one_signs_in(
    run: Command, world: World, tmp_path: Path
) -> None:
    bare, full = tmp_path / "bare.zip", tmp_path / "full.zip"
    await run("tenant", "export", "acme", str(bare))
    await run("tenant", "export", "acme", str(full), "--with-passwords")
    told = await run("tenant", "import", str(bare), "--as", "bare")
    assert "Passwords are not in it" in told.out
    assert "Passwords" not in (await run("tenant", "import", str(full), "--as", "full")).out
    ada = await Person(world.client, "full", "ada").login()
    assert (await ada.gql("{ viewer { user { role } tenant { slug } } }")).data["viewer"] == {
        "user": {"role": "OWNER"},
        "tenant": {"slug": "full"},
    }
    refused = await Person(world.client, "bare", "ada").gql(
        "mutation($i: LoginInput!) { login(input: $i) { userErrors { code } } }",
        i={"tenant": "bare", "usernameOrEmail": "ada", "password": PASSWORD},
    )
    assert refused.data["login"]["userErrors"] == [{"code": "INVALID_CREDENTIALS"}]


async def test_a_mark_of_the_service_does_not_travel(run: Command, admin: asyncpg.Connection, tmp_path: Path) -> None:
    home = await furnish(admin)
    await run("tenant", "export", "acme", str(tmp_path / "acme.zip"))
    await emptied(admin, home)
    await run("tenant", "import", str(tmp_path / "acme.zip"))
    assert await admin.fetch("SELECT FROM users WHERE operator") == []


async def test_beside_the_first_one_it_gets_an_id_of_its_own_and_its_log_is_sealed_anew(
    run: Command, admin: asyncpg.Connection, tmp_path: Path
) -> None:
    home = await furnish(admin)
    before = await checksums(admin, home)
    file = tmp_path / "acme.zip"
    await run("tenant", "export", "acme", str(file))
    assert (await run("tenant", "import", str(file), "--as", "twin")).code == 0
    twin = await admin.fetchval("SELECT id FROM tenants WHERE slug = 'twin'")
    assert twin != home
    after = await checksums(admin, home)
    assert {name for name in after if after[name] != before[name]} == {"audit_entries"}  # that it was exported
    assert await admin.fetchval("SELECT count(*) FROM contacts WHERE tenant_id = $1", twin) == 3
    assert await admin.fetch("SELECT FROM audit_seals WHERE tenant_id = $1", twin) == []
    numbers = await admin.fetchval("SELECT max(number) FROM contacts")
    await admin.execute("INSERT INTO contacts (tenant_id, id, name) VALUES ($1, $2, 'next')", twin, new_id())
    assert await admin.fetchval("SELECT number FROM contacts WHERE name = 'next'") > numbers


async def test_nothing_is_mixed(run: Command, admin: asyncpg.Connection, tmp_path: Path) -> None:
    await furnish(admin)
    file = tmp_path / "acme.zip"
    await run("tenant", "export", "acme", str(file))
    evil = await tenant(admin, "evil")
    await admin.execute("INSERT INTO labels (tenant_id, id, name) VALUES ($1, $2, 'theirs')", evil, new_id())
    sealed = await tenant(admin, "sealed")
    await admin.execute(
        "INSERT INTO audit_seals (tenant_id, number, entry_id, seal, latest_at) VALUES ($1, 1, $2, $3, now())",
        sealed,
        new_id(),
        bytes(32),
    )
    before = await state(admin)
    for slug, held in (("acme", "users"), ("evil", "labels"), ("sealed", "a log of its own")):
        refused = await run("tenant", "import", str(file), "--as", slug)
        told = f"There is a tenant {slug}, which has {held}. Nothing is mixed: import it as another one, by --as.\n"
        assert refused == Said(1, "", told)
    assert await state(admin) == before


async def test_a_tenant_that_was_only_made_is_filled(run: Command, admin: asyncpg.Connection, tmp_path: Path) -> None:
    await furnish(admin)
    file = tmp_path / "acme.zip"
    await run("tenant", "export", "acme", str(file))
    await run("tenant", "create", "nova", "Nova Ltd")
    nova = await admin.fetchval("SELECT id FROM tenants WHERE slug = 'nova'")
    assert (await run("tenant", "import", str(file), "--as", "nova")).code == 0
    assert await admin.fetchrow("SELECT id, name FROM tenants WHERE slug = 'nova'") == (nova, "Acme")
    assert await admin.fetchval("SELECT count(*) FROM users WHERE tenant_id = $1", nova) == 2


async def test_who_was_on_the_way_out_has_arrived_with_its_rules(run: Command, admin: asyncpg.Connection, tmp_path: Path) -> None:
    home = await furnish(admin)
    file = tmp_path / "acme.zip"
    leaving = "UPDATE tenants SET status = 'DELETING', deletion_at = now() + interval '1 day', audit_days = 400, legal_hold = true"
    await admin.execute(f"{leaving} WHERE id = $1", home)
    await run("tenant", "export", "acme", str(file))
    refused = await run("tenant", "import", str(file))
    assert refused == Said(1, "", "There is a tenant acme, which is being deleted.\n")
    await emptied(admin, home)
    assert (await run("tenant", "import", str(file))).code == 0
    arrived = await admin.fetchrow("SELECT id, status, deletion_at, audit_days, legal_hold FROM tenants WHERE slug = 'acme'")
    assert arrived == (home, "ACTIVE", None, 400, True)


async def test_a_tenant_that_was_deleted_comes_back_as_another_one_and_no_stranger_under_its_slug(
    run: Command, admin: asyncpg.Connection, tmp_path: Path
) -> None:
    """Else what its certificate says, that it is gone, would not hold; and its people would sign in to strangers."""
    acme = await furnish(admin)
    evil = await tenant(admin, "evil")
    mine, theirs = tmp_path / "acme.zip", tmp_path / "evil.zip"
    await run("tenant", "export", "acme", str(mine))
    await run("tenant", "export", "evil", str(theirs))
    await emptied(admin, acme)
    await emptied(admin, evil)
    stub = "INSERT INTO deletions (id, slug_digest, deletion_at, audit_number) VALUES ($1, sha256('acme'), now(), 0)"
    await admin.execute(stub, acme)
    refused = await run("tenant", "import", str(theirs), "--as", "acme")
    assert (refused.code, refused.err.startswith("Another tenant that was deleted had this slug")) == (1, True)
    assert (await run("tenant", "import", str(mine))).code == 0
    assert await admin.fetchval("SELECT id FROM tenants WHERE slug = 'acme'") != acme


async def test_a_dry_run_does_all_and_leaves_nothing(run: Command, admin: asyncpg.Connection, tmp_path: Path) -> None:
    home = await furnish(admin)
    file = tmp_path / "acme.zip"
    await run("tenant", "export", "acme", str(file))
    await emptied(admin, home)
    before = await state(admin)
    dry = await run("tenant", "import", str(file), "--dry-run")
    assert (dry.code, dry.err) == (0, "")
    assert "Nothing was written: this was a dry run. Else acme is as it was at " in dry.out
    assert await state(admin) == before
    counted = [line for line in dry.out.splitlines() if line.split()[0] in CARRIED]
    real = await run("tenant", "import", str(file))
    assert counted == [line for line in real.out.splitlines() if line.split()[0] in CARRIED]


async def test_a_changed_byte_is_found_wherever_it_stands(run: Command, admin: asyncpg.Connection, tmp_path: Path) -> None:
    home = await furnish(admin)
    file = tmp_path / "acme.zip"
    await run("tenant", "export", "acme", str(file))
    await emptied(admin, home)
    before, given = await state(admin), files(file)
    changed = {}
    for name, data in given.items():
        changed[name] = packed(tmp_path / f"{name}.zip", given | {name: data[:-2] + bytes([data[-2] ^ 1]) + data[-1:]})
    for name, path in changed.items():
        refused = await run("tenant", "import", str(path))
        assert (refused.code, refused.out) == (1, ""), name
        if name.startswith("manifest"):
            assert refused.err.startswith("The signature of the manifest is of none of the keys that are known here")
        else:
            assert refused.err == f"{name} is not what the manifest says: it was changed or cut off.\n"
    assert await state(admin) == before


async def test_what_is_no_bundle_is_told_in_a_line(run: Command, admin: asyncpg.Connection, tmp_path: Path) -> None:
    await furnish(admin)
    file = tmp_path / "acme.zip"
    await run("tenant", "export", "acme", str(file))
    before, given = await state(admin), files(file)
    manifest = json.loads(given["manifest.json"])
    newer = {name: dict(told) for name, told in manifest["files"].items()}
    newer["users.jsonl"]["columns"] = [*newer["users.jsonl"]["columns"], "password_hash"]
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 255
    cut, broken, text = tmp_path / "cut.zip", tmp_path / "broken.zip", tmp_path / "text.zip"
    cut.write_bytes(file.read_bytes()[:-100])
    broken.write_bytes(raw)
    text.write_text("no bundle")
    cases = {
        cut: "This is no bundle, or it is damaged",
        broken: "This is no bundle, or it is damaged",
        text: "This is no bundle, or it is damaged: File is not a zip file.",
        packed(tmp_path / "empty.zip", {}): "This is no bundle, or it is damaged.",
        packed(tmp_path / "more.zip", given | {"more.txt": b""}): "The bundle holds other files than its manifest names.",
        packed(tmp_path / "kind.zip", signed(given, kind="certificate")): "This is no bundle of format 1",
        packed(tmp_path / "format.zip", signed(given, format=2)): "This is no bundle of format 1",
        packed(tmp_path / "files.zip", signed(given, files={})): "The bundle has other files than this release knows",
        packed(tmp_path / "newer.zip", signed(given, files=newer)): "The bundle is of a later release: users has password_hash",
        packed(tmp_path / "odd.zip", signed(given, files=[])): "The bundle has other files",
        tmp_path / "nowhere.zip": f"{tmp_path}/nowhere.zip cannot be read.",
    }
    for path, line in cases.items():
        refused = await run("tenant", "import", str(path), "--as", "another")
        assert (refused.code, refused.out, refused.err.count("\n")) == (1, "", 1), (path, refused)
        assert refused.err.startswith(line), (path, refused)
    assert await state(admin) == before


async def test_a_bundle_of_another_service_wants_its_public_keys(
    run: Command, admin: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = await furnish(admin)
    file, keys, wrong = tmp_path / "acme.zip", tmp_path / "keys.pem", tmp_path / "wrong.pem"
    await run("tenant", "export", "acme", str(file))
    keys.write_text((await run("tenant", "keys")).out)
    await emptied(admin, home)
    given = files(file)
    theirs = Vault.parse(OTHER_KEYS)
    foreign = packed(tmp_path / "foreign.zip", given | {"manifest.sig": signing.sign(theirs, given["manifest.json"])})
    refused = await run("tenant", "import", str(foreign))
    assert refused.err.startswith("The signature of the manifest is of none of the keys that are known here")
    keys.write_text(signing.pem(theirs))
    wrong.write_text("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    said = await run("tenant", "import", str(foreign), "--keys", str(wrong))
    assert said.err == f"{wrong} does not hold Ed25519 public keys in PEM, as `tenant keys` prints them.\n"
    assert (await run("tenant", "import", str(foreign), "--keys", str(keys))).code == 0


_AT_RANDOM = {
    "contacts": {"number": 2_147_483_000},
    "users": {"password_hash": "$2b$31$" + "." * 53},
    "invitations": {"email": 7},
}


def altered(given: dict[str, bytes], table: str, change: dict[str, Any]) -> dict[str, bytes]:
    """A bundle that this service signs, in which each row of a table is changed."""
    data = b"".join(json.dumps(json.loads(line) | change).encode() + b"\n" for line in given[f"{table}.jsonl"].splitlines())
    told = json.loads(given["manifest.json"])["files"]
    told[f"{table}.jsonl"] |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return signed(given | {f"{table}.jsonl": data}, files=told)


@pytest.mark.parametrize("table", _AT_RANDOM)
async def test_what_would_harm_this_service_is_refused_whoever_signed_it(
    table: str, run: Command, admin: asyncpg.Connection, tmp_path: Path
) -> None:
    home = await furnish(admin)
    file = tmp_path / "acme.zip"
    await run("tenant", "export", "acme", str(file), "--with-passwords")
    await emptied(admin, home)
    before, numbers = await state(admin), await admin.fetchval("SELECT nextval('contacts_number_seq')")
    refused = await run("tenant", "import", str(packed(tmp_path / "bad.zip", altered(files(file), table, _AT_RANDOM[table]))))
    assert (refused.code, refused.out, refused.err.startswith(f"{table}.jsonl has a ")) == (1, "", True), refused
    assert await state(admin) == before
    assert await admin.fetchval("SELECT nextval('contacts_number_seq')") == numbers + 1


async def test_keys_are_made_here_of_the_values(run: Command, admin: asyncpg.Connection, tmp_path: Path) -> None:
    """Or an account of ada@example.org would be found by the address of somebody else."""
    home = await furnish(admin)
    file = tmp_path / "acme.zip"
    await run("tenant", "export", "acme", str(file))
    keys = "SELECT username_key, email_key FROM users ORDER BY 1"
    before = await admin.fetch(keys)
    invited = {"email_key": "another@example.org"}
    given = altered(altered(files(file), "invitations", invited), "users", {"email_key": None})
    await emptied(admin, home)
    assert (await run("tenant", "import", str(packed(tmp_path / "bad.zip", given)))).code == 0
    assert await admin.fetch(keys) == before
    assert await admin.fetchval("SELECT email_key FROM invitations") == "new@example.org"


async def test_an_entry_that_is_malformed_does_not_hide_who_was_erased(
    run: Command, admin: asyncpg.Connection, tmp_path: Path
) -> None:
    home, mark = await furnish(admin), "ab" * 32
    add = "INSERT INTO audit_entries (tenant_id, id, action, details) VALUES ($1, $2, 'person.erased', $3) RETURNING at"
    at = await admin.fetchval(add, home, new_id(), json.dumps({"mark": mark}))
    for details in ({"mark": mark, "before": "garbage"}, {"mark": mark, "before": 7}, {"mark": [mark]}, {"mark": "a b"}, [mark]):
        await admin.execute(add, home, new_id(), json.dumps(details))
    await admin.execute(add, home, new_id(), json.dumps({"mark": mark, "before": "2999-01-01T00:00:00"}))
    assert await run("erasure", "list") == Said(0, f"{home} {at.isoformat()} {mark}\n", "")


def test_what_is_changed_after_it_was_checked_is_found(tmp_path: Path) -> None:
    data = {f"{name}.jsonl": b"{}\n" for name in bundle.TABLES}
    digest = hashlib.sha256(b"{}\n").hexdigest()
    told = {name: {"rows": 1, "columns": [], "sha256": digest} for name in data}
    manifest = {"tenant": {}, "at": "", "passwords": False, "files": told}
    with zipfile.ZipFile(packed(tmp_path / "x.zip", data | {"users.jsonl": b"[]\n"})) as archive:
        given = bundles.Bundle(archive, manifest)
        assert list(given.batches("labels")) == [["{}\n"]]
        with pytest.raises(InvalidInput, match=r"users\.jsonl is not what the manifest says"):
            list(given.batches("users"))


async def test_nobody_who_was_there_first_chooses_what_is_written_to(
    run: Command, admin: asyncpg.Connection, tmp_path: Path
) -> None:
    """In a folder that others may write to, what lies under the name of the file in the making is theirs."""
    await furnish(admin)
    victim = tmp_path / "victim"
    for arguments in (
        ("tenant", "export", "acme", "{}"),
        ("person", "export", "--tenant", "acme", "--email", "ada@example.org", "--out", "{}"),
    ):
        for lay in (Path.symlink_to, Path.hardlink_to):
            victim.write_text("precious")
            victim.chmod(0o666)
            file = tmp_path / "file"
            for name in (file, tmp_path / "file.part"):
                name.unlink(missing_ok=True)
                lay(name, victim)
            said = await run(*(one.format(file) for one in arguments))
            assert (said.code, said.err, victim.read_text()) == (0, "", "precious")
            assert (file.is_symlink(), stat.S_IMODE(file.stat().st_mode)) == (False, 0o600)
        refused = await run(*(one.format(tmp_path) for one in arguments))
        assert refused == Said(1, "", f"{tmp_path} cannot be written.\n")
    assert lying(tmp_path) == ["file", "victim"]


def openssl(folder: Path) -> str:
    """What openssl says of the signature."""
    asked = "openssl pkeyutl -verify -pubin -inkey keys.pem -rawin -in manifest.json -sigfile manifest.sig"
    return subprocess.run(asked.split(), cwd=folder, check=False, capture_output=True, text=True).stdout


async def test_openssl_verifies_it(run: Command, admin: asyncpg.Connection, tmp_path: Path) -> None:
    await furnish(admin)
    file, keys = tmp_path / "acme.zip", tmp_path / "keys.pem"
    await run("tenant", "export", "acme", str(file))
    keys.write_text((await run("tenant", "keys")).out)
    for name in ("manifest.json", "manifest.sig"):
        (tmp_path / name).write_bytes(files(file)[name])
    assert openssl(tmp_path) == "Signature Verified Successfully\n"
    (tmp_path / "manifest.json").write_bytes(files(file)["manifest.json"].replace(b"acme", b"acmf"))
    assert openssl(tmp_path) == "Signature Verification Failure\n"


async def test_nothing_half_written_stays(
    run: Command, admin: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await run("tenant", "export", "nobody", str(tmp_path / "x.zip")) == Said(1, "", "There is no tenant nobody.\n")
    assert await run("tenant", "export", "acme", str(tmp_path / "no" / "x.zip")) == Said(
        1, "", f"{tmp_path}/no/x.zip cannot be written.\n"
    )
    assert lying(tmp_path) == []
    home = await furnish(admin)
    file = tmp_path / "acme.zip"
    await run("tenant", "export", "acme", str(file))
    await emptied(admin, home)
    before = await state(admin)
    written = bundle.write

    async def failing(name: str, *rest: Any) -> None:
        if name == "audit_seals":
            raise ZeroDivisionError
        await written(name, *rest)

    monkeypatch.setattr(bundle, "write", failing)
    with pytest.raises(ZeroDivisionError):
        await run("tenant", "import", str(file))
    assert await state(admin) == before
