"""The words of letters."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from resolvers.letter_texts import WORDS, Facts, html, plain
from resolvers.letters import LetterKind

AT = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
FACTS = Facts("acme", AT, "EDITOR", "your account “<ada> & {role}”", "2001:db8::/48", "https://book.test/account/verify#t", AT)


@pytest.mark.parametrize("kind", list(LetterKind))
def test_each_letter_says_what_happened_when_and_what_to_do(kind: LetterKind) -> None:
    words, text = WORDS[kind], plain(kind, FACTS)
    assert words.subject.isascii()
    assert "“acme”" in text
    assert "\nWhen: 2026-11-30 12:00 UTC\nFrom the network: 2001:db8::/48\n" in text
    assert words.otherwise in text
    assert ("https://book.test/account/verify#t\n\nThe link works once, until 2026-11-30 12:00 UTC." in text) == bool(words.action)


@pytest.mark.parametrize("kind", list(LetterKind))
def test_html_says_the_same_and_nothing_of_anybody_becomes_a_tag(kind: LetterKind) -> None:
    page = html(kind, FACTS)
    assert "<ada>" not in page
    assert ("&lt;ada&gt; &amp; {role}" in page) == ("{account}" in WORDS[kind].what)
    assert ('<a href="https://book.test/account/verify#t">' in page) == bool(WORDS[kind].action)
    for word in ("<img", "<script", "<style", "<link", "http:"):
        assert word not in page


def test_a_letter_without_a_link_has_none() -> None:
    bare = FACTS._replace(link=None, until=None, network=None)
    for kind in LetterKind:
        assert "book.test" not in plain(kind, bare) + html(kind, bare)
        assert "network" not in plain(kind, bare)
