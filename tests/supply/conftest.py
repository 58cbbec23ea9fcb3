"""The tools of requirements-audit.txt, in the virtual environment that `scripts/tools` makes of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from server.database import ROOT


@pytest.fixture(scope="session")
def tools() -> Path:
    """Where their commands are."""
    return Path(subprocess.run([ROOT / "scripts" / "tools"], check=True, capture_output=True, text=True).stdout.strip())
