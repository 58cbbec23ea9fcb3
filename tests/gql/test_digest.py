"""What the log calls a document."""

from __future__ import annotations

from hashlib import sha256

import pytest

from gql.digest import digest


def plain(text: str) -> str:
    """As `sha256sum` would tell it, in short."""
    return sha256(text.encode()).hexdigest()[:16]


def test_a_document_without_strings_has_the_digest_of_its_text() -> None:
    text = "query Me { viewer { user { username } } }"
    assert digest(text) == plain(text) == "0be83f2c4738203a"


@pytest.mark.parametrize(
    "literal",
    [
        '"hunter2"',
        r'"a\"hunter2"',
        r'"\\"',
        '"é # no comment"',
        '"""hunter2"""',
        '"""a "quoted" hunter2\n\\""" more"""',
        '""',
        '""""""',
    ],
)
def test_what_a_string_holds_is_not_in_it(literal: str) -> None:
    assert digest(f"{{ login(password: {literal}, code: 1) {{ ok }} }}") == plain('{ login(password: "", code: 1) { ok } }')


@pytest.mark.parametrize("rest", ['"hunter2', '"""hunter2', '"""hunter2""', "# hunter2"])
def test_nor_what_stands_behind_a_quote_that_never_ends_or_in_a_comment(rest: str) -> None:
    empty = "" if rest.startswith("#") else '""'
    assert digest("{ a(b: " + rest) == plain("{ a(b: " + empty)


def test_a_backslash_at_the_end_of_a_line_lets_no_string_after_it_out() -> None:
    """A string ends with its line, though the document is none then."""
    assert digest('{ a(b: "x\\\n) login(password: "hunter2") }') == plain('{ a(b: ""\\\n) login(password: "") }')


def test_a_quote_in_a_comment_begins_no_string() -> None:
    assert digest('{ a # it"s\n b(c: 1) }') == plain("{ a \n b(c: 1) }")
    assert digest('{ a # it"s\n b(c: 1) }') != digest('{ a # it"s\n b(c: 2) }')


def test_a_lone_surrogate_has_a_digest() -> None:
    assert len(digest("{ a } \ud800")) == 16


@pytest.mark.parametrize("piece", ['"', '"""', "\\", '"\\', '"""\\"""', "#", '""', "a"])
def test_it_takes_no_time_whatever_is_sent(piece: str) -> None:
    assert len(digest(f'"{piece * 100_000}')) == 16
