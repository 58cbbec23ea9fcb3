"""Trusted documents: those of a manifest that a frontend's build wrote, by the digests of their texts.

Clients name one by `documentId` (GraphQL over HTTP, appendix on persisted documents), or as Apollo's persistedQuery does. Nothing
that a client sends is ever kept: a document is in the manifest, or it is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

import orjson

from gql.digest import digest
from gql.parameters import Parameters
from gql.protocol import NO_MANIFEST, UNKNOWN_DOCUMENT, UNTRUSTED, Refused
from observability.logging import logger

_log = logger(__name__)
_DIGEST: Final = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


class Trust(StrEnum):
    """What becomes of a document that is not in the manifest: nothing, a line in the log, or a refusal."""

    OFF = "off"
    WARN = "warn"
    ENFORCE = "enforce"


def manifest(text: str) -> dict[str, str]:
    """The documents by their digests, from the JSON that graphql-codegen's client preset and Relay (with SHA256) write.

    Raises ValueError, in a line, for whatever is no such manifest, and where a digest is not its document's.
    """
    try:
        given: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ValueError("the manifest is no JSON") from None
    if not isinstance(given, dict) or not given:
        raise ValueError("the manifest must be an object of documents by their sha256")
    documents = {}
    for key, document in given.items():
        known = _DIGEST.fullmatch(key)
        if known is None:
            raise ValueError(f"{_short(key)} is no sha256 in lower-case hexadecimal")
        if not isinstance(document, str) or not document.strip():
            raise ValueError(f"{_short(key)} must have a document's text")
        if sha256(document.encode()).hexdigest() != known[1]:
            raise ValueError(f"{_short(key)} is not the sha256 of its document")
        documents[known[1]] = document
    return documents


class Trusted:
    """The manifest at work. `ours` are documents of the server's own pages, which send their texts."""

    def __init__(self, documents: Mapping[str, str], trust: Trust, ours: Iterable[str] = ()) -> None:
        self._documents, self._trust = documents, trust
        self._texts = frozenset((*documents.values(), *ours))

    def completed(self, parameters: Parameters) -> Parameters:
        """The parameters with their document's text. Raises Refused."""
        # Where the text came along it is what counts. Apollo Client and urql send both once an id was not found, and theirs may be
        # the digest of another spelling; nothing is kept by it.
        if parameters.document_id is not None and not parameters.query:
            return parameters._replace(query=self._text(parameters.document_id))
        if self._trust is not Trust.OFF and parameters.query not in self._texts:
            if self._trust is Trust.ENFORCE:
                raise Refused(UNTRUSTED, "Only the documents of this server's manifest are executed.")
            _log.warning("document not trusted", digest=digest(parameters.query))
        return parameters

    def _text(self, document_id: str) -> str:
        known = self._documents.get(document_id.removeprefix("sha256:"))
        if known is not None:
            return known
        # In these words, and with these codes, Apollo Client and urql understand that they must send the text.
        if self._documents:
            raise Refused(UNKNOWN_DOCUMENT, "PersistedQueryNotFound")
        raise Refused(NO_MANIFEST, "PersistedQueryNotSupported")


def _short(key: str) -> str:
    return ascii(key if len(key) <= 90 else f"{key[:90]}…")
