"""An ended session says why, to whoever holds its token and to nobody else."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest

from tests.world import PASSWORD, Person, World

VIEWER = "{ viewer { id } }"
CONTACTS = "{ contacts { totalCount } }"
LOGOUT = "mutation { logout { ok } }"
REFRESH = "mutation($t: String!) { refresh(input: {refreshToken: $t}) { userErrors { code message path } } }"


async def _ended(world: World, reason: str) -> Person:
    """A person whose session has ended for this reason."""
    ada, second = world.ada, await world.ada.login()
    match reason:
        case "LOGGED_OUT":
            await ada.gql(LOGOUT)
        case "REVOKED":
            await second.gql("mutation { revokeSessions(input: {scope: OTHERS}) { revokedCount } }")
        case "PASSWORD_CHANGED":
            await second.gql(
                "mutation($p: String!) { changePassword(input: {currentPassword: $p, newPassword: "
                '"wooden-lantern-quartz"}) { ok } }',
                p=PASSWORD,
            )
        case "TOKEN_REUSED":
            await world.stranger.gql(REFRESH, t=ada.refresh)
            await world.admin.execute("UPDATE refresh_tokens SET used_at = used_at - interval '1 minute'")
            await world.stranger.gql(REFRESH, t=ada.refresh)
        case "EXPIRED":
            await world.admin.execute(
                "UPDATE sessions SET expires_at = now() - interval '1 second' WHERE user_id = $1 AND id <> $2",
                ada.user,
                UUID((await second.gql(VIEWER)).data["viewer"]["id"].removeprefix("session_")),
            )
        case "USER_DEACTIVATED":
            await world.ada.gql(
                "mutation($id: ID!) { updateUser(input: {id: $id, active: false}) { userErrors { code } } }",
                id=f"user_{world.grace.user.hex if world.grace.user else ''}",
            )
            return world.grace
        case "TENANT_SUSPENDED":
            suspend = "mutation($id: ID!) { suspendTenant(input: {id: $id}) { userErrors { code } } }"
            await world.oskar.gql(suspend, id=f"tenantsummary_{world.acme.hex}")
    return ada


SAYS = {
    "LOGGED_OUT": "This session was signed out at …. Sign in again.",
    "REVOKED": "This session was ended from another one at …. Sign in again.",
    "EXPIRED": "This session expired at …. Sign in again.",
    "PASSWORD_CHANGED": "This session was ended when the password changed at …. Sign in again.",
    "TOKEN_REUSED": "This session was ended, since its refresh token was used a second time at …: somebody may hold a copy. "
    "Change your password if that was not you. Sign in again.",
    "USER_DEACTIVATED": "This account was deactivated at …. Sign in again.",
    "TENANT_SUSPENDED": "This tenant was suspended at …. Sign in again.",
}


def _timeless(message: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "…", message)


@pytest.mark.parametrize("reason", SAYS)
async def test_an_ended_session_says_why_and_when(reason: str, world: World) -> None:
    person = await _ended(world, reason)
    for query in (VIEWER, CONTACTS, LOGOUT):  # a statement with its own door, and a transaction
        answer = await person.gql(query)
        (error,) = answer.errors
        assert answer.status in {200, 401}
        assert (error["extensions"]["code"], error["extensions"]["reason"]) == ("UNAUTHENTICATED", reason)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", error["extensions"]["endedAt"])
        assert _timeless(error["message"]) == SAYS[reason]


@pytest.mark.parametrize("reason", ["LOGGED_OUT", "TOKEN_REUSED", "EXPIRED"])
async def test_so_does_its_refresh_token(reason: str, world: World) -> None:
    person = await _ended(world, reason)
    (error,) = (await world.stranger.gql(REFRESH, t=person.refresh)).data["refresh"]["userErrors"]
    assert (error["code"], error["path"]) == ("TOKEN_INVALID", ["refreshToken"])
    assert _timeless(error["message"]) == SAYS[reason]


async def test_a_session_that_never_was_tells_nothing(world: World) -> None:
    await world.admin.execute("DELETE FROM sessions WHERE user_id = $1", world.ada.user)
    (error,) = (await world.ada.gql(VIEWER)).errors
    assert error["message"] == "The session has ended. Sign in again."
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}


async def test_the_old_clients_are_told_what_they_always_were(world: World) -> None:
    person = await _ended(world, "REVOKED")
    answer: Any = await person.rest("GET", "/api/address-book")
    assert answer.status == 401
    assert (await answer.json()) == {"message": "Invalid token, please login again", "data": ""}
