"""All that a tenant has leaves it: an administrator asks, a job makes it as of one moment, and they alone fetch it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import asyncpg
import pytest

from auth import signing
from auth.caller import Caller
from auth.desk import Exports
from models import bundle, export
from models.errors import Unauthenticated
from models.values import Origin, new_id
from resolvers import bundles, exports, running, sweeping
from resolvers.running import Patience
from server import downloads
from server.app import DESK
from tests.conftest import VAULT
from tests.world import Answer, Person, World

_FIELDS = "__typename id status progress failure attempts ... on ExportJob { format url urlExpiresAt sha256 }"
START = f"mutation {{ startExport(input: {{format: TENANT_BUNDLE}}) {{ job {{ {_FIELDS} }} userErrors {{ code message path }} }} }}"
LOOK = f"query($id: ID!) {{ node(id: $id) {{ ... on ExportJob {{ {_FIELDS} }} }} }}"
JOBS = f"{{ jobs {{ nodes {{ {_FIELDS} }} }} }}"
CANCEL = f"mutation($id: ID!) {{ cancelJob(input: {{id: $id}}) {{ job {{ {_FIELDS} }} userErrors {{ code }} }} }}"


async def contacts(world: World, count: int, home: UUID | None = None) -> None:
    """So many more contacts of acme, or another tenant, each with a label."""
    label = new_id()
    await world.admin.execute("INSERT INTO labels (tenant_id, id, name) VALUES ($1, $2, $3)", home or world.acme, label, str(label))
    await world.admin.execute(
        "WITH made AS (INSERT INTO contacts (tenant_id, id, name) "
        "SELECT $1, gen_random_uuid(), 'Zoë ' || n FROM generate_series(1, $3) n RETURNING id) "
        "INSERT INTO contact_labels SELECT $1, id, $2 FROM made",
        home or world.acme,
        label,
        count,
    )


async def started(person: Person) -> dict[str, Any]:
    """A new job of the kind EXPORT."""
    answer = (await person.gql(START)).data["startExport"]
    assert answer["userErrors"] == []
    job: dict[str, Any] = answer["job"]
    return job


async def run(world: World, job: str, home: UUID | None = None) -> object:
    """One attempt at it."""
    assert world.client.app is not None
    return await running.run(world.client.app[DESK], Patience(attempts=3), home or world.acme, UUID(job.partition("_")[2]))


async def made(world: World, person: Person | None = None) -> dict[str, Any]:
    """A job that has made its bundle."""
    job = await started(person or world.adam)
    await run(world, job["id"])
    answer = await (person or world.adam).gql(LOOK, id=job["id"])
    assert answer.data["node"]["status"] == "SUCCEEDED", answer.text
    found: dict[str, Any] = answer.data["node"]
    return found


async def fetched(person: Person, job: str) -> tuple[int, bytes, Any]:
    """What comes of fetching it: status, body, headers."""
    headers = {"Authorization": f"Bearer {person.token}"} if person.token else {}
    async with person.client.get(f"/exports/{job}", headers=headers) as response:
        return response.status, await response.read(), response.headers


async def actions(admin: asyncpg.Connection) -> list[tuple[str, UUID | None, str]]:
    """What the log tells of exports: action, who, and of which job."""
    rows = await admin.fetch("SELECT action, actor_id, target_id FROM audit_entries WHERE action LIKE 'export.%' ORDER BY at, id")
    return [(row["action"], row["actor_id"], f"job_{row['target_id']}") for row in rows]


async def left(admin: asyncpg.Connection) -> tuple[int, int]:
    """How many bundles, and pieces of them, are kept."""
    return await admin.fetchval("SELECT count(*) FROM exports"), await admin.fetchval("SELECT count(*) FROM export_chunks")


def code(body: bytes) -> str:
    """The code of a refusal."""
    return str(json.loads(body)["errors"][0]["extensions"]["code"])


async def stale(world: World) -> None:
    """It is long ago that people proved who they are."""
    await world.admin.execute("UPDATE sessions SET authenticated_at = now() - interval '11 minutes'")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bundles come in many pieces, and rows in many batches."""
    monkeypatch.setattr(bundles, "PIECE", 500)
    monkeypatch.setattr(bundle, "BATCH", 7)


async def test_an_administrator_asks_for_it_and_fetches_it_and_each_step_is_on_record(
    small: None, world: World, tmp_path: Path
) -> None:
    await contacts(world, 30)
    job = await started(world.adam)
    assert job == {
        "__typename": "ExportJob",
        "id": job["id"],
        "status": "QUEUED",
        "progress": 0.0,
        "failure": None,
        "attempts": 0,
        "format": "TENANT_BUNDLE",
        "url": None,
        "urlExpiresAt": None,
        "sha256": None,
    }
    assert await world.admin.fetchval("SELECT count(*) FROM queue.pgqueuer WHERE entrypoint = 'EXPORT'") == 1
    assert await run(world, job["id"]) is None
    done = (await world.adam.gql(LOOK, id=job["id"])).data["node"]
    assert (await world.ada.gql(JOBS)).data["jobs"]["nodes"] == [done]
    assert (done["status"], done["progress"], done["attempts"]) == ("SUCCEEDED", 1.0, 1)
    assert done["url"].endswith(f"/exports/{job['id']}")
    status, body, headers = await fetched(world.ada, job["id"])
    assert (status, hashlib.sha256(body).hexdigest()) == (200, done["sha256"])
    assert headers["Content-Type"] == "application/zip"
    assert headers["Content-Length"] == str(len(body))
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    day = await world.admin.fetchval("SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') FROM exports")
    assert headers["Content-Disposition"] == f'attachment; filename="acme-{day}.zip"'
    assert (await left(world.admin))[1] > 5
    file = tmp_path / "acme.zip"
    file.write_bytes(body)
    with bundles.opened(file, signing.public_keys(VAULT)) as given:
        assert {name: given.counts[name] for name in ("users", "contacts", "contact_labels")} == {
            "users": 4,
            "contacts": 30,
            "contact_labels": 30,
        }
        assert not given.passwords
        assert sum(map(len, given.batches("contacts"))) == 30
    assert await actions(world.admin) == [
        ("export.started", world.adam.user, job["id"]),
        ("export.finished", world.adam.user, job["id"]),
        ("export.fetched", world.ada.user, job["id"]),
    ]


async def test_nobody_else_starts_one_or_fetches_it(world: World) -> None:
    job = await made(world)
    before = await actions(world.admin)
    for person in (world.grace, world.linus):
        assert (await person.gql(START)).codes == ["FORBIDDEN"]
        status, body, _ = await fetched(person, job["id"])
        assert (status, code(body)) == (403, "FORBIDDEN")
    assert (await world.stranger.gql(START)).codes == ["UNAUTHENTICATED"]
    status, body, _ = await fetched(world.stranger, job["id"])
    assert (status, code(body)) == (401, "UNAUTHENTICATED")
    theirs = await fetched(world.mallory, job["id"])
    for nobodys in (f"job_{new_id().hex}", "job_x", "x", job["id"].replace("job", "contact"), job["id"].upper()):
        assert (await fetched(world.mallory, nobodys))[:2] == theirs[:2]
    assert (theirs[0], code(theirs[1])) == (404, "NOT_FOUND")
    assert (await world.mallory.gql(LOOK, id=job["id"])).data == {"node": None}
    assert await actions(world.admin) == before


async def test_who_did_not_prove_it_a_moment_ago_is_asked_to(world: World) -> None:
    job = await made(world)
    await stale(world)
    refused: Answer = await world.ada.gql(START)
    assert [error["code"] for error in refused.data["startExport"]["userErrors"]] == ["REAUTHENTICATION_REQUIRED"]
    status, body, _ = await fetched(world.ada, job["id"])
    assert (status, code(body)) == (403, "REAUTHENTICATION_REQUIRED")
    assert await world.admin.fetchval("SELECT count(*) FROM jobs") == 1


async def test_one_at_a_time_is_made_and_each_tenant_has_its_own(world: World) -> None:
    first = await started(world.adam)
    answers = await asyncio.gather(*(world.ada.gql(START) for _ in range(3)))
    told = [answer.data["startExport"]["userErrors"] for answer in answers]
    said = "An export is being made already. Wait until it has ended, or cancel its job."
    assert told == [[{"code": "ALREADY_EXISTS", "message": said, "path": ["format"]}]] * 3
    await started(world.mallory)
    cancelled = (await world.ada.gql(CANCEL, id=first["id"])).data["cancelJob"]
    assert (cancelled["job"]["status"], cancelled["job"]["url"], cancelled["userErrors"]) == ("CANCELLED", None, [])
    assert await run(world, first["id"]) is None
    assert await left(world.admin) == (0, 0)
    both = await asyncio.gather(world.ada.gql(START), world.adam.gql(START))
    assert sorted(len(answer.data["startExport"]["userErrors"]) for answer in both) == [0, 1]


async def test_it_is_one_moment_while_writes_go_on(
    small: None, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await contacts(world, 25)
    read, batches = bundle.read, 0

    async def meanwhile(name: str, columns: Sequence[str]) -> AsyncIterator[list[str]]:
        nonlocal batches
        async for lines in read(name, columns):
            yield lines
            batches += 1
            await contacts(world, 3)
            await world.admin.execute("DELETE FROM contacts WHERE id = (SELECT max(id::text)::uuid FROM contacts)")
            await world.admin.execute("UPDATE contacts SET name = 'changed meanwhile'; UPDATE tenants SET name = name")

    monkeypatch.setattr(bundle, "read", meanwhile)
    job = await made(world)
    assert batches > 8
    file = tmp_path / "acme.zip"
    file.write_bytes((await fetched(world.adam, job["id"]))[1])
    with zipfile.ZipFile(file) as archive:
        rows = {
            name: [json.loads(line) for line in archive.read(f"{name}.jsonl").splitlines()]
            for name in ("contacts", "labels", "contact_labels")
        }
    assert {name: len(found) for name, found in rows.items()} == {"contacts": 25, "labels": 1, "contact_labels": 25}
    assert {row["contact_id"] for row in rows["contact_labels"]} == {row["id"] for row in rows["contacts"]}
    assert {row["name"][:3] for row in rows["contacts"]} == {"Zoë"}


async def test_an_attempt_that_is_cut_off_leaves_nothing_and_the_next_one_makes_all_of_it(
    small: None, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await contacts(world, 30)
    job = await started(world.adam)
    add, half = exports.ExportChunk.add, asyncio.Event()

    async def stops(export_id: UUID, number: int, content: bytes) -> None:
        await add(export_id, number, content)
        if number == 3:
            half.set()
            await asyncio.sleep(60)

    with monkeypatch.context() as patched:
        patched.setattr(exports.ExportChunk, "add", stops)
        attempt = asyncio.create_task(run(world, job["id"]))
        await half.wait()
        shown = (await world.adam.gql(LOOK, id=job["id"])).data["node"]
        assert shown["status"] == "RUNNING"
        assert 0 < shown["progress"] < 1
        assert await left(world.admin) == (0, 0)
        attempt.cancel()
        await asyncio.wait({attempt})
    assert (await world.adam.gql(LOOK, id=job["id"])).data["node"]["status"] == "QUEUED"
    await run(world, job["id"])
    done = (await world.adam.gql(LOOK, id=job["id"])).data["node"]
    assert hashlib.sha256((await fetched(world.adam, job["id"]))[1]).hexdigest() == done["sha256"]


async def test_one_that_is_cancelled_while_it_runs_stops_and_leaves_nothing(
    small: None, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await contacts(world, 30)
    job = await started(world.adam)
    add = exports.ExportChunk.add

    async def cancelled(export_id: UUID, number: int, content: bytes) -> None:
        await add(export_id, number, content)
        if number == 3:
            await world.ada.gql(CANCEL, id=job["id"])

    monkeypatch.setattr(exports.ExportChunk, "add", cancelled)
    await run(world, job["id"])
    assert await left(world.admin) == (0, 0)
    assert (await world.adam.gql(LOOK, id=job["id"])).data["node"]["status"] == "CANCELLED"
    assert [action for action, _, _ in await actions(world.admin)] == ["export.started"]


async def test_while_one_is_made_its_tenant_is_suspended_at_once(
    small: None, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await contacts(world, 30)
    job, told = await started(world.adam), []
    suspend = "mutation($id: ID!) { suspendTenant(input: {id: $id}) { tenant { status } userErrors { code } } }"
    add = exports.ExportChunk.add

    async def suspended(export_id: UUID, number: int, content: bytes) -> None:
        await add(export_id, number, content)
        if number == 3:
            told.append((await world.oskar.gql(suspend, id=f"tenantsummary_{world.acme.hex}")).data["suspendTenant"])

    monkeypatch.setattr(exports.ExportChunk, "add", suspended)
    await run(world, job["id"])
    assert told == [{"tenant": {"status": "SUSPENDED"}, "userErrors": []}]
    assert (await fetched(world.adam, job["id"]))[0] == 401


async def test_one_that_was_made_before_its_process_died_is_not_made_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    job = await made(world)
    await world.admin.execute("UPDATE jobs SET status = 'RUNNING', finished_at = NULL")  # it died before it could tell
    await run(world, job["id"])
    again = (await world.adam.gql(LOOK, id=job["id"])).data["node"]
    assert (again["status"], again["attempts"], again["sha256"]) == ("SUCCEEDED", 2, job["sha256"])


async def test_after_its_time_it_is_gone_and_swept(small: None, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    job = await made(world)
    expires = await world.admin.fetchval("SELECT expires_at - created_at = interval '7 days' FROM exports")
    assert expires
    await world.admin.execute("UPDATE exports SET expires_at = now()")
    shown = (await world.adam.gql(LOOK, id=job["id"])).data["node"]
    assert (shown["url"], shown["urlExpiresAt"], shown["sha256"]) == (None, None, None)
    assert (await world.adam.gql(JOBS)).data["jobs"]["nodes"] == [shown]
    status, body, _ = await fetched(world.adam, job["id"])
    assert (status, code(body)) == (404, "NOT_FOUND")
    kept, gone = await made(world), await made(world)
    await world.admin.execute("UPDATE exports SET expires_at = now() WHERE id = $1", UUID(gone["id"].partition("_")[2]))
    monkeypatch.setattr(export, "PIECES", 2)
    assert world.client.app is not None
    await sweeping.sweep(world.client.app[DESK])
    assert [f"job_{row['id'].hex}" for row in await world.admin.fetch("SELECT id FROM exports")] == [kept["id"]]


async def test_one_tenants_slow_readers_wait_for_each_other_and_nobody_for_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, theirs = await made(world), (await started(world.mallory))["id"]
    await run(world, theirs, world.evil)
    read, both, gate, under_way = exports.pieces, asyncio.Event(), asyncio.Event(), 0

    async def slow(caller: Caller, export_id: UUID) -> AsyncIterator[bytes]:
        nonlocal under_way
        if caller.tenant == world.acme:
            under_way += 1
            if under_way == 2:
                both.set()
            await gate.wait()
        async for piece in read(caller, export_id):
            yield piece

    monkeypatch.setattr(exports, "pieces", slow)
    first = [asyncio.create_task(fetched(person, job["id"])) for person in (world.ada, world.adam)]
    await both.wait()
    assert (await asyncio.wait_for(fetched(world.ada, job["id"]), 20))[0] == 503
    assert (await fetched(world.mallory, theirs))[0] == 200
    gate.set()
    assert [status for status, _, _ in await asyncio.gather(*first)] == [200, 200]
    assert (await fetched(world.ada, job["id"]))[0] == 200


async def test_a_download_ends_with_its_time_and_when_the_bundle_expires(
    small: None, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, find = await made(world), exports.ExportChunk.find

    async def expiring(export_id: UUID, number: int) -> bytes | None:
        if number == 1:
            await world.admin.execute("UPDATE exports SET expires_at = now()")
        return await find(export_id, number)

    async def hanging(export_id: UUID, number: int) -> bytes | None:
        await asyncio.sleep(60 if number else 0)
        return await find(export_id, number)

    for patched in (hanging, expiring):
        monkeypatch.setattr(exports.ExportChunk, "find", patched)
        monkeypatch.setattr(downloads, "SECONDS", 0.5 if patched is hanging else 60)
        with pytest.raises(aiohttp.ClientPayloadError):
            await asyncio.wait_for(fetched(world.adam, job["id"]), 20)


async def test_what_a_cancelled_job_left_is_not_offered(world: World) -> None:
    job = await made(world)
    await world.admin.execute("UPDATE jobs SET status = 'CANCELLED'")
    status, body, _ = await fetched(world.adam, job["id"])
    assert (status, code(body)) == (404, "NOT_FOUND")
    assert (await world.adam.gql(LOOK, id=job["id"])).data["node"]["url"] is None


async def test_the_last_three_are_kept_and_the_disk_is_not_filled(small: None, world: World) -> None:
    jobs = [(await made(world))["id"] for _ in range(5)]
    others = await started(world.mallory)
    await run(world, others["id"], world.evil)
    assert [(await fetched(world.adam, job))[0] for job in jobs] == [404, 404, 200, 200, 200]
    assert (await fetched(world.mallory, others["id"]))[0] == 200
    kept = {f"job_{row['id'].hex}" for row in await world.admin.fetch("SELECT id FROM exports")}
    assert kept == {*jobs[1:], others["id"]}  # the next one begins with the removal of what has lost its place


async def test_one_that_is_too_large_fails_and_says_what_to_do(world: World) -> None:
    assert world.client.app is not None
    desk = world.client.app[DESK]
    job = await started(world.adam)
    object.__setattr__(desk, "exports", Exports(most_bytes=1_000))
    await run(world, job["id"])
    shown = (await world.adam.gql(LOOK, id=job["id"])).data["node"]
    said = "The bundle is too large to be kept here. Ask whoever runs the service for one made at the machine."
    assert (shown["status"], shown["failure"], shown["url"]) == ("FAILED", said, None)
    assert await left(world.admin) == (0, 0)


async def test_who_is_signed_out_while_it_is_sent_gets_no_more(small: None, world: World) -> None:
    await contacts(world, 30)
    job = await made(world)
    assert world.client.app is not None
    claims = world.client.app[DESK].keys.verify(world.adam.token or "")
    pieces = exports.pieces(Caller.of(claims, Origin()), UUID(job["id"].partition("_")[2]))
    assert len(await anext(pieces)) == 500
    await world.admin.execute("UPDATE sessions SET ended_at = now(), ended_reason = 'REVOKED'")
    with pytest.raises(Unauthenticated):
        await anext(pieces)


async def test_the_public_keys_are_everybodys(world: World) -> None:
    async with world.client.get("/.well-known/bundle-keys.pem") as response:
        assert (response.status, response.headers["Cache-Control"]) == (200, "public, max-age=300")
        assert signing.parse(await response.read()) == signing.public_keys(VAULT)
