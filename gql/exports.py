"""Exports, as GraphQL starts them; what they made is fetched by `server.downloads`."""

from __future__ import annotations

import strawberry

from gql.context import Info
from gql.cost import CHANGES, weighs
from gql.enums import ExportFormat
from gql.errors import Refusals, UserError, user_errors
from gql.jobs import ExportJob, typed
from resolvers import exports


@strawberry.input(description="What to make.")
class StartExportInput:
    """Input of startExport."""

    format: ExportFormat = strawberry.field(description="Of which kind.")


@strawberry.type(description="The job that makes it.")
class ExportPayload:
    """Answer of startExport."""

    job: ExportJob | None = strawberry.field(default=None, description="Null where it was refused.")
    user_errors: list[UserError] = user_errors()


@strawberry.type
class ExportMutations:
    """Root fields that start exports."""

    @strawberry.mutation(
        description="Makes a file of all that the tenant has at one moment, one at a time; the last three are kept, for some days. "
        "ADMIN and above, with a proof of the last ten minutes.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def start_export(self, info: Info, input: StartExportInput) -> ExportPayload:
        """The job."""
        row = await exports.start(info.context.caller, input.format)
        return ExportPayload(job=ExportJob.of(typed({"sha256": None, "expires_at": None} | row)))
