"""The README tells the truth: its walk runs as it stands, with the answers it shows, and what it points to is there."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import pytest

from server.database import ROOT, opened
from server.demo import plant
from server.settings import Settings
from tests.conftest import Database, Serve

README = (ROOT / "README.md").read_text(encoding="utf-8")


async def test_the_walk_runs_as_it_stands(serve: Serve, database: Database, settings: Settings) -> None:
    async with opened(database.app):
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


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "deploy/README.md", "docs/bar.md", "docs/readiness.md"])
def test_what_a_page_points_to_is_there(page: str) -> None:
    path = ROOT / page
    links = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_every_command_of_make_that_is_named_exists() -> None:
    makefile = Path(ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    pages = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert set(re.findall(r"(?:`|\$ )make ([a-z]+)", pages)) <= targets
