"""What the tests of the shim share: a contact as the old clients send it, and how they are answered."""

from __future__ import annotations

from typing import Any

from aiohttp import ClientResponse

from tests.world import Person

ZOE: dict[str, Any] = {
    "name": "Zoë Müller",
    "gender": False,
    "age": 34,
    "address": "1 Oak Street, Lisbon",
    "phone": "+351 210 000 00",
    "email": "zoe@example.org",
}

NOBODY = 2_147_483_647
"""A number that no contact and no user has."""

GONE = {"message": "Invalid token, please login again", "data": ""}


async def said(answer: ClientResponse) -> tuple[int, str]:
    """The status and the message."""
    return answer.status, (await answer.json())["message"]


async def add(person: Person, **changed: Any) -> int:
    """Keeps a contact, and answers its number."""
    answer = await person.rest("POST", "/api/address-book", ZOE | changed)
    assert answer.status == 201, await answer.text()
    listed = await person.rest("GET", "/api/address-book?limit=500")
    return int((await listed.json())["data"][-1]["id"])
