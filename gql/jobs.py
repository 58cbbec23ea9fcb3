"""Jobs, as GraphQL shows them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final

import orjson
import strawberry

from gql.context import Info
from gql.cost import CHANGES, FORWARD, weighs
from gql.enums import ExportFormat, JobStatus
from gql.errors import Refusals, UserError, user_errors
from gql.nodes import Node, identity, parse_id
from gql.paging import After, Connection, First
from models.paging import Window
from models.values import JobKind, Row
from resolvers import jobs


@strawberry.interface(description="What is done later, at least once.")
class Job(Node):
    """Reads a row of `jobs`; each kind of job has a type of its own."""

    id: strawberry.ID = identity("job")
    status: JobStatus = strawberry.field(description="Where it stands.")
    progress: float = strawberry.field(description="How far it is, from 0 to 1.")
    attempts: int = strawberry.field(description="How often it was begun.")
    failure: str | None = strawberry.field(description="Why it failed, or why it waits for another attempt.")
    created_at: datetime = strawberry.field(description="When it was asked for.")
    started_at: datetime | None = strawberry.field(description="When it was begun first.")
    finished_at: datetime | None = strawberry.field(description="When it ended.")


@strawberry.type(description="A letter that is mailed.")
class MailJob(Job):
    """A job of the kind MAIL. To whom it goes is told to nobody."""


def _format(root: strawberry.Parent[Any]) -> ExportFormat:
    payload = root["payload"]
    return ExportFormat((orjson.loads(payload) if isinstance(payload, str) else payload)["format"])


def _expires_at(root: strawberry.Parent[Any]) -> datetime | None:
    expires_at: datetime | None = root["expires_at"]
    return expires_at


def _url(root: strawberry.Parent[Any], info: Info) -> str | None:
    return None if root["sha256"] is None else f"{info.context.desk.public_url}/exports/job_{root['id'].hex}"


def _sha256(root: strawberry.Parent[Any]) -> str | None:
    return None if root["sha256"] is None else root["sha256"].hex()


@strawberry.type(description="Makes a file of all that the tenant has.")
class ExportJob(Job):
    """A job of the kind EXPORT, with what it made; docs/export.md describes the file."""

    format: ExportFormat = strawberry.field(resolver=_format, description="What is made.", metadata={"columns": ("payload",)})
    url: str | None = strawberry.field(
        resolver=_url,
        description="Where the file is fetched, as an administrator with a bearer token and a proof of the last ten minutes; null "
        "until it is made, and once it has expired.",
        metadata={"columns": ("id", "sha256")},
    )
    url_expires_at: datetime | None = strawberry.field(
        resolver=_expires_at, description="When the file is dropped.", metadata={"columns": ("expires_at",)}
    )
    sha256: str | None = strawberry.field(
        resolver=_sha256, description="Of the whole file, in hex.", metadata={"columns": ("sha256",)}
    )


KINDS: Final[dict[JobKind, type[Job]]] = {JobKind.EXPORT: ExportJob, JobKind.MAIL: MailJob}
"""The type of each kind of job."""


def typed(row: Row) -> Row:
    """The row with the name of its type."""
    return {**row, "__typename": KINDS[JobKind(row["kind"])].__name__}


@strawberry.input(description="A job to cancel.")
class CancelJobInput:
    """Input of cancelJob."""

    id: strawberry.ID = strawberry.field(description="Which job.")


@strawberry.type(description="The job that was cancelled.")
class JobPayload:
    """Answer of cancelJob."""

    job: Job | None = strawberry.field(default=None, description="Null where it was refused.")
    user_errors: list[UserError] = user_errors()


@strawberry.type
class JobQueries:
    """Root fields that read jobs."""

    @strawberry.field(description="The tenant's jobs of the last weeks, the latest first. ADMIN and above.", directives=[FORWARD])
    async def jobs(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        status: Annotated[JobStatus | None, strawberry.argument(description="Those of this status alone.")] = None,
    ) -> Connection[Job] | None:
        """One page."""
        caller = info.context.caller
        page = await jobs.search(caller, Window.of(first, after, None, None), status)

        async def count() -> int:
            return await jobs.count(caller, status)

        return Connection(page=replace(page, rows=[typed(row) for row in page.rows]), counting=count)


@strawberry.type
class JobMutations:
    """Root fields that change jobs."""

    @strawberry.mutation(
        description="Cancels a job that has not ended: it is not begun, or stopped; what it did stays. ADMIN and above; "
        "but no letter that tells somebody of their own account.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def cancel_job(self, info: Info, input: CancelJobInput) -> JobPayload:
        """The cancelled job."""
        row = await jobs.cancel(info.context.caller, parse_id("job", input.id))
        return JobPayload(job=Job.of(typed(row)))
