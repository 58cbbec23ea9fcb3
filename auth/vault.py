"""The server's own secrets, SECRET_KEYS: what encrypts a second factor, and from what mailed tokens follow.

Each use has keys of its own, derived from every secret (HMAC-SHA-256, as in HKDF's expansion, RFC 5869). The first secret is in
use; the others still open what was made with them, so that a secret is rotated by putting a new one in front.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from auth.keys import weaknesses


class Vault:
    """Made by `parse`. A `purpose` is a word of ours ("totp"); what is made for one is of no use for another."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._secrets = list(secrets)

    @classmethod
    def parse(cls, text: str) -> Vault:
        """From secrets separated by commas, of 32 bytes and more. One ValueError tells every fault, and no value."""
        secrets = [part.strip() for part in text.split(",") if part.strip()]
        if not secrets:
            raise ValueError("needs at least one secret")
        faults = [f"secret {place} {fault}" for place, secret in enumerate(secrets, 1) for fault in weaknesses(secret)]
        if len(set(secrets)) < len(secrets):
            faults.append("two secrets are the same")
        if faults:
            raise ValueError("; ".join(faults))
        return cls([secret.encode() for secret in secrets])

    def take(self, other: Vault) -> None:
        """From now on these are the secrets."""
        self._secrets = other._secrets

    def keys(self, purpose: str) -> list[bytes]:
        """32 bytes for each secret, the one in use first."""
        return [hmac.digest(secret, b"address-book " + purpose.encode() + b"\x01", "sha256") for secret in self._secrets]

    def marks(self, purpose: str, text: str) -> list[str]:
        """By what a text is known again that was not kept: HMAC-SHA-256 by each key, in hexadecimal, the one in use first."""
        return [hmac.digest(key, text.encode(), "sha256").hex() for key in self.keys(purpose)]

    def encrypt(self, purpose: str, plain: bytes) -> bytes:
        """What only `decrypt` for the same purpose reads, and nobody changes unseen."""
        return self._fernet(purpose).encrypt(plain)

    def decrypt(self, purpose: str, sealed: bytes) -> bytes | None:
        """What was encrypted; None where none of the secrets opens it."""
        try:
            return self._fernet(purpose).decrypt(sealed)
        except InvalidToken:
            return None

    def is_current(self, purpose: str, sealed: bytes) -> bool:
        """Whether the secret in use made it, so that the others could be dropped."""
        try:
            Fernet(base64.urlsafe_b64encode(self.keys(purpose)[0])).decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def _fernet(self, purpose: str) -> MultiFernet:
        return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in self.keys(purpose)])
