"""Second factors: the codes of authenticator apps (RFC 6238, with SHA-1, six digits and 30 seconds, as every app has them) and the
recovery codes for when the app is lost.

A code is taken in the step before, in its own and in the one after: a clock that is 30 seconds off always works, one that is more
than 60 seconds off never.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime
from typing import Final
from uuid import UUID

import pyotp

from auth.vault import Vault

STEP: Final = 30
"""Seconds for which an app shows a code."""

WINDOW: Final = 1
"""Steps before and after the present one whose codes are taken too."""

RECOVERY_CODES: Final = 10
"""How many recovery codes are made at once."""

_RECOVERY_BYTES: Final = 10  # 80 bits: 16 letters of base32, without a bit left over
_ISSUER: Final = "Address Book"
_TIMED = re.compile(r"[0-9]{6}")
_RECOVERY = re.compile(r"[A-Z2-7]{16}")


def new_secret() -> str:
    """A fresh secret: 160 bits as 32 letters of base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def otpauth_url(secret: str, username: str, slug: str) -> str:
    """The secret as apps read it from a QR code, labelled as this user's of this tenant."""
    return pyotp.TOTP(secret).provisioning_uri(name=f"{username}@{slug}", issuer_name=_ISSUER)


def seal(vault: Vault, user: UUID, secret: str) -> bytes:
    """The secret as the database holds it: encrypted, and of no use in the row of another user."""
    return vault.encrypt(_purpose(user), secret.encode())


def unseal(vault: Vault, user: UUID, sealed: bytes) -> str | None:
    """The secret of this user; None where none of the server's own secrets opens it."""
    plain = vault.decrypt(_purpose(user), sealed)
    return None if plain is None else plain.decode()


def is_current(vault: Vault, user: UUID, sealed: bytes) -> bool:
    """Whether it is sealed with the secret in use."""
    return vault.is_current(_purpose(user), sealed)


def spelled(given: str) -> str:
    """A code as it is compared: blanks and dashes mean nothing, and neither does case."""
    return re.sub(r"[\s-]", "", given[:64]).upper() if given.isascii() else ""


def step_of(secret: str, code: str, *, after: int, moment: datetime) -> int | None:
    """The time step whose code this is: the last one within the window that is later than `after`, or None."""
    if not _TIMED.fullmatch(code):
        return None
    present, codes = int(moment.timestamp()) // STEP, pyotp.TOTP(secret)
    steps = range(max(present - WINDOW, after + 1), present + WINDOW + 1)
    return max((step for step in steps if hmac.compare_digest(codes.generate_otp(step), code)), default=None)


def new_recovery_codes() -> list[str]:
    """Fresh recovery codes of 80 random bits each, in groups of four letters: `ABCD-EFGH-2345-WXYZ`."""
    texts = [base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES)]
    return ["-".join(text[at : at + 4] for at in range(0, len(text), 4)) for text in texts]


def recovery_digest(user: UUID, code: str) -> bytes | None:
    """What the database holds of this user's recovery code: SHA-256, 32 bytes. None for what is not spelled like one."""
    return hashlib.sha256(user.bytes + code.encode()).digest() if _RECOVERY.fullmatch(code) else None


def _purpose(user: UUID) -> str:
    return f"totp of {user.hex}"
