"""Password hashes that the old service made: Argon2id, and plain bcrypt of before. Each serves until its owner's next sign-in.

They are kept with a mark in front, since plain bcrypt looks like a hash of ours, which is bcrypt of a digest. What would cost a
login too much time or memory is not adopted, and not verified either.
"""

from __future__ import annotations

import re
from time import perf_counter
from typing import Final

import bcrypt
from argon2.exceptions import VerificationError
from argon2.low_level import Type, verify_secret

from models.errors import InvalidInput

MARK: Final = "legacy:"
UNUSABLE: Final = "legacy:none"
"""What is kept where there is no hash that serves: nobody's password."""

MEMORY: Final = 65_536
"""KiB that one Argon2id may take; the old service's took 19,456."""
WORK: Final = 4 * MEMORY
"""KiB times passes of one Argon2id: some 0.2 s; the old service's were 38,912."""
LANES: Final = 4
COST: Final = 14
"""bcrypt's: 2^14 rounds, four times ours."""
BYTES: Final = 72
"""Where bcrypt stops reading. A longer password has twins that it cannot tell apart, so none is right."""

_ARGON2: Final = re.compile(r"\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,86}")
_BCRYPT: Final = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")


def adopt(stored: str) -> str:
    """What to keep of an old hash. Refuses with InvalidInput what is none of the two kinds, or would cost too much."""
    if not _known(stored):
        raise InvalidInput("password is neither an Argon2id nor a bcrypt hash.", ("password",))
    if not _affordable(stored):
        raise InvalidInput("password is a hash that costs a sign-in too much time or memory.", ("password",))
    return MARK + stored


def adopted(kept: str) -> bool:
    """Whether this was kept of an old hash that can be verified."""
    stored = kept.removeprefix(MARK)
    return stored != kept and _known(stored) and _affordable(stored)


def matches(password: str, kept: str, cost: int) -> bool:
    """Whether an adopted hash is of this password, as it was typed; after the work that bcrypt at `cost` is, or a little more.

    So an account that has not signed in since it moved costs what everybody else's does (and nobody's).
    """
    stored, given = kept.removeprefix(MARK), password.encode()
    plain = _BCRYPT.fullmatch(stored)
    if plain:
        readable = len(given) <= BYTES
        right = bcrypt.checkpw(given[:BYTES], stored.encode("ascii")) and readable
        for rest in range(int(plain[1]), cost):  # 2^k, and 2^k once more, 2^(k+1), … 2^(cost-1): together 2^cost rounds
            _spend(rest)
        return right
    started = perf_counter()
    right = _argon2(given, stored)
    _fill(perf_counter() - started, cost)
    return right


def _argon2(given: bytes, stored: str) -> bool:
    try:
        return verify_secret(stored.encode("ascii"), given, Type.ID)
    except VerificationError:  # another password, or text of the right form that is no hash of any
        return False


def _fill(spent: float, cost: int) -> None:
    """Works on to the time that bcrypt takes at `cost` here and now, which an eighth of it tells."""
    if cost < 10:  # where nobody's password is safe anyway: development and tests
        return
    started = perf_counter()
    _spend(cost - 3)
    eighth = perf_counter() - started
    for _ in range(round((7 * eighth - spent) / (eighth / 8))):
        _spend(cost - 6)


def _spend(cost: int) -> None:
    bcrypt.hashpw(b"", b"$2b$%02d$" % cost + b"." * 22)


def _known(stored: str) -> bool:
    return bool(_ARGON2.fullmatch(stored) or _BCRYPT.fullmatch(stored))


def _affordable(stored: str) -> bool:
    found = _ARGON2.fullmatch(stored)
    if found:
        memory, passes, lanes = (int(figure) for figure in found.groups())
        return passes >= 1 and 1 <= lanes <= LANES and 8 * lanes <= memory <= MEMORY and memory * passes <= WORK
    plain = _BCRYPT.fullmatch(stored)
    return plain is not None and 4 <= int(plain[1]) <= COST
