"""The steps of a deploy that can be had for real: a way back, the objectives, a token for the cluster, a commit of one digest."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from secrets import token_urlsafe
from threading import Thread
from urllib.parse import quote, unquote, urlsplit

import asyncpg
import jwt
import pytest

from bench.monitoring import watching
from server.binaries import find_binaries
from server.database import ROOT
from server.embedded import Cluster, embedded
from tests.monitoring.conftest import needs_tools

FAILED, SLOW = "addressbook:requests_failed:ratio_rate5m", "addressbook:requests_slow:ratio_rate5m"


def script(name: str, *words: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """A script of deploy/scripts, run to its end."""
    place = os.environ | {"PATH": f"{find_binaries()}:{os.environ['PATH']}"} | environment  # where psql is
    return subprocess.run([ROOT / name, *words], cwd=cwd, env=place, capture_output=True, text=True, check=False)


@contextmanager
def speaking(answers: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    """An HTTP server on loopback with these answers by path; yields its address and what was asked, with the bearer token."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.path} {self.headers.get('Authorization', '')}".strip())
            body = answers[urlsplit(self.path).path].encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


@contextmanager
def told(folder: Path, **figures: float) -> Iterator[str]:
    """A Prometheus that scrapes these figures; yields its address as soon as it has them."""
    with (
        speaking({"/metrics": "".join(f"{name} {value}\n" for name, value in figures.items())}) as (address, _),
        watching(folder, {"stand-in": [address.removeprefix("http://")]}, seconds=1) as watch,
    ):
        for _ in range(100):
            if all(watch.query(name) for name in figures) and watch.up() == {"stand-in": "up"}:
                break
            time.sleep(0.1)
        yield watch.prometheus


@needs_tools
@pytest.mark.parametrize(
    ("failed", "slow", "code", "said"),
    [
        (0.014, 0.143, 0, f"slo-watch: the objectives held: {FAILED} 0.0140, {SLOW} 0.1430"),
        (0.015, 0.0, 1, f"slo-watch: {FAILED} is 0.0150 after 0 s, bound 0.0144"),
        (0.0, 0.15, 1, f"slo-watch: {SLOW} is 0.1500 after 0 s, bound 0.1440"),
        (float("nan"), 0.0, 1, f"slo-watch: {FAILED} has no figure after 1 s: nobody knows whether it serves"),
    ],
)
def test_a_rollout_is_watched_by_the_objectives(tmp_path: Path, failed: float, slow: float, code: int, said: str) -> None:
    with told(tmp_path, **{FAILED: failed, SLOW: slow}) as prometheus:
        ended = script("deploy/scripts/slo-watch", "1", PROMETHEUS_URL=prometheus)
    assert (ended.returncode, (ended.stdout + ended.stderr).strip()) == (code, said)


def test_a_prometheus_that_is_away_is_no_health() -> None:
    ended = script("deploy/scripts/slo-watch", "0.1", PROMETHEUS_URL="http://127.0.0.1:9")
    assert ended.returncode == 1
    assert "has no figure after 0 s" in ended.stderr


def test_what_serves_is_asked_while_it_is_watched(tmp_path: Path) -> None:
    smoke = tmp_path / "smoke"
    smoke.write_text(f"#!/bin/sh\necho $1 >> {tmp_path}/asked\n[ $1 != bad ]\n", encoding="utf-8")
    smoke.chmod(0o755)
    with told(tmp_path, **{FAILED: 0.0, SLOW: 0.0}) as prometheus:
        of = {"PROMETHEUS_URL": prometheus, "SMOKE": str(smoke)}
        well = script("deploy/scripts/slo-watch", "1", PUBLIC_URL="good", **of)
        ill = script("deploy/scripts/slo-watch", "1", PUBLIC_URL="bad", **of)
    assert (well.returncode, ill.returncode) == (0, 1)
    assert ill.stderr == "slo-watch: it does not do its work after 0 s\n"
    assert (tmp_path / "asked").read_text(encoding="utf-8").split() == ["good", "bad"]


@pytest.fixture(scope="module")
def archived() -> Iterator[tuple[str, Cluster]]:
    """A Postgres that archives, and the DSN of a role that may name a point in its log and no more."""
    password = quote(token_urlsafe() + "/@ö", safe="")
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        with embedded(Path(name) / "pg") as cluster:
            asyncio.run(
                ran(
                    cluster,
                    "ALTER SYSTEM SET archive_mode = on",
                    "ALTER SYSTEM SET archive_command = 'true'",
                    f"CREATE ROLE deployer LOGIN PASSWORD '{unquote(password)}'",
                    "GRANT EXECUTE ON FUNCTION pg_create_restore_point(text), pg_switch_wal() TO deployer",
                )
            )
        with embedded(Path(name) / "pg") as cluster:
            place = urlsplit(cluster.admin_dsn)
            yield f"postgresql://deployer:{password}@127.0.0.1:{place.port}/postgres?connect_timeout=5", cluster


async def ran(cluster: Cluster, *statements: str) -> None:
    """Statements of the superuser, each by itself."""
    connection = await asyncpg.connect(cluster.admin_dsn)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


@needs_tools
def test_a_deploy_names_a_point_that_has_reached_the_archive_and_wants_a_fresh_backup(
    archived: tuple[str, Cluster], tmp_path: Path
) -> None:
    dsn, cluster = archived
    (tmp_path / "dsn").write_text(dsn, encoding="utf-8")

    def point(age: float, **more: str) -> subprocess.CompletedProcess[str]:
        (folder := tmp_path / str(age)).mkdir(exist_ok=True)
        with told(folder, addressbook_backup_completed_timestamp_seconds=time.time() - age) as prometheus:
            given = {"PROMETHEUS_URL": prometheus, "RESTORE_POINT_DATABASE_URL_FILE": str(tmp_path / "dsn")} | more
            return script("deploy/scripts/restore-point", "deploy-7", **given)

    ended = point(3600)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert re.fullmatch(
        r"restore point deploy-7 is in the archive \([0-9A-F]{24}\); the last backup is 36\d\d s old\n", ended.stdout
    )
    assert 'restore point "deploy-7" created' in (cluster.data / "postgres.log").read_text(encoding="utf-8")

    late = point(27 * 3600)
    assert (late.returncode, late.stdout) == (1, "")
    assert late.stderr == "restore-point: no backup of the last 26 hours is known: take one, and see BackupOld\n"

    asyncio.run(ran(cluster, "ALTER SYSTEM SET archive_command = 'false'", "SELECT pg_reload_conf()"))
    stuck = point(60, ARCHIVE_SECONDS="2")
    assert stuck.returncode == 1
    assert re.fullmatch(r"restore-point: \w+ has not reached the archive: see WalArchiveLag, WalNotArchived\n", stuck.stderr)


@pytest.mark.parametrize("name", ["", "x'; DROP TABLE contacts; --", "Ä"])
def test_a_restore_point_has_a_plain_name(name: str) -> None:
    ended = script(
        "deploy/scripts/restore-point", name, PROMETHEUS_URL="http://127.0.0.1:9", RESTORE_POINT_DATABASE_URL_FILE="/none"
    )
    assert (ended.returncode, ended.stderr) == (2, "usage: restore-point NAME (small letters, digits, dashes)\n")


@pytest.mark.parametrize("verb", ["sign", "verify"])
@pytest.mark.parametrize("image", ["", "registry.example/address-book:latest", "registry.example/address-book@sha256:12"])
def test_what_can_be_moved_is_neither_signed_nor_deployed(verb: str, image: str) -> None:
    ended = script(f"deploy/scripts/{verb}", image, SIGNED_BY="nobody")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"usage: {verb} NAME@sha256:…")


def test_the_cluster_is_entered_by_a_token_of_this_very_job() -> None:
    token = jwt.encode({"exp": 1_900_000_000, "sub": "repo:acme/address-book:environment:prod"}, "k" * 32, algorithm="HS256")
    with speaking({"/token": json.dumps({"value": token})}) as (address, asked):
        given = {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{address}/token?api-version=2", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of-the-job"}
        ended = script("deploy/scripts/cluster-token", CLUSTER_AUDIENCE="https://cluster.example", **given)
    assert asked == ["/token?api-version=2&audience=https://cluster.example Bearer of-the-job"]
    assert json.loads(ended.stdout) == {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": token, "expirationTimestamp": "2030-03-17T17:46:40Z"},
    }


def test_without_the_permission_for_a_token_it_says_so() -> None:
    ended = script("deploy/scripts/cluster-token", CLUSTER_AUDIENCE="https://cluster.example", ACTIONS_ID_TOKEN_REQUEST_URL="")
    assert ended.returncode != 0
    assert "the job lacks the permission id-token: write" in ended.stderr


def git(*words: str | Path) -> str:
    """What git prints."""
    who = ["-c", "user.name=ada", "-c", "user.email=ada@acme.example", "-c", "init.defaultBranch=main"]
    return subprocess.run(["git", *who, *words], check=True, capture_output=True, text=True).stdout


OVERLAY = Path("deploy/k8s/overlays/dev/kustomization.yaml")


def committed(clone: Path, *paths: Path) -> None:
    """A commit that changes these files."""
    for path in paths:
        (clone / path).parent.mkdir(parents=True, exist_ok=True)
        (clone / path).write_text(f"{clone.name} {path}\n", encoding="utf-8")
    git("-C", clone, "add", "--all")
    git("-C", clone, "commit", "--quiet", "--message", f"of {clone.name}")


@pytest.fixture
def clones(tmp_path: Path) -> tuple[Path, Path]:
    """Two clones of one repository; the first is the workflow's, the second somebody's."""
    git("init", "--quiet", "--bare", tmp_path / "origin")
    git("clone", "--quiet", tmp_path / "origin", tmp_path / "first")
    committed(tmp_path / "first", Path("README.md"))
    git("-C", tmp_path / "first", "push", "--quiet", "origin", "HEAD:main")
    git("clone", "--quiet", "--branch", "main", tmp_path / "origin", tmp_path / "second")
    return tmp_path / "first", tmp_path / "second"


def test_a_digest_is_recorded_on_top_of_what_others_pushed_meanwhile(clones: tuple[Path, Path], tmp_path: Path) -> None:
    mine, theirs = clones
    committed(mine, OVERLAY)
    committed(theirs, Path("server.py"))
    git("-C", theirs, "push", "--quiet", "origin", "HEAD:main")
    ended = script("deploy/scripts/record", "main", cwd=mine)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert git("-C", tmp_path / "origin", "log", "--format=%s", "main").split("\n") == ["of first", "of second", "of first", ""]
    assert git("-C", tmp_path / "origin", "diff", "--name-only", "main~1", "main").split() == [str(OVERLAY)]
    again = script("deploy/scripts/record", "main", cwd=mine)
    assert (again.returncode, again.stderr) == (0, "record: main names it already\n")


def test_a_commit_of_more_than_one_digest_is_not_recorded(clones: tuple[Path, Path], tmp_path: Path) -> None:
    mine, _ = clones
    committed(mine, OVERLAY, Path("server.py"))
    before = git("-C", tmp_path / "origin", "rev-parse", "main")
    ended = script("deploy/scripts/record", "main", cwd=mine)
    assert (ended.returncode, ended.stderr) == (1, f"record: this is not one digest:\n{OVERLAY}\nserver.py\n")
    assert git("-C", tmp_path / "origin", "rev-parse", "main") == before


def test_only_a_folder_that_it_made_is_removed_by_restore_beside(tmp_path: Path) -> None:
    """The real one stays, though its name was mistyped; and so does a copy of one that it made."""
    real = tmp_path / "data"
    real.mkdir()
    for mark in ("", f"data_directory = '{tmp_path / 'beside'}'\n"):
        (real / ("beside.conf" if mark else "PG_VERSION")).write_text(mark or "15\n", encoding="utf-8")
        ended = script("deploy/scripts/restore-beside", "stop", str(real))
        assert (ended.returncode, ended.stderr) == (1, f"restore-beside: {real} is none of its own\n")
        assert (real / "PG_VERSION").exists()
