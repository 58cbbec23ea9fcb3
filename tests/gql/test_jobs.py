"""Jobs, as the schema shows them: who sees them, and who may cancel what."""

from __future__ import annotations

import json
from typing import Any

import asyncpg
import pytest

from models.values import new_id
from resolvers.letters import LetterKind
from tests.world import World

_JOB = "__typename id status progress attempts failure createdAt startedAt finishedAt"
LIST = f"query($s: JobStatus) {{ jobs(status: $s) {{ totalCount nodes {{ {_JOB} }} edges {{ node {{ id }} }} }} }}"
CANCEL = f"mutation($id: ID!) {{ cancelJob(input: {{id: $id}}) {{ job {{ {_JOB} }} userErrors {{ code message path }} }} }}"
NODE = f"query($id: ID!) {{ node(id: $id) {{ ... on MailJob {{ {_JOB} }} ... on Job {{ status }} }} }}"


async def add(world: World, status: str = "QUEUED", letter: str | None = None) -> str:
    """A job of acme, put into the database directly; its id as clients have it."""
    job = new_id()
    ended = "now()" if status in {"SUCCEEDED", "FAILED", "CANCELLED"} else "NULL"
    await world.admin.execute(
        f"INSERT INTO jobs (tenant_id, id, kind, status, payload, finished_at) VALUES ($1, $2, 'MAIL', $3, $4, {ended})",
        world.acme,
        job,
        status,
        json.dumps({"letter": letter}),
    )
    return f"job_{job.hex}"


async def states(admin: asyncpg.Connection) -> list[str]:
    """Where all jobs stand."""
    return [row["status"] for row in await admin.fetch("SELECT status FROM jobs ORDER BY id")]


async def test_a_job_is_the_same_wherever_it_is_met(world: World) -> None:
    job = await add(world)
    listed = (await world.adam.gql(LIST)).data["jobs"]
    assert (await world.adam.gql(NODE, id=job)).data["node"] == listed["nodes"][0]
    assert (listed["totalCount"], listed["edges"]) == (1, [{"node": {"id": job}}])
    shown: dict[str, Any] = listed["nodes"][0]
    assert shown.pop("createdAt").endswith("Z")
    assert shown == {
        "__typename": "MailJob",
        "id": job,
        "status": "QUEUED",
        "progress": 0.0,
        "attempts": 0,
        "failure": None,
        "startedAt": None,
        "finishedAt": None,
    }


async def test_jobs_are_listed_by_status(world: World) -> None:
    done, waiting = await add(world, "SUCCEEDED"), await add(world)
    assert [job["id"] for job in (await world.ada.gql(LIST)).data["jobs"]["nodes"]] == [waiting, done]
    assert [job["id"] for job in (await world.ada.gql(LIST, s="SUCCEEDED")).data["jobs"]["nodes"]] == [done]


async def test_an_administrator_cancels_a_job_on_record(world: World) -> None:
    job = await add(world)
    answer = (await world.adam.gql(CANCEL, id=job)).data["cancelJob"]
    assert (answer["job"]["id"], answer["job"]["status"], answer["userErrors"]) == (job, "CANCELLED", [])
    assert answer["job"]["finishedAt"] is not None
    [entry] = await world.admin.fetch("SELECT * FROM audit_entries WHERE action = 'job.cancelled'")
    assert (entry["actor_id"], f"job_{entry['target_id']}", entry["details"]) == (world.adam.user, job, '{"kind": "MAIL"}')


@pytest.mark.parametrize("letter", list(LetterKind))
async def test_no_letter_about_somebodys_account_is_stopped(letter: LetterKind, world: World) -> None:
    """Or who takes an account over keeps its user from hearing of it. An invitation can be taken back anyhow."""
    job = await add(world, letter=letter)
    answer = (await world.adam.gql(CANCEL, id=job)).data["cancelJob"]
    refused = letter is not LetterKind.INVITATION
    assert [error["code"] for error in answer["userErrors"]] == ["NOT_ALLOWED"] * refused
    assert await states(world.admin) == ["QUEUED" if refused else "CANCELLED"]
    assert await world.admin.fetchval("SELECT count(*) FROM audit_entries WHERE action = 'job.cancelled'") == (not refused)


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "CANCELLED"])
async def test_what_has_ended_is_not_cancelled(status: str, world: World) -> None:
    job = await add(world, status)
    answer = (await world.ada.gql(CANCEL, id=job)).data["cancelJob"]
    assert answer == {"job": None, "userErrors": [{"code": "JOB_ENDED", "message": "The job has ended already.", "path": ["id"]}]}
    assert await states(world.admin) == [status]


async def test_who_is_no_administrator_sees_and_cancels_nothing(world: World) -> None:
    job = await add(world)
    for person in (world.grace, world.linus):
        assert (await person.gql(LIST)).codes == ["FORBIDDEN"]
        assert (await person.gql(CANCEL, id=job)).codes == ["FORBIDDEN"]
        assert (await person.gql(NODE, id=job)).data == {"node": None}
    assert await states(world.admin) == ["QUEUED"]


async def test_mallory_finds_no_job_of_acme(world: World) -> None:
    job = await add(world)
    assert (await world.mallory.gql(LIST)).data["jobs"] == {"totalCount": 0, "nodes": [], "edges": []}
    assert (await world.mallory.gql(NODE, id=job)).data == {"node": None}
    for text in (job, f"job_{new_id().hex}", "job_x", job.replace("job", "label")):
        told = (await world.mallory.gql(CANCEL, id=text)).data["cancelJob"]
        assert told["userErrors"] == [{"code": "NOT_FOUND", "message": "There is no such job.", "path": ["id"]}]
    assert await states(world.admin) == ["QUEUED"]
    assert await world.admin.fetch("SELECT FROM audit_entries WHERE action = 'job.cancelled'") == []
