"""The demo's people."""

import random

import asyncpg
import pytest

from models.label import Label
from server import demo
from server.settings import Settings


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


async def test_a_start_that_is_interrupted_leaves_nothing_and_the_next_one_plants_it_all(
    tortoise: None, admin: asyncpg.Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as early:
        early.setattr(Label, "add", interrupted)
        with pytest.raises(KeyboardInterrupt):
            await demo.plant(settings)
    assert await admin.fetchval("SELECT count(*) FROM tenants") == 0
    for _ in range(2):
        await demo.plant(settings)
        assert await admin.fetchval("SELECT count(*) FROM users") == len(demo.PEOPLE)
        assert await admin.fetchval("SELECT count(*) FROM contacts") == demo.CONTACTS
