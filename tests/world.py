"""People with names, and the two ways in which they talk to the server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
from aiohttp import ClientResponse, web
from aiohttp.http import SERVER_SOFTWARE
from aiohttp.test_utils import TestClient

from auth.desk import Desk
from auth.passwords import _hash
from auth.tokens import RefreshToken
from models.session import IDLE
from models.values import new_id, now
from server.app import DESK

PASSWORD = "correct-horse-battery"
_HASH = _hash(PASSWORD, 4)

LOGIN = """
mutation Login($input: LoginInput!) {
  login(input: $input) {
    tokens { accessToken refreshToken } viewer { id user { id } } userErrors { __typename code message path }
  }
}
"""


SIGNED_IN = """
WITH session AS (
    INSERT INTO sessions (tenant_id, id, user_id, user_agent, ip_prefix, created_at, last_used_at, authenticated_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $6, $6, $7)
), token AS (
    INSERT INTO refresh_tokens (tenant_id, session_id, digest, created_at) VALUES ($1, $2, $8, $6)
), history AS (
    INSERT INTO login_history (tenant_id, id, user_id, at, user_agent, ip_prefix) VALUES ($1, $9, $3, $6, $4, $5)
)
INSERT INTO audit_entries (tenant_id, id, at, action, actor_id, target_id, request_id, ip_prefix)
VALUES ($1, $10, $6, 'login.succeeded', $3, $11, $12, $5)
"""
"""What a sign-in writes. `test_people_are_signed_in_as_a_sign_in_would` holds it to that."""


@dataclass
class Answer:
    """What came back from GraphQL."""

    status: int
    data: Any
    errors: list[dict[str, Any]]
    headers: Any
    text: str

    @property
    def codes(self) -> list[str]:
        """The codes of the top-level errors."""
        return [error["extensions"]["code"] for error in self.errors]


@dataclass
class Person:
    """A client of the server; with tokens once they have signed in."""

    client: TestClient[web.Request, web.Application]
    tenant: str = ""
    username: str = ""
    user: UUID | None = None
    token: str | None = None
    refresh: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    async def gql(self, query: str, /, **variables: Any) -> Answer:
        """One operation over GraphQL."""
        headers = {"Accept": "application/graphql-response+json"} | self._headers()
        response = await self.client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        text = await response.text()
        body = await response.json(content_type=None)
        return Answer(response.status, body.get("data"), body.get("errors", []), response.headers, text)

    async def rest(self, method: str, path: str, json: Any = None, **headers: str) -> ClientResponse:
        """One request to the REST shim; the answer has been read."""
        response = await self.client.request(method, path, json=json, headers=self._headers() | headers)
        await response.read()
        return response

    async def login(self, password: str = PASSWORD) -> Person:
        """Signs in anew, over GraphQL: the same person with tokens of a session of their own."""
        answer = await self.gql(LOGIN, input={"tenant": self.tenant, "usernameOrEmail": self.username, "password": password})
        assert answer.data, f"{answer.status} {answer.text}"
        payload = answer.data["login"]
        assert payload["userErrors"] == [], payload
        tokens = payload["tokens"]
        return Person(self.client, self.tenant, self.username, self.user, tokens["accessToken"], tokens["refreshToken"])

    def _headers(self) -> dict[str, str]:
        return self.headers | ({"Authorization": f"Bearer {self.token}"} if self.token else {})


@dataclass
class World:
    """The people, each signed in, and `stranger`, who is not. `admin` looks at the database as a superuser."""

    client: TestClient[web.Request, web.Application]
    admin: asyncpg.Connection
    acme: UUID
    evil: UUID
    ada: Person
    adam: Person
    grace: Person
    linus: Person
    mallory: Person
    oskar: Person
    stranger: Person

    @classmethod
    async def made(cls, client: TestClient[web.Request, web.Application], admin: asyncpg.Connection) -> World:
        """Puts tenants and people into the database, all of them signed in."""
        acme, evil, house = [await tenant(admin, slug) for slug in ("acme", "evil", "house")]
        people = [
            await signed_in(client, admin, home, slug, name, await add_user(admin, home, name, role, operator=name == "oskar"))
            for home, slug, name, role in (
                (acme, "acme", "ada", "OWNER"),
                (acme, "acme", "adam", "ADMIN"),
                (acme, "acme", "grace", "EDITOR"),
                (acme, "acme", "linus", "VIEWER"),
                (evil, "evil", "mallory", "OWNER"),
                (house, "house", "oskar", "VIEWER"),
            )
        ]
        return cls(client, admin, acme, evil, *people, stranger=Person(client))


async def signed_in(
    client: TestClient[web.Request, web.Application], admin: asyncpg.Connection, home: UUID, slug: str, name: str, user: UUID
) -> Person:
    """A person as `Person.login` gives them, without what that takes the server, which is most of what most tests would take."""
    if not isinstance(client, TestClient):  # a process of its own, whose keys are not at hand
        return await Person(client, slug, name, user).login()
    assert client.app is not None
    desk: Desk = client.app[DESK]
    session, refresh, moment = new_id(), RefreshToken.new(home), now()
    row = {"id": session, "expires_at": moment + IDLE}
    told = (home, session, user, SERVER_SOFTWARE, "127.0.0.0/24", moment, row["expires_at"], refresh.digest)
    await admin.execute(SIGNED_IN, *told, new_id(), new_id(), session.hex, new_id().hex)
    tokens = desk.issue({"id": home, "slug": slug}, {"id": user, "username": name}, row, refresh, legacy=False)
    return Person(client, slug, name, user, tokens.access, tokens.refresh)


async def tenant(admin: asyncpg.Connection, slug: str, signup: str = "OPEN", attempts: int = 10_000) -> UUID:
    """A tenant, put into the database directly."""
    tenant_id = new_id()
    await admin.execute(
        "INSERT INTO tenants (id, slug, name, signup, login_attempts_per_minute) VALUES ($1, $2, $3, $4, $5)",
        tenant_id,
        slug,
        slug.capitalize(),
        signup,
        attempts,
    )
    return tenant_id


async def add_user(
    admin: asyncpg.Connection, home: UUID, name: str, role: str, *, operator: bool = False, active: bool = True
) -> UUID:
    """A user whose password is PASSWORD, put into the database directly."""
    user_id = new_id()
    await admin.execute(
        "INSERT INTO users (tenant_id, id, username, username_key, email, email_key, password_hash, role, operator, active) "
        "VALUES ($1, $2, $3, $3, $4, $4, $5, $6, $7, $8)",
        home,
        user_id,
        name,
        f"{name}@example.org",
        _HASH,
        role,
        operator,
        active,
    )
    return user_id
