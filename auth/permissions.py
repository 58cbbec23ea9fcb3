"""Who may do what: the one table of grants."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from models.values import ENROLLING, LEAVING, OPERATOR, Role


class Permission(StrEnum):
    """What a door asks for, as `resource:action`."""

    ACCOUNT_USE = "account:use"
    AUDIT_READ = "audit:read"
    CONTACTS_DELETE = "contacts:delete"
    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    INVITATIONS_WRITE = "invitations:write"
    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"
    LABELS_READ = "labels:read"
    LABELS_WRITE = "labels:write"
    TENANT_DELETE = "tenant:delete"
    TENANT_EXPORT = "tenant:export"
    TENANT_GOVERN = "tenant:govern"
    TENANT_READ = "tenant:read"
    TENANT_WRITE = "tenant:write"
    TENANTS_OPERATE = "tenants:operate"
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"


_VIEWER: Final = frozenset(
    {
        Permission.ACCOUNT_USE,
        Permission.CONTACTS_READ,
        Permission.LABELS_READ,
        Permission.TENANT_READ,
        Permission.USERS_READ,
    }
)
_EDITOR: Final = _VIEWER | {Permission.CONTACTS_WRITE, Permission.LABELS_WRITE}
_ADMIN: Final = _EDITOR | {
    Permission.AUDIT_READ,
    Permission.CONTACTS_DELETE,
    Permission.INVITATIONS_WRITE,
    Permission.JOBS_READ,
    Permission.JOBS_WRITE,
    Permission.TENANT_EXPORT,
    Permission.TENANT_WRITE,
    Permission.USERS_WRITE,
}
_OWNER: Final = _ADMIN | {Permission.TENANT_DELETE, Permission.TENANT_GOVERN}

GRANTS: Final[dict[str, frozenset[Permission]]] = {
    Role.OWNER: _OWNER,
    Role.ADMIN: _ADMIN,
    Role.EDITOR: _EDITOR,
    Role.VIEWER: _VIEWER,
    OPERATOR: frozenset({Permission.TENANTS_OPERATE}),
    ENROLLING: frozenset({Permission.ACCOUNT_USE}),
    LEAVING: _VIEWER | {Permission.AUDIT_READ, Permission.JOBS_READ, Permission.TENANT_DELETE, Permission.TENANT_EXPORT},
}
"""Each role, and each mark, with its permissions. An owner's further rights concern users of a certain role."""

_HOLDERS: Final = {p: tuple(role for role, grants in GRANTS.items() if p in grants) for p in Permission}


def holders(permission: Permission) -> tuple[str, ...]:
    """The roles (and the marks beside them) that hold a permission."""
    return _HOLDERS[permission]
