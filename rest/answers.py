"""What the routes answer, as JSON Schema (2020-12), for the description; in both dialects where they differ."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_FLAG: Final[Schema] = {"type": "boolean"}
_WHOLE: Final[Schema] = {"type": "integer"}
_MAYBE_WHOLE: Final[Schema] = {"type": ["integer", "null"]}
_MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}


def _object(optional: Iterable[str] = (), **properties: Schema) -> Schema:
    required = [name for name in properties if name not in set(optional)]
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _one(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _enveloped(data: Schema, **beside: Schema) -> Schema:
    return _object(message=_TEXT, data=data, **beside)


_CONTACT: Final = _one("ContactAnswer")
_TENANT: Final = _one("TenantAnswer")
_SIGNED_IN: Final = _object(access_token=_TEXT, refresh_token=_TEXT, token_type={"const": "bearer"}, token=_TEXT)
_OF_TENANT: Final = _object(tenant_id=_TEXT)
_NOTHING: Final[Schema] = {"const": ""}
_HEALTH: Final = _object(
    status={"enum": ["healthy", "unhealthy"]},
    timestamp=_MOMENT,
    components=_object(database=_TEXT, cache=_TEXT),
    tenants={"type": "null"},
    performance={"type": ["object", "null"]},
)
_PAGE: Final = _object(
    current_cursor=_WHOLE,
    page_size=_WHOLE,
    total_elements={"type": "null"},
    next_cursor=_MAYBE_WHOLE,
    count=_WHOLE,
    has_more=_FLAG,
)
_UI_PAGE: Final = _object(
    contacts=_list(_CONTACT),
    total=_WHOLE,
    page=_WHOLE,
    limit=_WHOLE,
    total_pages=_WHOLE,
    has_next=_FLAG,
    has_prev=_FLAG,
)

SCHEMAS: Final[dict[str, Schema]] = {
    "ContactAnswer": _object(
        ("tenant_id", "created_at", "updated_at"),
        id=_WHOLE,
        name=_TEXT,
        gender={"type": ["boolean", "null"], "description": "true is male, false is female, null is other or unknown"},
        age=_MAYBE_WHOLE,
        address=_TEXT,
        phone=_TEXT,
        email=_TEXT,
        tenant_id=_TEXT,
        created_at=_MOMENT,
        updated_at=_MOMENT,
    ),
    "UserAnswer": _object(id=_WHOLE, username=_TEXT, email=_TEXT, active=_FLAG),
    "TenantAnswer": _object(id=_TEXT, name=_TEXT, db_url=_TEXT, created_at=_TEXT, updated_at=_TEXT),
    "Done": _enveloped(_NOTHING),
    "Health": _enveloped(_HEALTH),
    "HealthWithStatus": _enveloped(_HEALTH, status=_TEXT),
    "Told": _enveloped({"type": "object"}),
    "Pong": _object(message={"const": "pong"}, status={"const": "ok"}),
    "SignedUp": _enveloped(_NOTHING, metadata=_OF_TENANT),
    "SignedIn": _enveloped(_SIGNED_IN, metadata=_OF_TENANT),
    "Renewed": _enveloped(_SIGNED_IN),
    "SignedOut": _enveloped({"enum": ["", {}]}),
    "Me": _enveloped(_object(username=_TEXT, login_session=_TEXT, tenant_id=_TEXT)),
    "Users": _enveloped(_list(_one("UserAnswer")), metadata=_object(pagination=_object(limit=_WHOLE, offset=_WHOLE, count=_WHOLE))),
    "OneUser": _enveloped(_one("UserAnswer")),
    "Contacts": {"anyOf": [_enveloped(_list(_CONTACT), metadata=_PAGE), _enveloped(_UI_PAGE)]},
    "FoundContacts": _enveloped(_list(_CONTACT), metadata=_PAGE),
    "OneContact": _enveloped(_CONTACT),
    "SavedContact": _enveloped({"anyOf": [_NOTHING, _CONTACT]}),
    "Tenants": _enveloped(
        _object(data=_list(_TENANT), total=_WHOLE, offset=_WHOLE, limit=_WHOLE, count=_WHOLE, next_cursor=_MAYBE_WHOLE)
    ),
    "FoundTenants": _enveloped(
        _list(_TENANT), current_cursor=_WHOLE, page_size=_WHOLE, total_elements={"type": "null"}, next_cursor=_MAYBE_WHOLE
    ),
    "OneTenant": _enveloped(_TENANT),
    "Statistics": _object(
        total_tenants=_WHOLE,
        active_tenants=_WHOLE,
        total_users=_WHOLE,
        logged_in_users=_WHOLE,
        tenant_stats=_list(_object(tenant_id=_TEXT, name=_TEXT, status={"enum": ["active", "inactive"]})),
    ),
    "TenantHealth": _list(_object(tenant_id=_TEXT, name=_TEXT, status=_FLAG, error_message={"type": ["string", "null"]})),
    "TenantStatus": {"type": "object", "additionalProperties": _FLAG},
    "Refused": _enveloped(
        {
            "anyOf": [
                _NOTHING,
                _object(
                    ("correlation_id", "tags"),
                    code=_TEXT,
                    message=_TEXT,
                    timestamp=_WHOLE,
                    status=_WHOLE,
                    correlation_id=_TEXT,
                    tags=_list(_TEXT),
                ),
            ]
        }
    ),
}

GIVES: Final[dict[tuple[str, str], str]] = {
    ("GET", "/health"): "Health",
    ("GET", "/api/health"): "Health",
    ("GET", "/api/health/status"): "HealthWithStatus",
    ("GET", "/api/health/detailed"): "Health",
    ("GET", "/api/health/performance"): "Told",
    ("GET", "/api/health/compatibility"): "Told",
    ("GET", "/api/ping"): "Pong",
    ("POST", "/api/auth/signup"): "SignedUp",
    ("POST", "/api/auth/login"): "SignedIn",
    ("POST", "/api/auth/logout"): "SignedOut",
    ("POST", "/api/auth/refresh"): "Renewed",
    ("POST", "/api/auth/refresh-token"): "SignedIn",
    ("GET", "/api/auth/me"): "Me",
    ("GET", "/api/users"): "Users",
    ("GET", "/api/users/{id}"): "OneUser",
    ("GET", "/api/address-book"): "Contacts",
    ("GET", "/api/address-book/filter"): "FoundContacts",
    ("GET", "/api/address-book/{id}"): "OneContact",
    ("POST", "/api/address-book"): "SavedContact",
    ("PUT", "/api/address-book/{id}"): "SavedContact",
    **{
        (method, base + path): name
        for base in ("/api/admin/tenants", "/api/tenants")
        for method, path, name in (
            ("GET", "", "Tenants"),
            ("GET", "/filter", "FoundTenants"),
            ("GET", "/{id}", "OneTenant"),
            ("POST", "", "OneTenant"),
            ("PUT", "/{id}", "OneTenant"),
        )
    },
    ("GET", "/api/admin/tenant/stats"): "Statistics",
    ("GET", "/api/admin/tenant/health"): "TenantHealth",
    ("GET", "/api/admin/tenant/status"): "TenantStatus",
}
"""The schema of each route's answer; what is not named here answers Done."""
