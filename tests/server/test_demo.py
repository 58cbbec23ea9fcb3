"""The demo's people."""

import random

import pytest

from server import demo


@pytest.mark.parametrize(
    ("name", "plain"), [("Ángel", "angel"), ("Søren", "soren"), ("Yılmaz", "yilmaz"), ("Çelik", "celik"), ("Hana", "hana")]
)
def test_a_name_stands_in_its_address_without_accents(name: str, plain: str) -> None:
    assert demo._plain(name) == plain


def test_no_address_lost_a_letter_of_its_name() -> None:
    dice = random.Random(1)  # noqa: S311 - the demo's own dice
    for person in (demo._person(dice) for _ in range(demo.CONTACTS)):
        address = str(person["email"]).split("@", maxsplit=1)[0]
        assert len(address) == len(f"{person['given_name']}.{person['family_name']}"), person["name"]
