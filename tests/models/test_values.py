"""Normal forms, ids, ranks."""

from __future__ import annotations

from datetime import UTC
from itertools import combinations

import pytest

from models.values import Role, new_id, normal, now


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Ada", "ada"),
        ("ＡＤＡ", "ada"),
        ("a\u200bd\u00ada\ufeff", "ada"),
        ("  Ada \t Lovelace\n", "ada lovelace"),
        ("Rene\u0301e", "renée"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ﬁ", "fi"),
        ("İ", "i\u0307"),
        ("\u200b", ""),
        ("ada\x00", "ada\x00"),
    ],
)
def test_spellings_of_a_name_have_one_normal_form(text: str, form: str) -> None:
    assert normal(text) == form
    assert normal(form) == form


def test_names_with_other_letters_stay_different() -> None:
    assert normal("renée") != normal("renee")
    assert normal("ada.b") != normal("adab")


def test_a_role_outranks_those_below_alone() -> None:
    for stronger, weaker in combinations(Role, 2):
        assert stronger.outranks(weaker)
        assert not weaker.outranks(stronger)
    assert not any(role.outranks(role) for role in Role)


def test_ids_are_sorted_by_time_and_hard_to_guess() -> None:
    ids = [new_id() for _ in range(1_000)]
    assert {one.version for one in ids} == {7}
    assert len({one.bytes[8:] for one in ids}) == 1_000
    assert ids[0].bytes[:6] <= ids[-1].bytes[:6]


def test_the_time_is_in_utc() -> None:
    assert now().tzinfo is UTC


def test_the_normal_form_looks_at_a_thousand_characters() -> None:
    assert normal("a" * 300_000) == "a" * 1_000
