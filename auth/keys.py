"""The keys that sign access tokens: read from JSON with every fault told and no value shown."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

MIN_SECRET = 32  # bytes of an HS256 key
# Shannon's, in bits a byte: 32 random hexadecimal digits have 3.6; of 100,000 such secrets none had less than 2.67.
MIN_ENTROPY = 2.6
MIN_RSA_BITS = 2048
_KID = re.compile(r"[A-Za-z0-9._-]{1,64}")

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
        "e2186dbdb1bb4193608605e84f33208765b5693b55edd4f730a719a100eeea6f",
        "fb86fb757d1241d512865070e05ccb5d17dfaa11a4b2ca04b89bacad17530ad4",
        "1df4b07d05b9b3b1115b4b6b22af319a2f99564a2fa2573a34896063c7513c10",
        "a942b37ccfaf5a813b1432caa209a43b9d144e47ad0de1549c289c253e556cd5",
        "8c6976e5b5410415bde908bd4dee15dfb167a9c873fc4bb8a81f6f2ab448a918",
        "37a8eec1ce19687d132fe29051dca629d164e2c4958ba141d5f4133a33f0688f",
        "84983c60f7daadc1cb8698621f802c0d9f9a3c3c295c810748fb048115c186ec",
        "4813494d137e1631bba301d5acab6e7bb7aa74ce1185d456565ef51d737677b2",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "d74ff0ee8da3b9806b18c877dbf29bbde50b5bd8e4dad7a3a725000feb82e8f1",
        "34fb46c847bb9df96e5205a39d382f648a6e8dce1e014cd85b4ca6a88d88ed03",
        "1c8bfe8f801d79745c4631d09fff36c82aa37fc4cce4fc946683d7b336b63032",
        "f75778f7425be4db0369d09af37a6c2b9a83dea0e53e7bd57412e4b060e607f7",
        "baf698c16450117dbe6aee29419e1553d1c39cce63a080adfedd229a1d9c9391",
        "048af2438891a89a3536ac09cc96ccbd34a1714e88cf8fdb63e6186dcc3ff89d",
        "f7d838701b86c5dfb57bf95fbc5ce6df204cfc9f15ad6cdb39fd22f8776e47b6",
        "4d7eab32c01939f33de7a9f193a8b6a0c56b1fafe2eb7aa875c3041693705e54",
        "6e2aba5006fa7a2cb71b1edacc9a3f7f4c20f47969305c4356b6839cd73b3ee1",
        "8d969eef6ecad3c29a3a629280e686cf0c3f5d5a86aff3ca12020c923adc6c92",
        "ef797c8118f02dfb649607dd5d3f8c7623048c9c063d532cc95c5ed7a898a64f",
        "ef92b778bafe771e89245b89ecbc08a44a4e166c06659911881f383d4473e94f",
    }
)


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


def read_key(name: str, entry: object, faults: list[str]) -> Key | None:
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
        faults.extend(f"{name} {fault}" for fault in weaknesses(text))
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


def published(secret: str) -> bool:
    """Whether it is one of the words and examples that everybody tries first."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass").strip().lower()).hexdigest() in PUBLISHED


def weaknesses(secret: str) -> Iterable[str]:
    """What speaks against a shared secret; a random one of 32 hexadecimal digits passes."""
    raw = secret.encode("utf-8", "surrogatepass")
    if len(raw) < MIN_SECRET:
        yield "is shorter than 32 bytes"
    if published(secret):
        yield "is a published or default secret"
    if raw and (raw + raw).find(raw, 1) < len(raw):
        yield "repeats itself"
    elif -sum(count / len(raw) * math.log2(count / len(raw)) for count in Counter(raw).values()) < MIN_ENTROPY:
        yield "has too few different characters"
    if raw.startswith((b"-----BEGIN", b"ssh-")):
        yield "is a PEM or SSH key, which HS256 must not share"
