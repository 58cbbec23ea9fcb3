"""relay-compiler takes the schema without a word, and relay-runtime works with the live server."""

from __future__ import annotations

from pathlib import Path

from tests.frontend.tools import change, compile_relay, know, program
from tests.world import Person, World

BUNDLED = ("--import", "./relay/bundler.mjs")


def test_the_compiler_has_nothing_to_say_against_the_schema(frontend: Path) -> None:
    status, said = compile_relay(frontend)
    assert status == 0, said
    assert [line for line in said.splitlines() if "WARN" in line or "ERROR" in line] == []
    assert "Compilation completed." in said


def test_the_compiler_wants_connections_as_relay_specifies_them(frontend: Path) -> None:
    change(frontend.parents[1] / "schema.graphql", "  hasNextPage: Boolean!\n", "  more: Boolean!\n")
    status, said = compile_relay(frontend)
    assert status == 1, said
    assert "hasNextPage" in said


async def test_pages_merge_and_changes_show_in_the_list(built: Path, world: World) -> None:
    charles, *_ = await know(world.ada, "Charles", "Donald", "Edsger")
    assert await program(built, "relay/pages.ts", world.ada, *BUNDLED) == {
        "rendered": [
            ["Charles", "Donald"],
            ["Charles", "Donald", "Edsger"],
            ["Charles", "Donald", "Edsger", "Alan"],
            ["Charles B.", "Donald", "Edsger", "Alan"],
        ],
        "stale": [
            {
                "__typename": "StaleVersionError",
                "message": "The contact has changed: it is at version 2, not 1.",
                "current": {"id": charles, "version": 2, "name": "Charles B."},
            }
        ],
    }


async def test_refusals_are_told_apart_by_their_place_and_code(built: Path, world: World) -> None:
    assert await program(built, "relay/refusals.ts", world.ada, *BUNDLED) == {
        "unauthenticated": ["Refused", "UNAUTHENTICATED"],
        "wrong": ["Error", "INVALID_CREDENTIALS"],
        "forbidden": ["Refused", "FORBIDDEN"],
        "invalid": [{"__typename": "InvalidInputError", "code": "REQUIRED", "path": ["contact", "name"]}],
        "statuses": [401, 200, 200, 403, 200, 200],
    }


async def test_an_access_token_that_expired_is_renewed_once_for_all_who_wait(built: Path, world: World, brief: Person) -> None:
    await know(world.ada, "Charles", "Donald")
    assert await program(built, "relay/renewal.ts", brief, *BUNDLED) == {
        "viewer": "ada",
        "contacts": 1,
        "sent": [
            ["environmentLoginMutation", 200],
            ["environmentRefreshMutation", 200],
            ["renewalContactsQuery", 200],
            ["renewalContactsQuery", 401],
            ["renewalViewerQuery", 200],
            ["renewalViewerQuery", 401],
        ],
    }
