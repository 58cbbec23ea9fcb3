"""Mailed tokens: what a link in a letter carries, and of which the server keeps the digest alone.

A token follows from its id and SECRET_KEYS, so that a letter can be written again by whoever takes the job over, while neither
the database nor a queue holds anything usable.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from auth.vault import Vault
from models.errors import TokenInvalid

LINK_REFUSED: Final = "This link is not valid any more. Ask for a new one."
"""What is told of every link that is of no use, whatever is wrong with it."""

_TEXT = re.compile(r"[A-Za-z0-9_-]{84}")
_PROOF = 31  # bytes; with two ids they fill 84 letters without a bit left over, so that there is no second spelling


@dataclass(frozen=True)
class MailedToken:
    """A token of a tenant's row: of an invitation, or of `mail_tokens`."""

    tenant: UUID
    row: UUID
    proof: bytes = field(repr=False)

    @classmethod
    def new(cls, vault: Vault, tenant: UUID, row: UUID) -> MailedToken:
        """The token of this row, by the secret in use."""
        return cls._all(vault, tenant, row)[0]

    @classmethod
    def again(cls, vault: Vault, tenant: UUID, row: UUID, digest: bytes) -> MailedToken | None:
        """The token that has this digest; None where none of the secrets made it."""
        return next((one for one in cls._all(vault, tenant, row) if hmac.compare_digest(one.digest, digest)), None)

    @classmethod
    def parse(cls, text: str, path: tuple[str, ...] = ("token",)) -> MailedToken:
        """The token of its text; `TokenInvalid` at `path` for anything but the one spelling `text` gives."""
        if not _TEXT.fullmatch(text):
            raise TokenInvalid(LINK_REFUSED, path)
        raw = base64.urlsafe_b64decode(text)
        return cls(UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]), raw[32:])

    @property
    def text(self) -> str:
        """What the letter holds: 84 letters of base64url."""
        return base64.urlsafe_b64encode(self._bytes).decode("ascii")

    @property
    def digest(self) -> bytes:
        """What the database holds: SHA-256, 32 bytes."""
        return hashlib.sha256(self._bytes).digest()

    @property
    def _bytes(self) -> bytes:
        return self.tenant.bytes + self.row.bytes + self.proof

    @classmethod
    def _all(cls, vault: Vault, tenant: UUID, row: UUID) -> list[MailedToken]:
        message = tenant.bytes + row.bytes
        return [cls(tenant, row, hmac.digest(key, message, "sha256")[:_PROOF]) for key in vault.keys("mailed token")]
