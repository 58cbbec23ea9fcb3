"""The secrets' way from a store into a server, by the names in the manifests (OB-07): `deploy/scripts/secrets-contract`."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from bench.processes import free_port
from server.database import ROOT, prepare, with_database
from server.embedded import embedded
from server.settings import Migration, Settings
from tests.abuse.server import running
from tests.conftest import APP, JWT_KEYS, OWNER, PASSWORDS, SECRET_KEYS
from tests.drills.report import Note

pytestmark = [
    pytest.mark.drill,
    pytest.mark.skipif("MOTO_SERVER" not in os.environ, reason="deploy/scripts/secrets-contract runs it, with a store"),
]

TAKEN_SECONDS: Final = 60.0
ENVIRONMENT: Final = "stage"


class Store:
    """AWS Secrets Manager, as its clients speak to it (AWS JSON 1.1)."""

    def __init__(self, url: str) -> None:
        self._url = url

    def call(self, action: str, **given: str) -> dict[str, Any]:
        """The answer to one call. Raises HTTPError where it is refused."""
        scope = "Credential=external-secrets/20261130/eu-central-1/secretsmanager/aws4_request"
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"secretsmanager.{action}",
            "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0",  # moto looks at the scope alone
        }
        request = urllib.request.Request(self._url, json.dumps(given).encode(), headers)  # noqa: S310 - http alone
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            found: dict[str, Any] = json.loads(answer.read())
        return found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """One that is empty."""
    port = free_port()
    with (tmp_path / "store.log").open("wb") as log:
        process = subprocess.Popen([os.environ["MOTO_SERVER"], "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log)
        try:
            found = Store(f"http://127.0.0.1:{port}/")
            until = time.monotonic() + 60
            while True:
                try:
                    assert found.call("ListSecrets")["SecretList"] == []
                    break
                except urllib.error.URLError:
                    assert process.poll() is None
                    assert time.monotonic() < until
                    time.sleep(0.1)
            yield found
        finally:
            process.terminate()
            process.wait(30)


def manifests(name: str) -> dict[str, str]:
    """The keys of one ExternalSecret, each with where the store has it."""
    text = (ROOT / "deploy/k8s/components/external-secrets/server.yaml").read_text(encoding="utf-8")
    (one,) = [found for found in yaml.safe_load_all(text) if found["metadata"]["name"] == name]
    return {item["secretKey"]: item["remoteRef"]["key"].replace("ENVIRONMENT", ENVIRONMENT) for item in one["spec"]["data"]}


class Mount:
    """Reads what a manifest names and puts it into files as kubelet does: all of them change at once, by one link."""

    def __init__(self, store: Store, folder: Path, name: str) -> None:
        self._store, self._folder, self._keys = store, folder, manifests(name)
        self._turns = 0
        folder.mkdir()

    def sync(self) -> None:
        """Brings the files to what the store has."""
        fresh = self._folder / f"..{(turn := self._turns)}"
        self._turns = turn + 1
        fresh.mkdir()
        for key, place in self._keys.items():
            (fresh / key).write_text(self._store.call("GetSecretValue", SecretId=place, VersionStage="AWSCURRENT")["SecretString"])
        link = self._folder / "..tmp"
        link.symlink_to(fresh.name)
        link.rename(self._folder / "..data")
        for key in self._keys:
            if not (self._folder / key).exists():
                (self._folder / key).symlink_to(f"..data/{key}")

    def files(self) -> dict[str, str]:
        """The environment that names them."""
        return {f"{key}_FILE": str(self._folder / key) for key in self._keys}


def test_the_manifests_name_every_secret_and_no_other() -> None:
    for kind, name in ((Settings, "address-book"), (Migration, "address-book-migration")):
        secrets = {field.upper() for field, info in kind.model_fields.items() if "SecretStr" in str(info.annotation)}
        secrets |= {"POOLED_DATABASE_URL"} if kind is Settings else set()  # DATABASE_URL by way of PgBouncer
        assert manifests(name) == {secret: f"address-book/{ENVIRONMENT}/{secret}" for secret in secrets}


def test_a_server_starts_on_what_the_store_has_and_takes_what_it_gets(store: Store, tmp_path: Path, note: Note) -> None:
    with embedded(tmp_path / "postgres", durable=False) as cluster:
        asyncio.run(prepare(cluster.admin_dsn, "book", PASSWORDS))
        values = {
            "DATABASE_URL": with_database(cluster.admin_dsn, "book", APP, PASSWORDS[APP]),
            "POOLED_DATABASE_URL": with_database(cluster.admin_dsn, "book", APP, PASSWORDS[APP]),
            "MIGRATION_DATABASE_URL": with_database(cluster.admin_dsn, "book", OWNER, PASSWORDS[OWNER]),
            "JWT_KEYS": JWT_KEYS,
            "SECRET_KEYS": SECRET_KEYS,
            "REDIS_URL": f"redis://throttle:hush@127.0.0.1:{free_port()}/0",
            "SMTP_URL": f"smtp://book:hush@127.0.0.1:{free_port()}",
            "OTLP_HEADERS": "x-key=hush",
        }
        for name, value in values.items():
            store.call(
                "CreateSecret", Name=f"address-book/{ENVIRONMENT}/{name}", SecretString=value, ClientRequestToken=f"{name:1>32}"
            )
        mounts = [Mount(store, tmp_path / name, name) for name in ("address-book-migration", "address-book")]
        for mount in mounts:
            mount.sync()
        _migrated(mounts[0].files())
        more = {"ENVIRONMENT": ENVIRONMENT, "MAIL_FROM": "no-reply@book.test", "PUBLIC_URL": "https://book.test", "MAIL": "smtp"}
        with running("", "", tmp_path, **more, **mounts[1].files(), SECRET_KEYS="", LOG_LEVEL="WARNING") as server:
            assert server.status("/readyz") == 200
            keys = json.dumps([*json.loads(JWT_KEYS), {"kid": "new", "key": "q3Zt8Lw5Xk2Rb7Wc4Ny9Ld1Hg6Jf0SpV-test-only"}])
            place = f"address-book/{ENVIRONMENT}/JWT_KEYS"
            store.call("PutSecretValue", SecretId=place, SecretString=keys, ClientRequestToken="2" * 32)
            mounts[1].sync()
            began = time.monotonic()
            while '"setting":"JWT_KEYS"' not in server.log.read_text() and time.monotonic() < began + TAKEN_SECONDS:
                time.sleep(0.1)
            took = time.monotonic() - began
            note("secrets: from the mounted file into the server", f"{took:.1f} s", f"{TAKEN_SECONDS:g} s")
            assert took < TAKEN_SECONDS
            assert server.complaints() == []


def _migrated(files: dict[str, str]) -> None:
    command = [sys.executable, "-m", "server", "migrate"]
    environ = {"PATH": os.environ["PATH"], **files}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
