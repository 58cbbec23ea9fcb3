"""What the log calls a document: a digest, since its text holds what people write."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final

_TEXTS: Final = re.compile(
    r'"""(?:\\"""|[^"]|"(?!""))*+(?:"""|\Z)'  # a block, or one without an end
    r'|"(?:\\[^\n\r]|[^"\\\n\r])*+"?'  # a string, or what of one is on its line
    r"|\#[^\n\r]*+"
)
_LENGTH: Final = 16


def digest(text: str) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a document without comments and with every string empty.

    With its strings, whoever reads the log could try passwords until the digest is right. A document that has none and no comments
    has the digest that `sha256sum` tells.
    """
    bare = _TEXTS.sub(_emptied, text) if '"' in text or "#" in text else text
    return sha256(bare.encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]


def _emptied(found: re.Match[str]) -> str:
    return "" if found[0][0] == "#" else '""'
