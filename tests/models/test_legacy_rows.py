"""Decisions are understood whole or refused; rows are judged one by one, without what stands in them."""

from __future__ import annotations

import pytest

from models import legacy_rows
from models.errors import InvalidInput
from models.legacy_rows import Decisions, Names, checksum
from models.values import ImportKind

ROW = {"id": 5, "username": "ann", "email": "ann@old.example", "password": "x", "active": True}


def test_decisions_stand_in_place_of_old_values() -> None:
    decisions = Decisions.parse('{"users": {"5": {"username": "anna", "number": null}, "6": "skip"}}')
    assert decisions.apply(ImportKind.USER, ROW) == ROW | {"username": "anna", "number": None}
    assert decisions.apply(ImportKind.USER, ROW | {"id": 7}) == ROW | {"id": 7, "number": 7}
    assert [decisions.skips(ImportKind.USER, {"id": number}) for number in (5, 6, 7)] == [False, True, False]
    assert not decisions.skips(ImportKind.CONTACT, {"id": 6})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "The decisions are no JSON: line 1, column 2."),
        ("[]", "The decisions cannot be understood.\n: Input should be a valid dictionary or instance of Decisions"),
        ('{"people": {}}', "The decisions cannot be understood.\npeople: Extra inputs are not permitted"),
        ('{"users": {"5": {}, "5": "skip"}}', "The decisions name an id or a key twice."),
        (
            '{"users": {"hush": "skip"}}',
            (
                "The decisions cannot be understood.\n"
                "users.hush.[key]: Input should be a valid integer, unable to parse string as an integer"
            ),
        ),
        (
            '{"users": {"5": {"role": "hush"}}}',
            (
                "The decisions cannot be understood.\nusers.5.UserChoice.role: Extra inputs are not permitted\n"
                "users.5.literal['skip']: Input should be 'skip'"
            ),
        ),
        (
            '{"contacts": {"5": {"age": "hush", "number": 4}}}',
            (
                "The decisions cannot be understood.\ncontacts.5.ContactChoice.age: Input should be a valid integer\n"
                "contacts.5.ContactChoice.number: Input should be None\ncontacts.5.literal['skip']: Input should be 'skip'"
            ),
        ),
    ],
)
def test_decisions_that_are_none_are_refused_line_by_line(text: str, told: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Decisions.parse(text)
    assert refusal.value.message == told


def test_a_checksum_changes_with_the_row_and_not_with_the_session() -> None:
    before = checksum(ImportKind.USER, ROW)
    assert 0 <= before < 2**32
    assert checksum(ImportKind.USER, ROW | {"alike": 5}) == before
    for name, value in (("username", "Ann"), ("email", "x"), ("password", "y"), ("active", False)):
        assert checksum(ImportKind.USER, ROW | {name: value}) != before


def test_names_are_one_in_every_spelling() -> None:
    names = Names()
    for number, username, email in ((1, "ann", "a@x.example"), (2, "ＡＮＮ", "b@x.example"), (3, "ben", "A@X.example")):
        names.add({"id": number, "username": username, "email": email})
    assert names.called("Ann ") == [1, 2]
    found = names.clashes({"id": 1, "username": "ann", "email": "a@x.example"})
    assert [(fault.field, fault.others) for fault in found] == [("username", (2,)), ("email", (3,))]


def test_a_fault_says_what_is_wrong_and_not_with_what() -> None:
    _, faults = legacy_rows.user(ROW | {"number": 5, "username": "secret\x07", "email": "secret@@"})
    assert [fault.field for fault in faults] == ["email", "username"]
    assert "secret" not in str(faults)
