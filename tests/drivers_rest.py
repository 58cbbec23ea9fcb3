"""A person who uses the old routes, in either of their dialects."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from tests.drivers import REFUSED, Contact, Driver, Refused
from tests.world import PASSWORD, Person


@dataclass
class Rest(Driver):
    """By /api; as the UI does it where `ui` is set."""

    ui: bool = False

    async def _do(self, method: str, path: str, json: Any = None, **headers: str) -> tuple[Any, Any]:
        if self.ui and self.person.tenant:
            headers["X-Tenant-ID"] = self.person.tenant
        answer = await self.person.rest(method, path, json, **headers)
        if answer.status >= 400:
            raise Refused(REFUSED[answer.status], (await answer.json())["message"])
        return await answer.json(), answer.headers

    async def sign_in(self, tenant: str, username: str, password: str = PASSWORD) -> Driver:
        given = {"tenant_id": tenant, "username_or_email": username, "password": password}
        data = (await self._do("POST", "/api/auth/login", given))[0]["data"]
        return self.as_(Person(self.person.client, tenant, username, None, data["access_token"], data["refresh_token"]))

    async def refresh(self) -> Driver:
        given = {"refresh_token": self.person.refresh, "tenant_id": self.person.tenant}
        data = (await self._do("POST", "/api/auth/refresh-token", given))[0]["data"]
        return self.as_(replace(self.person, token=data["access_token"], refresh=data["refresh_token"]))

    async def leave(self) -> None:
        await self._do("POST", "/api/auth/logout")

    async def me(self) -> str:
        return str((await self._do("GET", "/api/auth/me"))[0]["data"]["username"])

    def _form(self, name: str, age: int) -> dict[str, Any]:
        gender: Any = "female" if self.ui else False
        return {"name": name, "age": age, "gender": gender} | {
            "email": "zoe@example.org",
            "phone": "0100-000000",
            "address": "1 Oak Street",
        }

    async def keep(self, name: str, age: int = 34) -> Any:
        data = (await self._do("POST", "/api/address-book", self._form(name, age)))[0]["data"]
        if self.ui:
            return data["id"]
        return (await self._do("GET", f"/api/address-book/filter?name={name}"))[0]["data"][-1]["id"]  # the Rust service tells no id

    async def read(self, handle: Any) -> Contact:
        told, headers = await self._do("GET", f"/api/address-book/{handle}")
        return Contact(handle, told["data"]["name"], told["data"]["age"], int(headers["ETag"].strip('"')))

    async def change(self, handle: Any, *, age: int, name: str = "Zoë", version: int | None = None) -> None:
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        await self._do("PUT", f"/api/address-book/{handle}", self._form(name, age), **headers)

    async def throw_away(self, handle: Any) -> None:
        await self._do("DELETE", f"/api/address-book/{handle}")

    async def pages(self, size: int) -> AsyncIterator[list[str]]:
        page, more = 1, True
        cursor = 0
        while more:
            query = f"page={page}&limit={size}" if self.ui else f"cursor={cursor}&limit={size}"
            told = (await self._do("GET", f"/api/address-book?{query}"))[0]
            rows = told["data"]["contacts"] if self.ui else told["data"]
            yield [row["name"] for row in rows]
            more = told["data"]["has_next"] if self.ui else told["metadata"]["has_more"]
            page, cursor = page + 1, cursor if self.ui else told["metadata"]["next_cursor"]

    async def find(self, word: str) -> list[str]:
        return [row["name"] for row in (await self._do("GET", f"/api/address-book/filter?name={word}"))[0]["data"]]

    async def people(self) -> dict[str, Any]:
        return {row["username"]: row["id"] for row in (await self._do("GET", "/api/users"))[0]["data"]}

    async def deactivate(self, handle: Any, username: str) -> None:
        given = {"username": username, "email": f"{username}@example.org", "active": False}
        await self._do("PUT", f"/api/users/{handle}", given)
