"""Mailed tokens follow from the server's secrets, and are accepted in one spelling."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from auth.mailed import MailedToken
from auth.vault import Vault
from models.errors import TokenInvalid

OLD, NEW = "r7Kq2mXv9Lw4Tz8Bn3Hc6Jd1Fg5Ps0Ya-test-only", "q3Zt8Lw5Xk2Rb7Wc4Ny9Ld1Hg6Jf0SpV-test-only"
TENANT, ROW = UUID(int=1), UUID(int=2)


def test_a_token_is_made_again_from_its_row() -> None:
    token = MailedToken.new(Vault.parse(OLD), TENANT, ROW)
    assert MailedToken.new(Vault.parse(OLD), TENANT, ROW) == token == MailedToken.parse(token.text)
    assert MailedToken.again(Vault.parse(OLD), TENANT, ROW, token.digest) == token
    assert (len(token.text), len(token.digest), len(token.proof)) == (84, 32, 31)


def test_after_a_rotation_the_old_secret_s_token_is_still_found() -> None:
    token = MailedToken.new(Vault.parse(OLD), TENANT, ROW)
    assert MailedToken.again(Vault.parse(f"{NEW},{OLD}"), TENANT, ROW, token.digest) == token
    assert MailedToken.again(Vault.parse(NEW), TENANT, ROW, token.digest) is None
    assert MailedToken.new(Vault.parse(f"{NEW},{OLD}"), TENANT, ROW) != token


def test_no_other_row_or_secret_has_the_same_token() -> None:
    vault = Vault.parse(OLD)
    tokens = [
        MailedToken.new(vault, TENANT, ROW),
        MailedToken.new(vault, TENANT, UUID(int=3)),
        MailedToken.new(vault, UUID(int=3), ROW),
        MailedToken.new(Vault.parse(NEW), TENANT, ROW),
    ]
    assert len({token.proof for token in tokens}) == 4


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: t + "A", lambda t: t + "=", lambda t: t[:-1] + "+", lambda _: ""])
def test_another_spelling_is_refused(change: Callable[[str], str]) -> None:
    text = MailedToken.new(Vault.parse(OLD), TENANT, ROW).text
    with pytest.raises(TokenInvalid) as refused:
        MailedToken.parse(change(text))
    assert refused.value.path == ("token",)


def test_its_proof_is_shown_nowhere() -> None:
    token = MailedToken.new(Vault.parse(OLD), TENANT, ROW)
    assert token.text not in repr(token)
    assert token.proof.hex() not in repr(token)
    assert repr(token.proof) not in repr(token)
