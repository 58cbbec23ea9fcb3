"""The bill of materials names what the lock names, to the digest, and what is inside the pages; and nothing else (SC-03)."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from server.database import ROOT

pytestmark = pytest.mark.tools


@pytest.fixture(scope="module")
def bill(tools: Path) -> dict[str, Any]:
    """As `scripts/sbom` prints it, which validates it first."""
    found: dict[str, Any] = json.loads(subprocess.run([ROOT / "scripts" / "sbom"], check=True, capture_output=True).stdout)
    return found


def test_it_is_of_the_format_and_of_this_project(bill: dict[str, Any]) -> None:
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["name"] == "address-book"


def test_its_packages_and_their_digests_are_those_of_the_lock(bill: dict[str, Any]) -> None:
    locked = set()
    for entry in re.split(r"\n(?=[a-z0-9])", (ROOT / "requirements.txt").read_text(encoding="utf-8")):
        pinned = re.match(r"([a-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", entry)
        assert pinned
        locked.add((f"pkg:pypi/{pinned[1]}@{pinned[2]}", frozenset(re.findall(r"sha256:([0-9a-f]{64})", entry))))
    told = {
        (one["purl"].partition("?")[0], frozenset(digest["content"] for digest in one["externalReferences"][0]["hashes"]))
        for one in bill["components"]
        if one["purl"].startswith("pkg:pypi/")
    }
    assert len(told) > 50
    assert told == locked


def test_what_is_inside_the_pages_is_told_with_its_licence(bill: dict[str, Any]) -> None:
    pages = [(ROOT / page / "VENDORED.txt").read_text(encoding="utf-8") for page in ("gql/graphiql", "rest/swagger")]
    listed = {line for text in pages for line in text.partition("licence\n")[2].partition("\n\n")[0].splitlines()}
    inside = [one for one in bill["components"] if one["purl"].startswith("pkg:npm/")]
    assert len(listed) > 50
    assert {f"{one['name']} {one['version']} {one['licenses'][0]['license']['id']}" for one in inside} == listed
    assert all(unquote(one["purl"]) == f"pkg:npm/{one['name']}@{one['version']}" for one in inside)


def test_nothing_in_it_changes_while_the_tree_does_not(bill: dict[str, Any]) -> None:
    assert {"name": "cdx:reproducible", "value": "true"} in bill["metadata"]["properties"]
    assert not {"serialNumber", "timestamp"} & {*bill, *bill["metadata"]}
