"""Which digest an environment names, which it may name next, and which is the one before: in a repository of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from server.database import ROOT

NAME: Final = "registry.example/address-book"
A, B, C = (f"{NAME}@sha256:{letter * 64}" for letter in "abc")
OVERLAY: Final = (
    f"resources: [../../base]\nimages:\n  - name: {NAME}\n    digest: sha256:{'0' * 64}\n"
    f"  - name: registry.example/pgbouncer\n    digest: sha256:{'1' * 64}\n"
)
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a script of deploy/scripts, or git, in a repository whose three environments name no image yet."""
    (tmp_path / "deploy/scripts").mkdir(parents=True)
    for script in ("overlay", "promote", "rollback"):
        shutil.copy(ROOT / "deploy/scripts" / script, tmp_path / "deploy/scripts")
    for environment in ("dev", "stage", "prod"):
        (tmp_path / "deploy/k8s/overlays" / environment).mkdir(parents=True)
        (tmp_path / "deploy/k8s/overlays" / environment / "kustomization.yaml").write_text(OVERLAY, encoding="utf-8")

    def ran(command: str, *words: str) -> subprocess.CompletedProcess[str]:
        path = command if command == "git" else tmp_path / "deploy/scripts" / command
        environ = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path), "PUBLIC_URL": "http://127.0.0.1:9"}
        environ |= {"ROLLOUT": "echo rolled out", "SMOKE": "echo asked"}
        return subprocess.run([path, *words], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)

    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=t", "-c", "user.email=t@t.example", "commit", "-qm", "all"]):
        assert ran("git", *words).returncode == 0
    return ran


def test_a_promotion_is_a_commit_that_changes_one_digest_alone(run: Run) -> None:
    assert run("promote", A, "dev").returncode == 0
    assert run("overlay", "image", "dev").stdout == f"{A}\n"
    changed = [
        line
        for line in run("git", "show", "--format=", "-U0").stdout.splitlines()
        if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]
    assert changed == [f"-    digest: sha256:{'0' * 64}", f"+    digest: {A.partition('@')[2]}"]
    assert run("git", "log", "-1", "--format=%s").stdout == f"dev: sha256:{'a' * 64}\n"
    assert run("promote", A, "dev").returncode == 0  # again, which changes nothing
    assert run("git", "log", "--format=%s").stdout.count("dev: ") == 1


def test_another_registry_is_named_beside_the_digest(run: Run) -> None:
    image = f"127.0.0.1:5000/address-book@sha256:{'d' * 64}"
    assert run("promote", image, "dev").returncode == 0
    assert run("overlay", "image", "dev").stdout == f"{image}\n"
    assert run("promote", A, "dev").returncode == 0
    assert "newName" not in run("git", "show", "HEAD:deploy/k8s/overlays/dev/kustomization.yaml").stdout


def test_stage_takes_what_dev_had_and_prod_what_stage_had(run: Run) -> None:
    refused = run("promote", A, "prod")
    assert (refused.returncode, refused.stderr) == (1, f"promote: stage never named sha256:{'a' * 64}: it goes there first\n")
    for environment in ("dev", "stage", "prod"):
        assert run("promote", A, environment).returncode == 0
    assert run("promote", B, "dev").returncode == 0
    assert run("promote", A, "stage").returncode == 0  # dev had it, if no longer
    assert run("promote", B, "prod").returncode == 1
    assert run("git", "status", "--porcelain").stdout == ""


@pytest.mark.parametrize(
    "image",
    [
        "",
        NAME,
        f"{NAME}:latest",
        f"{NAME}@sha256:abc",
        f"{NAME}:1@sha256:{'a' * 64}",
        f"{NAME}@sha256:{'0' * 64}",
        f"x y{A}",
        f"{A}\n",
    ],
)
def test_what_is_no_digest_is_refused(run: Run, image: str) -> None:
    refused = run("promote", image, "dev")
    assert refused.returncode == 2
    assert "a tag may be moved, so only a digest goes on" in refused.stderr
    assert run("git", "status", "--porcelain").stdout == ""


@pytest.mark.parametrize("environment", ["test", "../base", "dev/../dev", "Dev"])
def test_an_environment_that_there_is_not_is_refused(run: Run, environment: str) -> None:
    refused = run("promote", A, environment)
    assert refused.returncode == 2
    assert "is no environment: dev, prod, stage" in refused.stderr


def test_who_goes_back_goes_back_further_and_never_forward_again(run: Run) -> None:
    for image in (A, B, C):
        run("promote", image, "dev")
    assert run("rollback", "dev").returncode == 0
    assert run("overlay", "image", "dev").stdout == f"{B}\n"
    assert "rolled out dev" in run("rollback", "dev").stdout
    assert run("overlay", "image", "dev").stdout == f"{A}\n"
    nothing = run("rollback", "dev")
    assert (nothing.returncode, nothing.stderr) == (1, "overlay: dev names no image before\n")
    run("promote", C, "dev")
    assert run("overlay", "before", "dev").stdout == f"{A}\n"


def test_an_overlay_with_changes_of_somebody_is_not_written_over(run: Run, tmp_path: Path) -> None:
    overlay = tmp_path / "deploy/k8s/overlays/dev/kustomization.yaml"
    overlay.write_text(OVERLAY + "# mine\n", encoding="utf-8")
    refused = run("promote", A, "dev")
    assert (refused.returncode, "has changes that are not committed" in refused.stderr) == (1, True)
    assert overlay.read_text(encoding="utf-8") == OVERLAY + "# mine\n"
