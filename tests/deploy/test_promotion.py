"""A digest goes from dev to stage to prod by commits, and comes back by itself where it does not serve. One Postgres serves all
three."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from server.database import ROOT
from tests.deploy.conftest import IMAGE, Machine, inspected, podman

pytestmark = pytest.mark.image
REPOSITORY: Final = "127.0.0.1:5000/address-book"
PORTS: Final = {"dev": 8001, "stage": 8002, "prod": 8000}
BREAKS_A_FIELD: Final = "\nasync def add(*_: object, **__: object) -> None:\n    raise RuntimeError('broken on purpose')\n"
BREAKS_A_MIGRATION: Final = (
    "async def upgrade(db: object) -> str:\n    return 'SELECT no_such_function()'\n\n"
    "async def downgrade(db: object) -> str:\n    return ''\n\nMODELS_STATE = ''\n"
)


@dataclass(frozen=True)
class Releases:
    """A clone in which the digests are named, and what deploys them: podman in place of Kubernetes, GPG in place of the forge's
    tokens."""

    clone: Path
    machine: Machine
    policy: Path
    signer: str

    def run(self, script: str, *words: str, environment: str = "dev", **more: str) -> subprocess.CompletedProcess[str]:
        """A script of the clone."""
        here = self.clone / "deploy/scripts"
        return subprocess.run(
            [here / script, *words],
            cwd=self.clone,
            env=self.machine.environ(
                PUBLIC_URL=f"http://127.0.0.1:{PORTS[environment]}",
                POLICY=str(self.policy),
                VERIFY=str(here / "verify-by-policy"),
                RESTORE_POINT=str(self.policy.parent / "restore-point"),
                MIGRATE=f"{here / 'podman'} migrate",
                ROLLOUT=f"{here / 'podman'} rollout",
                **({"WATCH": "true"} | more),  # no Prometheus is here
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def deploy(self, image: str, environment: str, **more: str) -> subprocess.CompletedProcess[str]:
        """`deploy`, to the end."""
        return self.run("deploy", image, environment, environment=environment, **more)

    def git(self, *words: str) -> str:
        """What git says of the clone."""
        return subprocess.run(["git", *words], cwd=self.clone, capture_output=True, text=True, check=True).stdout.strip()

    def publish(self, tag: str, *, signed: bool = True, **changed: str) -> str:
        """A release, pushed: the image with files that are appended to (from a new line on) or new, by their paths."""
        made = podman("create", IMAGE).strip()
        for path, text in changed.items():
            file = self.policy.parent / "changed"
            podman("cp", f"{made}:{path}", str(file)) if text.startswith("\n") else file.unlink(missing_ok=True)
            with file.open("a", encoding="utf-8") as out:
                out.write(text)
            podman("cp", str(file), f"{made}:{path}")
        # What was compiled beside the sources is taken unchecked, so where they changed it is not looked for.
        changes = [f"--change=LABEL tag={tag}", *(["--change=ENV PYTHONPYCACHEPREFIX=/nowhere"] if changed else [])]
        podman("commit", "--quiet", "--format", "docker", *changes, made, f"{REPOSITORY}:{tag}")
        podman("rm", made)
        digest = self.policy.parent / "digest"
        signing = ["--sign-by", self.signer] if signed else []
        words = ["skopeo", "copy", "--quiet", "--digestfile", digest, *signing]
        subprocess.run([*words, f"containers-storage:{REPOSITORY}:{tag}", f"docker://{REPOSITORY}:{tag}"], check=True)
        podman("rmi", f"{REPOSITORY}:{tag}")
        return f"{REPOSITORY}@{digest.read_text(encoding='utf-8')}"

    def serving(self, environment: str) -> tuple[str, str]:
        """The container that serves there, and the digest of its image."""
        found = inspected(f"address-book-{environment}")
        assert found["State"]["Status"] == "running"
        return found["Id"], found["ImageName"]


@pytest.fixture(scope="module")
def releases(
    machine: Machine, tmp_path_factory: pytest.TempPathFactory, monkeypatch_module: pytest.MonkeyPatch
) -> Iterator[Releases]:
    """A registry, a key that signs, and three environments that have no image yet."""
    folder = tmp_path_factory.mktemp("registry")
    (folder / "gnupg").mkdir(mode=0o700)
    monkeypatch_module.setenv("GNUPGHOME", str(folder / "gnupg"))
    signer = "release@address-book.example"
    subprocess.run(["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", signer, "ed25519", "sign"], check=True)
    (folder / "key.gpg").write_bytes(subprocess.run(["gpg", "--export", signer], capture_output=True, check=True).stdout)
    policy = folder / "policy.json"
    accepted = {
        "type": "signedBy",
        "keyType": "GPGKeys",
        "keyPath": str(folder / "key.gpg"),
        "signedIdentity": {"type": "matchRepository"},
    }
    rules = {"default": [{"type": "reject"}], "transports": {"docker": {REPOSITORY: [accepted]}}}
    policy.write_text(json.dumps(rules), encoding="utf-8")
    restore = folder / "restore-point"
    restore.write_text(f"#!/bin/sh\npsql -qXAt '{machine.admin}' -c \"SELECT pg_create_restore_point('$1') IS NOT NULL\"\n")
    restore.chmod(0o700)
    for environment, port in PORTS.items():
        if environment != "prod":
            shutil.copytree(machine.config / "prod", machine.config / environment)
            subprocess.run(["chown", "-R", "10001:10001", machine.config / environment], check=True)
        with (machine.config / environment / "settings.env").open("a", encoding="utf-8") as settings:
            settings.write(f"PORT={port}\nMETRICS_PORT={port + 1_000}\nDRAIN_SECONDS=0\n")
    clone = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    config = folder / "registry.yml"
    config.write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder / 'images'}}}}}\nhttp: {{addr: 127.0.0.1:5000}}\n",
        encoding="utf-8",
    )
    with (
        (folder / "registry.log").open("wb") as log,
        subprocess.Popen(["docker-registry", "serve", config], stderr=log) as registry,
    ):
        time.sleep(1)
        try:
            yield Releases(clone, machine, policy, signer)
        finally:
            registry.terminate()
            subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=True)


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    """For the whole module."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def first(releases: Releases) -> str:
    """A release that serves in all three environments, each reached by a commit that changes its digest alone."""
    image = releases.publish("first")
    for environment in PORTS:
        done = releases.deploy(image, environment)
        assert done.returncode == 0, done.stdout
        assert releases.serving(environment)[1] == image
        assert releases.git("log", "-1", "--format=%s") == f"{environment}: {image.partition('@')[2]}"
        assert releases.git("show", "--format=", "--name-only") == f"deploy/k8s/overlays/{environment}/kustomization.yaml"
    return image


def unchanged(releases: Releases, image: str, environment: str, said: str) -> None:
    """A deploy that is refused for this reason touches nothing."""
    head, serving = releases.git("rev-parse", "HEAD"), releases.serving(environment)
    refused = releases.deploy(image, environment)
    assert refused.returncode != 0
    assert said in refused.stdout
    assert (releases.git("rev-parse", "HEAD"), releases.serving(environment)) == (head, serving)
    assert releases.git("status", "--porcelain") == ""


@pytest.mark.usefixtures("first")
def test_a_tag_is_refused(releases: Releases) -> None:
    unchanged(releases, f"{REPOSITORY}:first", "dev", "a tag may be moved")


@pytest.mark.usefixtures("first")
def test_a_digest_that_the_registry_does_not_have_is_refused(releases: Releases) -> None:
    unchanged(releases, f"{REPOSITORY}@sha256:{'ab' * 32}", "dev", "manifest unknown")


@pytest.mark.usefixtures("first")
def test_an_image_that_nobody_signed_is_refused(releases: Releases) -> None:
    unchanged(releases, releases.publish("unsigned", signed=False), "dev", "not accepted")


@pytest.mark.usefixtures("first")
def test_prod_takes_nothing_that_stage_never_had(releases: Releases) -> None:
    unchanged(releases, releases.publish("hasty"), "prod", "it goes there first")


def test_a_migration_that_fails_stops_before_what_serves(releases: Releases, first: str) -> None:
    bad = releases.publish("unmigrated", **{"/app/migrations/models/99_20261231000000_broken.py": BREAKS_A_MIGRATION})
    serving = releases.serving("dev")
    failed = releases.deploy(bad, "dev")
    assert failed.returncode == 1
    assert "no_such_function" in failed.stdout
    assert "the schema was not migrated" in failed.stdout
    assert releases.serving("dev") == serving  # the same container
    assert releases.run("overlay", "image", "dev").stdout.strip() == first


def test_a_release_that_does_not_do_its_work_goes_back_by_itself(releases: Releases, first: str) -> None:
    bad = releases.publish("broken", **{"/app/resolvers/contacts.py": BREAKS_A_FIELD})
    failed = releases.deploy(bad, "dev")
    assert failed.returncode == 1
    assert "smoke: failed" in failed.stdout
    assert releases.serving("dev")[1] == first
    digests = releases.git("log", "-2", "--format=%s", "--", "deploy/k8s/overlays/dev").splitlines()
    assert digests == [f"dev: {first.partition('@')[2]}", f"dev: {bad.partition('@')[2]}"]


def test_a_release_under_which_the_objectives_do_not_hold_goes_back_by_itself(releases: Releases, first: str) -> None:
    slow = releases.publish("slow")
    failed = releases.deploy(slow, "dev", WATCH="false")
    assert failed.returncode == 1
    assert "failed: the objectives; back to the digest before" in failed.stdout
    assert releases.serving("dev")[1] == first


def test_what_was_built_is_published_under_the_digest_that_the_registry_has(releases: Releases, tmp_path: Path) -> None:
    shutil.rmtree(ROOT / "release", ignore_errors=True)
    told = tmp_path / "output"
    where = {"REPOSITORY": REPOSITORY, "REVISION": "published", "GITHUB_OUTPUT": str(told)}
    done = releases.machine.run("deploy/scripts/publish", **where)
    assert done.returncode == 0, done.stdout
    asked = ["skopeo", "inspect", "--tls-verify=false", "--format", "{{.Digest}}", f"docker://{REPOSITORY}:published"]
    digest = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    assert told.read_text(encoding="utf-8") == f"image={REPOSITORY}@{digest}\n"
    assert json.loads((ROOT / "release/sbom.json").read_text(encoding="utf-8"))["bomFormat"] == "CycloneDX"


def test_who_rolls_back_has_the_digest_before(releases: Releases, first: str) -> None:
    second = releases.publish("second")
    assert releases.deploy(second, "dev", IMAGE=first).returncode == 0  # left in the shell by a first start
    assert releases.serving("dev")[1] == second
    back = releases.run("rollback", "dev")
    assert back.returncode == 0, back.stdout
    assert releases.serving("dev")[1] == first
    again = releases.run("rollback", "dev")
    assert (again.returncode, "names no image before" in again.stdout) == (1, True)
