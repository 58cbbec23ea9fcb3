"""What the service signs anybody can verify, and nobody else can make."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from auth import signing
from auth.vault import Vault

_OLD, _NEW = "an-old-secret-of-at-least-thirty-two-bytes-1", "a-new-secret-of-at-least-thirty-two-bytes-22"


def test_a_signature_is_of_its_message_and_its_key_alone() -> None:
    vault, other = Vault.parse(_OLD), Vault.parse(_NEW)
    signature = signing.sign(vault, b"message")
    assert len(signature) == 64
    assert signing.verified(signing.public_keys(vault), b"message", signature)
    assert not signing.verified(signing.public_keys(vault), b"massage", signature)
    assert not signing.verified(signing.public_keys(other), b"message", signature)
    assert not signing.verified(signing.public_keys(vault), b"message", b"")
    assert not signing.verified([], b"message", signature)


def test_a_rotated_secret_still_verifies_and_no_longer_signs() -> None:
    before, after = Vault.parse(_OLD), Vault.parse(f"{_NEW},{_OLD}")
    assert signing.verified(signing.public_keys(after), b"m", signing.sign(before, b"m"))
    assert not signing.verified(signing.public_keys(before), b"m", signing.sign(after, b"m"))


def test_the_keys_travel_as_pem() -> None:
    vault = Vault.parse(f"{_NEW},{_OLD}")
    text = signing.pem(vault)
    assert text.count("-----BEGIN PUBLIC KEY-----") == 2
    assert "PRIVATE" not in text
    assert signing.parse(text.encode()) == signing.public_keys(vault)


_CURVE = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("text", [b"", b"keys", b"-----END PUBLIC KEY-----", b"\xff-----END PUBLIC KEY-----", _CURVE])
def test_what_is_no_such_key_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="Ed25519"):
        signing.parse(text)
