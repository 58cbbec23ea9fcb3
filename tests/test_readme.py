"""The README tells the truth: its walk runs as it stands, with the answers it shows, and what it points to is there."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from pathlib import Path

import pytest

from server.database import ROOT, opened
from server.demo import plant
from server.settings import Settings
from tests.conftest import VAULT, Database, Serve

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("curl") is None, reason="the README's walk asks with curl: apt-get install curl")
async def test_the_walk_runs_as_it_stands(serve: Serve, database: Database, settings: Settings) -> None:
    async with opened(database.app, VAULT):
        await plant(settings)
    client = await serve()
    walk = await asyncio.create_subprocess_exec(
        ROOT / "scripts" / "walk",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PATH": os.environ["PATH"], "BASE": str(client.make_url("")).rstrip("/")},
    )
    said, _ = await walk.communicate()
    assert walk.returncode == 0, said.decode()
    assert said.count(b'"logout":{"ok":true}') == 1


PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "deploy" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def links(page: Path) -> list[Path]:
    """Where a page's links lead, within the repository."""
    found = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    return [(page.parent / link).resolve() for link in found]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_points_to_is_there(page: Path) -> None:
    assert [link for link in links(page) if not link.exists()] == []


def test_every_page_is_found_from_the_readme() -> None:
    found: set[Path] = set()
    ahead = [ROOT / "README.md"]
    while ahead:
        found.add(page := ahead.pop())
        ahead += [link for link in links(page) if link.suffix == ".md" and link not in found]
    assert [page for page in PAGES if page not in found] == []


def test_every_command_of_make_that_is_named_exists() -> None:
    makefile = Path(ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    pages = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert set(re.findall(r"(?:`|\$ )make ([a-z]+)", pages)) <= targets


def test_every_test_that_a_page_names_is_there() -> None:
    bar = (ROOT / "docs" / "bar.md").read_text(encoding="utf-8")
    named = re.findall(r"\]\(\.\./(tests/[^)]+)\)((?: ?`test_\w+`,?)+)", bar)
    assert len(named) > 50
    for path, tests in named:
        source = (ROOT / path).read_text(encoding="utf-8")
        for test in re.findall(r"`(test_\w+)`", tests):
            assert f"def {test}(" in source, f"{path}: {test}"
    proofs = re.findall(r"`((?:tests|scripts|\.ci)/?[^`]*)`", (ROOT / "docs" / "readiness.md").read_text(encoding="utf-8"))
    assert [proof for proof in proofs if not (ROOT / proof).exists()] == []


def test_an_adr_is_a_decision_in_few_lines() -> None:
    numbered = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [int(path.name[:4]) for path in numbered] == list(range(1, len(numbered) + 1))
    for path in numbered:
        first, *rest = path.read_text(encoding="utf-8").splitlines()
        assert first.startswith("# "), path.name
        assert len(rest) <= 12, path.name
