"""`make run` without make: an empty folder becomes a server with a demo tenant, and Ctrl-C leaves nothing running."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from server.binaries import account_of_postgres
from server.database import ROOT
from server.demo import CONTACTS, PASSWORD, PEOPLE
from server.dev import _secrets
from server.dev import dev as run_dev
from server.embedded import _home
from server.settings import BadSettings

LOGIN = """mutation($who: String!, $password: String!) {
  login(input: {tenant: "demo", usernameOrEmail: $who, password: $password}) {
    tokens { accessToken } viewer { user { role } } userErrors { message } } }"""
FOREIGN = {"DATABASE_URL": "postgresql://address_book_app:x@127.0.0.1:1/real", "JWT_KEYS": "none of its business"}
"""What a shell may hold of another service: it stays out of this."""

Start = Callable[[], Awaitable[tuple[Process, str]]]


@pytest.fixture
async def dev(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts `python -m server dev` over one folder, in a process group of its own; the process, and its address."""
    started: list[Process] = []

    async def start() -> tuple[Process, str]:
        environ = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "data"), "PORT": "0", "BCRYPT_COST": "4", **FOREIGN}
        if "POSTGRES_BIN" in os.environ:
            environ["POSTGRES_BIN"] = os.environ["POSTGRES_BIN"]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server", "dev", cwd=ROOT, env=environ, stdout=PIPE, stderr=STDOUT, start_new_session=True
        )
        started.append(process)
        assert process.stdout is not None
        said = b""
        async with asyncio.timeout(60):
            while line := await process.stdout.readline():
                said += line
                if found := re.search(rb"GraphiQL +(http://[0-9.:]+)/graphql", line):
                    return process, found[1].decode()
        raise AssertionError(said.decode())

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        async with asyncio.timeout(30):
            await process.communicate()
    for place in _places(tmp_path / "data"):  # where root runs us, one of them lies outside pytest's folder
        shutil.rmtree(place, ignore_errors=True)


async def interrupted(process: Process) -> int:
    """The exit code after Ctrl-C, which goes to the whole group."""
    os.killpg(process.pid, signal.SIGINT)
    async with asyncio.timeout(30):
        await process.communicate()
    assert process.returncode is not None
    return process.returncode


def postgres(folder: Path) -> list[str]:
    """The processes of this machine that run over the folder, or where root is given one instead of it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if any(str(place) in command for place in _places(folder)):
                found.append(command)
    return found


def _places(folder: Path) -> list[Path]:

    return [folder, _home(folder / "postgres", account_of_postgres())]


async def ask(client: aiohttp.ClientSession, query: str, token: str | None = None, **variables: str) -> dict[str, object]:
    """One operation over GraphQL; its data."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with client.post("/graphql", json={"query": query, "variables": variables}, headers=headers) as answer:
        body: dict[str, dict[str, object]] = await answer.json()
        assert "errors" not in body, body
        return body["data"]


async def test_an_empty_folder_becomes_a_server_and_keeps_its_data(dev: Start, tmp_path: Path) -> None:
    process, base = await dev()
    assert urlsplit(base).hostname == "127.0.0.1"
    tokens = {}
    async with aiohttp.ClientSession(base) as client:
        for username, (role, operator) in PEOPLE.items():
            login = (await ask(client, LOGIN, who=username, password=PASSWORD))["login"]
            assert isinstance(login, dict)
            assert (login["viewer"]["user"]["role"], login["userErrors"]) == (role.value, [])
            tokens[username] = login["tokens"]["accessToken"]
            if operator:
                assert await ask(client, "{ tenants { nodes { slug } } }", tokens[username]) == {
                    "tenants": {"nodes": [{"slug": "demo"}]}
                }
        assert await ask(client, "{ contacts { totalCount } }", tokens["vera"]) == {"contacts": {"totalCount": CONTACTS}}
        await ask(client, 'mutation { createContact(input: {contact: {name: "Kept"}}) { contact { id } } }', tokens["ada"])
        for page in ("/graphql", "/docs"):
            async with client.get(page, headers={"Accept": "text/html"}) as shown:
                assert (shown.status, shown.content_type) == (200, "text/html")
    assert postgres(tmp_path / "data") != []
    assert await interrupted(process) == 0
    assert postgres(tmp_path / "data") == []
    assert (tmp_path / "data" / "secrets.json").stat().st_mode & 0o777 == 0o600

    process, base = await dev()
    async with aiohttp.ClientSession(base) as client:
        # The session of the first start still lives, since the key and the database were kept.
        kept = '{ contacts(search: "kept") { totalCount } }'
        assert await ask(client, kept, tokens["ada"]) == {"contacts": {"totalCount": 1}}
    assert await interrupted(process) == 0
    assert postgres(tmp_path / "data") == []


@pytest.mark.parametrize("environment", ["stage", "production"])
def test_outside_development_it_is_refused_before_anything_is_made(tmp_path: Path, environment: str) -> None:
    with pytest.raises(BadSettings, match=r"^ENVIRONMENT: `dev` plants people whose password is public, [^\n]+$"):
        run_dev({"ENVIRONMENT": environment, "DATA_DIR": str(tmp_path / "data")})
    assert list(tmp_path.iterdir()) == []


def test_secrets_are_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("server.dev.json.dump", full)
        disk.setattr("pathlib.Path.write_text", full)
        with pytest.raises(OSError, match="No space left"):
            _secrets(tmp_path)
    assert not (tmp_path / "secrets.json").exists()
    kept = _secrets(tmp_path)
    assert sorted(kept) == ["app", "jwt", "owner", "secret"]
    assert _secrets(tmp_path) == kept
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_secret_that_an_older_folder_lacks_is_added_to_those_it_has(tmp_path: Path) -> None:
    old = _secrets(tmp_path)
    (tmp_path / "secrets.json").write_text(json.dumps({name: old[name] for name in ("owner", "app", "jwt")}))
    new = _secrets(tmp_path)
    assert new == old | {"secret": new["secret"]}
    assert new["secret"] != old["secret"]


async def test_a_second_one_over_the_same_folder_is_told_in_a_line(dev: Start, tmp_path: Path) -> None:
    process, _ = await dev()
    with pytest.raises(AssertionError, match=r"^PostgresFailed:\nAnother process already runs a Postgres in [^\n]+\.\n$"):
        await dev()
    assert process.returncode is None
