"""The README tells the truth: its walk runs as it stands, with the answers it shows, and what it points to is there."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from pathlib import Path

import pytest
from typer.main import get_command

from server.__main__ import cli
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


def test_its_figures_are_those_of_the_bench() -> None:
    results = (ROOT / "bench" / "results.md").read_text(encoding="utf-8")
    table = results.partition("## The main table")[2].partition("CPU for a request")[0]
    measured = [[float(one) for one in re.findall(r"\| ([\d.]+) / ", row)] for row in table.splitlines()]
    shown = [[float(one) for one in re.findall(r"\| (\d?\.\d\d)(?= \|)", row)] for row in README.splitlines()]
    shown = [row for row in shown if len(row) == 5]
    assert len(shown) == 9
    assert [row for row in shown if row not in measured] == []


PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "deploy/README.md", "bench/results.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]


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


def test_every_page_is_in_a_menu_of_the_site_once() -> None:
    menus = re.findall(r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(menus) == sorted(str(page.relative_to(ROOT)) for page in PAGES)


COMMAND = re.compile(r"""(?:python -m server|podman run prod|"\$RUN" run prod) ((?:[a-z-]+ ?)+)""")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_the_server_that_a_page_names_exists(page: Path) -> None:
    """As far as its words go: groups, then the name of the command."""
    for words in COMMAND.findall(" ".join(page.read_text(encoding="utf-8").split())):
        one = get_command(cli)
        for word in words.split():
            if not hasattr(one, "commands"):
                break  # what follows are its arguments
            assert word in one.commands, words
            one = one.commands[word]


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
