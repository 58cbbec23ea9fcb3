"""Codes of authenticators by the vectors of RFC 6238, each good in its window and once; recovery codes in one spelling."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from uuid import UUID

import pytest

from auth import totp
from auth.vault import Vault

OLD, NEW = "r7Kq2mXv9Lw4Tz8Bn3Hc6Jd1Fg5Ps0Ya-test-only", "q3Zt8Lw5Xk2Rb7Wc4Ny9Ld1Hg6Jf0SpV-test-only"
ADA, EVE = UUID(int=1), UUID(int=2)
RFC = base64.b32encode(b"12345678901234567890").decode()


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_the_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """RFC 6238, appendix B, the last six of its eight digits."""
    assert totp.step_of(RFC, code, after=0, moment=_at(seconds)) == seconds // 30


@pytest.mark.parametrize(("late", "good"), [(-31, False), (-30, True), (0, True), (29, True), (59, True), (60, False)])
def test_a_code_is_good_in_its_step_and_the_two_beside_it(late: int, good: bool) -> None:
    """Its own step begins at 1111111110 and lasts for 30 seconds."""
    assert (totp.step_of(RFC, "050471", after=0, moment=_at(1111111110 + late)) == 37037037) is good


def test_a_code_of_a_step_that_was_used_is_none() -> None:
    moment, step = _at(1111111111), 37037037
    assert totp.step_of(RFC, "050471", after=step - 1, moment=moment) == step
    assert totp.step_of(RFC, "050471", after=step, moment=moment) is None
    assert totp.step_of(RFC, "050471", after=step + 1, moment=moment) is None


@pytest.mark.parametrize("code", ["", "50471", "0050471", "050471\n", "٠٥٠٤٧١", "05047a", "-50471"])
def test_what_is_not_six_digits_is_no_code(code: str) -> None:
    assert totp.step_of(RFC, code, after=0, moment=_at(1111111111)) is None


@pytest.mark.parametrize(
    ("given", "compared"),
    [
        ("050 471", "050471"),
        (" 050471\n", "050471"),
        ("abcd-efgh-2345-wxyz", "ABCDEFGH2345WXYZ"),
        ("ABCD EFGH 2345 WXYZ", "ABCDEFGH2345WXYZ"),
        ("０５０４７１", ""),
        ("ſbcd", ""),
        ("a" * 1_000_000, "A" * 64),
    ],
)
def test_blanks_dashes_and_case_mean_nothing(given: str, compared: str) -> None:
    assert totp.spelled(given) == compared


def test_a_secret_has_160_bits_and_no_other_has_it() -> None:
    secrets = {totp.new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert {len(base64.b32decode(secret)) for secret in secrets} == {20}
    assert totp.otpauth_url(RFC, "ada", "acme") == f"otpauth://totp/Address%20Book:ada%40acme?secret={RFC}&issuer=Address%20Book"


def test_a_sealed_secret_is_its_users_alone_and_outlives_a_rotation() -> None:
    sealed = totp.seal(Vault.parse(OLD), ADA, RFC)
    assert RFC.encode() not in sealed
    assert totp.unseal(Vault.parse(OLD), ADA, sealed) == RFC
    assert totp.unseal(Vault.parse(OLD), EVE, sealed) is None
    both = Vault.parse(f"{NEW},{OLD}")
    assert (totp.unseal(both, ADA, sealed), totp.is_current(both, ADA, sealed)) == (RFC, False)
    again = totp.seal(both, ADA, RFC)
    assert (totp.unseal(Vault.parse(NEW), ADA, again), totp.is_current(both, ADA, again)) == (RFC, True)
    assert totp.unseal(Vault.parse(NEW), ADA, sealed) is None


def test_recovery_codes_are_ten_of_eighty_bits_in_groups() -> None:
    codes = totp.new_recovery_codes()
    assert len(set(codes)) == 10
    assert [code for code in codes if not re.fullmatch(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){3}", code)] == []
    assert {len(base64.b32decode(totp.spelled(code))) for code in codes} == {10}


def test_a_recovery_code_has_one_digest_for_one_user() -> None:
    code = totp.spelled("abcd-efgh-2345-wxyz")
    digest = totp.recovery_digest(ADA, code)
    assert digest is not None
    assert len(digest) == 32
    assert totp.recovery_digest(EVE, code) != digest
    for wrong in ("", "123456", code[:-1], code + "A", code.lower(), "0" * 16, "1" * 16):
        assert totp.recovery_digest(ADA, wrong) is None
