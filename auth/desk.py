"""The desk: what signing in and writing letters need (keys, secrets, hasher, throttle, budget, mail), made once per server."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from auth.budget import UNBOUNDED, Budget, Budgets
from auth.passwords import Hasher
from auth.tokens import Keyring, RefreshToken
from auth.vault import Vault
from models.values import Row
from observability.metrics import Metrics

ATTEMPTS_PER_MINUTE: Final = 10
"""The threshold of a new tenant, and of one that is not there."""

FROM_A_NETWORK: Final = 30
"""Attempts a minute that one network may make at one tenant at the least: many people may sit behind it."""

LETTERS: Final = frozenset({"address", "invitation"})
"""What sends letters to addresses of a caller's choice: no tenant allows itself more of it than a new one may."""

NETWORK: Final = "from "
"""How a key that names a network begins."""


class Mail(StrEnum):
    """What becomes of letters: OFF, there are none; LOG, they go to the log, for development; SMTP, they are sent, and so an
    address is the user's own only when it has been verified by one."""

    OFF = "OFF"
    LOG = "LOG"
    SMTP = "SMTP"


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a client gets when it signs in. The refresh token is shown this once; only its digest is kept."""

    access: str
    access_expires_at: datetime
    refresh: str
    refresh_expires_at: datetime


class Letter(NamedTuple):
    """What is mailed to one address. `key` is the same each time it is sent, so that a second delivery is recognised."""

    key: str
    to: str
    subject: str
    text: str
    html: str


class NotSent(Exception):
    """A letter did not go out; `final` where it never will. The text is for a person, and holds no address."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


class Exports(NamedTuple):
    """How long a bundle of a tenant is kept, and how large it may be."""

    kept: timedelta = timedelta(days=7)
    most_bytes: int = 2_000_000_000


class Mailer(Protocol):
    """What takes letters away: a mail server, or in development the log (`server.mailer`)."""

    async def send(self, letter: Letter) -> None:
        """Returns once somebody else has taken charge of it. Raises NotSent."""


class Throttle(Protocol):
    """What counts attempts: in this process (`auth.throttle`), or shared."""

    @property
    def where(self) -> str:
        """Where it counts, in words for those who operate the service."""

    async def check(self, kind: str, place: str, key: str, per_minute: float) -> None:
        """Counts one attempt. Raises TooManyAttempts; its `news` is whether it has just closed."""


class Writes(Protocol):
    """What a letter is asked for with: a desk, or at the command line the settings that letters need."""

    @property
    def vault(self) -> Vault:
        """From what the links of letters follow."""

    @property
    def mail(self) -> Mail:
        """What becomes of letters."""


@dataclass(frozen=True, slots=True)
class Desk:
    """`access_seconds` is how long an access token lives where the client can refresh it, `legacy_seconds` where it cannot.

    `mailer` is None where there is no mail, and `public_url` is where links begin, without a slash at its end.
    """

    keys: Keyring
    vault: Vault
    hasher: Hasher
    throttle: Throttle
    metrics: Metrics
    access_seconds: int = 900
    legacy_seconds: int = 604_800
    password_length: int = 8
    deletion_days: int = 7
    mail: Mail = Mail.OFF
    mailer: Mailer | None = None
    public_url: str = ""
    exports: Exports = Exports()  # noqa: RUF009 - a plain value
    budget: Budget = field(default_factory=lambda: Budgets(UNBOUNDED, UNBOUNDED))

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

    async def throttled(self, kind: str, place: str, tenant: Row | None, *keys: str) -> None:
        """Counts an attempt by each key against the tenant's threshold, or that of a new tenant where there is none.

        `place` is the slug that was given: what is not there is counted as if it were. Raises TooManyAttempts.
        """
        limit = ATTEMPTS_PER_MINUTE if tenant is None else tenant["login_attempts_per_minute"]
        if kind in LETTERS:
            limit = min(limit, ATTEMPTS_PER_MINUTE)
        for key in keys:
            per_minute = limit if not key.startswith(NETWORK) else max(limit, FROM_A_NETWORK)
            await self.throttle.check(kind, place, key, per_minute)
