"""A tenant leaves (TI-19): an owner asks, everybody reads until then, who wants it keeps it; then it is gone, and nobody else's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from auth.tokens import Keyring
from models import deletion
from models.tenancy import within
from models.tenant import SLUG_REST
from models.values import new_id
from resolvers.deletion import erase
from server.database import opened
from tests.aged import add_aged
from tests.commands import Command, Said
from tests.conftest import JWT_KEYS, VAULT, Database, Serve
from tests.house.test_raw_sql import _filled
from tests.house.walls import checksums, tenant_tables
from tests.letters import mailing
from tests.stories.test_exports import START, fetched, left, made
from tests.world import LOGIN, PASSWORD, Person, World, add_user

_DELETE = """
mutation($i: DeleteTenantInput!) { deleteTenant(input: $i) { tenant { status deletionAt } userErrors { code path } } }
"""
_CANCEL = "mutation { cancelTenantDeletion { tenant { status deletionAt } userErrors { code } } }"
_SETTINGS = """
mutation($i: UpdateTenantInput!) {
  updateTenant(input: $i) { tenant { settings { trashDays auditDays legalHold } } userErrors { code path } }
}
"""
_CREATE = 'mutation { createContact(input: {contact: {name: "Zoë"}}) { contact { id } } }'
_READ = "{ contacts { totalCount } labels { name } viewer { tenant { status deletionAt users { totalCount } } } }"
_AUDIT = "{ auditLog(first: 5) { nodes { action } } }"


async def _ask(person: Person, slug: str = "acme") -> Any:
    return (await person.gql(_DELETE, i={"confirmSlug": slug})).data["deleteTenant"]


async def _stale(world: World) -> None:
    await world.admin.execute("UPDATE sessions SET authenticated_at = now() - interval '11 minutes'")


async def _now(world: World) -> None:
    await world.admin.execute("UPDATE tenants SET deletion_at = now() WHERE deletion_at IS NOT NULL")


async def _counts(world: World) -> dict[str, int]:
    return {
        table: await world.admin.fetchval(f"SELECT count(*) FROM {table} WHERE tenant_id = $1", world.acme)
        for table in await tenant_tables(world.admin)
    }


async def test_an_owner_asks_and_takes_it_back(world: World) -> None:
    answer = await _ask(world.ada)
    until = datetime.fromisoformat(answer["tenant"].pop("deletionAt"))
    assert answer == {"tenant": {"status": "DELETING"}, "userErrors": []}
    assert abs(until - datetime.now(UTC) - timedelta(days=7)) < timedelta(minutes=5)
    again = await _ask(world.ada)
    assert datetime.fromisoformat(again["tenant"]["deletionAt"]) == until
    assert (await world.ada.gql(_CANCEL)).data["cancelTenantDeletion"] == {
        "tenant": {"status": "ACTIVE", "deletionAt": None},
        "userErrors": [],
    }
    assert (await world.ada.gql(_CANCEL)).data["cancelTenantDeletion"]["userErrors"] == [{"code": "NOT_ALLOWED"}]
    assert (await world.grace.gql(_CREATE)).data["createContact"]["contact"]
    actions = await world.admin.fetch("SELECT action FROM audit_entries WHERE action LIKE 'tenant.deletion%' ORDER BY id")
    assert [row["action"] for row in actions] == ["tenant.deletion_requested", "tenant.deletion_cancelled"]


async def test_its_owners_are_told_by_letter_and_nobody_else(serve: Serve, admin: asyncpg.Connection) -> None:
    async with mailing(serve, admin) as post:
        await add_user(admin, post.world.acme, "anna", "OWNER")
        await add_user(admin, post.world.acme, "olaf", "OWNER", active=False)
        until = datetime.fromisoformat((await _ask(post.world.ada))["tenant"]["deletionAt"])
        letters = await post.letters(2)
        assert sorted(letters) == [f"Your address book is to be deleted > {name}@example.org" for name in ("ada", "anna")]
        for letter in letters.values():
            part = letter.get_body(("plain",))
            assert part is not None
            assert f"“acme” is to be deleted, with everything in it, on {until:%Y-%m-%d %H:%M} UTC." in part.get_content()
        await _ask(post.world.ada)
        await post.silence()


async def test_nobody_but_an_owner_with_a_fresh_proof_and_the_slug_asks(world: World) -> None:
    before = await world.admin.fetch("SELECT * FROM tenants")
    for person, code in (
        (world.adam, "FORBIDDEN"),
        (world.grace, "FORBIDDEN"),
        (world.oskar, "FORBIDDEN"),
        (world.stranger, "UNAUTHENTICATED"),
    ):
        assert (await person.gql(_DELETE, i={"confirmSlug": "acme"})).codes == [code]
        assert (await person.gql(_CANCEL)).codes == [code]
    assert await _ask(world.mallory) == {"tenant": None, "userErrors": [{"code": "INVALID", "path": ["confirmSlug"]}]}
    assert (await _ask(world.ada, "ACME"))["userErrors"] == [{"code": "INVALID", "path": ["confirmSlug"]}]
    await _stale(world)
    assert (await _ask(world.ada))["userErrors"][0]["code"] == "REAUTHENTICATION_REQUIRED"
    assert await world.admin.fetch("SELECT * FROM tenants") == before


async def test_until_then_everybody_reads_and_signs_in_and_nobody_changes_anything(world: World) -> None:
    await world.grace.gql(_CREATE)
    await _ask(world.ada)
    again = await world.linus.login()
    for person in (world.ada, world.adam, world.grace, world.linus, again):
        read = (await person.gql(_READ)).data
        assert (read["contacts"]["totalCount"], read["viewer"]["tenant"]["status"]) == (1, "DELETING")
    assert (await world.adam.gql(_AUDIT)).data["auditLog"]["nodes"][0] == {"action": "login.succeeded"}
    assert (await world.linus.gql(_AUDIT)).codes == ["FORBIDDEN"]
    counts = await _counts(world)
    for person, document in (
        (world.grace, _CREATE),
        (world.grace, 'mutation { createLabel(input: {name: "x"}) { label { id } } }'),
        (world.adam, 'mutation { inviteUser(input: {email: "x@example.org", role: VIEWER}) { invitation { id } } }'),
        (world.ada, 'mutation { updateTenant(input: {name: "x"}) { tenant { name } } }'),
        (world.ada, "mutation { updateTenant(input: {trashDays: 99}) { tenant { name } } }"),
    ):
        refused = await person.gql(document)
        assert refused.codes == ["FORBIDDEN"], document
        assert refused.errors[0]["message"].startswith("This tenant is being deleted.")
    assert (await world.grace.rest("DELETE", "/api/address-book/1")).status == 403
    assert (await world.grace.rest("GET", "/api/address-book")).status == 200
    assert await _counts(world) == counts
    assert (await world.mallory.gql(_CREATE)).data["createContact"]["contact"]


async def test_its_administrators_take_all_of_it_along_and_what_was_made_for_that_goes_with_it(
    world: World, database: Database
) -> None:
    await world.grace.gql(_CREATE)
    await _ask(world.ada)
    job = await made(world, world.adam)
    status, body, _ = await fetched(world.ada, job["id"])
    assert (status, hashlib.sha256(body).hexdigest()) == (200, job["sha256"])
    assert (await world.grace.gql(START)).codes == ["FORBIDDEN"]
    await _now(world)
    assert (await fetched(world.ada, job["id"]))[0] == 401
    async with opened(database.app, VAULT, pool=1):
        await erase(None)  # type: ignore[arg-type]
    removed = json.loads(await world.admin.fetchval("SELECT removed FROM deletions"))
    assert (removed["exports"], removed["export_chunks"]) == (1, 1)
    assert await left(world.admin) == (0, 0)


async def test_once_its_time_has_come_it_lets_nobody_in(world: World) -> None:
    await _ask(world.ada)
    await _now(world)
    given = {"tenant": "acme", "usernameOrEmail": "ada", "password": PASSWORD}
    assert (await world.stranger.gql(LOGIN, input=given)).data["login"]["userErrors"][0]["code"] == "INVALID_CREDENTIALS"
    assert (await world.ada.gql(_READ)).codes == ["UNAUTHENTICATED"] * 3
    assert (await world.ada.gql(_CANCEL)).codes == ["UNAUTHENTICATED"]


async def test_it_is_gone_everywhere_but_for_a_stub_and_nobody_elses_is_touched(
    world: World, database: Database, admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "BATCH", 3)
    user = await add_aged(admin, world.acme, 4, timedelta(hours=1))
    await add_aged(admin, world.evil, 4, timedelta(hours=1))
    await admin.execute(
        "INSERT INTO queue.pgqueuer (priority, status, entrypoint, payload) SELECT 0, 'queued', 'MAIL', p "
        "FROM unnest($1::bytea[]) p",
        [world.acme.bytes + user.bytes, world.evil.bytes + user.bytes],
    )
    await _ask(world.ada)
    await _now(world)
    counts, others = await _counts(world), await checksums(admin, world.evil)
    real, batches = deletion.erase, 0

    async def dying() -> int:
        nonlocal batches
        batches += 1
        removed = await real()
        if batches in {2, 9}:
            raise KeyboardInterrupt  # and this batch is rolled back
        return removed

    monkeypatch.setattr(deletion, "erase", dying)
    async with opened(database.app, VAULT, pool=2):
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                await erase(None)  # type: ignore[arg-type]  # it asks the desk for nothing
            assert await admin.fetchval("SELECT count(*) FROM tenants WHERE slug = 'acme'") == 1
        assert json.loads(await admin.fetchval("SELECT removed FROM deletions")) != {}
        await erase(None)  # type: ignore[arg-type]
        await erase(None)  # type: ignore[arg-type]
    assert await _counts(world) == dict.fromkeys(counts, 0)
    assert await admin.fetch("SELECT FROM tenants WHERE id = $1", world.acme) == []
    [stub] = await admin.fetch("SELECT * FROM deletions")
    assert (stub["id"], stub["finished_at"] is not None) == (world.acme, True)
    assert json.loads(stub["removed"]) == {table: count for table, count in counts.items() if count}
    assert await checksums(admin, world.evil) == others
    assert [row["payload"] for row in await admin.fetch("SELECT payload FROM queue.pgqueuer")] == [world.evil.bytes + user.bytes]


async def test_every_table_is_emptied(admin: Any, database: Database) -> None:
    acme, evil = await _filled(admin, "acme"), await _filled(admin, "evil")
    others = await checksums(admin, evil)
    await admin.execute("UPDATE tenants SET status = 'DELETING', deletion_at = now() WHERE id = $1", acme)
    async with opened(database.app, VAULT, pool=1):
        await erase(None)  # type: ignore[arg-type]
    stub = await admin.fetchrow("SELECT * FROM deletions")
    assert json.loads(stub["removed"]) == dict.fromkeys(await tenant_tables(admin), 1)
    assert (stub["audit_number"], len(stub["audit_head"])) == (1, 32)
    assert await checksums(admin, evil) == others


@pytest.mark.parametrize(
    "change",
    [
        "deletion_at = now() + interval '1 minute'",
        "legal_hold = true",
        "status = 'ACTIVE', deletion_at = NULL",
        "deletion_at = NULL",
    ],
)
async def test_what_is_not_due_is_not_erased_by_anybody(change: str, world: World, database: Database) -> None:
    await _ask(world.ada)
    await _now(world)
    await world.admin.execute(f"UPDATE tenants SET {change} WHERE id = $1", world.acme)
    counts = await _counts(world)
    async with opened(database.app, VAULT, pool=1):
        await erase(None)  # type: ignore[arg-type]
        with pytest.raises(Exception, match="the tenant is not to be deleted"):
            async with within(world.acme):
                await deletion.erase()
    assert await _counts(world) == counts
    assert await world.admin.fetch("SELECT FROM deletions") == []


async def test_legal_hold_keeps_a_tenant_and_is_lifted_with_a_proof_by_an_owner_alone(world: World) -> None:
    for person in (world.adam, world.grace):
        assert (await person.gql(_SETTINGS, i={"legalHold": True})).codes == ["FORBIDDEN"]
    held = (await world.ada.gql(_SETTINGS, i={"legalHold": True, "trashDays": 60})).data["updateTenant"]
    assert held == {"tenant": {"settings": {"trashDays": 60, "auditDays": 365, "legalHold": True}}, "userErrors": []}
    assert (await _ask(world.ada))["userErrors"] == [{"code": "NOT_ALLOWED", "path": None}]
    contact = (await world.grace.gql(_CREATE)).data["createContact"]["contact"]["id"]
    for document, given in (
        (
            "mutation($i: DeleteContactsInput!) { deleteContacts(input: $i) { userErrors { code } } }",
            {"ids": [contact], "permanently": True},
        ),
        (
            "mutation($i: DeleteUserInput!) { deleteUser(input: $i) { userErrors { code } } }",
            {"id": f"user_{(world.linus.user or new_id()).hex}"},
        ),
    ):
        [payload] = (await world.ada.gql(document, i=given)).data.values()
        assert payload == {"userErrors": [{"code": "NOT_ALLOWED"}]}
    await _stale(world)
    for less in ({"legalHold": False}, {"trashDays": 59}, {"auditDays": 364}):
        assert (await world.ada.gql(_SETTINGS, i=less)).data["updateTenant"]["userErrors"][0]["code"] == "REAUTHENTICATION_REQUIRED"
    assert (await world.ada.gql(_SETTINGS, i={"auditDays": 400})).data["updateTenant"]["tenant"]["settings"]["auditDays"] == 400
    for wrong in ({"trashDays": 6}, {"trashDays": 3651}, {"auditDays": 89}, {"auditDays": None}, {"legalHold": None}):
        code = "REQUIRED" if None in wrong.values() else "INVALID"
        fresh = await world.ada.login()
        assert (await fresh.gql(_SETTINGS, i=wrong)).data["updateTenant"]["userErrors"] == [{"code": code, "path": [*wrong]}]
    fresh = await world.ada.login()
    assert (await fresh.gql(_SETTINGS, i={"legalHold": False})).data["updateTenant"]["userErrors"] == []
    assert (await _ask(fresh))["tenant"]["status"] == "DELETING"


async def test_a_hold_of_the_last_minute_lets_its_people_in_to_keep_it(world: World, run: Command) -> None:
    await _ask(world.ada)
    await _now(world)
    assert await run("tenant", "hold", "acme") == Said(0, "acme is under legal hold.\n", "")
    assert (await world.linus.gql(_READ)).data["viewer"]["tenant"]["status"] == "DELETING"
    assert (await world.ada.gql(_CANCEL)).data["cancelTenantDeletion"]["tenant"]["status"] == "ACTIVE"


async def test_a_hold_after_the_first_batch_keeps_the_rest_and_brings_nothing_half_back(
    world: World, database: Database, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "BATCH", 1)
    await _ask(world.ada)
    await _now(world)
    async with opened(database.app, VAULT, pool=1), within(world.acme):
        assert await deletion.erase() == 1
    assert (await run("tenant", "hold", "acme")).code == 0
    assert await run("tenant", "resume", "acme") == Said(1, "", "This tenant is being deleted.\n")
    assert (await world.ada.gql(_CANCEL)).codes == ["UNAUTHENTICATED"]
    given = {"tenant": "acme", "usernameOrEmail": "ada", "password": PASSWORD}
    assert (await world.stranger.gql(LOGIN, input=given)).data["login"]["userErrors"][0]["code"] == "INVALID_CREDENTIALS"
    counts = await _counts(world)
    async with opened(database.app, VAULT, pool=1):
        await erase(None)  # type: ignore[arg-type]
    assert await _counts(world) == counts
    assert (await run("tenant", "hold", "acme", "--off")).code == 0
    async with opened(database.app, VAULT, pool=1):
        await erase(None)  # type: ignore[arg-type]
    assert await world.admin.fetch("SELECT FROM tenants WHERE id = $1", world.acme) == []


async def test_what_an_operator_holds_no_owner_lets_go(world: World, run: Command) -> None:
    assert (await world.ada.gql(_SETTINGS, i={"legalHold": True})).data["updateTenant"]["userErrors"] == []
    assert (await run("tenant", "hold", "acme")).code == 0
    refused = (await world.ada.gql(_SETTINGS, i={"legalHold": False})).data["updateTenant"]["userErrors"]
    assert refused == [{"code": "NOT_ALLOWED", "path": ["legalHold"]}]
    assert (await run("tenant", "hold", "acme", "--off")).code == 0
    assert (await world.ada.gql(_SETTINGS, i={"legalHold": True})).data["updateTenant"]["userErrors"] == []
    assert (await world.ada.gql(_SETTINGS, i={"legalHold": False})).data["updateTenant"]["userErrors"] == []


async def test_the_slug_of_a_deleted_tenant_rests_for_a_year(world: World, database: Database, run: Command) -> None:
    await _ask(world.ada)
    await _now(world)
    async with opened(database.app, VAULT, pool=1):
        await erase(None)  # type: ignore[arg-type]
    refused = await run("tenant", "create", "acme", "Another Acme")
    assert (refused.code, refused.err) == (
        1,
        "Another tenant that was deleted had this slug until a while ago. Take another one.\n",
    )
    await world.admin.execute("UPDATE deletions SET began_at = now() - $1::interval", SLUG_REST)
    assert await run("tenant", "create", "acme", "Another Acme") == Said(0, "acme is made.\n", "")


def _ed25519(kid: str) -> str:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return json.dumps([{"kid": kid, "alg": "EdDSA", "key": pem, "active": True}])


@pytest.fixture
async def certified(
    world: World, database: Database, run: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Any]:
    """Deletes acme; then certifies it with given keys into a file, and answers the files of the certificate and of the keys."""
    await _ask(world.ada)
    await _now(world)
    async with opened(database.app, VAULT, pool=1):
        await erase(None)  # type: ignore[arg-type]

    async def certify(keys: str, *, public: bool) -> tuple[Path, Path]:
        certificate, known = tmp_path / "certificate", tmp_path / "keys.json"
        monkeypatch.setenv("JWT_KEYS", keys)
        assert (await run("deletion", "certificate", str(world.acme), "--out", str(certificate))).code == 0
        known.write_text(json.dumps(Keyring.parse(keys).jwks()) if public else keys)
        for name in ("JWT_KEYS", "DATABASE_URL", "SECRET_KEYS"):
            monkeypatch.delenv(name)
        return certificate, known

    return certify


async def test_a_certificate_is_checked_offline_by_the_public_key(
    certified: Callable[..., Any], run: Command, world: World
) -> None:
    certificate, known = await certified(_ed25519("k1"), public=True)
    checked = await run("deletion", "verify", str(certificate), "--keys", str(known))
    assert (checked.code, checked.out.splitlines()[-1]) == (0, "The signature is right.")
    told = json.loads(checked.out.rpartition("The signature")[0])
    assert (told["sub"], told["removed_rows"]["users"]) == (str(world.acme), 4)
    assert "acme" not in checked.out
    text = certificate.read_text().strip()
    head, body, signature = text.split(".")
    wrong = "This is no certificate of a deletion, or it was changed after it was signed.\n"
    for forged in (f"{head}.{body[:-8]}AAAA{body[-4:]}.{signature}", f"{head}.{body}.", text[:-6] + "AAAAAA", "x", ""):
        certificate.write_text(forged)
        assert await run("deletion", "verify", str(certificate), "--keys", str(known)) == Said(1, "", wrong), forged
    certificate.write_text(text)
    known.write_text(json.dumps(Keyring.parse(_ed25519("k2")).jwks()))
    assert (
        await run("deletion", "verify", str(certificate), "--keys", str(known))
    ).err == "None of these keys signed the certificate.\n"
    known.write_text(json.dumps(Keyring.parse(_ed25519("k1")).jwks()))
    assert (await run("deletion", "verify", str(certificate), "--keys", str(known))).err == wrong
    known.write_text("{}")
    assert (await run("deletion", "verify", str(certificate), "--keys", str(known))).code == 1


async def test_one_of_a_shared_secret_says_that_it_proves_less(certified: Callable[..., Any], run: Command, world: World) -> None:
    certificate, known = await certified(JWT_KEYS, public=False)
    checked = await run("deletion", "verify", str(certificate), "--keys", str(known))
    assert checked.code == 0
    assert "everybody who could check it could have written it" in checked.out
    certificate.write_text(world.ada.token or "")
    assert (await run("deletion", "verify", str(certificate), "--keys", str(known))).code == 1  # an access token is none


async def test_a_certificate_is_no_access_token(certified: Callable[..., Any], world: World) -> None:
    certificate, _ = await certified(JWT_KEYS, public=False)
    world.ada.token = certificate.read_text().strip()
    assert (await world.ada.gql(_READ)).codes == ["UNAUTHENTICATED"] * 3


async def test_there_is_no_certificate_of_what_was_not_deleted(run: Command, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_KEYS", JWT_KEYS)
    assert (await run("deletion", "certificate", str(new_id()))).code == 1
    await world.admin.execute(
        "INSERT INTO deletions (id, slug_digest, deletion_at, audit_number) VALUES ($1, sha256(''), now(), 0)", world.acme
    )
    refused = await run("deletion", "certificate", str(world.acme))
    assert (refused.code, "is under way" in refused.err) == (1, True)
    assert "under way" in (await run("deletion", "list")).out
