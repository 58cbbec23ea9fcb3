"""Acts with a second factor, and what each must leave in the audit log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.authenticators import CONFIRM, ENROLL, App, enrolled, told
from tests.stories.audit_acts import CANARY, OLD_RIGHT, RIGHT, Act, Told, forget, gql, of, rest
from tests.world import PASSWORD, World

_DISABLE = "mutation { disableTotp { ok userErrors { code } } }"
_REGENERATE = "mutation { regenerateRecoveryCodes { recoveryCodes userErrors { code } } }"


def _refused(act: Act, *codes: str) -> Act:
    """An act that leaves what it leaves because it is refused so."""

    async def whole(world: World) -> None:
        assert told(await act(world)) == [*codes]

    return whole


def _enrolled(act: Callable[[World, App, list[str]], Awaitable[Any]]) -> Act:
    """An act of grace's, who has an authenticator and recovery codes."""

    async def whole(world: World) -> Any:
        app, codes = await enrolled(world.grace)
        await forget(world)
        return await act(world, app, codes)

    return whole


def _login(world: World, totp: str | None) -> Awaitable[Any]:
    return gql("stranger", "login", "LoginInput", **RIGHT | {"totp": totp})(world)


async def _login_of_old(world: World, totp: str, status: int) -> None:
    answer = await rest("stranger", "POST", "/api/auth/login", **OLD_RIGHT | {"totp": totp})(world)
    assert answer.status == status


def _again(world: World, totp: str | None = None, password: str = PASSWORD) -> Awaitable[Any]:
    return gql("grace", "reauthenticate", "ReauthenticateInput", password=password, totp=totp)(world)


async def _used(world: World, app: App, _codes: list[str]) -> Any:
    code = app.next()
    assert told(await _login(world, code)) == []
    await forget(world)
    return await _login(world, code)


async def _held(world: World, app: App, _codes: list[str]) -> Any:
    for _ in range(10):
        if told(await _login(world, app.at(20))) == ["RATE_LIMITED"]:
            break
    await forget(world)
    return await _login(world, app.at())


async def _confirmed(world: World) -> Any:
    await world.grace.login()
    app = App((await world.grace.gql(ENROLL)).data["enrollTotp"]["secret"])
    await forget(world)
    return await world.grace.gql(CONFIRM, c=app.next())


async def _misconfirmed(world: World) -> Any:
    app = App((await world.grace.gql(ENROLL)).data["enrollTotp"]["secret"])
    await forget(world)
    return await world.grace.gql(CONFIRM, c=app.at(20))


async def _guessed(world: World) -> Any:
    answers = [told(await _misconfirmed(world)), *[told(await world.grace.gql(CONFIRM, c="000000")) for _ in range(11)]]
    assert answers == [*[["INVALID_CREDENTIALS"]] * 10, *[["RATE_LIMITED"]] * 2]


async def _stale(world: World) -> Any:
    await enrolled(world.grace)
    await world.admin.execute("UPDATE sessions SET authenticated_at = now() - interval '11 minutes'")
    await forget(world)
    promote = gql("ada", "updateUser", "UpdateUserInput", id=of(world.grace), role="OWNER")
    remove = gql("ada", "deleteUser", "DeleteUserInput", id=of(world.grace))
    answers = [await act(world) for act in (promote, remove)]
    answers += [await world.grace.gql(document) for document in (ENROLL, _REGENERATE, _DISABLE)]
    assert [told(answer) for answer in answers] == [["REAUTHENTICATION_REQUIRED"]] * 5


async def _required(world: World) -> Any:
    await enrolled(world.adam)
    await forget(world)
    return await gql("adam", "updateTenant", "UpdateTenantInput", requireTotp=True)(world)


def _failed(why: str, **details: str) -> list[Told]:
    return [Told("login.failed", None, "grace", {"why": why} | details)]


def _not_again(factor: str, why: str) -> list[Told]:
    return [Told("reauthentication.refused", "grace", "session", {"factor": factor, "why": why})]


_IN = Told("login.succeeded", "grace", "session", {})
_PROVED = Told("reauthenticated", "grace", "session", {})
_SPENT = Told("recovery_code.used", "grace", "grace", {"left": 9})
_MADE = Told("recovery_codes.made", "grace", "grace", {"count": 10})

SECOND_FACTORS: dict[str, tuple[Act, list[Told]]] = {
    "enrolling": (lambda world: world.grace.gql(ENROLL), [Told("totp.enrolled", "grace", "grace", {})]),
    "a first code": (_confirmed, [Told("totp.enabled", "grace", "grace", {"sessions_ended": 1}), _MADE]),
    "a wrong first code": (_refused(_misconfirmed, "INVALID_CREDENTIALS"), []),
    "guesses of a first code": (_guessed, [Told("limit.reached", None, None, {"kind": "totp"})]),
    "new recovery codes": (_enrolled(lambda world, _, __: world.grace.gql(_REGENERATE)), [_MADE]),
    "disabling": (_enrolled(lambda world, _, __: world.grace.gql(_DISABLE)), [Told("totp.disabled", "grace", "grace", {})]),
    "disabling what is not there": (_refused(lambda world: world.grace.gql(_DISABLE), "NOT_FOUND"), []),
    "a second factor for everybody": (
        _required,
        [Told("tenant.changed", "adam", "acme", {"fields": ["require_totp"], "require_totp": True})],
    ),
    "login with a code": (_enrolled(lambda world, app, _: _login(world, app.next())), [_IN]),
    "login with a code, of old": (_enrolled(lambda world, app, _: _login_of_old(world, app.next(), 200)), [_IN]),
    "login without a code": (
        _refused(_enrolled(lambda world, _, __: _login(world, None)), "TOTP_REQUIRED"),
        _failed("TOTP_REQUIRED", factor="totp"),
    ),
    "login with a wrong code": (
        _refused(_enrolled(lambda world, app, _: _login(world, app.at(20))), "INVALID_CREDENTIALS"),
        _failed("INVALID_CREDENTIALS", factor="totp"),
    ),
    "login with a wrong code, of old": (
        _enrolled(lambda world, app, _: _login_of_old(world, app.at(20), 401)),
        _failed("INVALID_CREDENTIALS", factor="totp"),
    ),
    "login with a code a second time": (
        _refused(_enrolled(_used), "INVALID_CREDENTIALS"),
        _failed("INVALID_CREDENTIALS", factor="totp"),
    ),
    "login after many wrong codes": (_refused(_enrolled(_held), "RATE_LIMITED"), _failed("RATE_LIMITED", factor="totp")),
    "login with a recovery code": (_enrolled(lambda world, _, codes: _login(world, codes[0])), [_SPENT, _IN]),
    "login with a recovery code, of old": (_enrolled(lambda world, _, codes: _login_of_old(world, codes[0], 200)), [_SPENT, _IN]),
    "proving again": (_again, [_PROVED]),
    "proving again with a code": (_enrolled(lambda world, app, _: _again(world, app.next())), [_PROVED]),
    "proving again with a recovery code": (_enrolled(lambda world, _, codes: _again(world, codes[0])), [_SPENT, _PROVED]),
    "proving again with a wrong password": (
        _refused(_enrolled(lambda world, app, _: _again(world, app.next(), CANARY)), "INVALID_CREDENTIALS"),
        _not_again("password", "INVALID_CREDENTIALS"),
    ),
    "proving again without a code": (
        _refused(_enrolled(lambda world, _, __: _again(world)), "TOTP_REQUIRED"),
        _not_again("totp", "TOTP_REQUIRED"),
    ),
    "proving again with a wrong code": (
        _refused(_enrolled(lambda world, app, _: _again(world, app.at(20))), "INVALID_CREDENTIALS"),
        _not_again("totp", "INVALID_CREDENTIALS"),
    ),
    "what wants a proof, without one": (_stale, []),
}
"""As `LIST`."""
