"""Which dialect is spoken, by setting, header and caller."""

from __future__ import annotations

from uuid import UUID

import pytest
from aiohttp.test_utils import make_mocked_request

from auth.caller import Caller
from models.values import Origin
from rest.dialect import claims, speaks_ui

ADA = Caller(UUID(int=1), UUID(int=2), UUID(int=3), "acme", "ada", Origin())


@pytest.mark.parametrize(
    ("setting", "header", "caller", "ui"),
    [
        ("auto", "acme", ADA, True),
        ("auto", "acme", None, False),
        ("auto", None, ADA, False),
        ("auto", "", ADA, False),
        ("rust", "acme", ADA, False),
        ("ui", None, None, True),
    ],
)
def test_the_dialect_is_chosen_so(setting: str, header: str | None, caller: Caller | None, ui: bool) -> None:
    request = make_mocked_request("GET", "/", headers={} if header is None else {"X-Tenant-ID": header})
    assert speaks_ui(setting, request, caller) is ui


def test_an_empty_header_claims_nothing() -> None:
    assert claims(make_mocked_request("GET", "/", headers={"X-Tenant-ID": ""})) == []
