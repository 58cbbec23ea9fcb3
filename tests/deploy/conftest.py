"""One machine as docs/runbook.md wants it: a Postgres at its port, and nothing else. The page is walked once, and its container
serves."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from server.database import ROOT
from server.embedded import embedded
from tests.postgres import superuser

IMAGE: Final = "localhost/address-book"
BASE: Final = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Machine:
    """Where its settings and secrets are, what its Postgres' superuser is, and what walking the page said and came to."""

    config: Path
    admin: str = field(repr=False)
    walked: subprocess.CompletedProcess[str] = field(repr=False)

    def environ(self, **more: str) -> dict[str, str]:
        """The environment in which its scripts are run."""
        smoke = {"SMOKE_TENANT": "smoke", "SMOKE_USER": "smoke", "SMOKE_PASSWORD_FILE": str(self.config / "prod/smoke_password")}
        return {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "CONFIG": str(self.config), **smoke, **more}

    def run(self, *words: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        """A command, from the root of the checkout."""
        return subprocess.run(
            words, cwd=ROOT, env=self.environ(**more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )


def podman(*words: str) -> str:
    """What it prints. Raises CalledProcessError."""
    return subprocess.run(["podman", *words], capture_output=True, text=True, check=True).stdout


def inspected(name: str, kind: str = "container") -> dict[str, Any]:
    """What podman knows of a container or an image."""
    found: dict[str, Any] = json.loads(podman("inspect", "--type", kind, name))[0]
    return found


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Walked once; what it started is ended."""
    folder = tmp_path_factory.mktemp("machine")
    folder.chmod(0o711)  # the account that runs Postgres passes through
    with embedded(folder / "postgres", durable=False, port=5432) as cluster:
        environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "IMAGE": IMAGE, "CONFIG": str(folder / "etc")}
        try:
            walked = subprocess.run(
                [ROOT / "scripts/walk", ROOT / "docs/runbook.md"],
                cwd=ROOT,
                env=environ | superuser(cluster.admin_dsn, folder),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            yield Machine(folder / "etc", cluster.admin_dsn, walked)
        finally:
            for name in podman("ps", "--all", "--format", "{{.Names}}").split():
                podman("rm", "--force", "--time", "0", name)
