"""Node's tools and programs, run by the Node beside this Python."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from server.database import ROOT
from tests.world import PASSWORD, Person

HERE = ROOT / "tests" / "frontend"
BIN = Path(sys.executable).parent
ENVIRON = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1", "CI": "1"}

_CREATE = "mutation($n: String!) { createContact(input: {contact: {name: $n}}) { contact { id } userErrors { message } } }"


def run(*command: str | Path, cwd: Path) -> tuple[int, str]:
    """A tool of Node's: how it ended, and all that it said."""
    done = subprocess.run(command, cwd=cwd, env=ENVIRON, capture_output=True, text=True, check=False, timeout=300)
    return done.returncode, f"{command[0]} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"


def installed(here: Path) -> Path:
    """The node_modules beside a package-lock.json; installed where the lock is another than the last time."""
    folder, lock = here / "node_modules", here / "package-lock.json"
    stamp, wanted = folder / ".installed", sha256(lock.read_bytes()).hexdigest()
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # other workers wait
        if not stamp.exists() or stamp.read_text() != wanted:
            status, said = run(BIN / "npm", "ci", "--prefer-offline", "--ignore-scripts", cwd=here)
            assert status == 0, said
            stamp.write_text(wanted)
    return folder


def tool(frontend: Path, name: str, *arguments: str) -> tuple[int, str]:
    """A tool of the packages."""
    return run(frontend / "node_modules" / ".bin" / name, *arguments, cwd=frontend)


def generate(frontend: Path) -> tuple[int, str]:
    """graphql-codegen: the types of the operations, and the manifest."""
    return tool(frontend, "graphql-codegen", "--config", "codegen.ts")


def compile_relay(frontend: Path) -> tuple[int, str]:
    """relay-compiler: the artefacts of Relay's documents, and their manifest, which it wants to be there before."""
    (frontend / "relay" / "persisted-documents.json").write_text("{}", encoding="utf-8")
    return tool(frontend, "relay-compiler", "relay.config.json")


def check(frontend: Path) -> tuple[int, str]:
    """The compiler: strict, by its configuration and by its argument."""
    return tool(frontend, "tsc", "--strict", "--noEmit", "--pretty", "false", "-p", ".")


def change(file: Path, old: str, new: str) -> None:
    """Puts one thing into the place of another, which must be there."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


async def program(frontend: Path, name: str, person: Person, *arguments: str) -> Any:
    """What a program reports, which talks to the server of this person; while it runs, the server does in this same loop."""
    address = str(person.client.make_url("/graphql"))
    command: list[str | Path] = [BIN / "node", *arguments, name, address, PASSWORD]
    running = await asyncio.create_subprocess_exec(
        *command, cwd=frontend, env=ENVIRON, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        said, complained = await asyncio.wait_for(running.communicate(), 60)
    finally:
        if running.returncode is None:
            running.kill()
    assert (running.returncode, complained.decode()) == (0, ""), said.decode() + complained.decode()
    return json.loads(said)


async def know(person: Person, *names: str) -> list[str]:
    """Contacts of these names, and their ids."""
    return [(await person.gql(_CREATE, n=name)).data["createContact"]["contact"]["id"] for name in names]
