"""The service's signature under what leaves it, for anybody to verify: Ed25519 (RFC 8032), by keys that follow from SECRET_KEYS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from auth.vault import Vault

_PURPOSE: Final = "signature"
_END: Final = b"-----END PUBLIC KEY-----"


def sign(vault: Vault, message: bytes) -> bytes:
    """64 bytes, by the secret in use."""
    return Ed25519PrivateKey.from_private_bytes(vault.keys(_PURPOSE)[0]).sign(message)


def public_keys(vault: Vault) -> list[Ed25519PublicKey]:
    """The key of each secret, that of the one in use first."""
    return [Ed25519PrivateKey.from_private_bytes(seed).public_key() for seed in vault.keys(_PURPOSE)]


def pem(vault: Vault) -> str:
    """The public keys as PEM (RFC 7468), one after the other, that of the secret in use first."""
    parts = [key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) for key in public_keys(vault)]
    return b"".join(parts).decode("ascii")


def parse(text: bytes) -> list[Ed25519PublicKey]:
    """The keys of such a text. Raises ValueError for anything else."""
    parts = text.split(_END)[:-1]
    try:
        keys = [key for part in parts if isinstance(key := load_pem_public_key(part + _END), Ed25519PublicKey)]
    except (ValueError, UnsupportedAlgorithm):
        keys = []
    if not keys or len(keys) < len(parts):
        raise ValueError("not Ed25519 public keys in PEM")
    return keys


def verified(keys: Sequence[Ed25519PublicKey], message: bytes, signature: bytes) -> bool:
    """Whether one of the keys signed it."""
    for key in keys:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            continue
        return True
    return False
