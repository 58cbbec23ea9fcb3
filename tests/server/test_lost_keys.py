"""What docs/disaster-recovery.md says of keys that are lost: what still works, what does not, and what mends it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest
import time_machine
from pydantic import SecretStr

from server.database import ROOT
from tests.authenticators import enrolled
from tests.commands import Command
from tests.conftest import JWT_KEYS, SECRET_KEYS, Database, Serve
from tests.world import LOGIN, PASSWORD, Person, World

NEW = SECRET_KEYS[::-1]
REFRESH = "mutation($t: String!) { refresh(input: {refreshToken: $t}) { tokens { accessToken } userErrors { code } } }"


async def migrated(database: Database, keys: str) -> None:
    """As whoever operates the service would: in a process of its own."""
    environ = os.environ | {"MIGRATION_DATABASE_URL": database.owner, "SECRET_KEYS": keys}
    command = [sys.executable, "-m", "server", "migrate"]
    await asyncio.to_thread(subprocess.run, command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, check=True)


async def signed_in(person: Person) -> tuple[int, list[str]]:
    """How a sign-in by password is answered: its status, and the codes of what is wrong with it."""
    given = {"tenant": person.tenant, "usernameOrEmail": person.username, "password": PASSWORD}
    answer = await person.gql(LOGIN, input=given)
    return answer.status, [error["code"] for error in answer.data["login"]["userErrors"]] if answer.data else answer.codes


async def test_without_secret_keys_nobody_signs_in_until_the_database_knows_new_ones(
    serve: Serve,
    world: World,
    run: Command,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    clock: time_machine.Traveller,
) -> None:
    await enrolled(world.linus)
    client = await serve(secret_keys=SecretStr(NEW))
    ada, linus = (Person(client, "acme", name) for name in ("ada", "linus"))
    assert (await client.get("/readyz")).status == 503
    assert (await signed_in(ada))[0] == 503
    try:
        await migrated(database, NEW)
        monkeypatch.setenv("SECRET_KEYS", NEW)
        assert await signed_in(ada) == (200, [])
        assert await signed_in(linus) != (200, [])
        assert (await run("user", "totp-reset", "acme", "linus")).code == 0
        assert await signed_in(linus) == (200, [])
    finally:
        await migrated(database, SECRET_KEYS)


async def test_without_jwt_keys_access_tokens_are_refused_and_sessions_are_refreshed(serve: Serve, world: World) -> None:
    client = await serve(jwt_keys=SecretStr(JWT_KEYS.replace("test", "late").replace("9u6p", "6p9u")))
    ada = Person(client, "acme", "ada", token=world.ada.token)
    assert (await ada.gql("{ viewer { user { username } } }")).codes == ["UNAUTHENTICATED"]
    answer = await Person(client).gql(REFRESH, t=world.ada.refresh)
    ada.token = answer.data["refresh"]["tokens"]["accessToken"]
    assert (await ada.gql("{ viewer { user { username } } }")).data == {"viewer": {"user": {"username": "ada"}}}
