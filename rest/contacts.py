"""/api/address-book: contacts by number, in the Rust service's shapes or in those of its UI."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from models.conditions import TextMatch
from models.contact_search import EVERYTHING, ContactFilter, ContactOrder, ContactQuery, IntMatch
from models.values import Gender, Row
from resolvers import contacts
from rest import bodies, errors
from rest.call import Call, Reply

LIST_QUERY: Final = ("cursor", "offset", "limit", "page", "search", "sort")
PAGE: Final = 50
PAGE_LIMIT: Final = 500
_INT32: Final = 2**31 - 1
_SORTS: Final = {
    "fullName": ContactOrder.NAME,
    "full_name": ContactOrder.NAME,
    "name": ContactOrder.NAME,
    "email": ContactOrder.EMAIL,
    "age": ContactOrder.AGE,
    "phone": ContactOrder.PHONE,
    "id": ContactOrder.NUMBER,
    "created_at": ContactOrder.CREATED_AT,
    "updated_at": ContactOrder.UPDATED_AT,
}
"""What both dialects call the orders."""


async def listed(call: Call) -> Reply:
    """GET /api/address-book: by id after a cursor; in the UI's shapes a numbered page."""
    if call.ui:
        return await _numbered_page(call)
    key = "cursor" if "cursor" in call.request.query else "offset"
    cursor = call.loosely(key, 0, 0, _INT32)
    limit = call.loosely("limit", PAGE, 1, PAGE_LIMIT)
    return await _page(call, ContactQuery(), cursor=cursor, offset=0, limit=limit)


async def filtered(call: Call) -> Reply:
    """GET /api/address-book/filter: substrings with case, `%` and `_` are letters. A cursor outweighs page and order."""
    asked = call.query(bodies.ContactFilter)
    texts = {"name": asked.name, "email": asked.email, "phone": asked.phone}
    query = ContactQuery(
        filter=ContactFilter(
            texts={column: TextMatch(contains=text, exact=True) for column, text in texts.items() if text},
            age=None if asked.age is None else IntMatch(eq=asked.age),
            gender=asked.gender,
        )
        if any((*texts.values(), asked.gender, asked.age is not None))
        else EVERYTHING,
        order=() if asked.cursor is not None else _order(asked.sort_by, asked.sort_order),
    )
    limit = min(asked.page_size, PAGE_LIMIT)
    pages = 0 if asked.cursor is not None else max(asked.page_num, 1) - 1
    return await _page(call, query, cursor=max(asked.cursor or 0, 0), offset=pages * limit, limit=limit)


async def one(call: Call) -> Reply:
    """GET /api/address-book/{id}, with the version as its ETag."""
    row = await contacts.by_number(call.caller, call.number)
    return Reply(_told(call, row), headers=_etag(row))


async def add(call: Call) -> Reply:
    """POST /api/address-book; with an Idempotency-Key it is done once, and answered as the first time."""
    given = await call.body(bodies.Contact)
    row, replayed = await contacts.add_numbered(call.caller, given.values(), call.idempotency_key)
    reply = _saved(call, row, errors.CREATED)
    return replace(reply, headers={**reply.headers, "Idempotent-Replayed": "true"}) if replayed else reply


async def change(call: Call) -> Reply:
    """PUT /api/address-book/{id}; If-Match is honoured, and never required."""
    given = await call.body(bodies.Contact)
    row = await contacts.change_numbered(call.caller, call.number, given.values(), call.expected_version)
    return _saved(call, row, errors.OK)


async def delete(call: Call) -> Reply:
    """DELETE /api/address-book/{id}: into the trash; If-Match is honoured, and never required."""
    await contacts.delete_numbered(call.caller, call.number, call.expected_version)
    return Reply()


async def _page(call: Call, query: ContactQuery, *, cursor: int, offset: int, limit: int) -> Reply:
    rows = await contacts.numbered(call.caller, query, after=cursor, offset=offset, limit=limit + 1) if limit else []
    more, rows = len(rows) > limit, rows[:limit]
    # A cursor is an id, so there is one where the page is in the order of ids.
    by_id = query.order in ((), ((ContactOrder.NUMBER, False),))
    metadata = {
        "current_cursor": cursor,
        "page_size": limit,
        "total_elements": None,
        "next_cursor": rows[-1]["number"] if more and by_id else None,
        "count": len(rows),
        "has_more": more,
    }
    return Reply([_told(call, row) for row in rows], metadata=metadata, tagged=True)


async def _numbered_page(call: Call) -> Reply:
    limit = call.loosely("limit", PAGE, 1, PAGE_LIMIT)
    page = call.loosely("page", 1, 1, _INT32 // limit)
    field, _, direction = call.request.query.get("sort", "").partition(",")
    query = ContactQuery(search=call.request.query.get("search") or None, order=_order(field, direction))
    rows = await contacts.numbered(call.caller, query, after=0, offset=(page - 1) * limit, limit=limit)
    total = await contacts.count(call.caller, query)
    pages = -(-total // limit)
    data = {
        "contacts": [_told(call, row) for row in rows],
        "total": total,
        "page": page,
        "limit": limit,
        "total_pages": pages,
        "has_next": page < pages,
        "has_prev": page > 1,
    }
    return Reply(data, tagged=True)


def _order(field: str | None, direction: str | None) -> tuple[tuple[ContactOrder, bool], ...]:
    order = _SORTS.get(field or "")
    return () if order is None else ((order, (direction or "").lower() == "desc"),)


def _told(call: Call, row: Row) -> dict[str, Any]:
    """A contact as the old clients read it; what is empty is an empty text there, and null where it is no text."""
    told = {
        "id": row["number"],
        "name": row["name"],
        "gender": {Gender.MALE: True, Gender.FEMALE: False}.get(row["gender"]),
        "age": row["age"],
        "address": row["address"] or "",
        "phone": row["phone"] or "",
        "email": row["email"] or "",
    }
    if call.ui:
        told |= {"tenant_id": call.caller.tenant_slug, "created_at": row["created_at"], "updated_at": row["updated_at"]}
    return told


def _saved(call: Call, row: Row, status: int) -> Reply:
    return Reply(_told(call, row) if call.ui else "", status=status, headers=_etag(row))


def _etag(row: Row) -> dict[str, str]:
    return {"ETag": f'"{row["version"]}"'}
