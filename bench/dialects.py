"""How a peer is asked that makes its schema by itself: another document for the same, and the answer put into our words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from bench.seed import Tenant

Json = dict[str, Any]


@dataclass(frozen=True)
class Dialect:
    """`asked` turns a request of ours into the peer's, and `told` its data into ours."""

    asked: Callable[[bytes, Tenant], bytes]
    told: Callable[[Json], Json]


PLAIN: Final = Dialect(lambda body, _tenant: body, lambda data: data)
"""Of all who speak the product's schema."""

_FIELDS: Final = "rowId name email phone organization favorite updatedAt"
_LABELS: Final = "contactLabelsByTenantIdAndContactId { nodes { labelByTenantIdAndLabelId { rowId name color } } }"
_PAGE: Final = (
    "($tenant: UUID!, $first: Int, $after: Cursor) { contacts: allContacts(first: $first, after: $after, "
    "condition: { tenantId: $tenant, deletedAt: null }, orderBy: [NAME_KEY_ASC]) "
    "{ edges { cursor node { %s } } pageInfo { hasNextPage endCursor } } }"
)
_DOCUMENTS: Final = {
    "Me": "query Me($tenant: UUID!, $session: UUID!) { viewer: sessionByTenantIdAndRowId(tenantId: $tenant, rowId: $session) "
    "{ rowId userByTenantIdAndUserId { rowId username email role } tenantByTenantId { rowId name } } }",
    "One": "query One($tenant: UUID!, $id: UUID!) { contact: contactByTenantIdAndRowId(tenantId: $tenant, rowId: $id) "
    f"{{ {_FIELDS} }} }}",
    "Page": f"query Page{_PAGE % _FIELDS}",
    "Labelled": f"query Labelled{_PAGE % f'{_FIELDS} {_LABELS}'}",
    "Add": "mutation Add($contact: ContactInput!) { createContact(input: { contact: $contact }) "
    f"{{ contact {{ {_FIELDS} }} }} }}",
}


def _asked(body: bytes, tenant: Tenant) -> bytes:
    ours = orjson.loads(body)
    operation, given = ours["operationName"], ours["variables"]
    document = _DOCUMENTS[operation]
    if "__typename" in ours["query"]:  # one of those that come only once
        document = document.replace("{", ours["query"][ours["query"].index("{") :].partition(" __typename")[0] + " __typename", 1)
    variables: Json = {"tenant": tenant.id, **given}
    if operation == "Me":
        variables["session"] = tenant.session
    elif operation == "One":
        variables["id"] = UUID(given["id"].removeprefix("contact_"))
    elif operation == "Add":
        variables = {"contact": {"tenantId": tenant.id, **given["input"]["contact"]}}
    return orjson.dumps({"query": document, "operationName": operation, "variables": variables})


def _told(data: Json) -> Json:
    told = dict(data)
    if "viewer" in told:
        viewer = told["viewer"]
        user, tenant = viewer["userByTenantIdAndUserId"], viewer["tenantByTenantId"]
        told["viewer"] = {
            "id": _id("session", viewer["rowId"]),
            "user": {"id": _id("user", user["rowId"]), **_but_id(user)},
            "tenant": {"id": _id("tenant", tenant["rowId"]), **_but_id(tenant)},
        }
    if "contact" in told:
        told["contact"] = _contact(told["contact"])
    if "contacts" in told:
        edges = [{"cursor": edge["cursor"], "node": _contact(edge["node"])} for edge in told["contacts"]["edges"]]
        told["contacts"] = {**told["contacts"], "edges": edges}
    if "createContact" in told:
        told["createContact"] = {"contact": _contact(told["createContact"]["contact"]), "userErrors": []}
    return told


def _contact(row: Json) -> Json:
    moment = row["updatedAt"].replace(".000000+00:00", "Z").replace("+00:00", "Z")
    contact = {"id": _id("contact", row["rowId"]), **_but_id(row), "updatedAt": moment}
    labels = contact.pop("contactLabelsByTenantIdAndContactId", None)
    if labels is not None:
        found = [node["labelByTenantIdAndLabelId"] for node in labels["nodes"]]
        told = [{"id": _id("label", label["rowId"]), **_but_id(label)} for label in found]
        contact["labels"] = sorted(told, key=lambda label: str(label["name"]).lower())  # it has no such order
    return contact


def _id(kind: str, uuid: str) -> str:
    return f"{kind}_{uuid.replace('-', '')}"


def _but_id(row: Json) -> Json:
    return {name: value for name, value in row.items() if name != "rowId"}


POSTGRAPHILE: Final = Dialect(_asked, _told)
"""PostGraphile's own names, from the tables."""
