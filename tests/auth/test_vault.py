"""The server's own secrets: what is made with them, and how they are rotated."""

from __future__ import annotations

import pytest

from auth.vault import Vault

ONE, OTHER = "r7Kq2mXv9Lw4Tz8Bn3Hc6Jd1Fg5Ps0Ya", "k9Wd4Rz7Qm2Xc5Vt8Nb1Lh6Jg3Fp0Sy-other"


def test_what_was_encrypted_is_read_again_and_looks_like_nothing() -> None:
    vault = Vault.parse(ONE)
    sealed = vault.encrypt("totp", b"the secret")
    assert b"secret" not in sealed
    assert vault.decrypt("totp", sealed) == b"the secret"


def test_each_purpose_has_keys_of_its_own() -> None:
    vault = Vault.parse(ONE)
    assert vault.decrypt("mail", vault.encrypt("totp", b"the secret")) is None
    assert vault.keys("totp") != vault.keys("mail")
    assert [len(key) for key in vault.keys("mail")] == [32]


def test_what_was_changed_is_not_read() -> None:
    vault = Vault.parse(ONE)
    sealed = bytearray(vault.encrypt("totp", b"the secret"))
    sealed[20] ^= 1
    assert vault.decrypt("totp", bytes(sealed)) is None


def test_an_old_secret_still_opens_until_it_is_dropped() -> None:
    sealed = Vault.parse(ONE).encrypt("totp", b"the secret")
    both = Vault.parse(f"{OTHER}, {ONE}")
    assert both.decrypt("totp", sealed) == b"the secret"
    assert (both.is_current("totp", sealed), both.is_current("totp", both.encrypt("totp", b"x"))) == (False, True)
    assert both.keys("mail") == [*Vault.parse(OTHER).keys("mail"), *Vault.parse(ONE).keys("mail")]
    assert Vault.parse(OTHER).decrypt("totp", sealed) is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "needs at least one secret"),
        (" , ", "needs at least one secret"),
        (ONE[:20], "secret 1 is shorter than 32 bytes"),
        (f"{ONE},{'a' * 40}", "secret 2 repeats itself"),
        (f"{ONE},{ONE}", "two secrets are the same"),
    ],
)
def test_a_weak_secret_is_refused_and_not_shown(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=f"^{fault}$"):
        Vault.parse(text)
