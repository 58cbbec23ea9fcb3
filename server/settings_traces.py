"""The settings of traces (docs/tracing.md)."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator

from observability.exporter import headers


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises where it is none
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None


class Traces(BaseModel):
    """A part of the settings of `serve` and `work`."""

    otlp_endpoint: str | None = Field(
        None, description="Where traces go, over OTLP/HTTP, such as http://collector:4318/v1/traces; nowhere if not set."
    )
    otlp_headers: SecretStr | None = Field(
        None, description="Headers for a collector that wants a key: name=value, separated by commas, percent-encoded."
    )
    trace_ratio: float = Field(0.1, ge=0, le=1, description="The share of requests that are traced.")
    trace_slow_ms: int = Field(
        1_000,
        ge=0,
        le=600_000,
        description="A request that takes so long has a span, traced or not, as one that fails; 0 for none.",
    )

    @field_validator("otlp_endpoint")
    @classmethod
    def _url(cls, value: str | None) -> str | None:
        if value is not None and not _is_url(value):
            raise ValueError("must be http://host:port/v1/traces; a key belongs into OTLP_HEADERS")
        return value

    @field_validator("otlp_headers")
    @classmethod
    def _pairs(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            headers(value.get_secret_value())
        return value
