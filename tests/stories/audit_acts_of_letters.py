"""Acts that letters are for, and what each must leave in the audit log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.authenticators import told
from tests.letters import Mailing
from tests.stories.audit_acts import BY_OPERATOR, CANARY, NEW, Told, forget, gql, rest
from tests.world import PASSWORD

Act = Callable[[Mailing], Awaitable[Any]]

_ADDRESS = "canary@example.org"
_INVITE = "mutation($i: InviteUserInput!) { inviteUser(input: $i) { invitation { id } userErrors { code } } }"
_OLD_SIGNUP = {"tenant_id": "acme", "username": "canary1", "email": _ADDRESS, "password": "Violet-harbour-29"}


def _codes(payload: Any) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


def _signup(post: Mailing, **changed: Any) -> Awaitable[Any]:
    return post.signup(**{"username": "canary1", "email": _ADDRESS, "password": NEW} | changed)


def _claim(post: Mailing) -> Awaitable[Any]:
    return _signup(post, email="Grace@example.org")


async def _signup_of_old(post: Mailing, **changed: str) -> Any:
    answer = await rest("stranger", "POST", "/api/auth/signup", **_OLD_SIGNUP | changed)(post.world)
    return await answer.json()


async def _claim_of_old(post: Mailing) -> None:
    assert (await _signup_of_old(post, email="grace@example.org"))["message"] == "User 'canary1' is already registered"


async def _waiting(post: Mailing) -> None:
    await _signup(post)
    await forget(post.world)
    assert (await post.login("canary1", NEW))["verificationRequired"]


async def _waiting_of_old(post: Mailing) -> None:
    await _signup(post)
    await forget(post.world)
    given = {"tenant_id": "acme", "username_or_email": "canary1", "password": NEW}
    assert (await rest("stranger", "POST", "/api/auth/login", **given)(post.world)).status == 401


async def _claimant(post: Mailing) -> None:
    await _claim(post)
    await forget(post.world)
    assert (await post.login("canary1", NEW))["verificationRequired"]


def _ask(name: str, email: str, times: int = 1) -> Act:
    async def act(post: Mailing) -> None:
        for _ in range(times):
            assert _codes(await post.do(name, tenant="acme", email=email)) == []
            await post.done()

    return act


async def _ask_verified(post: Mailing) -> None:
    await post.world.admin.execute("UPDATE users SET email_verified = true")
    await _ask("resendVerification", "grace@example.org")(post)


def _verify(times: int) -> Act:
    async def act(post: Mailing) -> None:
        await _signup(post)
        token = await post.token(_ADDRESS)
        await forget(post.world)
        answers = [_codes(await post.do("verifyEmail", token=token)) for _ in range(times)]
        assert answers == [[], *[["TOKEN_INVALID"]] * (times - 1)]

    return act


async def _link(post: Mailing) -> str:
    await _ask("requestPasswordReset", "grace@example.org")(post)
    token = await post.token("grace@example.org")
    await forget(post.world)
    return token


async def _reset(post: Mailing) -> None:
    assert _codes(await post.do("resetPassword", token=await _link(post), newPassword=NEW)) == []


async def _reset_twice(post: Mailing) -> None:
    token = await _link(post)
    await post.do("resetPassword", token=token, newPassword=NEW)
    await forget(post.world)
    assert _codes(await post.do("resetPassword", token=token, newPassword=PASSWORD)) == ["TOKEN_INVALID"]


async def _reset_weakly(post: Mailing) -> None:
    assert _codes(await post.do("resetPassword", token=await _link(post), newPassword="12345678")) == ["WEAK_PASSWORD"]


async def _dead(post: Mailing) -> None:
    assert _codes(await post.do("verifyEmail", token="A" * 84)) == ["TOKEN_INVALID"]
    assert _codes(await post.do("resetPassword", token="A" * 84, newPassword=NEW)) == ["TOKEN_INVALID"]


async def _invite(post: Mailing, email: str = _ADDRESS, role: str = "VIEWER") -> Any:
    return (await post.world.adam.gql(_INVITE, i={"email": email, "role": role})).data["inviteUser"]


async def _not_invited(post: Mailing) -> None:
    assert _codes(await _invite(post, role="OWNER")) == ["NOT_ALLOWED"]
    assert _codes(await _invite(post, "grace@example.org")) == ["ALREADY_EXISTS"]


async def _invited_again(post: Mailing) -> None:
    await _invite(post)
    await forget(post.world)
    assert _codes(await _invite(post, role="EDITOR")) == []


def _revoke(times: int) -> Act:
    async def act(post: Mailing) -> None:
        invited = (await _invite(post))["invitation"]["id"]
        await forget(post.world)
        revoke = gql("adam", "revokeInvitation", "RevokeInvitationInput", id=invited)
        assert [told(await revoke(post.world)) for _ in range(times)] == [[], *[["NOT_FOUND"]] * (times - 1)]

    return act


def _join(**changed: Any) -> Act:
    async def act(post: Mailing) -> None:
        await _invite(post)
        token = await post.token(_ADDRESS)
        await forget(post.world)
        assert _codes(await _signup(post, tenant=None, invitationToken=token, **changed)) == []
        assert _codes(await _signup(post, username="canary2", invitationToken=token)) == ["TOKEN_INVALID"]

    return act


async def _owned(post: Mailing) -> None:
    create = gql("oskar", "createTenant", "CreateTenantInput", slug="fresh", name=CANARY, ownerEmail=_ADDRESS)
    assert told(await create(post.world)) == []


_MADE = Told("user.signed_up", "canary1", "canary1", {})
_UNVERIFIED = {"why": "VERIFICATION_REQUIRED"}
_ACCEPTED = Told("invitation.accepted", "canary1", "invitation", {"role": "VIEWER"})

LETTERS: dict[str, tuple[Act, list[Told]]] = {
    "signup by letter": (_signup, [_MADE]),
    "signup by letter, of old": (_signup_of_old, [_MADE]),
    "signup with a known address": (_claim, [Told("user.signed_up_again", None, "grace", {})]),
    "signup with a known address, of old": (_claim_of_old, []),
    "login before the address is verified": (_waiting, [Told("login.failed", None, "canary1", _UNVERIFIED)]),
    "login before the address is verified, of old": (_waiting_of_old, [Told("login.failed", None, "canary1", _UNVERIFIED)]),
    "login after a sign-up with a known address": (_claimant, [Told("login.failed", None, None, _UNVERIFIED)]),
    "asking for a link to verify": (
        _ask("resendVerification", "grace@example.org"),
        [Told("email.verification_requested", None, "grace", {})],
    ),
    "asking for what is verified": (_ask_verified, []),
    "verifying": (_verify(1), [Told("email.verified", "canary1", "canary1", {})]),
    "verifying twice": (_verify(2), [Told("email.verified", "canary1", "canary1", {})]),
    "asking for a new password": (
        _ask("requestPasswordReset", "grace@example.org"),
        [Told("password.reset_requested", None, "grace", {})],
    ),
    "asking for it three times in a minute": (
        _ask("requestPasswordReset", "grace@example.org", 3),
        [Told("password.reset_requested", None, "grace", {})],
    ),
    "asking for nobody": (_ask("requestPasswordReset", _ADDRESS), []),
    "a new password by a link": (_reset, [Told("password.reset", "grace", "grace", {"sessions_ended": 1})]),
    "a link for a new password, a second time": (_reset_twice, []),
    "a weak password by a link": (_reset_weakly, []),
    "a link that means nothing": (_dead, []),
    "inviting": (_invite, [Told("invitation.sent", "adam", "invitation", {"role": "VIEWER"})]),
    "inviting again": (_invited_again, [Told("invitation.sent", "adam", "invitation", {"role": "EDITOR"})]),
    "inviting whom one may not": (_not_invited, []),
    "taking an invitation back": (_revoke(1), [Told("invitation.revoked", "adam", "invitation", {})]),
    "taking it back twice": (_revoke(2), [Told("invitation.revoked", "adam", "invitation", {})]),
    "joining": (_join(), [_MADE, _ACCEPTED]),
    "joining by another address": (_join(email="canary2@example.org"), [_MADE, _ACCEPTED]),
    "a tenant made with its owner": (
        _owned,
        [
            Told("tenant.created", "oskar", "fresh", BY_OPERATOR, tenant="fresh"),
            Told("invitation.sent", "oskar", "invitation", BY_OPERATOR | {"role": "OWNER"}, tenant="fresh"),
        ],
    ),
}
"""As `LIST`, on a server that sends its letters."""
