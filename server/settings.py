"""The settings: read once from the environment, each also as NAME_FILE, and refused all at once with no value shown."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import unquote, urlsplit

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
from auth.keys import published
from auth.tokens import Keyring
from auth.vault import Vault
from server.settings_capacity import Capacity
from server.settings_graphql import GraphQL
from server.settings_later import Later
from server.settings_traces import Traces


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


def _is_redis(url: str) -> bool:
    try:
        parts = urlsplit(url)
        if parts.scheme != "redis+cluster":  # whose address is a list
            parts.port  # noqa: B018 - raises where it is none
    except ValueError:
        return False
    return parts.scheme in {"redis", "rediss", "redis+cluster"} and bool(parts.hostname)


def _password(url: str) -> str:
    try:
        return unquote(urlsplit(url).password or "-")
    except ValueError:  # no URL, which others tell
        return "-"


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
    log_level: str = Field(
        "INFO",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        description="The least severe lines to log; `serve` and `work` take what LOG_LEVEL_FILE says while they run.",
    )

    @field_validator("database_url", "migration_database_url", "redis_url", "smtp_url", check_fields=False)
    @classmethod
    def _own_password(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        developing = info.data.get("environment") is Environment.DEVELOPMENT
        if value is not None and not developing and published(_password(value.get_secret_value())):
            raise ValueError("has a published or default password")
        return value


class Keyed(Common):
    """What every command takes that opens the database."""

    secret_keys: SecretStr = Field(
        description="Secrets separated by commas, 32 bytes or more each, the one in use first: they encrypt second factors, mailed "
        "links follow from them, and so does the key with which a tenant is held where there is no session. docs/secrets.md "
        "has the steps to replace one.",
    )

    @field_validator("secret_keys")
    @classmethod
    def _secret(cls, value: SecretStr) -> SecretStr:
        Vault.parse(value.get_secret_value())
        return value

    def vault(self) -> Vault:
        """The secrets of SECRET_KEYS. Raises ValueError with every fault."""
        return Vault.parse(self.secret_keys.get_secret_value())


class Migration(Keyed):
    """What `migrate` takes."""

    migration_database_url: SecretStr = Field(description="postgresql://… of the owner: address_book_owner.")


class Console(Keyed):
    """What the commands at the machine take, and the server too."""

    database_url: SecretStr = Field(
        description="postgresql://user:password@host:port/database of the role that serves: address_book_app_a or _b. Of several "
        "servers, host:port,host:port, the one that takes writes is found; ?target_session_attrs=any lets a standby read while "
        "none does, which may not have heard yet that a session ended.",
    )
    slow_statement_ms: int = Field(
        500, ge=0, le=60_000, description="A statement that takes so long is told of in a warning; 0 for none."
    )
    statement_timeout_ms: int = Field(2_500, ge=100, le=60_000, description="After so long Postgres gives up a statement.")
    password_min_length: int = Field(8, ge=8, le=64, description="Characters that a new password has at least.")
    deletion_days: int = Field(
        7, ge=1, le=90, description="Days from when a tenant is asked to be deleted until it is; so long an owner may cancel it."
    )
    bcrypt_cost: int = Field(12, ge=4, le=16, description="2^cost rounds for a password; at least 12 in production.")

    @field_validator("bcrypt_cost")
    @classmethod
    def _costly(cls, value: int, info: ValidationInfo) -> int:
        if info.data.get("environment") is Environment.PRODUCTION and value < 12:
            raise ValueError("must be at least 12 in production")
        return value


class Settings(Capacity, Traces, Later, GraphQL, Console):
    """What `serve` and `work` take."""

    host: str = Field("127.0.0.1", description="The address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="The port to listen on.")
    metrics_port: int | None = Field(None, ge=1, le=65535, description="A port of its own for /metrics; required in production.")

    jwt_keys: SecretStr = Field(description="A JSON list of {kid, alg, key, active}: what signs and verifies access tokens.")
    redis_url: SecretStr | None = Field(
        None,
        description="Where all replicas count attempts to sign in together: redis://, rediss:// or redis+cluster://, with user and "
        "password; without it each process counts for itself (docs/throttles.md).",
    )
    access_token_seconds: int = Field(900, ge=60, le=3_600, description="Lifetime of an access token over GraphQL.")
    legacy_access_token_seconds: int = Field(604_800, ge=60, le=2_592_000, description="Lifetime of an access token over /api.")

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
    fast_road: bool = Field(
        True,
        description="Whether compiled plans execute operations, and single statements open their own door; off, graphql-core and "
        "transactions do it all, with the same answers.",
    )

    @field_validator("jwt_keys")
    @classmethod
    def _strong(cls, value: SecretStr) -> SecretStr:
        Keyring.parse(value.get_secret_value())
        return value

    @field_validator("redis_url")
    @classmethod
    def _reachable(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _is_redis(value.get_secret_value()):
            raise ValueError("must look like rediss://user:password@host:port/0; percent-encode what is special in a password")
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

    def keyring(self) -> Keyring:
        """The keys of JWT_KEYS. Raises ValueError with every fault."""
        return Keyring.parse(self.jwt_keys.get_secret_value())

    @property
    def draining_seconds(self) -> float:
        """How long a drain takes."""
        return (5.0 if self.environment is Environment.PRODUCTION else 0.0) if self.drain_seconds is None else self.drain_seconds

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
