"""A caller is what a verified token says, and asks for doors by permission."""

from __future__ import annotations

from uuid import uuid4

import pytest

from auth.caller import Caller, Identity
from auth.permissions import Permission, holders
from auth.tokens import Claims
from models.values import Origin, Pass


@pytest.fixture
def claims() -> Claims:
    """What a token said."""
    return Claims(uuid4(), uuid4(), uuid4(), "acme", "ada", 1_900_000_000, "jti")


def test_a_caller_is_whom_the_claims_name(claims: Claims) -> None:
    origin = Origin("request", "Lynx", "192.0.2.0/24")
    assert Caller.of(claims, origin) == Caller(claims.user, claims.tenant, claims.session, "acme", "ada", origin)


@pytest.mark.parametrize("permission", Permission)
def test_a_pass_names_the_session_and_the_roles_that_hold_the_permission(permission: Permission, claims: Claims) -> None:
    caller = Caller.of(claims, Origin())
    assert caller.to(permission) == Pass(claims.tenant, claims.session, holders(permission))


def test_nobody_is_identified_unless_a_token_says_so() -> None:
    identity = Identity(Origin())
    assert identity.caller is None
    assert not identity.stale
