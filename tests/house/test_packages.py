"""What we stand on is really used, pinned to its files by their hashes, and named without an address."""

from __future__ import annotations

import importlib.metadata
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from server.database import ROOT
from tests.house.code import ROOMS, imported

CARD = {
    "aerich": "aerich",
    "aiohttp": "aiohttp",
    "aiolimiter": "aiolimiter",
    "bcrypt": "bcrypt",
    "opentelemetry-sdk": "opentelemetry.sdk",
    "prometheus-async": "prometheus_async",
    "pyjwt": "jwt",
    "strawberry-graphql": "strawberry",
    "tortoise-orm": "tortoise",
}
"""The packages that this is built with by order, and the module by which each is imported."""

LOCKS = ("requirements.txt", *(f"requirements-{group}.txt" for group in ("audit", "deploy", "dev", "docs", "store")))

FLOORS = {"strawberry-graphql": (0, 327, 2), "aiohttp": (3, 14, 4)}
"""Below these there are known vulnerabilities that concern us."""


def _pins(lock: str) -> dict[str, tuple[str, int]]:
    """Each package of a lock, with its version and how many hashes it has."""
    found = {}
    for entry in re.split(r"\n(?=[A-Za-z0-9])", (ROOT / lock).read_text(encoding="utf-8")):
        pinned = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", entry)
        if pinned:
            found[pinned[1].lower()] = (pinned[2], len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry)))
        else:
            assert entry.startswith("#") or not entry.strip(), entry[:80]
    return found


@pytest.mark.parametrize("package", sorted(CARD))
def test_a_package_of_the_card_is_in_real_use(package: str) -> None:
    module = CARD[package]
    assert any(name == module or name.startswith(f"{module}.") for name in imported(*ROOMS)), package
    assert package in _pins("requirements.txt")
    assert importlib.metadata.version(package) == _pins("requirements.txt")[package][0]


def test_the_suite_uses_its_package_of_the_card() -> None:
    assert "pytest-aiohttp" in _pins("requirements-dev.txt")
    assert "pytest-aiohttp" not in _pins("requirements.txt")
    assert re.search(r"aiohttp_client\b", (ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))


def test_the_client_of_our_rooms_name_is_nowhere() -> None:
    for lock in LOCKS:
        assert "gql" not in _pins(lock)
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        importlib.metadata.version("gql")
    spec = find_spec("gql")
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin) == ROOT / "gql" / "__init__.py"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_hashes_and_no_address(lock: str) -> None:
    pins = _pins(lock)
    assert len(pins) > 10
    assert [name for name, (_, hashes) in pins.items() if not hashes] == []
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert re.findall(r"https?:|\w+://|--(?:extra-)?index-url|--find-links|--trusted-host| @ |\bfile:", text) == []


@pytest.mark.parametrize("package", FLOORS)
def test_a_known_hole_is_not_gone_back_behind(package: str) -> None:
    lowest = re.search(rf'"{package}[>=]=([0-9.]+)"', _dependencies())
    assert lowest is not None
    for version in (lowest[1], _pins("requirements.txt")[package][0], importlib.metadata.version(package)):
        assert tuple(map(int, version.split("."))) >= FLOORS[package]


def test_what_serves_is_part_of_what_is_tested() -> None:
    served, tested = _pins("requirements.txt"), _pins("requirements-dev.txt")
    assert {name: pin for name, pin in tested.items() if name in served} == served


def test_every_package_we_ask_for_is_imported() -> None:
    """A dependency that nobody imports is a risk without a use."""
    provides = importlib.metadata.packages_distributions()
    used = {_normal(distribution) for module in imported(*ROOMS) for distribution in provides.get(module.partition(".")[0], ())}
    declared = re.findall(r'^    "([A-Za-z0-9._-]+)', _dependencies(), flags=re.MULTILINE)
    assert len(declared) > 15
    assert {_normal(name) for name in declared} - used == BESIDES.keys()


BESIDES: dict[str, str] = {}
"""Packages that are asked for without being imported, each with why."""


def _dependencies() -> str:
    return (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("dependencies = [")[2].partition("]\n")[0]


def _normal(name: str) -> str:
    """As PEP 503 compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()
