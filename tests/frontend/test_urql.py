"""urql against the live server: pages, the normalised cache, refusals, renewal."""

from __future__ import annotations

from pathlib import Path

from tests.frontend.tools import know, program
from tests.world import Person, World


async def test_pages_merge_and_a_change_shows_wherever_the_contact_stands(built: Path, world: World) -> None:
    charles, *_ = await know(world.ada, "Charles", "Donald", "Edsger")
    assert await program(built, "urql/pages.ts", world.ada) == {
        "rendered": [["Charles", "Donald"], ["Charles", "Donald", "Edsger"], ["Charles B.", "Donald", "Edsger"]],
        "more": [True, False],
        "merged": ["Charles", "Donald", "Edsger"],
        "changed": [],
        "stale": [
            {
                "__typename": "StaleVersionError",
                "message": "The contact has changed: it is at version 2, not 1.",
                "path": ["expectedVersion"],
                "current": {"__typename": "Contact", "id": charles, "version": 2, "name": "Charles B."},
            }
        ],
    }


async def test_refusals_are_told_apart_by_their_place_and_code(built: Path, world: World) -> None:
    assert await program(built, "urql/refusals.ts", world.ada) == {
        "nobody": None,
        "unauthenticated": ["UNAUTHENTICATED", 401],
        "wrong": ["INVALID_CREDENTIALS"],
        "forbidden": ["FORBIDDEN", 403],
        "invalid": [["INVALID", ["contact", "email"]]],
    }


async def test_an_access_token_that_expired_is_renewed_once_for_all_who_wait(built: Path, world: World, brief: Person) -> None:
    await know(world.ada, "Charles", "Donald")
    assert await program(built, "urql/renewal.ts", brief) == {
        "viewer": "ada",
        "contacts": 1,
        "sent": [
            ["ContactPages", 200],
            ["ContactPages", 401],
            ["Login", 200],
            ["Refresh", 200],
            ["Viewer", 200],
            ["Viewer", 401],
        ],
    }
