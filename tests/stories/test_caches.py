"""Two tenants that take turns with the same documents, routes, tags and numbers get their own answers and no other (TI-14)."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import pytest

from tests.world import Person, World

NAMED: Final = """query Everything($first: Int!) {
  viewer { user { username } tenant { slug } }
  contacts(first: $first) { totalCount nodes { name labels { name contactCount } } pageInfo { endCursor } }
  labels { name contactCount }
}"""
"""Through the loaders, the plans, the batches and the cursors at once."""


@pytest.fixture
async def two(world: World) -> dict[str, Person]:
    """grace and mallory, who keep as much under names of their own."""
    people = {"acme": world.grace, "evil": world.mallory}
    for slug, person in people.items():
        made = await person.gql("mutation($n: String!) { createLabel(input: {name: $n}) { label { id } } }", n=f"label of {slug}")
        given = {"name": f"contact of {slug}", "labelIds": [made.data["createLabel"]["label"]["id"]]}
        await person.gql("mutation($c: ContactDraft!) { createContact(input: {contact: $c}) { contact { id } } }", c=given)
    # What the old routes call their contacts by is the same number in both.
    await world.admin.execute("UPDATE contacts SET number = 7, version = 3")
    return people


def _own(slug: str, username: str) -> dict[str, Any]:
    label = {"name": f"label of {slug}", "contactCount": 1}
    return {
        "viewer": {"user": {"username": username}, "tenant": {"slug": slug}},
        "contacts": {"totalCount": 1, "nodes": [{"name": f"contact of {slug}", "labels": [label]}]},
        "labels": [label],
    }


async def test_one_document_answers_each_with_their_own(two: dict[str, Person]) -> None:
    async def ask(slug: str) -> None:
        answer = await two[slug].gql(NAMED, first=5)
        answer.data["contacts"].pop("pageInfo")
        assert answer.data == _own(slug, two[slug].username)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Authorization" in ", ".join(answer.headers.getall("Vary"))

    for _ in range(3):
        await ask("acme")
        await ask("evil")
    await asyncio.gather(*(ask(slug) for slug in ("acme", "evil") * 12))  # of the 15 places that a tenant may take


@pytest.mark.parametrize("path", ["/api/address-book", "/api/address-book/7", "/api/users", "/api/auth/me"])
async def test_one_route_answers_each_with_their_own(two: dict[str, Person], path: str) -> None:
    async def ask(slug: str, **headers: str) -> Any:
        answer = await two[slug].rest("GET", path, **headers)
        text = await answer.text()
        other = "evil" if slug == "acme" else "acme"
        assert (answer.status, two[slug].username in text or f"contact of {slug}" in text) == (200, True)
        assert two[other].username not in text
        assert f"of {other}" not in text
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Authorization" in ", ".join(answer.headers.getall("Vary"))
        return answer

    for _ in range(3):
        for slug, other in (("acme", "evil"), ("evil", "acme")):
            tag = (await ask(slug)).headers.get("ETag")
            if tag:  # of another's list, or of another's contact at the same version
                await ask(other, **{"If-None-Match": tag})


async def test_a_cursor_is_of_no_use_to_another(two: dict[str, Person]) -> None:
    cursor = (await two["acme"].gql(NAMED, first=5)).data["contacts"]["pageInfo"]["endCursor"]
    asked = "query($c: String) { contacts(after: $c) { totalCount } }"
    assert (await two["evil"].gql(asked, c=cursor)).codes == ["BAD_REQUEST"]
    assert (await two["acme"].gql(asked, c=cursor)).data == {"contacts": {"totalCount": 1}}
