"""Passwords: what a new one must be, and how one is kept and compared, away from the event loop.

Kept as `bcrypt(base64(sha256(NFKC(password))))`: the inner digest has no NUL byte and is shorter than the 72 bytes at
which bcrypt stops, so that no two passwords become one.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import re
import secrets
import sys
import threading
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import copy
from functools import partial
from typing import ParamSpec, TypeVar

import bcrypt
from zxcvbn.feedback import get_feedback  # type: ignore[import-untyped]  # the library ships no types
from zxcvbn.matching import RANKED_DICTIONARIES, build_ranked_dict, omnimatch  # type: ignore[import-untyped]
from zxcvbn.scoring import most_guessable_match_sequence  # type: ignore[import-untyped]
from zxcvbn.time_estimates import guesses_to_score  # type: ignore[import-untyped]

from auth import legacy_hashes
from models.errors import InvalidInput, Unavailable, WeakPassword
from observability.spans import step

NICENESS = 5  # a third of the share of a thread that has none: 10 starved sign-ins on a machine that others use too
QUEUED = 4  # calls that wait for one thread: at cost 12 a second, or some four on a machine that is busy
# Seconds that a call waits for a thread at the most: a hash, a quarter of one, still fits into the three of an operation. A queue
# that takes longer would have every hash come too late, one after another: so those who waited too long make room for those who
# still wait for an answer.
PATIENCE = 2.5
SPREAD = 3  # seconds over which those who are refused are told to come again
MIN_LENGTH = 8  # characters after NFKC
MAX_LENGTH = 128
MIN_SCORE = 3  # of zxcvbn's 0 to 4: 10^8 guesses and more

# Unicode's normal forms cost the square of a run of combining marks, so a text is bounded before. Decomposed, 128
# characters are 512 at most.
MAX_RAW = 1024
# zxcvbn raises over 72 characters, and its time grows steeply with hostile ones: 2.2 s for 72, 0.7 s for 40.
SCORED = 40

_LEGACY_MIN, _LEGACY_MAX = 8, 64
_STORED = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
_P = ParamSpec("_P")
_T = TypeVar("_T")


class Hasher:
    """Hashes, verifies and judges passwords in `workers` threads of its own; `cost` is bcrypt's, 2^cost rounds.

    While `queue` calls wait for a thread, a further one is `Unavailable` at once, and so is one that has waited for PATIENCE.
    Half as many more may wait if they are not of a network that has a call here, so that no single one locks out all others.
    """

    def __init__(self, cost: int = 12, workers: int = 2, queue: int | None = None) -> None:
        self._cost = cost
        queue = QUEUED * workers if queue is None else queue
        # A well-formed hash that no password is known to have: comparing with it costs what a real one does.
        self._dummy = bcrypt.gensalt(cost).decode("ascii") + "." * 31
        self._places = _Places(workers + queue, queue // 2)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="passwords", initializer=_give_way)

    @contextmanager
    def place(self, network: str | None) -> Iterator[Hasher]:
        """A place kept for one attempt from this network, which does its hashing, call by call, with the hasher that this gives.

        For whoever asks a database first: of a crowd those who find no place are `Unavailable` before they do. Whoever
        goes away gives it back at once, while a thread may still be at work for them.
        """
        self._places.take(network)
        mine = copy(self)
        mine._places = _Places(1, 0)
        try:
            yield mine
        finally:
            self._places.leave(network)

    async def hash(self, password: str, path: tuple[str, ...] = ()) -> str:
        """What to store, 60 ASCII characters. `InvalidInput` at `path` where it is no text or far too long."""
        if not _readable(password):
            raise InvalidInput("This password cannot be used. Please choose another.", path)
        return await self._run(_hash, password, self._cost)

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether `stored` is of this password. Without one, or with one not of ours, False after the same work.

        One that was adopted of the old service is verified as it was made there, after the same work again.
        """
        if not _readable(password):
            return False  # at once, whoever it is for: it tells nothing about the account
        if stored is not None and legacy_hashes.adopted(stored):
            return await self._run(legacy_hashes.matches, password, stored, self._cost)
        known = stored is not None and _STORED.fullmatch(stored) is not None
        return await self._run(_matches, password, stored if stored and known else self._dummy) and known

    async def check(self, password: str, hints: Sequence[str], path: tuple[str, ...] = (), minimum: int = MIN_LENGTH) -> None:
        """Refuses a new password that is too short, too long or too easy: `WeakPassword` at `path`, with what to do.

        `hints` are the person's own names (username, e-mail, tenant), which count for nothing.
        """
        if not _readable(password):
            raise _unfit(password, path)
        await self._run(_judge, password, hints, path, minimum)

    def needs_rehash(self, stored: str) -> bool:
        """Whether it was stored at another cost, or in another form, than `hash` would now."""
        found = _STORED.fullmatch(stored)
        return found is None or int(found[1]) != self._cost

    def close(self) -> None:
        """Takes no more; what waits is cancelled, what runs ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        self._places.take(None)
        try:
            future = self._pool.submit(_in_time, time.monotonic() + PATIENCE, partial(work, *args, **kwargs))
        except RuntimeError as closed:
            self._places.leave(None)
            raise Unavailable("The server is shutting down. Please try again.", retry_after=1) from closed
        # Released by the thread, not by us: a caller who goes away leaves the thread at work.
        future.add_done_callback(lambda _: self._places.leave(None))
        with step("password"):
            return await asyncio.wrap_future(future)


class _Places:
    """`most` calls at once, and `spared` more of networks that have none here. None is no network: who is signed in."""

    def __init__(self, most: int, spared: int) -> None:
        self._most, self._spared = most, spared
        self._taken: Counter[str | None] = Counter()
        self._lock = threading.Lock()  # threads of the pool give back

    def take(self, network: str | None) -> None:
        """Takes a place, or raises `Unavailable`."""
        with self._lock:
            another = network is not None and self._taken[network] > 0
            if self._taken.total() >= self._most + (0 if another else self._spared):
                raise _full()
            self._taken[network] += 1

    def leave(self, network: str | None) -> None:
        """Gives it back."""
        with self._lock:
            self._taken[network] -= 1
            self._taken += Counter()  # which drops those that have none


def _in_time(until: float, work: Callable[[], _T]) -> _T:
    if time.monotonic() > until:
        raise _full()
    return work()


def _full() -> Unavailable:
    # Not all in the same second: a crowd that is told to come again at once would come again as one.
    return Unavailable("Too many people are signing in just now. Please try again.", retry_after=1 + secrets.randbelow(SPREAD))


def _give_way() -> None:
    """Lets the event loop's thread run first: a hash fills a core for a quarter of a second, and those signed in are not to wait.

    On Linux a thread has a niceness of its own; elsewhere it is the whole process's.
    """
    if sys.platform == "linux":
        os.nice(NICENESS)


def kept(stored: str) -> bool:
    """Whether it is what `hash` makes, at a cost that a sign-in may have, or an adopted hash, or nobody's."""
    found = _STORED.fullmatch(stored)
    ours = found is not None and 4 <= int(found[1]) <= legacy_hashes.COST
    return ours or stored == legacy_hashes.UNUSABLE or legacy_hashes.adopted(stored)


def check_legacy_composition(password: str, path: tuple[str, ...] = ("password",)) -> None:
    """The old `/api`'s own rules, its texts and their order: `InvalidInput` for the first that is broken."""
    rules = (
        (len(password) >= _LEGACY_MIN, "Password too short (min 8 characters)"),
        (len(password) <= _LEGACY_MAX, "Password too long (max 64 characters)"),
        (any(letter.isupper() for letter in password), "Password must contain at least one uppercase letter"),
        (any(letter.islower() for letter in password), "Password must contain at least one lowercase letter"),
        (any(letter.isnumeric() for letter in password), "Password must contain at least one number"),
    )
    for kept, message in rules:
        if not kept:
            raise InvalidInput(message, path)


def _readable(password: str) -> bool:
    """Whether it is Unicode text (JSON lets lone surrogates through) of a length that may be normalised."""
    return len(password) <= MAX_RAW and not any("\ud800" <= letter <= "\udfff" for letter in password)


def _unfit(password: str, path: tuple[str, ...]) -> InvalidInput:
    if len(password) > MAX_RAW:
        return WeakPassword(f"Use at most {MAX_LENGTH} characters.", path)
    return InvalidInput("This password cannot be used. Please choose another.", path)


def _digest(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(unicodedata.normalize("NFKC", password).encode()).digest())


def _hash(password: str, cost: int) -> str:
    return bcrypt.hashpw(_digest(password), bcrypt.gensalt(cost)).decode("ascii")


def _matches(password: str, stored: str) -> bool:
    return bcrypt.checkpw(_digest(password), stored.encode("ascii"))


def _judge(password: str, hints: Sequence[str], path: tuple[str, ...], minimum: int) -> None:
    normal = unicodedata.normalize("NFKC", password)
    if len(normal) < minimum:
        raise WeakPassword(f"Use at least {minimum} characters.", path)
    if len(normal) > MAX_LENGTH:
        raise WeakPassword(f"Use at most {MAX_LENGTH} characters.", path)
    names = [unicodedata.normalize("NFKC", hint[:MAX_RAW]).lower() for hint in hints]
    words = dict.fromkeys(word for name in names for word in (name, *re.split(r"[\W_]+", name)) if word)
    # `zxcvbn()` itself puts the person's names into a dictionary of the whole process, where another thread would
    # meet them; these are its steps, with a dictionary of our own.
    scored = normal[:SCORED]
    matches = omnimatch(scored, {**RANKED_DICTIONARIES, "user_inputs": build_ranked_dict(words)})
    result = most_guessable_match_sequence(scored, matches)
    score = guesses_to_score(result["guesses"])
    if score < MIN_SCORE:
        advice = get_feedback(score, result["sequence"])
        told = [text if text.endswith(".") else f"{text}." for text in (advice["warning"], *advice["suggestions"]) if text]
        raise WeakPassword(" ".join(["This password is too easy to guess.", *told]), path)
