"""The documentation as a site: built from the pages as they stand, strictly."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from server.database import ROOT


@pytest.mark.tools
def test_the_site_is_built_and_a_link_that_leads_nowhere_stops_it(tmp_path: Path) -> None:
    tools = subprocess.run([ROOT / "scripts" / "tools", "docs"], capture_output=True, text=True, check=True).stdout.strip()

    def built(root: Path) -> subprocess.CompletedProcess[str]:
        command = [f"{tools}/mkdocs", "build", "--site-dir", tmp_path / "site"]
        return subprocess.run(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)

    fine = built(ROOT)
    assert fine.returncode == 0, fine.stdout
    copy = shutil.copytree(ROOT, tmp_path / "copy", ignore=shutil.ignore_patterns(".*", "node_modules", "build"))
    with (copy / "docs" / "slo.md").open("a", encoding="utf-8") as page:
        page.write("\n[nowhere](nowhere.md)\n")
    broken = built(copy)
    assert broken.returncode == 1
    assert "nowhere.md" in broken.stdout
