"""On what it was measured: the machine, the versions, the day."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from bench import peers
from server.binaries import find_binaries

_OURS: Final = ("aiohttp", "asyncpg", "graphql-core", "orjson", "strawberry-graphql", "tortoise-orm")
_PYTHON_PEERS: Final = ("ariadne", "uvicorn", "uvloop")
_NODE_PEERS: Final = ("mercurius", "fastify", "graphql-yoga", "postgraphile", "pg")


def told() -> str:
    """In a few lines."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    postgres = subprocess.run([find_binaries() / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    node = subprocess.run([peers.NODE, "--version"], capture_output=True, text=True, check=True).stdout
    pins = re.findall(r"^([a-z-]+)==(\S+)", (peers.HERE / "requirements.txt").read_text(), re.MULTILINE)
    wanted = json.loads((peers.HERE / "node" / "package.json").read_text())["dependencies"]
    versions = [
        f"Python {platform.python_version()}",
        postgres.strip(),
        f"Node {node.strip()}",
        *(f"{name} {version(name)}" for name in _OURS),
        *(f"{name} {pin}" for name, pin in pins if name in _PYTHON_PEERS),
        *(f"{name} {wanted[name]}" for name in _NODE_PEERS),
    ]
    cores = f"{os.cpu_count()} cores ({cpu[1] if cpu else platform.machine()}), {memory:.0f} GB"
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, on {cores}, where the load and Postgres run, too. Postgres syncs nothing to disk.\n\n"
        f"{', '.join(versions)}.\n"
    )
