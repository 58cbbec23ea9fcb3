"""Who an operation knows to be calling."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from auth.caller import Caller
from gql.context import Context
from models.errors import Forbidden, Unauthenticated
from models.values import Origin

_DESK: Any = SimpleNamespace()
_CALLER = Caller(uuid4(), uuid4(), uuid4(), "acme", "ada", Origin())


def test_who_signed_in_is_the_caller() -> None:
    context = Context(_DESK, Origin(), signed_in=_CALLER)
    assert context.caller is context.maybe_caller is _CALLER


def test_nobody_is_none_or_refused() -> None:
    context = Context(_DESK, Origin())
    assert context.maybe_caller is None
    with pytest.raises(Unauthenticated):
        _ = context.caller


def test_a_stale_token_is_refused_until_somebody_signs_in() -> None:
    context = Context(_DESK, Origin(), stale=True)
    for name in ("caller", "maybe_caller"):
        with pytest.raises(Unauthenticated):
            getattr(context, name)
    context.signed_in = _CALLER
    assert context.caller is _CALLER


def test_the_cookie_is_for_pages_that_may_use_it() -> None:
    with pytest.raises(Forbidden):
        Context(_DESK, Origin(), cookie="token").cookie_token()
    assert Context(_DESK, Origin(), cookie="token", origin_allowed=True).cookie_token() == "token"
    assert Context(_DESK, Origin(), origin_allowed=True).cookie_token() == ""


def test_loaders_live_as_long_as_their_operation() -> None:
    context = Context(_DESK, Origin(), signed_in=_CALLER)
    assert context.loaders is context.loaders
    assert context.loaders is not Context(_DESK, Origin(), signed_in=_CALLER).loaders
