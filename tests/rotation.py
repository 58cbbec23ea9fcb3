"""A server whose secrets stand in files, as a secret store mounts them, and whoever rotates them while it serves."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg

from auth.vault import Vault
from bench.processes import free_port
from bench.redis_server import RedisServer
from server.database import ROOT, migrate, with_database
from tests.abuse.server import Server, running
from tests.collector import Received
from tests.conftest import JWT_KEYS, SECRET_KEYS
from tests.post_office import PostOffice
from tests.postgres import NAME, Postgres
from tests.world import LOGIN, PASSWORD, add_user, tenant

ROLES: Final = ("address_book_app_a", "address_book_app_b")
"""The roles that sign in to the database, in turn."""

OTHER_KEY: Final = {"kid": "new", "key": "q3Zt8Lw5Xk2Rb7Wc4Ny9Ld1Hg6Jf0SpV-test-only"}
OTHER_SECRET: Final = OTHER_KEY["key"]
FORGOT: Final = 'mutation($email: String!) { requestPasswordReset(input: {tenant: "acme", email: $email}) { ok } }'


@dataclass
class Kept:
    """The server, its Postgres, and the folder with a file for each secret, called as the setting."""

    server: Server
    postgres: Postgres
    folder: Path
    signed_in: Counter[str] = field(default_factory=Counter)

    def put(self, name: str, value: str) -> None:
        """Replaces a secret at once, as kubelet does."""
        fresh = self.folder / f".{name}"
        fresh.write_text(value)
        fresh.rename(self.folder / name)

    def told(self, event: str) -> list[dict[str, Any]]:
        """What the log has of this event."""
        lines = [json.loads(line) for line in self.server.log.read_text(encoding="utf-8").splitlines()]
        return [line for line in lines if line["event"] == event]

    async def rotate(self, name: str, value: str) -> None:
        """Replaces a secret, and returns when the server has taken it."""
        before = len(self.told("setting taken"))
        self.put(name, value)
        await until(lambda: name in [line["setting"] for line in self.told("setting taken")[before:]])

    async def sql(self, statement: str) -> list[asyncpg.Record]:
        """What a superuser gets for it."""
        connection = await asyncpg.connect(self.postgres.database.admin)
        try:
            return await connection.fetch(statement)
        finally:
            await connection.close()

    async def role(self) -> set[str]:
        """As whom the server's connections are signed in, those of its jobs too."""
        rows = await self.sql("SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name LIKE 'address-book%'")
        return {row["usename"] for row in rows}

    async def login(self, username: str = "grace") -> str:
        """An access token; what came of it is counted."""
        given = {"tenant": "acme", "usernameOrEmail": username, "password": PASSWORD}
        return str((await self.ask(LOGIN, input=given))["login"]["tokens"]["accessToken"])

    async def ask(self, query: str, token: str | None = None, **variables: Any) -> Any:
        """The data of an answer. Raises AssertionError where it is none."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        body = {"query": query, "variables": variables}
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self.server.url}/graphql", json=body, headers=headers) as answer,
        ):
            told = await answer.json()
        assert answer.status == 200, told
        return told["data"]

    async def sign_in_on(self) -> None:
        """Signs in again and again, and counts what came of it."""
        while True:
            try:
                await self.login()
                self.signed_in["signed in"] += 1
            except (AssertionError, aiohttp.ClientError, TypeError) as error:
                self.signed_in[str(error)[:200]] += 1
            await asyncio.sleep(0.2)


async def until(true: Callable[[], object | Awaitable[object]]) -> None:
    """Waits until it is so, for the minute that a rotation may take (OB-07)."""
    async with asyncio.timeout(60):
        while not (await found if isinstance(found := true(), Awaitable) else found):  # noqa: ASYNC110 - another process is awaited
            await asyncio.sleep(0.1)


@contextmanager
def keeping(postgres: Postgres, redis: RedisServer, collector: Received, folder: Path) -> Iterator[Kept]:
    """One with a secret of each kind, each in a file, and people of acme. Its mail server is not there yet. Blocking."""
    assert redis.cli(*commands("REDIS_URL")[0].replace("FIRST", "hush-hush").split()) == "OK"
    held = {
        "DATABASE_URL": with_database(postgres.database.admin, NAME, ROLES[0], "test-app"),
        "JWT_KEYS": JWT_KEYS,
        "SECRET_KEYS": SECRET_KEYS,
        "REDIS_URL": _redis_url(redis, "hush-hush"),
        "SMTP_URL": f"smtp://book:hush-0@127.0.0.1:{free_port()}",
        "OTLP_HEADERS": "x-key=hush-1",
    }
    home = folder / "secrets"
    home.mkdir()
    for name, value in held.items():
        (home / name).write_text(value)
    settings = {
        **{f"{name}_FILE": str(home / name) for name in held},
        "ENVIRONMENT": "stage",
        "LOG_LEVEL": "WARNING",
        "BCRYPT_COST": "4",
        "JOBS_IN_SERVE": "true",
        "MAIL": "smtp",
        "MAIL_FROM": "no-reply@book.test",
        "PUBLIC_URL": "https://book.test",
        "OTLP_ENDPOINT": collector.url,
        "TRACE_RATIO": "1",
    }
    asyncio.run(_prepared(postgres.database.admin))
    with running("", "", folder, **settings, SECRET_KEYS="") as server:
        yield Kept(server, postgres, home)


async def _prepared(dsn: str) -> None:
    admin = await asyncpg.connect(dsn)
    await admin.execute(f"ALTER ROLE {ROLES[0]} LOGIN PASSWORD 'test-app'")
    acme = await tenant(admin, "acme")
    for name, role in (("ada", "OWNER"), ("grace", "EDITOR")):
        await add_user(admin, acme, name, role)
    await admin.close()


async def rotate_database(one: Kept) -> None:
    """The role whose turn it is not gets a new password. Here its URL is given before that: it is taken once it works."""
    (old,) = await one.role()
    new = ROLES[old == ROLES[0]]
    before = len(one.told("the one before stays in use"))
    one.put("DATABASE_URL", with_database(one.postgres.database.admin, NAME, new, "test-app-2"))
    await until(lambda: one.told("the one before stays in use")[before:])
    assert one.told("the one before stays in use")[-1]["cause"] == "InvalidPasswordError"
    assert await one.role() == {old}
    begin, end, left = (
        line.replace("address_book_app_new", new).replace("address_book_app_old", old).replace("PASSWORD'", "test-app-2'")
        for line in commands("DATABASE_URL")
    )
    await one.sql(begin)

    async def over() -> bool:
        return (await one.sql(left))[0]["count"] == 0

    await until(over)
    await one.sql(end)
    assert await one.role() == {new}


async def rotate_signing_keys(one: Kept) -> None:
    """Beside, then in use. The third step, to drop the old key, would end the tokens that it signed."""
    old = json.loads(JWT_KEYS)[0] | {"active": False}
    for step in ([old | {"active": True}, OTHER_KEY], [OTHER_KEY | {"active": True}, old]):
        await one.rotate("JWT_KEYS", json.dumps(step))


async def rotate_server_secrets(one: Kept) -> None:
    """Known to the database, beside, in use, alone, and the old one forgotten by the database."""
    for step in (f"{SECRET_KEYS},{OTHER_SECRET}", f"{OTHER_SECRET},{SECRET_KEYS}"):
        await migrate(one.postgres.database.owner, Vault.parse(step))
        await one.rotate("SECRET_KEYS", step)
    await one.rotate("SECRET_KEYS", OTHER_SECRET)
    await migrate(one.postgres.database.owner, Vault.parse(OTHER_SECRET))


async def rotate_redis(one: Kept, redis: RedisServer) -> None:
    """The user gets a second password, the URL is changed, and the first one is taken away."""
    before = _clients(redis)
    _, begin, end = commands("REDIS_URL")
    assert redis.cli(*begin.replace("SECOND", "hush-hush-again").split()) == "OK"
    await one.rotate("REDIS_URL", _redis_url(redis, "hush-hush-again"))
    assert redis.cli(*end.replace("FIRST", "hush-hush").split()) == "OK"
    await until(lambda: (now := _clients(redis)) and not now & before)


async def rotate_mail(one: Kept, office: PostOffice) -> None:
    """The mail server takes both for a while; letters are on their way before, between and after."""
    await one.rotate("SMTP_URL", f"smtp://book:hush-1@127.0.0.1:{office.port}")
    await one.ask(FORGOT, email="ada@example.org")
    await office.letter(0, 60)
    office.passwords = {"hush-1", "hush-2"}
    await one.rotate("SMTP_URL", f"smtp://book:hush-2@127.0.0.1:{office.port}")
    office.passwords = {"hush-2"}
    await one.ask(FORGOT, email="grace@example.org")  # an address is written to once in a while
    await office.letter(1, 60)


async def rotate_collector(one: Kept, collector: Received) -> None:
    """The collector takes both for a while; then the new one alone comes."""
    await until(lambda: collector.headers)
    assert collector.headers[-1]["x-key"] == "hush-1"
    await one.rotate("OTLP_HEADERS", "x-key=hush-2")
    await until(lambda: collector.headers[-1]["x-key"] == "hush-2")


def commands(secret: str) -> list[str]:
    """The lines of the blocks that docs/secrets.md has for a secret."""
    page = (ROOT / "docs" / "secrets.md").read_text(encoding="utf-8")
    section = page.partition(f"\n## {secret}\n")[2].partition("\n## ")[0]
    return [line for block in re.findall(r"```\w+\n(.*?)```", section, re.DOTALL) for line in block.splitlines()]


def _redis_url(redis: RedisServer, password: str) -> str:
    return f"redis://throttle:{password}@127.0.0.1:{redis.port}/0"


def _clients(redis: RedisServer) -> set[str]:
    """The connections of that user, by their ids."""
    return {line.split()[0] for line in redis.cli("CLIENT", "LIST").splitlines() if " user=throttle " in line}
