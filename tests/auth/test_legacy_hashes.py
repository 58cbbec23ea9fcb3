"""Hashes of the old service: its people's passwords and no others open, at bounded cost, and in the same time as everybody's."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from statistics import median

import bcrypt
import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from auth import legacy_hashes
from auth.legacy_hashes import UNUSABLE, adopt, adopted
from auth.passwords import Hasher
from models.errors import InvalidInput
from tests.old import OLD_PASSWORD, argon2, plain_bcrypt

SALT, DIGEST = "c29tZXNhbHRzb21lc2FsdA", "A" * 43


@pytest.fixture
async def hasher() -> AsyncIterator[Hasher]:
    hasher = Hasher(cost=4)
    yield hasher
    hasher.close()


@pytest.mark.parametrize("make", [argon2, plain_bcrypt])
async def test_the_old_password_is_right_and_no_other_is(hasher: Hasher, make: type[str]) -> None:
    kept = adopt(make(OLD_PASSWORD))
    assert await hasher.verify(OLD_PASSWORD, kept)
    for other in (OLD_PASSWORD.lower(), OLD_PASSWORD + " ", OLD_PASSWORD[:-1], OLD_PASSWORD + "\0", ""):
        assert not await hasher.verify(other, kept)
    assert hasher.needs_rehash(kept)


@pytest.mark.parametrize("variant", ["2a", "2b", "2y"])
async def test_bcrypt_of_each_usual_name_is_right(hasher: Hasher, variant: str) -> None:
    assert await hasher.verify("Grüße 7A", adopt(f"${variant}{plain_bcrypt('Grüße 7A')[3:]}"))


async def test_a_hash_is_compared_in_its_own_form_alone(hasher: Hasher) -> None:
    """A hash of ours is bcrypt too, of a digest, and looks like an old one."""
    ours = await hasher.hash(OLD_PASSWORD)
    assert not await hasher.verify(OLD_PASSWORD, legacy_hashes.MARK + ours)
    assert not await hasher.verify(OLD_PASSWORD, plain_bcrypt())
    assert not await hasher.verify(OLD_PASSWORD, argon2())


@pytest.mark.parametrize("long", ["a" * 72 + "b", "é" * 36 + "b"], ids=["ASCII", "two-byte letters"])
async def test_a_password_that_bcrypt_cut_lets_no_twin_in(hasher: Hasher, long: str) -> None:
    kept = adopt(plain_bcrypt(long))
    for twin in (long[:-1] + "c", long + "more", long):  # itself too: it cannot be told from its twins
        assert not await hasher.verify(twin, kept)
    assert await hasher.verify("x" * 72, adopt(plain_bcrypt("x" * 72)))


@pytest.mark.parametrize(
    "unknown",
    [
        "",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        f"$argon2i$v=19$m=19456,t=2,p=1${SALT}${DIGEST}",
        f"$argon2id$v=16$m=19456,t=2,p=1${SALT}${DIGEST}",
        f"$argon2id$v=19$m=19456,t=2,p=1${SALT}${DIGEST}\n",
        f"$argon2id$v=19$m=-1,t=2,p=1${SALT}${DIGEST}",
        "$2b$12$" + "." * 52,
        "$2x$12$" + "." * 53,
        UNUSABLE,
    ],
)
def test_what_is_neither_kind_is_refused(unknown: str) -> None:
    with pytest.raises(InvalidInput, match=r"^password is neither an Argon2id nor a bcrypt hash"):
        adopt(unknown)


@pytest.mark.parametrize(
    "costly",
    [
        "m=65537,t=1,p=1",
        "m=65536,t=5,p=1",
        "m=19456,t=14,p=1",
        "m=19456,t=2,p=5",
        "m=19456,t=2,p=0",
        "m=19456,t=0,p=1",
        "m=7,t=1,p=1",
        "m=999999999,t=999999999,p=1",
        "$2b$15$",
        "$2b$31$",
        "$2b$03$",
    ],
)
async def test_what_costs_too_much_is_refused_and_never_computed(
    hasher: Hasher, costly: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = costly + "." * 53 if costly.startswith("$") else f"$argon2id$v=19${costly}${SALT}${DIGEST}"
    with pytest.raises(InvalidInput, match=r"^password is a hash that costs a sign-in too much time or memory"):
        adopt(stored)
    monkeypatch.setattr(legacy_hashes, "matches", lambda *_: pytest.fail("computed"))
    assert await hasher.verify(OLD_PASSWORD, legacy_hashes.MARK + stored) is False


@pytest.mark.parametrize("fair", ["m=65536,t=4,p=4", "m=19456,t=2,p=1", "m=4096,t=3,p=1", "m=8,t=1,p=1"])
def test_what_is_usual_is_adopted(fair: str) -> None:
    stored = f"$argon2id$v=19${fair}${SALT}${DIGEST}"
    assert adopt(stored) == f"legacy:{stored}"
    assert adopted(adopt(stored))
    assert adopted(adopt("$2b$14$" + "." * 53))


async def test_an_unusable_hash_is_nobodys(hasher: Hasher) -> None:
    assert not adopted(UNUSABLE)
    for tried in ("", "none", UNUSABLE):
        assert not await hasher.verify(tried, UNUSABLE)


@given(st.text(alphabet="A+/", min_size=11, max_size=30), st.text(alphabet="A+/", min_size=16, max_size=50))
def test_text_of_the_right_form_that_is_no_hash_is_wrong_and_no_error(salt: str, digest: str) -> None:
    assert legacy_hashes.matches(OLD_PASSWORD, adopt(f"$argon2id$v=19$m=8,t=1,p=1${salt}${digest}"), 4) is False


@pytest.mark.parametrize("cost", [4, 6, 8])
def test_plain_bcrypt_is_filled_up_to_the_rounds_of_ours(cost: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = [2**cost]
    real = bcrypt.hashpw

    def spy(password: bytes, salt: bytes) -> bytes:
        rounds.append(2 ** int(salt[4:6]))
        return real(password, salt)

    kept = adopt(plain_bcrypt(cost=cost))
    monkeypatch.setattr(bcrypt, "hashpw", spy)
    for password in (OLD_PASSWORD, "wrong"):
        del rounds[1:]
        assert legacy_hashes.matches(password, kept, 8) is (password == OLD_PASSWORD)
        assert sum(rounds) == 2**8


@pytest.mark.long
async def test_nobody_can_tell_by_the_time_who_has_not_signed_in_since_the_move() -> None:
    """AN-27: medians of 40 interleaved tries within 5 % or 5 ms."""
    hasher = Hasher(cost=12, workers=1)
    kinds = {
        "nobody": None,
        "ours": await hasher.hash("another"),
        "argon2": adopt(argon2()),
        "bcrypt": adopt(plain_bcrypt(cost=10)),
    }
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(40):
        for kind, stored in kinds.items():
            start = time.perf_counter()
            assert await hasher.verify("wrong", stored) is False
            times[kind].append(time.perf_counter() - start)
    hasher.close()
    medians = {kind: median(taken) for kind, taken in times.items()}
    far = {kind: taken for kind, taken in medians.items() if abs(taken - medians["nobody"]) > max(0.005, 0.05 * medians["nobody"])}
    assert far == {}, medians


def test_the_old_services_own_figures_are_those_of_the_tests() -> None:
    assert argon2().startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PasswordHasher().verify(argon2(), OLD_PASSWORD)
