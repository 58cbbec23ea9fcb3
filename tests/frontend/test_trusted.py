"""Trusted documents: each client sends the digests of the manifest that its own compiler wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gql.trusted import Trust, manifest
from tests.conftest import Serve
from tests.frontend.tools import program
from tests.world import Person, World

_BUNDLED = ("--import", "./relay/bundler.mjs")


def _written(built: Path) -> dict[str, str]:
    """What codegen and relay-compiler wrote, in one manifest, as the server reads it."""
    files = (built / "generated" / "persisted-documents.json", built / "relay" / "persisted-documents.json")
    documents = {key: text for file in files for key, text in json.loads(file.read_text(encoding="utf-8")).items()}
    return manifest(json.dumps(documents))


@pytest.mark.parametrize(("client", "reads", "options"), [("apollo", "GET", ()), ("urql", "GET", ()), ("relay", "POST", _BUNDLED)])
async def test_a_server_that_trusts_its_manifest_alone_serves_them(
    built: Path, world: World, serve: Serve, client: str, reads: str, options: tuple[str, ...]
) -> None:
    strict = Person(await serve(trusted_documents=_written(built), trusted_documents_mode=Trust.ENFORCE))
    assert await program(built, f"{client}/trusted.ts", strict, *options) == {
        "viewer": "ada",
        "sent": [["POST", "digest", 200], [reads, "digest", 200]],
        "strange": "DOCUMENT_NOT_TRUSTED",
    }


@pytest.mark.parametrize("client", ["apollo", "urql"])
async def test_a_server_without_a_manifest_is_sent_the_texts(built: Path, world: World, client: str) -> None:
    assert await program(built, f"{client}/trusted.ts", world.ada) == {
        "viewer": "ada",
        "sent": [["POST", "digest", 400], ["POST", "text", 200], ["POST", "text", 200]],
        "strange": "answered",
    }
