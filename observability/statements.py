"""What a statement of SQL is called in traces and in the log: by its verb and its table, and a digest; never by its text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_TABLE: Final = r'\s+(?:ONLY\s+|LATERAL\s+)?(?:"?\w+"?\.)?"?(\w+)\b'
_WRITES: Final = re.compile(
    rf"\b(?:(INSERT)\s+INTO|(DELETE)\s+FROM|(?<!FOR\s)(?<!KEY\s)(UPDATE)(?!\s+SET\b)){_TABLE}",
    re.IGNORECASE,
)
_READS: Final = re.compile(rf"\b(?:FROM|JOIN){_TABLE}(?!\s*\()", re.IGNORECASE)
_CALLS: Final = re.compile(r"SELECT\s+(\w+)\(", re.IGNORECASE)
_VERB: Final = re.compile(r"[A-Za-z]+")


@lru_cache(1_000)
def described(sql: str) -> tuple[str, Mapping[str, str | int | float | bool]]:
    """The name of a statement's span, and its attributes (OpenTelemetry's conventions for PostgreSQL); `db.query.hash` is ours."""
    verb, table = _summary(sql)
    name = f"{verb} {table}" if table else verb
    told: dict[str, str | int | float | bool] = {
        "db.system.name": "postgresql",
        "db.operation.name": verb,
        "db.query.summary": name,
        "db.query.hash": digest(sql),
    }
    if table:
        told["db.collection.name"] = table
    return name, told


def digest(sql: str) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of its text."""
    return hashlib.sha256(sql.encode()).hexdigest()[:16]


def _summary(sql: str) -> tuple[str, str | None]:
    """The verb in capitals, and the table that is written or else read first; a function that is called where there is none."""
    writes = _WRITES.search(sql)
    if writes:
        return (writes[1] or writes[2] or writes[3]).upper(), writes[4]
    verb = _VERB.search(sql)
    found = _READS.search(sql) or _CALLS.match(sql)
    word = verb[0].upper() if verb else "OTHER"
    return ("SELECT" if word == "WITH" else word), found[1] if found else None
