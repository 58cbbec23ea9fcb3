"""The table of grants, cell by cell."""

from __future__ import annotations

from itertools import pairwise

import pytest

from auth.permissions import GRANTS, Permission, holders
from models.values import ENROLLING, OPERATOR, Role

_TABLE = {
    "account:use": "VIEWER EDITOR ADMIN OWNER ENROLLING LEAVING",
    "audit:read": "ADMIN OWNER LEAVING",
    "invitations:write": "ADMIN OWNER",
    "jobs:read": "ADMIN OWNER LEAVING",
    "jobs:write": "ADMIN OWNER",
    "contacts:read": "VIEWER EDITOR ADMIN OWNER LEAVING",
    "labels:read": "VIEWER EDITOR ADMIN OWNER LEAVING",
    "tenant:read": "VIEWER EDITOR ADMIN OWNER LEAVING",
    "users:read": "VIEWER EDITOR ADMIN OWNER LEAVING",
    "contacts:write": "EDITOR ADMIN OWNER",
    "labels:write": "EDITOR ADMIN OWNER",
    "contacts:delete": "ADMIN OWNER",
    "tenant:write": "ADMIN OWNER",
    "users:write": "ADMIN OWNER",
    "tenant:delete": "OWNER LEAVING",
    "tenant:export": "ADMIN OWNER LEAVING",
    "tenant:govern": "OWNER",
    "tenants:operate": "OPERATOR",
}


@pytest.mark.parametrize("permission", Permission)
def test_each_permission_is_held_by_these(permission: Permission) -> None:
    expected = {str(role) for role in _TABLE[permission].split()}
    assert {str(role) for role in holders(permission)} == expected
    assert {str(role) for role, grants in GRANTS.items() if permission in grants} == expected


def test_each_role_may_do_what_the_next_one_may() -> None:
    for stronger, weaker in pairwise(Role):
        assert GRANTS[stronger] >= GRANTS[weaker]


def test_who_has_yet_to_enrol_may_use_their_account_alone() -> None:
    assert GRANTS[ENROLLING] == {Permission.ACCOUNT_USE}


def test_an_operator_holds_nothing_of_a_tenant() -> None:
    assert GRANTS[OPERATOR] == {Permission.TENANTS_OPERATE}


def test_permissions_are_alphabetical_and_named_by_resource_and_action() -> None:
    values = [permission.value for permission in Permission]
    assert values == sorted(values)
    assert [permission.name for permission in Permission] == [value.replace(":", "_").upper() for value in values]
