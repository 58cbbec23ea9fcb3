"""Apollo Client 4 against the live server: signing in, pages, the cache, refusals, renewal, the cookie."""

from __future__ import annotations

from pathlib import Path

from tests.frontend.tools import know, program
from tests.world import Person, World


async def test_pages_merge_and_a_change_shows_wherever_the_contact_stands(built: Path, world: World) -> None:
    charles, *_ = await know(world.ada, "Charles", "Donald", "Edsger")
    assert await program(built, "apollo/pages.ts", world.ada) == {
        "rendered": [["Charles", "Donald"], ["Charles", "Donald", "Edsger"], ["Charles B.", "Donald", "Edsger"]],
        "more": [True, False],
        "cached": 3,
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
    outcome = await program(built, "apollo/refusals.ts", world.ada)
    contact = outcome["made"].pop("id")
    assert contact.startswith("contact_")
    assert outcome == {
        "unauthenticated": "UNAUTHENTICATED",
        "wrong": "INVALID_CREDENTIALS",
        "forbidden": "FORBIDDEN",
        "statuses": [401, 200, 200, 403, 200, 200, 200],
        "made": {
            "__typename": "Contact",
            "version": 1,
            "name": "Edsger",
            "email": "edsger@example.org",
            "phone": None,
            "organization": None,
            "favorite": False,
            "labels": [],
        },
        "invalid": [
            {
                "__typename": "InvalidInputError",
                "code": "INVALID",
                "message": "email is not an e-mail address, such as ada@example.org.",
                "path": ["contact", "email"],
            }
        ],
    }


async def test_an_access_token_that_expired_is_renewed_once_for_all_who_wait(built: Path, world: World, brief: Person) -> None:
    await know(world.ada, "Charles", "Donald")
    assert await program(built, "apollo/renewal.ts", brief) == {
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


async def test_the_refresh_token_in_the_cookie_is_for_pages_of_the_same_site(built: Path, world: World) -> None:
    cookie = "__Host-refresh_token=…; HttpOnly; Path=/; SameSite=Strict; Secure"
    assert await program(built, "apollo/cookie.ts", world.ada) == {
        "viewer": "ada",
        "cookies": [cookie, cookie],
        "distinct": 2,
        "stolen": "FORBIDDEN",
    }
