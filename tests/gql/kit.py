"""What tests of requests to /graphql share: documents, headers, a request of bytes, and a count of what it changed."""

from __future__ import annotations

from typing import Any, Final

import orjson

from gql.protocol import JSON
from tests.world import Person, World

OK: Final = "{ __typename }"
CREATE: Final = 'mutation M { createContact(input: {contact: {name: "x"}}) { userErrors { code } } }'
SENT: Final = {"Content-Type": JSON}


async def told(world: World, body: bytes, **headers: str) -> tuple[int, str, Any]:
    """The status, the media type and the body of what is answered to these bytes."""
    response = await world.client.post("/graphql", data=body, headers=SENT | headers)
    return response.status, response.headers["Content-Type"], orjson.loads(await response.read())


async def contacts(person: Person) -> int:
    """How many contacts the person's tenant has."""
    count: int = (await person.gql("{ contacts { totalCount } }")).data["contacts"]["totalCount"]
    return count
