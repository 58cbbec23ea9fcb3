"""The old service's rules: the first broken one, in its own words; lengths count as bytes where they did."""

from __future__ import annotations

import pytest

from models import legacy
from models.errors import InvalidInput, Required

ZOE = {"name": "Zoë", "email": "zoe@example.org", "phone": "0100-000000", "address": "1 Oak Street", "age": 34}


def test_what_keeps_all_rules_passes() -> None:
    legacy.username("  ada  ")
    legacy.username("é" * 25)
    legacy.email("ada@example.org")
    legacy.contact(ZOE)
    legacy.contact(ZOE | {"name": "x" * 100, "phone": "+1 (555) 0100-000", "address": "x" * 500, "age": 150})
    legacy.tenant("acme_1-x", "Acme")


@pytest.mark.parametrize(("name", "message"), [("é" * 26, "too long"), ("é", "too short"), ("", "cannot be empty")])
def test_the_username_is_counted_in_bytes(name: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        legacy.username(name)


@pytest.mark.parametrize("address", ["a@b", "a b@c.d", "a@@b.c", "@b.c", "a@b.", "a@.c d"])
def test_an_address_needs_something_at_something_dot_something(address: str) -> None:
    with pytest.raises(InvalidInput, match="Invalid email format"):
        legacy.email(address)


@pytest.mark.parametrize("column", ["name", "email", "phone", "address", "age"])
def test_a_contact_that_lacks_a_column_is_refused(column: str) -> None:
    with pytest.raises(Required):
        legacy.contact({key: value for key, value in ZOE.items() if key != column})


def test_all_that_is_wrong_with_a_tenant_is_told_at_once() -> None:
    with pytest.raises(InvalidInput, match=r"^id must contain only .*; name cannot be empty$"):
        legacy.tenant("a b", " ")


def test_a_text_without_end_is_too_long_and_is_not_matched() -> None:
    with pytest.raises(InvalidInput, match="Email too long"):
        legacy.email("a@" + "." * 100_000 + "@")
    with pytest.raises(InvalidInput, match="phone must be at most 20 characters"):
        legacy.contact(ZOE | {"phone": "1" * 100_000 + "x"})
