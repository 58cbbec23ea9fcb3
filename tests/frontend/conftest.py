"""The packages from npm, and copies of this frontend in which tools may write."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from server.database import ROOT
from tests.conftest import Serve
from tests.frontend.tools import HERE, compile_relay, generate, installed
from tests.world import Person, World

WRITTEN = shutil.ignore_patterns("node_modules", "generated", "__generated__", "persisted-documents.json", "__pycache__", "*.py")


@pytest.fixture(scope="session")
def packages() -> Path:
    """The packages from npm, in node_modules."""
    return installed(HERE)


def copied(packages: Path, top: Path) -> Path:
    """A copy of this frontend, as far below a copy of schema.graphql as it is in the tree."""
    folder = top / "tests" / "frontend"
    shutil.copytree(HERE, folder, ignore=WRITTEN)
    shutil.copy(ROOT / "schema.graphql", top)
    (folder / "node_modules").symlink_to(packages)
    return folder


@pytest.fixture
def frontend(packages: Path, tmp_path: Path) -> Path:
    """A copy to spoil; nothing is generated yet."""
    return copied(packages, tmp_path)


@pytest.fixture(scope="session")
def built(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy to read and to run, with all that codegen and relay-compiler generate."""
    folder = copied(packages, tmp_path_factory.mktemp("frontend"))
    steps: tuple[Callable[[Path], tuple[int, str]], ...] = (generate, compile_relay)
    for step in steps:
        status, said = step(folder)
        assert status == 0, said
    return folder


@pytest.fixture
async def brief(world: World, serve: Serve) -> Person:
    """Somebody at a server whose access tokens live three seconds; what it knows is the world's."""
    return Person(await serve(access_token_seconds=3))
