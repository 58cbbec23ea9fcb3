"""The settings of how much one process takes on, and for how long."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, Field

_A_CONNECTION: Final = 6
"""Requests for each connection to Postgres: enough to keep both busy, and few enough to be answered soon."""


class Capacity(BaseModel):
    """A part of the settings of `serve` and `work`."""

    database_pool: int = Field(10, ge=1, le=100, description="Connections to Postgres at the most.")
    requests_at_once: int | None = Field(
        None,
        ge=2,
        le=10_000,
        description="Requests that one process answers at once, or keeps waiting, at the most; by default six for each connection "
        "of DATABASE_POOL, since more would only wait. Further ones are refused, with 503. One tenant may take half of them.",
    )
    connections_at_once: int = Field(
        900, ge=1, le=100_000, description="Connections of clients at the most; the process needs some more open files than that."
    )
    password_workers: int = Field(2, ge=1, le=32, description="Threads that hash passwords.")
    body_limit: int = Field(262_144, ge=1_024, le=10_485_760, description="Bytes of a request's body at the most.")
    slow_request_ms: int = Field(
        2_000, ge=0, le=600_000, description="The line of a request that takes so long is a warning; 0 for none."
    )
    startup_seconds: float = Field(
        60,
        ge=0,
        le=600,
        description="How long a start waits for a database that can be served from; then it ends, with exit code 1.",
    )
    drain_seconds: float | None = Field(
        None,
        ge=0,
        le=60,
        description="How long /readyz fails before the server stops listening; by default 5 in production, elsewhere 0. The "
        "end after it takes 24 seconds at the most.",
    )

    @property
    def places(self) -> int:
        """How many requests are answered at once."""
        return self.requests_at_once or _A_CONNECTION * self.database_pool
