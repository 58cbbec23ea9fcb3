"""The settings of /graphql: what a document and an operation may cost, and which documents are trusted."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, ValidationInfo, field_validator

from gql.trusted import Trust, manifest


def _documents(value: Any) -> Any:
    return manifest(value) if isinstance(value, str) else value


class GraphQL(BaseModel):
    """A part of the settings of `serve` and `work`, which have `statement_timeout_ms` before it."""

    graphql_batch: int = Field(0, ge=0, le=10, description="Operations of an array in one POST at the most; 0 for no arrays.")
    graphql_later_statuses: bool = Field(
        False, description="Whether /graphql has the statuses of the specification's later drafts: 422, and 294 for a part."
    )
    trusted_documents: Annotated[dict[str, str], BeforeValidator(_documents)] = Field(
        default_factory=dict,
        repr=False,
        description="The manifest of trusted documents, a JSON object of texts by their sha256, as graphql-codegen and Relay write "
        "it; best by TRUSTED_DOCUMENTS_FILE.",
    )
    trusted_documents_mode: Trust = Field(
        Trust.OFF, description="off, warn (other documents run, and are logged by their sha256) or enforce (they are refused)."
    )
    operation_seconds: float = Field(
        3.0,
        ge=0.2,
        le=60,
        description="After so long what is done for a request, a GraphQL operation or a call of /api, is given up; "
        "STATEMENT_TIMEOUT_MS lies below.",
    )
    graphql_max_tokens: int = Field(2_000, ge=100, le=20_000, description="Tokens of a document, comments too.")
    graphql_max_depth: int = Field(12, ge=1, le=30, description="Fields within fields of a document.")
    graphql_max_aliases: int = Field(30, ge=0, le=1_000, description="Aliases of a document, fragments expanded.")
    graphql_max_directives: int = Field(50, ge=0, le=1_000, description="Directives of a document, fragments expanded.")
    graphql_max_duplicates: int = Field(
        50, ge=0, le=1_000, description="Selections that repeat a name of the same selection set, fragments expanded."
    )
    graphql_max_root_fields: int = Field(10, ge=1, le=100, description="Fields of an operation's own selection set.")
    graphql_max_selections: int = Field(
        2_000, ge=100, le=20_000, description="Fields, spreads and inline fragments of a document, fragments expanded."
    )
    graphql_max_cost: int = Field(10_000, ge=1_000, le=1_000_000, description="Points that one operation may cost.")
    graphql_max_nodes: int = Field(10_000, ge=1_000, le=1_000_000, description="Objects that one operation may find.")
    cost_per_minute_tenant: int | None = Field(
        None,
        le=2_000_000_000,
        description="Points a minute of a tenant; by default 3000000 in production, elsewhere more than a process can answer.",
    )
    cost_per_minute_user: int | None = Field(
        None,
        le=2_000_000_000,
        description="Points a minute of a user, or of a network not signed in; by default 1000000 in production.",
    )

    @field_validator("operation_seconds")
    @classmethod
    def _above(cls, value: float, info: ValidationInfo) -> float:
        if value * 1000 <= info.data.get("statement_timeout_ms", 0):
            raise ValueError("must lie above STATEMENT_TIMEOUT_MS")
        return value

    @field_validator("trusted_documents_mode")
    @classmethod
    def _with_documents(cls, value: Trust, info: ValidationInfo) -> Trust:
        if value is not Trust.OFF and info.data.get("trusted_documents") == {}:
            raise ValueError("needs TRUSTED_DOCUMENTS_FILE, a manifest")
        return value

    @field_validator("cost_per_minute_tenant", "cost_per_minute_user")
    @classmethod
    def _affords(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and value < info.data.get("graphql_max_cost", 0):
            raise ValueError("must be at least GRAPHQL_MAX_COST, which one operation may cost")
        return value
