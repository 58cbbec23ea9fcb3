"""Access tokens (JWT, RFC 7519 under the advice of RFC 8725) and refresh tokens, made with the keys of a ring.

An access token is only ever accepted in the very spelling that `sign` gives it; a refresh token is 256 secret bits,
kept by their digest alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

import jwt
from cachetools import LRUCache

from auth.keys import Key, read_key
from models.errors import TokenInvalid, Unauthenticated

MAX_TOKEN = 4096  # characters; a longer one is refused before anything looks into it
CLOCK_SKEW = 60  # seconds by which the clock of another process of ours may run ahead
SIGN_IN_AGAIN = "Your sign-in is not valid or has ended. Please sign in again."
TOKEN_REFUSED = "This token is not valid or has expired. Please sign in again."  # noqa: S105 - a message, no secret

_YEAR_9999 = 253402300799
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_REFRESH = re.compile(r"[A-Za-z0-9_-]{64}")


@dataclass(frozen=True)
class RefreshToken:
    """A refresh token: its tenant, by whose rows it is looked up, and 256 secret bits. Equal bytes, equal token."""

    tenant: UUID
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls, tenant: UUID) -> RefreshToken:
        """A fresh token of this tenant."""
        return cls(tenant, secrets.token_bytes(32))

    @classmethod
    def parse(cls, text: str, path: tuple[str, ...] = ()) -> RefreshToken:
        """The token of its text; `TokenInvalid` at `path` for anything but the one spelling `text` gives."""
        # 48 bytes fill 64 letters with no bits left over, so that no second spelling of a token passes (RFC 4648 §3.5).
        if not _REFRESH.fullmatch(text):
            raise TokenInvalid(TOKEN_REFUSED, path)
        raw = base64.urlsafe_b64decode(text)
        return cls(UUID(bytes=raw[:16]), raw[16:])

    @property
    def text(self) -> str:
        """What the client holds: 64 letters of base64url, without padding."""
        return base64.urlsafe_b64encode(self._bytes).decode("ascii")

    @property
    def digest(self) -> bytes:
        """What the database holds: SHA-256, 32 bytes."""
        return hashlib.sha256(self._bytes).digest()

    def successor(self, key: Key) -> RefreshToken:
        """The token that follows this one under `key`: the same for every process that asks."""
        return RefreshToken(self.tenant, hmac.digest(key.material, b"refresh-successor" + self._bytes, "sha256"))

    @property
    def _bytes(self) -> bytes:
        return self.tenant.bytes + self.secret


VERIFIED: Final = 10_000
"""How many tokens' claims are remembered, those used last: to verify a signature costs a third of a whole read."""


@dataclass(frozen=True)
class Claims:
    """What a verified access token says, `expires_at` in epoch seconds. That the session lives, the database says."""

    user: UUID
    tenant: UUID
    session: UUID
    tenant_slug: str
    username: str
    expires_at: int
    jti: str


class Keyring:
    """Signs with the active key and verifies with all; made by `parse`. `now` is the clock, in epoch seconds."""

    def __init__(self, keys: Iterable[Key], *, issuer: str, audience: str, now: Callable[[], float] = time.time) -> None:
        self._keys = sorted(keys, key=lambda key: not key.active)
        self._by_header = {key.header: key for key in self._keys}
        self._issuer, self._audience, self._now = issuer, audience, now
        self._verified: LRUCache[str, Claims] = LRUCache(VERIFIED)

    @classmethod
    def parse(
        cls,
        text: str,
        *,
        issuer: str = "address-book",
        audience: str = "address-book",
        now: Callable[[], float] = time.time,
    ) -> Keyring:
        """The ring of a JSON list of `{kid, alg = "HS256", key, active = false}`, `key` a secret or a private PEM.

        One ValueError tells every fault, by the position of its key and never with a value.
        """
        try:
            entries = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError("must be JSON") from None  # the cause would carry the text along
        if not isinstance(entries, list) or not entries:
            raise ValueError("must be a list of at least one key")
        faults: list[str] = []
        keys = [read_key(f"key {place}", entry, faults) for place, entry in enumerate(entries, 1)]
        kids = Counter(key.kid for key in keys if key)
        if any(count > 1 for count in kids.values()):
            faults.append("two keys have the same kid")
        if sum(isinstance(entry, dict) and entry.get("active") is True for entry in entries) != 1:
            faults.append("exactly one key must be active")
        if faults:
            raise ValueError("; ".join(faults))
        return cls((key for key in keys if key), issuer=issuer, audience=audience, now=now)

    @property
    def keys(self) -> list[Key]:
        """The keys, the active one first."""
        return list(self._keys)

    @property
    def kids(self) -> list[str]:
        """The names of the keys, the active one first."""
        return [key.kid for key in self._keys]

    def take(self, other: Keyring) -> None:
        """From now on these are the keys: a token of one that is not among them any more is refused at once."""
        self._keys, self._by_header = other._keys, other._by_header
        self._verified.clear()

    def sign(self, *, user: UUID, tenant: UUID, session: UUID, tenant_slug: str, username: str, lifetime: int) -> tuple[str, int]:
        """An access token that lives `lifetime` seconds, and its end in epoch seconds. It holds no role."""
        issued_at = int(self._now())
        expires_at = issued_at + lifetime
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "iat": issued_at,
            "exp": expires_at,
            "jti": str(uuid4()),
            "sub": str(user),
            "tid": str(tenant),
            "sid": str(session),
            "tenant_id": tenant_slug,
            "user": username,
            "login_session": str(session),
        }
        return self._keys[0].sign(claims), expires_at

    def verify(self, token: str) -> Claims:
        """The claims of a token that a key of ours signed and that lives now; else `Unauthenticated`, always alike."""
        known = self._verified.get(token)  # a signature stays what it is, and only an end comes
        if known is not None and known.expires_at > self._now():
            return known
        try:
            claims = self._verified[token] = self._claims(token)
            return claims
        except (jwt.PyJWTError, KeyError, TypeError, ValueError) as cause:
            raise Unauthenticated(SIGN_IN_AGAIN) from cause

    def tenant_of(self, authorization: str | None, *, anew: bool = False) -> UUID | None:
        """The tenant of a bearer token that was verified before, is remembered, and has not expired; its session may have ended.

        With `anew` one that is not remembered is verified. Without it, it costs nothing.
        """
        if authorization is None:
            return None
        token = authorization[7:].lstrip(" ")  # more than one blank is allowed, and would else make somebody a stranger
        known = self._verified.get(token)
        if known is not None and known.expires_at > self._now():
            return known.tenant
        if not anew:
            return None
        try:
            return self.verify(token).tenant
        except Unauthenticated:
            return None

    def successors(self, token: RefreshToken) -> list[RefreshToken]:
        """What may follow `token`, under each key, the active one first: a racer may have used an older key."""
        return [token.successor(key) for key in self._keys]

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """The JWK Set (RFC 7517 §5) of the public keys: empty where all are shared secrets."""
        return {"keys": [jwk for key in self._keys if (jwk := key.jwk())]}

    def _claims(self, token: str) -> Claims:
        # PyJWT forgives padding, so the alphabet is checked here; it refuses stray last bits itself.
        if len(token) > MAX_TOKEN or not _SHAPE.fullmatch(token):
            raise ValueError("not the shape of a token")
        # The header is never read: it must be, letter by letter, the one that `sign` writes for a key of ours. So no
        # `alg`, `kid`, `jwk`, `jku`, `x5u` or `crit` of an attacker's choice means anything (RFC 8725 §3.1, §3.10).
        key = self._by_header[token.partition(".")[0]]
        payload = jwt.decode(
            token,
            key.verifying,
            algorithms=[key.alg],
            issuer=self._issuer,
            audience=self._audience,
            # Times are checked below: by our clock, and strictly as integers.
            options={"strict_aud": True, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        now = self._now()
        if _moment(payload["exp"]) <= now:
            raise ValueError("expired")
        if max(_moment(payload["iat"]), _moment(payload.get("nbf", 0))) > now + CLOCK_SKEW:
            raise ValueError("not valid yet")
        if payload["login_session"] != payload["sid"]:
            raise ValueError("two sessions")
        return Claims(
            user=_uuid(payload["sub"]),
            tenant=_uuid(payload["tid"]),
            session=_uuid(payload["sid"]),
            tenant_slug=_text(payload["tenant_id"]),
            username=_text(payload["user"]),
            expires_at=payload["exp"],
            jti=_text(payload["jti"]),
        )


def _moment(value: object) -> int:
    if type(value) is not int or not 0 <= value <= _YEAR_9999:  # a bool is an int, too
        raise ValueError("not a moment")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _uuid(value: object) -> UUID:
    found = UUID(_text(value))
    if str(found) != value:
        raise ValueError("a respelled UUID")
    return found
