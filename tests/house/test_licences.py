"""What serves, and what is inside its pages, is under licences that whoever runs it may live with."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution

import pytest
from packaging.requirements import Requirement

from server.database import ROOT

ALLOWED = {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0", "Unlicense"}
"""Permissive ones, by their SPDX ids; MPL-2.0 asks for the changed files of the package itself alone, and we change none."""

SAID_OTHERWISE = {
    "Apache 2.0": "Apache-2.0",
    "MIT License": "MIT",
    "ISC License": "ISC",
    "OSI Approved :: MIT License": "MIT",
    "OSI Approved :: Apache Software License": "Apache-2.0",
}
"""What packages write where an SPDX id belongs."""

LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")
RUNTIME = [Requirement(line) for line in re.findall(r"^([a-z0-9][^\\\n]*==[^\\\n]*?) *\\?$", LOCK, re.MULTILINE)]


def licences(package: Distribution) -> set[str]:
    """Every licence that a package's metadata names, alternatives too: the expression, else the field, else the classifiers."""
    told = package.metadata
    if expression := told.get("License-Expression"):
        return set(re.split(r" (?:AND|OR) ", expression.replace("(", "").replace(")", "")))
    if field := told.get("License"):
        return {SAID_OTHERWISE.get(field, field)}
    kinds = [name.removeprefix("License :: ") for name in told.get_all("Classifier", []) if name.startswith("License :: ")]
    return {SAID_OTHERWISE.get(kind, kind) for kind in kinds}


def test_the_lock_is_read_whole() -> None:
    assert len(RUNTIME) == len(re.findall(r"^[^ #]", LOCK, re.MULTILINE)) > 50


@pytest.mark.parametrize("wanted", RUNTIME, ids=[str(one) for one in RUNTIME])
def test_a_package_that_serves_is_under_a_licence_that_is_allowed(wanted: Requirement) -> None:
    try:
        found = licences(distribution(wanted.name))
    except PackageNotFoundError:
        assert wanted.marker is not None
        assert not wanted.marker.evaluate(), "it belongs here"
        return
    assert found
    assert found <= ALLOWED


@pytest.mark.parametrize("page", ["gql/graphiql", "rest/swagger"])
def test_what_is_inside_a_page_is_under_a_licence_that_is_allowed(page: str) -> None:
    listed = (ROOT / page / "VENDORED.txt").read_text(encoding="utf-8").partition("licence\n")[2].partition("\n\n")[0]
    assert listed
    assert {line.split(" ", 2)[2] for line in listed.splitlines()} <= ALLOWED
