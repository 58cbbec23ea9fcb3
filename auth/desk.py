"""The sign-in desk: the keys, the password hasher and the throttle that signing in needs, made once per server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from auth.passwords import Hasher
from auth.throttle import Throttle
from auth.tokens import Keyring, RefreshToken
from models.errors import TooManyAttempts
from models.values import Row
from observability.metrics import Metrics

STRANGERS_PER_MINUTE = 30
"""Attempts a minute that one network may make at names and tenants that may not exist."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a client gets when it signs in. The refresh token is shown this once; only its digest is kept."""

    access: str
    access_expires_at: datetime
    refresh: str
    refresh_expires_at: datetime


@dataclass(frozen=True, slots=True)
class Desk:
    """`access_seconds` is how long an access token lives where the client can refresh it, `legacy_seconds` where it cannot."""

    keys: Keyring
    hasher: Hasher
    throttle: Throttle
    metrics: Metrics
    access_seconds: int = 900
    legacy_seconds: int = 604_800
    password_length: int = 8

    def issue(self, tenant: Row, user: Row, session: Row, refresh: RefreshToken, *, legacy: bool) -> Tokens:
        """The tokens of a session: rows of the tenant, the user and the session, and the session's refresh token."""
        access, expires = self.keys.sign(
            user=UUID(str(user["id"])),
            tenant=UUID(str(tenant["id"])),
            session=UUID(str(session["id"])),
            tenant_slug=tenant["slug"],
            username=user["username"],
            lifetime=self.legacy_seconds if legacy else self.access_seconds,
        )
        return Tokens(access, datetime.fromtimestamp(expires, UTC), refresh.text, session["expires_at"])

    async def throttled(self, kind: str, tenant: Row | None, account: str, network: str | None) -> None:
        """Counts an attempt by account and by network, against the tenant's threshold. Raises TooManyAttempts."""
        limit = STRANGERS_PER_MINUTE if tenant is None else tenant["login_attempts_per_minute"]
        place = "" if tenant is None else tenant["slug"]
        try:
            await self.throttle.check(kind, f"{place}\n{account}", limit)
            if network is not None:
                await self.throttle.check(f"{kind} from", f"{place}\n{network}", max(limit, STRANGERS_PER_MINUTE))
        except TooManyAttempts:
            self.metrics.throttle(kind)
            raise
