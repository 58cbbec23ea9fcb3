"""Each rule: what it keeps, and what it refuses under which name."""

from __future__ import annotations

import string
from typing import Any

import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES, validate_email
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models import rules
from models.errors import InvalidInput, Required, TooLong, TooMany


def _refused(kind: type[InvalidInput], path: tuple[str, ...], work: Any, *args: Any) -> str:
    with pytest.raises(InvalidInput) as caught:
        work(*args)
    assert type(caught.value) is kind
    assert caught.value.path == path
    return caught.value.message


def test_a_text_is_kept_as_it_came() -> None:
    assert rules.text(" a\nb ", 5, "contact", "name") == " a\nb "
    assert rules.text("", 0, "name") == ""
    assert _refused(TooLong, ("contact", "name"), rules.text, "abc", 2, "contact", "name") == (
        "name may have at most 2 characters, not 3."
    )
    for unfit in ("a\x00", "\ud800"):
        _refused(InvalidInput, ("name",), rules.text, unfit, 9, "name")


def test_a_required_text_is_not_blank() -> None:
    assert rules.required("a", 1, "name") == "a"
    for blank in (None, "", " \u2003\n"):
        _refused(Required, ("name",), rules.required, blank, 9, "name")


def test_an_optional_text_is_none_where_it_is_blank() -> None:
    assert [rules.optional(value, 1, "x") for value in (None, "", "  ", "a")] == [None, None, None, "a"]
    _refused(TooLong, ("x",), rules.optional, "ab", 1, "x")


@pytest.mark.parametrize("address", ["a@b.org", "a+b@b.org", "zoë@exämple.org", "x" * 64 + "@b.org"])
def test_an_address_is_kept_as_it_was_written(address: str) -> None:
    assert rules.email(f" {address} ", "email") == address
    assert rules.optional_email(address, "email") == address


@pytest.mark.parametrize("address", ["a", "a@", "@b.org", "a b@c.org", "a@b@c.org", "a@b..org", ".a@b.org", "a\n@b.org"])
def test_what_is_no_address_is_refused(address: str) -> None:
    _refused(InvalidInput, ("contact", "email"), rules.email, address, "contact", "email")


_WORDS = st.lists(st.text(string.ascii_letters + string.digits, min_size=1, max_size=20), min_size=1, max_size=3)
_TOP = st.text(string.ascii_letters, min_size=2, max_size=20)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from("._+-"), _WORDS, st.sampled_from("-."), _WORDS, _TOP)
def test_an_address_that_looks_plain_is_one_for_the_library_too(
    one: str, local: list[str], other: str, domain: list[str], top: str
) -> None:
    address = f"{one.join(local)}@{other.join(domain)}.{top}"
    assume(len(address) <= 64 and top.lower() not in rules._SPECIAL)
    assert rules._PLAIN_EMAIL.fullmatch(address)
    validate_email(address, check_deliverability=False, globally_deliverable=False)


@pytest.mark.parametrize("name", SPECIAL_USE_DOMAIN_NAMES)
def test_special_domains_are_refused_in_either_case(name: str) -> None:
    for address in (f"ada@mail.{name}", f"ada@{name}".upper()):
        _refused(InvalidInput, ("email",), rules.email, address, "email")


@pytest.mark.parametrize("size", [60, 63, 64, 65])
def test_long_plain_addresses_are_measured_as_the_library_measures_them(size: int) -> None:
    label = f"a@{'b' * size}.org"
    if size <= 63:
        assert rules.email(label, "email") == label
    else:
        _refused(InvalidInput, ("email",), rules.email, label, "email")


def test_an_address_is_not_too_long_and_may_be_left_out() -> None:
    _refused(TooLong, ("email",), rules.email, "x" * 255, "email")
    _refused(Required, ("email",), rules.email, None, "email")
    assert [rules.optional_email(value, "email") for value in (None, " ")] == [None, None]


@pytest.mark.parametrize("number", ["1", "+49 (30) 555-01.99/2", "(030)", "0" * 40])
def test_a_phone_number_is_kept_as_people_write_it(number: str) -> None:
    assert rules.phone(number, "phone") == number


@pytest.mark.parametrize("number", ["+", "()", "1+1", "++1", "1a", "١", "1\n2", "1\t2"])
def test_what_is_no_phone_number_is_refused(number: str) -> None:
    _refused(InvalidInput, ("phone",), rules.phone, number, "phone")
    assert rules.phone(None, "phone") is None


def test_an_age_is_0_to_150() -> None:
    assert [rules.age(value, "age") for value in (None, 0, 150)] == [None, 0, 150]
    for value in (-1, 151):
        assert _refused(InvalidInput, ("age",), rules.age, value, "age") == "age must lie between 0 and 150."


def test_a_flag_is_yes_or_no() -> None:
    assert [rules.flag(value, "favorite") for value in (True, False)] == [True, False]
    _refused(Required, ("favorite",), rules.flag, None, "favorite")


def test_a_colour_is_six_digits_in_lower_case() -> None:
    assert [rules.color(value, "color") for value in (None, "#12ABef")] == [None, "#12abef"]
    for value in ("", "12abef", "#12abe", "#12abeg", "#12abef\n"):
        _refused(InvalidInput, ("color",), rules.color, value, "color")


def test_a_username_has_an_at_sign_only_as_ones_own_address() -> None:
    assert rules.username("  Ada \u2003 L ", "a@b.org", "username") == "Ada L"
    assert rules.username("A@B.org", "a@b.ORG", "username") == "A@B.org"
    for value in ("ab", "a@c.org", "ａ＠c.org", "\u200b\u200b\u200b", "a\u200bda", "a\x00da", "a\u202eda"):
        _refused(InvalidInput, ("username",), rules.username, value, "a@b.org", "username")
    _refused(Required, ("username",), rules.username, " ", "a@b.org", "username")
    _refused(TooLong, ("username",), rules.username, "x" * 51, "a@b.org", "username")


def test_a_slug_is_1_to_36_plain_letters() -> None:
    assert rules.slug("A-b_9", "slug") == "A-b_9"
    for value in ("", "x" * 37, "a b", "é", "a\n", "a.b"):
        _refused(InvalidInput, ("slug",), rules.slug, value, "slug")


def test_none_of_these_may_be_empty() -> None:
    rules.none_empty({"name": "", "login_attempts_per_minute": 0})
    message = _refused(Required, ("loginAttemptsPerMinute",), rules.none_empty, {"name": "", "login_attempts_per_minute": None})
    assert message == "loginAttemptsPerMinute may not be empty."


def test_a_list_has_its_limit() -> None:
    rules.at_most([1, 2], 2, "ids")
    assert _refused(TooMany, ("ids",), rules.at_most, [1, 2, 3], 2, "ids") == "ids may have at most 2 items, not 3."
