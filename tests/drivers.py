"""One person, two ways in: the same deeds over GraphQL and, in `drivers_rest`, over the old routes; one story tells both."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from tests.world import PASSWORD, Person

REFUSED = {
    401: "signed out",
    403: "forbidden",
    404: "not there",
    412: "stale",
    400: "invalid",
    "UNAUTHENTICATED": "signed out",
    "FORBIDDEN": "forbidden",
    "NOT_FOUND": "not there",
    "STALE_VERSION": "stale",
    "INVALID": "invalid",
    "REQUIRED": "invalid",
    "TOO_LONG": "invalid",
    "INVALID_CREDENTIALS": "signed out",
    "TOKEN_REUSED": "signed out",
    "TOKEN_INVALID": "signed out",
}
"""What both ways call the same thing."""


class Refused(Exception):
    """The server would not. The text is one of REFUSED's; `told` is what a person reads."""

    def __init__(self, kind: str, told: str = "") -> None:
        super().__init__(kind)
        self.told = told


@dataclass(frozen=True)
class Contact:
    """A contact as either way tells it. `handle` is what that way calls it by."""

    handle: Any
    name: str
    age: int | None
    version: int


@dataclass
class Driver(ABC):
    """A person who uses one of the ways."""

    person: Person

    def as_(self, person: Person) -> Driver:
        """The same way, for somebody else."""
        return replace(self, person=person)

    @abstractmethod
    async def sign_in(self, tenant: str, username: str, password: str = PASSWORD) -> Driver:
        """A new session of this user."""

    @abstractmethod
    async def refresh(self) -> Driver:
        """Spends the refresh token; the same session with the next one."""

    @abstractmethod
    async def leave(self) -> None:
        """Signs out."""

    @abstractmethod
    async def me(self) -> str:
        """The username of who is signed in."""

    @abstractmethod
    async def keep(self, name: str, age: int = 34) -> Any:
        """Keeps a contact, and answers its handle."""

    @abstractmethod
    async def read(self, handle: Any) -> Contact:
        """One contact."""

    @abstractmethod
    async def change(self, handle: Any, *, age: int, name: str = "Zoë", version: int | None = None) -> None:
        """Gives a contact this age and this name; only at that version, where one is given."""

    @abstractmethod
    async def throw_away(self, handle: Any) -> None:
        """Puts a contact into the trash."""

    @abstractmethod
    def pages(self, size: int) -> AsyncIterator[list[str]]:
        """The names of all contacts, page by page, the oldest first."""

    async def everything(self, size: int) -> list[str]:
        """The names of all contacts."""
        return [name async for page in self.pages(size) for name in page]

    @abstractmethod
    async def find(self, word: str) -> list[str]:
        """The names that hold the word."""

    @abstractmethod
    async def people(self) -> dict[str, Any]:
        """The handles of one's own tenant's people, by username."""

    @abstractmethod
    async def deactivate(self, handle: Any, username: str) -> None:
        """Deactivates a user. The old routes want the name again."""


class GraphQL(Driver):
    """By /graphql."""

    async def _do(self, document: str, **variables: Any) -> Any:
        answer = await self.person.gql(document, **variables)
        if answer.errors:
            raise Refused(REFUSED[answer.codes[0]], answer.errors[0]["message"])
        (payload,) = answer.data.values()
        for error in payload.get("userErrors", ()) if isinstance(payload, dict) else ():
            raise Refused(REFUSED[error["code"]], error["message"])
        return payload

    async def sign_in(self, tenant: str, username: str, password: str = PASSWORD) -> Driver:
        document = (
            "mutation($i: LoginInput!) { login(input: $i) { tokens { accessToken refreshToken } userErrors { code message } } }"
        )
        given = {"tenant": tenant, "usernameOrEmail": username, "password": password}
        tokens = (await self._do(document, i=given))["tokens"]
        return self.as_(Person(self.person.client, tenant, username, None, tokens["accessToken"], tokens["refreshToken"]))

    async def refresh(self) -> Driver:
        document = (
            "mutation($i: RefreshInput!) { refresh(input: $i) { tokens { accessToken refreshToken } userErrors { code message } } }"
        )
        tokens = (await self._do(document, i={"refreshToken": self.person.refresh}))["tokens"]
        return self.as_(replace(self.person, token=tokens["accessToken"], refresh=tokens["refreshToken"]))

    async def leave(self) -> None:
        await self._do("mutation { logout { ok userErrors { code message } } }")

    async def me(self) -> str:
        return str((await self._do("{ viewer { user { username } } }"))["user"]["username"])

    async def keep(self, name: str, age: int = 34) -> Any:
        document = (
            "mutation($c: ContactDraft!) { createContact(input: {contact: $c}) { contact { id } userErrors { code message } } }"
        )
        given = {"name": name, "age": age, "email": "zoe@example.org", "phone": "0100-000000", "address": "1 Oak Street"}
        return (await self._do(document, c=given))["contact"]["id"]

    async def read(self, handle: Any) -> Contact:
        found = await self._do("query($id: ID!) { contact(id: $id) { name age version deletedAt } }", id=handle)
        if found is None or found["deletedAt"] is not None:
            raise Refused("not there")
        return Contact(handle, found["name"], found["age"], found["version"])

    async def change(self, handle: Any, *, age: int, name: str = "Zoë", version: int | None = None) -> None:
        document = "mutation($i: UpdateContactInput!) { updateContact(input: $i) { userErrors { code message } } }"
        await self._do(document, i={"id": handle, "expectedVersion": version, "contact": {"name": name, "age": age}})

    async def throw_away(self, handle: Any) -> None:
        await self._do("mutation($id: ID!) { deleteContacts(input: {ids: [$id]}) { userErrors { code message } } }", id=handle)

    async def pages(self, size: int) -> AsyncIterator[list[str]]:
        document = """query($n: Int!, $after: String) {
          contacts(first: $n, after: $after, orderBy: [{field: CREATED_AT}]) { nodes { name } pageInfo { hasNextPage endCursor } }
        }"""
        after, more = None, True
        while more:
            page = await self._do(document, n=size, after=after)
            yield [node["name"] for node in page["nodes"]]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    async def find(self, word: str) -> list[str]:
        page = await self._do("query($w: String!) { contacts(filter: {name: {contains: $w}}) { nodes { name } } }", w=word)
        return [node["name"] for node in page["nodes"]]

    async def people(self) -> dict[str, Any]:
        people = (await self._do("{ viewer { tenant { users { nodes { id username } } } } }"))["tenant"]["users"]["nodes"]
        return {person["username"]: person["id"] for person in people}

    async def deactivate(self, handle: Any, username: str) -> None:  # noqa: ARG002 (the old routes want it)
        document = "mutation($i: UpdateUserInput!) { updateUser(input: $i) { userErrors { code message } } }"
        await self._do(document, i={"id": handle, "active": False})
