"""Keeps personal data, secrets and row values out of everything that is logged or traced."""

import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from datetime import date
from functools import lru_cache
from itertools import islice
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Any
from uuid import UUID

REDACTED = "[redacted]"

_ROOT = str(Path(__file__).resolve().parent.parent) + "/"
_SECRET_LENGTH = 40
_HARMLESS = (int, float, UUID, date)
_MAX_DEPTH = 6
_MAX_ITEMS = 100
_MAX_FRAMES = 20
_MAX_CAUSES = 4

_SENSITIVE_KEY = re.compile(
    r"pass(?:word|wd|phrase)|token|secret|authoriz|cookie|credential|api[_-]?key|private[_-]?key|dsn"
    r"|e[_-]?mail|phone|mobile|notes?$|address|birth|gender|job[_-]?title|organi[sz]ation|search|otp|recovery"
    r"|^(?:variables|query|document|body|inputs?|q)$"
    r"|^(?:first|last|middle|full|given|family|display|user|nick|contact|person|owner)?[_-]?names?$|^surname$",
    re.IGNORECASE,
)

_MAX_TEXT = 2_000  # of a longer one only so much is looked at, and logged
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]*\.[\w-]+\.[\w-]*", re.ASCII)
_BEARER = re.compile(r"\b(bearer)\s+[^\s\"',;]+", re.IGNORECASE)
_DSN = re.compile(r"(://[^\s:/@]*):[^\s/]*@")
_EMAIL = re.compile(r"[^\s@<>\"'(),;:=\[\]]{1,64}@[^\s@<>\"'(),;:=\[\]]+")
_PHONE = re.compile(r"\+\d(?:[ ().-]{0,2}\d){6,14}")
# The secret of an authenticator, and a recovery code, both in base32.
_OTP = re.compile(r"otpauth://\S+|(?<![A-Za-z0-9_-])(?:[A-Z2-7]{32}|[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})(?![A-Za-z0-9_-])")
_OTP_LENGTH = 19
_LONG = re.compile(rf"[A-Za-z0-9_-]{{{_SECRET_LENGTH},}}")
# From DETAIL on, PostgreSQL quotes the row; the row may hold line breaks, so nothing after it is kept.
_DETAIL = re.compile(r"\s*\bDETAIL:.*", re.DOTALL)
# Greedy: a value that holds quotes itself must not end the match early.
_QUOTED = re.compile(r"(?<!\w)([\"']).*[\"']", re.DOTALL)

# Their quoted words name code (an attribute, a module, a parameter), never data.
_ABOUT_CODE = (AttributeError, ImportError, NameError, TypeError)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: replace sensitive values, scrub the others, turn `exc_info` into `error` by `describe`."""
    exc_info = event.pop("exc_info", None)
    for key, value in event.items():
        event[key] = REDACTED if sensitive(key) and value is not None else _scrubbed(value, _MAX_DEPTH)
    exc = _exception(exc_info) if exc_info else None
    if exc is not None:
        event["error"] = describe(exc)
    return event


def scrub(text: str) -> str:
    """Replace tokens, e-mail addresses, telephone numbers, DSN passwords, what opens a second factor, and secrets of 40
    characters and more.

    Ids of 32 hexadecimal digits and UUIDs are shorter and stay; so should every digest that is logged.
    """
    text = text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"
    # Plain substring tests come first: nearly every text needs none of the patterns, and this is on every log line.
    if "eyJ" in text:
        text = _JWT.sub(REDACTED, text)
    if "earer" in text or "EARER" in text:
        text = _BEARER.sub(rf"\1 {REDACTED}", text)
    if "@" in text:
        text = _EMAIL.sub(REDACTED, _DSN.sub(rf"\1:{REDACTED}@", text))
    if "+" in text:
        text = _PHONE.sub(REDACTED, text)
    if "DETAIL:" in text:
        text = _DETAIL.sub("", text)
    # In lower case it is none, such as the ids that stand on every line. The pattern is slow.
    if len(text) >= _OTP_LENGTH and (not text.islower() or "otpauth" in text):
        text = _OTP.sub(REDACTED, text)
    if len(text) >= _SECRET_LENGTH:
        text = _LONG.sub(REDACTED, text)
    return text


@lru_cache(1024)
def sensitive(key: str) -> bool:
    """Whether a value under `key` (any case, snake or camel) must not be kept.

    Only for keys written in our code: the answers are cached, and keys of people's data do not belong in a cache.
    """
    return _SENSITIVE_KEY.search(key) is not None


def describe(exc: BaseException) -> dict[str, Any]:
    """An exception without its data: `type`, `message`, `frames` ("file:line function", innermost last), `cause`.

    Local variables are never read. A driver's message ends before the first value it quotes, and its `sqlstate`,
    `constraint` and `table` stand apart; in other messages quoted values are left out, unless they name code.
    """
    return _describe(exc, _MAX_CAUSES)


def _describe(exc: BaseException, depth: int) -> dict[str, Any]:
    kind = type(exc)
    described: dict[str, Any] = {
        "type": kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}",
        "message": _message(exc),
        "frames": _frames(exc.__traceback__),
    }
    for name, attribute in (("sqlstate", "sqlstate"), ("constraint", "constraint_name"), ("table", "table_name")):
        value = getattr(exc, attribute, None)
        if isinstance(value, str):
            described[name] = scrub(value)
    cause = exc.__cause__ or (None if exc.__suppress_context__ else exc.__context__)
    if depth and cause is not None:
        described["cause"] = _describe(cause, depth - 1)
    if depth and isinstance(exc, BaseExceptionGroup):
        described["group"] = [_describe(one, depth - 1) for one in exc.exceptions[:5]]
    return described


def _message(exc: BaseException) -> str:
    try:
        text = str(exc)
    except Exception as broken:  # an exception whose own __str__ fails must still be logged
        return f"[no message: {type(broken).__name__}]"
    if hasattr(exc, "sqlstate") or type(exc).__module__.partition(".")[0] in ("asyncpg", "tortoise"):
        text = re.split(r":|\n|\$\d", text, maxsplit=1)[0]
    elif not isinstance(exc, _ABOUT_CODE):
        text = _QUOTED.sub("…", text)
    return scrub(text[:2000])


def _frames(traceback: TracebackType | None) -> list[str]:
    frames = [f"{_short(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}" for frame, line in walk_tb(traceback)]
    return frames[-_MAX_FRAMES:]


def _short(path: str) -> str:
    """The path within the project or within site-packages: where a machine keeps them is nobody's business."""
    _, found, inside = path.rpartition("site-packages/")
    if found:
        return inside
    return path.removeprefix(_ROOT) if path.startswith(_ROOT) else path.rpartition("/")[2]


def _exception(exc_info: Any) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    return exc_info[1] if isinstance(exc_info, tuple) else sys.exc_info()[1]


def _scrubbed(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return scrub(str(value))
    if value is None or isinstance(value, _HARMLESS):
        return value
    if isinstance(value, BaseException):
        return describe(value)
    if depth and isinstance(value, Mapping):
        return {scrub(str(key)): _inner(str(key), inner, depth - 1) for key, inner in _first(value.items())}
    if depth and isinstance(value, (list, tuple, set, frozenset)):
        return [_scrubbed(inner, depth - 1) for inner in _first(value)]
    # Anything else could carry personal data in its repr: only its type is told.
    return f"<{type(value).__qualname__}>"


def _inner(key: str, value: Any, depth: int) -> Any:
    return REDACTED if value is not None and _SENSITIVE_KEY.search(key) else _scrubbed(value, depth)


def _first(values: Iterable[Any]) -> Iterable[Any]:
    return islice(values, _MAX_ITEMS)
