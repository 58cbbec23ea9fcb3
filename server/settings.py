"""The settings: read once from the environment, each also as NAME_FILE, and refused all at once with no value shown."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import (
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from auth.budget import UNBOUNDED
from auth.tokens import Keyring
from auth.vault import Vault
from gql.trusted import Trust, manifest
from server.later import Later


class Environment(StrEnum):
    """Where the server runs; production is strict."""

    DEVELOPMENT = "development"
    STAGE = "stage"
    PRODUCTION = "production"


class Dialect(StrEnum):
    """Which of the old clients the REST shim answers: decided by the request, or always one of them."""

    AUTO = "auto"
    RUST = "rust"
    UI = "ui"


class BadSettings(Exception):
    """What is wrong with the settings, a line for each; no value stands in it."""


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _documents(value: Any) -> Any:
    return manifest(value) if isinstance(value, str) else value


Network = IPv4Network | IPv6Network


class Common(BaseModel):
    """What every command takes. The name in the environment is the field's, in capitals."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        validate_default=True,
        hide_input_in_errors=True,
        alias_generator=AliasGenerator(validation_alias=str.upper),
    )

    environment: Environment = Field(Environment.DEVELOPMENT, description="development, stage or production.")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="The least severe lines to log.")


class Migration(Common):
    """What `migrate` takes."""

    migration_database_url: SecretStr = Field(description="postgresql://… of the owner: address_book_owner.")


class Console(Common):
    """What the commands `tenant`, `user` and `operator` take."""

    database_url: SecretStr = Field(description="postgresql://… of the role that serves: address_book_app.")
    statement_timeout_ms: int = Field(3_000, ge=100, le=60_000, description="After so long Postgres gives up a statement.")
    password_min_length: int = Field(8, ge=8, le=64, description="Characters that a new password has at least.")
    bcrypt_cost: int = Field(12, ge=4, le=16, description="2^cost rounds for a password; at least 12 in production.")

    @field_validator("bcrypt_cost")
    @classmethod
    def _costly(cls, value: int, info: ValidationInfo) -> int:
        if info.data.get("environment") is Environment.PRODUCTION and value < 12:
            raise ValueError("must be at least 12 in production")
        return value


class Settings(Later, Console):
    """What `serve` and `work` take."""

    host: str = Field("127.0.0.1", description="The address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="The port to listen on.")
    metrics_port: int | None = Field(None, ge=1, le=65535, description="A port of its own for /metrics; required in production.")
    database_pool: int = Field(10, ge=1, le=100, description="Connections to Postgres at the most.")

    jwt_keys: SecretStr = Field(description="A JSON list of {kid, alg, key, active}: what signs and verifies access tokens.")
    secret_keys: SecretStr = Field(
        description="Secrets separated by commas, 32 bytes or more each, the one in use first: they encrypt second factors, and "
        "mailed links follow from them. Put a new one in front; drop an old one when nothing needs it any more.",
    )
    access_token_seconds: int = Field(900, ge=60, le=3_600, description="Lifetime of an access token over GraphQL.")
    legacy_access_token_seconds: int = Field(604_800, ge=60, le=2_592_000, description="Lifetime of an access token over /api.")
    password_workers: int = Field(2, ge=1, le=32, description="Threads that hash passwords.")

    legacy_dialect: Dialect = Field(Dialect.AUTO, description="Which of the old clients the shim answers: auto, rust or ui.")
    cors_allowed_origins: Annotated[list[str], BeforeValidator(_split)] = Field(
        default_factory=list, description="Origins, separated by commas, that may call from a browser."
    )
    cors_allow_credentials: bool = Field(False, description="Whether those origins may send the refresh cookie.")
    trusted_proxies: Annotated[list[Network], BeforeValidator(_split)] = Field(
        default_factory=list, description="Networks, separated by commas, whose X-Forwarded-For is believed."
    )
    graphiql: bool | None = Field(None, description="Whether to serve GraphiQL and /docs; by default not in production.")
    introspection: bool | None = Field(
        None, description="Whether those who are not signed in may introspect; by default not in production."
    )
    body_limit: int = Field(262_144, ge=1_024, le=10_485_760, description="Bytes of a request's body at the most.")
    fast_road: bool = Field(
        True,
        description="Whether compiled plans execute operations, and single statements open their own door; off, graphql-core and "
        "transactions do it all, with the same answers.",
    )
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
        5.0, ge=0.2, le=60, description="After so long a GraphQL operation is given up; STATEMENT_TIMEOUT_MS lies below."
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
    otlp_endpoint: str | None = Field(None, description="Where traces go, over OTLP/HTTP; nowhere if not set.")
    trace_ratio: float = Field(0.1, ge=0, le=1, description="The share of requests that are traced.")
    drain_seconds: float = Field(0, ge=0, le=60, description="How long /readyz fails before the server stops listening.")

    @field_validator("operation_seconds")
    @classmethod
    def _above(cls, value: float, info: ValidationInfo) -> float:
        if value * 1000 <= info.data.get("statement_timeout_ms", 0):
            raise ValueError("must lie above STATEMENT_TIMEOUT_MS")
        return value

    @field_validator("jwt_keys")
    @classmethod
    def _strong(cls, value: SecretStr) -> SecretStr:
        Keyring.parse(value.get_secret_value())
        return value

    @field_validator("secret_keys")
    @classmethod
    def _secret(cls, value: SecretStr) -> SecretStr:
        Vault.parse(value.get_secret_value())
        return value

    @field_validator("cors_allowed_origins")
    @classmethod
    def _named(cls, value: list[str]) -> list[str]:
        if "*" in value:
            raise ValueError("names origins, never *")
        return value

    @field_validator("metrics_port")
    @classmethod
    def _apart(cls, value: int | None, info: ValidationInfo) -> int | None:
        if info.data.get("environment") is Environment.PRODUCTION and value is None:
            raise ValueError("required in production, so that /metrics is not public")
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

    def keyring(self) -> Keyring:
        """The keys of JWT_KEYS. Raises ValueError with every fault."""
        return Keyring.parse(self.jwt_keys.get_secret_value())

    def vault(self) -> Vault:
        """The secrets of SECRET_KEYS. Raises ValueError with every fault."""
        return Vault.parse(self.secret_keys.get_secret_value())

    @property
    def links(self) -> str:
        """Where the links of letters begin, without a slash at its end."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def points_per_minute_tenant(self) -> int:
        """A tenant's budget."""
        return self.cost_per_minute_tenant or (3_000_000 if self.environment is Environment.PRODUCTION else UNBOUNDED)

    @property
    def points_per_minute_user(self) -> int:
        """A user's budget, which is also that of a network where nobody is signed in."""
        return self.cost_per_minute_user or (1_000_000 if self.environment is Environment.PRODUCTION else UNBOUNDED)

    @property
    def open_to_developers(self) -> bool:
        """Whether GraphiQL and the documents are served."""
        return self.environment is not Environment.PRODUCTION if self.graphiql is None else self.graphiql

    @property
    def introspectable(self) -> bool:
        """Whether those who are not signed in may introspect."""
        return self.environment is not Environment.PRODUCTION if self.introspection is None else self.introspection


Kind = TypeVar("Kind", bound=Common)


def load(environ: Mapping[str, str], kind: type[Kind]) -> Kind:
    """The settings of one kind from an environment. Raises BadSettings with a line for each fault, values never shown."""
    given, faults = {}, []
    for name in (field.upper() for field in kind.model_fields):
        path = environ.get(f"{name}_FILE")
        if environ.get(name, "") != "":
            given[name] = environ[name]
        elif path:
            try:
                given[name] = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                faults.append(f"{name}_FILE: cannot be read")
    try:
        settings = kind.model_validate(given)
    except ValidationError as error:
        told = error.errors(include_input=False, include_url=False, include_context=False)
        faults += dict.fromkeys(f"{str(fault['loc'][0]).upper()}: {fault['msg'].removeprefix('Value error, ')}" for fault in told)
        raise BadSettings("\n".join(faults)) from None
    if faults:
        raise BadSettings("\n".join(faults))
    return settings
