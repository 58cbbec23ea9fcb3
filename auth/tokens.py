"""Access tokens (JWT, RFC 7519 under the advice of RFC 8725) and refresh tokens, with the keys that make both.

An access token is only ever accepted in the very spelling that `sign` gives it; a refresh token is 256 secret bits,
kept by their digest alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

from models.errors import TokenInvalid, Unauthenticated

MAX_TOKEN = 4096  # characters; a longer one is refused before anything looks into it
MIN_SECRET = 32  # bytes of an HS256 key
# Shannon's, in bits a byte: 32 random hexadecimal digits have 3.6; of 100,000 such secrets none had less than 2.67.
MIN_ENTROPY = 2.6
MIN_RSA_BITS = 2048
CLOCK_SKEW = 60  # seconds by which the clock of another process of ours may run ahead
SIGN_IN_AGAIN = "Your sign-in is not valid or has ended. Please sign in again."
TOKEN_REFUSED = "This token is not valid or has expired. Please sign in again."  # noqa: S105

# SHA-256 of well-known words and published example secrets, trimmed and in lower case: none stands here in clear.
# A further one: `printf %s 'the-secret' | sha256sum`.
PUBLISHED = frozenset(
    {
        "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
        "057ba03d6c44104863dc7361fe4578965d1887360f90a0895882e58a6248fc86",
        "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
        "465d9ad5d5528ebe287b5dce4fb51620833d09b290e49ddcc70ca6c4a0aea01b",
        "1453cea2dc3799e9026e42b3e465e455256d5a149582e4c5b92d4c8d604731a2",
        "a064b502e61d27e94b8717290e5e1b32e36720e9fbdf952ec81a84c07128cb37",
        "0d356ede0ba49981912e357d2b5ef4a870a721fd186a5b0881e7425f08b68e13",
        "54bdb0aece41970e7f4c435cedbfd79ffa829e3e56ae33ea00a2c3717daeb916",
        "074337dc15c16b74a873232606bc465fc87449ca5f584d9e581e0ee899feb270",
        "a24934109e44b59cf78d8c73297a76faac8a6da2feb0e9550f43353b5fa88303",
        "103ab5dd9769664c34bb4dcecdbe1aa52a55f75a4a62243238c9abb3bc3d9e02",
        "570dad43de1af4c925f92c16a68a50936da42b7dd6fdeb24850507a1199aac89",
        "a8ae6e6ee929abea3afcfc5258c8ccd6f85273e0d4626d26c7279f3250f77c8e",
        "3eb1bd439947eb762998e566ccc2e099c791118b2f40579cc4f7da2b5061b7f9",
        "011fc2994e39d251141540f87a69092b3f22a86767f7283de7eeedb3897bedf6",
        "653bb1245e828fcda4fa53fcd5a3def5bd7654e651f54b4132b73d74e64435c4",
        "861009ec4d599fab1f40abc76e6f89880cff5833c79c548c99f9045f191cd90b",
    }
)

_YEAR_9999 = 253402300799
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_KID = re.compile(r"[A-Za-z0-9._-]{1,64}")
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


@dataclass(frozen=True)
class Key:
    """One key of the ring: the bytes of an HS256 secret, or the private key of EdDSA (Ed25519) or RS256."""

    kid: str
    alg: str
    key: bytes | Ed25519PrivateKey | RSAPrivateKey = field(repr=False)
    active: bool

    @cached_property
    def verifying(self) -> bytes | Ed25519PublicKey | RSAPublicKey:
        """The half that verifies: for HS256 the secret itself."""
        return self.key if isinstance(self.key, bytes) else self.key.public_key()

    @cached_property
    def material(self) -> bytes:
        """Secret bytes for HMAC, the same whatever the spelling of a PEM."""
        if isinstance(self.key, bytes):
            return self.key
        der, pkcs8, plain = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        return self.key.private_bytes(der, pkcs8, plain)

    @cached_property
    def header(self) -> str:
        """The one first segment that tokens of this key have."""
        return self.sign({}).partition(".")[0]

    def sign(self, claims: dict[str, Any]) -> str:
        """A JWT of these claims."""
        return jwt.encode(claims, self.key, self.alg, headers={"kid": self.kid})

    def jwk(self) -> dict[str, Any] | None:
        """The public JWK (RFC 7517, RFC 8037); None for a shared secret."""
        match self.verifying:
            case Ed25519PublicKey() as public:
                jwk = OKPAlgorithm.to_jwk(public, as_dict=True)
            case RSAPublicKey() as public:
                jwk = RSAAlgorithm.to_jwk(public, as_dict=True)
            case _:
                return None
        jwk.pop("key_ops", None)  # RFC 7517 §4.3: not beside `use`
        return jwk | {"kid": self.kid, "alg": self.alg, "use": "sig"}


class Keyring:
    """Signs with the active key and verifies with all; made by `parse`. `now` is the clock, in epoch seconds."""

    def __init__(self, keys: Iterable[Key], *, issuer: str, audience: str, now: Callable[[], float] = time.time) -> None:
        self._keys = sorted(keys, key=lambda key: not key.active)
        self._by_header = {key.header: key for key in self._keys}
        self._issuer, self._audience, self._now = issuer, audience, now

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
        keys = [_key(f"key {place}", entry, faults) for place, entry in enumerate(entries, 1)]
        kids = Counter(key.kid for key in keys if key)
        if any(count > 1 for count in kids.values()):
            faults.append("two keys have the same kid")
        if sum(isinstance(entry, dict) and entry.get("active") is True for entry in entries) != 1:
            faults.append("exactly one key must be active")
        if faults:
            raise ValueError("; ".join(faults))
        return cls((key for key in keys if key), issuer=issuer, audience=audience, now=now)

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
        try:
            return self._claims(token)
        except (jwt.PyJWTError, KeyError, TypeError, ValueError) as cause:
            raise Unauthenticated(SIGN_IN_AGAIN) from cause

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


def _key(name: str, entry: object, faults: list[str]) -> Key | None:
    """The key of one entry, or None after its faults were added."""
    if not isinstance(entry, dict):
        faults.append(f"{name} is not an object")
        return None
    kid, alg, text, active = entry.get("kid"), entry.get("alg", "HS256"), entry.get("key"), entry.get("active", False)
    before = len(faults)
    if not entry.keys() <= {"kid", "alg", "key", "active"}:
        faults.append(f"{name} has an unknown field")
    if not isinstance(kid, str) or not _KID.fullmatch(kid):
        faults.append(f"{name} needs a kid of 1 to 64 letters, digits, dots, dashes or underscores")
    if not isinstance(active, bool):
        faults.append(f"{name}: active must be true or false")
    key: bytes | Ed25519PrivateKey | RSAPrivateKey | None = None
    if not isinstance(text, str):
        faults.append(f"{name} has no key")
    elif alg == "HS256":
        key = text.encode("utf-8", "surrogatepass")
        faults.extend(f"{name} {fault}" for fault in _weaknesses(text))
    elif alg in ("EdDSA", "RS256"):
        key = _private_key(text, alg)
        if key is None:
            wanted = "Ed25519" if alg == "EdDSA" else "RSA (2048 bits or more)"
            faults.append(f"{name} is not the unencrypted PEM of a private {wanted} key")
    else:
        faults.append(f"{name}: alg must be HS256, EdDSA or RS256")
    if len(faults) > before or key is None or not isinstance(kid, str):
        return None
    return Key(kid, alg, key, active)


def _private_key(pem: str, alg: str) -> Ed25519PrivateKey | RSAPrivateKey | None:
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        return None  # the caller tells it as a fault; the cause may quote the key
    if alg == "EdDSA":
        return key if isinstance(key, Ed25519PrivateKey) else None
    return key if isinstance(key, RSAPrivateKey) and key.key_size >= MIN_RSA_BITS else None


def _weaknesses(secret: str) -> Iterable[str]:
    """What speaks against a shared secret; a random one of 32 hexadecimal digits passes."""
    raw = secret.encode("utf-8", "surrogatepass")
    if len(raw) < MIN_SECRET:
        yield "is shorter than 32 bytes"
    if hashlib.sha256(raw.strip().lower()).hexdigest() in PUBLISHED:
        yield "is a published or default secret"
    if raw and (raw + raw).find(raw, 1) < len(raw):
        yield "repeats itself"
    elif -sum(count / len(raw) * math.log2(count / len(raw)) for count in Counter(raw).values()) < MIN_ENTROPY:
        yield "has too few different characters"
    if raw.startswith((b"-----BEGIN", b"ssh-")):
        yield "is a PEM or SSH key, which HS256 must not share"
