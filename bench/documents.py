"""What is asked: the documents as clients send them, with variables, and what is compared of the answers."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from bench.dialects import PLAIN, Dialect
from bench.seed import Tenant

FIELDS: Final = "id name email phone organization favorite updatedAt"
_PAGE: Final = "contacts(first: $first, after: $after) { edges { cursor node { %s } } pageInfo { hasNextPage endCursor } }"

Variables = Callable[[random.Random, Tenant], dict[str, Any]]


@dataclass(frozen=True)
class Work:
    """One kind of request. `operation` is its name in the document, by which handwritten servers know it."""

    name: str
    title: str
    operation: str
    document: str
    variables: Variables
    unseen: bool = False
    """Whether no two requests send the same document."""

    def body(self, dice: random.Random, tenant: Tenant) -> bytes:
        """A request's body, of a random contact of the tenant."""
        document = self.document
        if self.unseen:  # a document is another one where an alias is
            document = document.replace("{", f"{{ u{dice.getrandbits(60):x}: __typename", 1)
        variables = self.variables(dice, tenant)
        return orjson.dumps({"query": document, "operationName": self.operation, "variables": variables})


def _nothing(_dice: random.Random, _tenant: Tenant) -> dict[str, Any]:
    return {}


def _contact(dice: random.Random, tenant: Tenant) -> dict[str, Any]:
    return {"id": f"contact_{dice.choice(tenant.contacts).hex}"}


def first(size: int, after: str | None = None) -> Variables:
    """Variables of a page."""
    return lambda _dice, _tenant: {"first": size, "after": after}


def _draft(dice: random.Random, _tenant: Tenant) -> dict[str, Any]:
    number = dice.randrange(10**9)
    return {
        "input": {
            "contact": {
                "name": f"Zz {number}",  # behind the pages that are asked for, and easy to find again
                "email": f"zz.{number}@bench.example",
                "phone": f"+49 30 {number}",
                "organization": "Contoso",
            }
        }
    }


VIEWER: Final = Work(
    "Q1", "viewer", "Me", "query Me { viewer { id user { id username email role } tenant { id name } } }", _nothing
)
CONTACT: Final = Work("Q2", "one contact, 7 fields", "One", f"query One($id: ID!) {{ contact(id: $id) {{ {FIELDS} }} }}", _contact)
PAGE: Final = Work(
    "Q3",
    "page of 50, 7 fields each",
    "Page",
    f"query Page($first: Int, $after: String) {{ {_PAGE % FIELDS} }}",
    first(50),
)
LABELS: Final = Work(
    "Q4",
    "the same with each contact's labels",
    "Labelled",
    f"query Labelled($first: Int, $after: String) {{ {_PAGE % (FIELDS + ' labels { id name color }')} }}",
    first(50),
)
CREATE: Final = Work(
    "M1",
    "create a contact",
    "Add",
    "mutation Add($input: CreateContactInput!) { createContact(input: $input) "
    f"{{ contact {{ {FIELDS} }} userErrors {{ code message }} }} }}",
    _draft,
)

MAIN: Final = (VIEWER, CONTACT, PAGE, LABELS, CREATE)
"""The table's columns."""


def pages(sizes: Sequence[int]) -> list[Work]:
    """Pages of other sizes."""
    return [replace(PAGE, name=f"Q3/{size}", title=f"page of {size}", variables=first(size)) for size in sizes]


def unseen(work: Work) -> Work:
    """The same, but no document comes twice."""
    return replace(work, name=f"{work.name}*", title=f"{work.title}, no document seen before", unseen=True)


def comparable(answer: bytes, dialect: Dialect = PLAIN) -> Any:
    """What of an answer must be alike everywhere: all of `data`, but for cursors, which are each server's own, what a document
    has of its own, and the id and time of what was just made. Raises ValueError for anything but data."""
    said = orjson.loads(answer)
    if "errors" in said or not isinstance(said.get("data"), dict):
        raise ValueError(f"no data: {answer[:300]!r}")
    data = {name: value for name, value in said["data"].items() if value not in ("Query", "Mutation")}
    data = dialect.told(data)
    if "contacts" in data:
        edges, info = data["contacts"]["edges"], data["contacts"]["pageInfo"]
        cursors = [edge["cursor"] for edge in edges]
        if len(set(cursors)) < len(edges) or info["endCursor"] != (cursors[-1] if cursors else None):
            raise ValueError("cursors that are none")
        info["endCursor"] = None
        for edge in edges:
            edge["cursor"] = None
    if "createContact" in data:
        contact = data["createContact"]["contact"]
        if not contact["id"].startswith("contact_") or not contact["updatedAt"].endswith("Z"):
            raise ValueError("not what was made")
        contact["id"] = contact["updatedAt"] = None
    return data
