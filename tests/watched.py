"""What all servers of the suite answer and log is looked at, whatever a test is about (ER-01, ER-02, ER-03)."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

from tests.world import PASSWORD

INSIDES: Final = re.compile(
    r"Traceback|asyncpg|postgres|tortoise|strawberry|graphql[-_]core|aiohttp|pydantic|orjson|sqlstate|\.py\b|/usr/|/home/|/tmp/"
    r"|\b(SELECT|INSERT|UPDATE|DELETE) |relation \"|violates|duplicate key|site-packages|NoneType|[a-z]Error\b(?!')|recursion"
    r"|invalid literal|object has no attribute",
)
"""What no answer may tell: SQL, paths, traces, the names of drivers and libraries. Types of the schema are quoted: they may."""

_SECRETS: Final = re.compile(
    rf"{re.escape(PASSWORD)}|eyJ[\w-]+\.eyJ[\w-]+|\$2[aby]\$\d\d\$|[\w.+-]+@[\w-]+\.\w|(?<![0-9A-Za-z_-])(?![0-9a-f]{{64}})[A-Za-z0-9_-]{{64}}"
    r"(?![0-9A-Za-z_-])|otpauth:|://[^\s:/@]+:(?!\[redacted\])[^\s/@]+@"
)
"""A password, an access token, a hash, an address, a refresh token, what enrols an authenticator, a DSN's password."""


@dataclass
class Watched:
    """What was amiss, in words."""

    faults: list[str] = field(default_factory=list)
    refusals: deque[str] = field(default_factory=lambda: deque(maxlen=5))
    """The last errors that were answered, for whom a test's failure surprises."""

    async def answered(self, request: web.BaseRequest, response: web.StreamResponse) -> None:
        """For `on_response_prepare`: no 5xx but 503, and nothing of our insides in what is told."""
        place = f"{request.method} {request.path}: {response.status}"
        if response.status >= 500 and response.status != 503:
            self.faults.append(place)
        if isinstance(response, web.Response) and isinstance(response.body, bytes) and "json" in response.content_type:
            body = json.loads(response.body or b"null")
            if response.status >= 400 or (isinstance(body, dict) and body.get("errors")):
                self.refusals.append(f"{place} {response.text}")
            for text in told(body):
                if INSIDES.search(text):
                    self.faults.append(f"{place} {text}")

    def logged(self, line: bytes) -> None:
        """For every line of the log: it is one JSON object, and holds no secret and nobody's address."""
        text = line.decode()
        if not text.endswith("\n") or not {"time", "level", "event"} <= _object(text).keys():
            self.faults.append(f"no line of a log: {text}")
        if _SECRETS.search(text):
            self.faults.append(f"a secret in the log: {text}")


def _object(text: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError:
        return {}
    return found


def told(body: Any) -> Iterator[str]:
    """The texts of an answer that we wrote: messages, anywhere; not what people had written and read again."""
    if isinstance(body, list):
        for item in body:
            yield from told(item)
    elif isinstance(body, dict):
        for name, value in body.items():
            if name == "message" and isinstance(value, str):
                yield value
            elif name in {"extensions", "faults"}:
                yield json.dumps(value)
            else:
                yield from told(value)
