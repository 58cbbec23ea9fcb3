"""The local stack: what it names is there, what it tells the server are its settings, and its database can be migrated and
served from."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import asyncpg
import yaml

from server.database import ROOT, migrate
from server.embedded import embedded
from server.settings import Migration, Settings
from tests.conftest import PASSWORDS, VAULT

FOLDER: Final = ROOT / "deploy/compose"
COMPOSE: Final[dict[str, Any]] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
OURS: Final = {"migrate": Migration, "api": Settings}


def test_every_image_but_ours_is_named_by_its_digest() -> None:
    images = {name: service["image"] for name, service in COMPOSE["services"].items()}
    assert {images.pop(name) for name in OURS} == {"${IMAGE:-localhost/address-book}"}
    assert [name for name, image in images.items() if not re.search(r"@sha256:[0-9a-f]{64}$", image)] == []


def test_the_servers_have_settings_that_they_know_and_secrets_as_files() -> None:
    for name, kind in OURS.items():
        service = COMPOSE["services"][name]
        known = {field.upper() for field in kind.model_fields}
        assert {variable.removesuffix("_FILE") for variable in service["environment"]} <= known, name
        mounted = {value for variable, value in service["environment"].items() if variable.endswith("_FILE")}
        assert mounted == {f"/run/secrets/{secret}" for secret in service["secrets"]}, name
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])


def test_the_server_waits_for_the_migration_which_waits_for_the_database() -> None:
    services = COMPOSE["services"]
    assert services["api"]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert services["migrate"]["depends_on"]["db"] == {"condition": "service_healthy"}
    assert "healthcheck" in services["db"]


def test_what_is_mounted_is_there_and_only_loopback_is_listened_on() -> None:
    for name, service in COMPOSE["services"].items():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in COMPOSE["volumes"] or (FOLDER / source).exists(), (name, source)
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), (name, port)
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"]), name
    assert "9000" not in str(COMPOSE["services"]["api"]["ports"])


def test_its_database_is_migrated_as_the_owner_and_served_from_as_the_app(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)  # the account that runs Postgres passes through
    for name, role in (("app_password", "address_book_app_a"), ("owner_password", "address_book_owner")):
        (tmp_path / name).write_text(PASSWORDS[role.removesuffix("_a")], encoding="utf-8")
    with embedded(tmp_path / "postgres", durable=False) as cluster:
        environ = {"PATH": os.environ["PATH"], "SQL": str(ROOT / "deploy/postgres"), "SECRETS": str(tmp_path)}
        user, password, place = re.fullmatch(r"postgresql://(.*?):(.*)@(.*)/postgres", cluster.admin_dsn).groups()  # type: ignore[union-attr]
        host, _, port = place.partition(":")
        where = {"PGHOST": host, "PGPORT": port, "POSTGRES_USER": user, "PGPASSWORD": password, "PGDATABASE": "postgres"}
        made = subprocess.run([FOLDER / "database.sh"], env=environ | where, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr
        owner, app = (f"{role}:{PASSWORDS[role.removesuffix('_a')]}" for role in ("address_book_owner", "address_book_app_a"))
        assert len(asyncio.run(migrate(f"postgresql://{owner}@{place}/address_book", VAULT))) >= 4
        assert asyncio.run(_beyond_the_wall(f"postgresql://{app}@{place}/address_book")) is False


async def _beyond_the_wall(dsn: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval("SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user")
    finally:
        await connection.close()
