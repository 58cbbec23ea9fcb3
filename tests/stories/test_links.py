"""The links of letters, as they come out of a real mail server: good once, by the mutation, for whom they were meant."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from auth.mailed import MailedToken
from server.app import DESK
from tests.commands import Command
from tests.conftest import Serve
from tests.letters import LOGIN, SIGNUP, Mailing, mailing, payload
from tests.world import PASSWORD, Person, World

NEW = "violet-harbour-lantern-29"
OTHER = "wooden-teapot-almanac-31"
DONE = {"ok": True, "userErrors": []}
DEAD = {"ok": False, "userErrors": [{"code": "TOKEN_INVALID", "path": ["token"]}]}
VERIFY = {"tokens": None, "viewer": None, "verificationRequired": True, "userErrors": []}


@pytest.fixture
async def post(serve: Serve, admin: asyncpg.Connection) -> AsyncIterator[Mailing]:
    """The people of a server that sends letters."""
    async with mailing(serve, admin) as one:
        yield one


def _codes(told: Any) -> list[str]:
    return [error["code"] for error in told["userErrors"]]


async def _actions(post: Mailing) -> list[str]:
    rows = await post.world.admin.fetch("SELECT action FROM audit_entries WHERE action NOT LIKE 'login.succ%' ORDER BY id")
    return [row["action"] for row in rows]


async def _alive(person: Person) -> bool:
    return (await person.gql("{ viewer { id } }")).codes == []


async def test_a_sign_up_is_in_force_once_its_address_is_verified(post: Mailing) -> None:
    assert await post.signup() == VERIFY
    token = await post.token("eve@example.org")
    assert await post.login("eve") == VERIFY
    assert await post.do("verifyEmail", token=token) == DONE
    signed_in = await post.login("eve")
    assert (signed_in["verificationRequired"], signed_in["viewer"]["user"]["username"]) == (False, "eve")
    assert (await post.login("eve@example.org"))["tokens"] is not None
    assert await post.do("verifyEmail", token=token) == DEAD
    await post.silence()
    assert await _actions(post) == ["user.signed_up", "login.failed", "email.verified"]


async def test_looking_at_a_link_uses_nothing_up(post: Mailing) -> None:
    await post.signup()
    token, client = await post.token(), post.world.client
    for _ in range(10):
        for method in ("HEAD", "GET"):
            for path in (f"/account/verify#{token}", f"/account/verify?{token}", f"/account/verify?token={token}"):
                assert (await client.request(method, path)).status == 200
            refused = await client.request(
                method, "/graphql", params={"query": f'mutation {{ verifyEmail(input: {{token: "{token}"}}) {{ ok }} }}'}
            )
            assert refused.status == 405
    assert await post.world.admin.fetchval("SELECT email_verified FROM users WHERE username = 'eve'") is False
    assert await post.do("verifyEmail", token=token) == DONE


async def test_ten_at_once_use_a_link_once(post: Mailing) -> None:
    await post.signup()
    token = await post.token()
    answers = await asyncio.gather(*(post.do("verifyEmail", token=token) for _ in range(10)))
    assert sorted(answers, key=lambda one: one["ok"]) == [DEAD] * 9 + [DONE]
    await post.do("requestPasswordReset", tenant="acme", email="eve@example.org")
    reset = await post.token()
    answers = await asyncio.gather(*(post.do("resetPassword", token=reset, newPassword=f"{NEW}-{n}") for n in range(10)))
    assert sorted(answers, key=lambda one: one["ok"]) == [DEAD] * 9 + [DONE]
    winner = [n for n in range(10) if answers[n]["ok"]]
    assert [n for n in range(10) if (await post.login("eve", f"{NEW}-{n}"))["tokens"]] == winner


async def test_a_forgotten_password_is_replaced_and_all_devices_are_out(post: Mailing) -> None:
    grace = post.world.grace
    other = await grace.login()
    assert await post.do("requestPasswordReset", tenant="acme", email="GRACE@Example.org") == DONE
    token = await post.token("grace@example.org")
    weak = await post.do("resetPassword", token=token, newPassword="12345678")
    assert weak == {"ok": False, "userErrors": [{"code": "WEAK_PASSWORD", "path": ["newPassword"]}]}
    assert await post.do("resetPassword", token=token, newPassword=NEW) == DONE
    notice = await post.letter()
    assert (notice["Subject"], notice["To"]) == ("Your password was changed", "grace@example.org")
    assert [await _alive(person) for person in (grace, other, post.world.linus)] == [False, False, True]
    ended = "SELECT DISTINCT ended_reason FROM sessions WHERE user_id = $1"
    assert await post.world.admin.fetchval(ended, grace.user) == "PASSWORD_CHANGED"
    assert _codes(await post.login("grace")) == ["INVALID_CREDENTIALS"]
    assert (await post.login("grace", NEW))["tokens"] is not None
    assert await post.world.admin.fetchval("SELECT email_verified FROM users WHERE id = $1", grace.user) is True
    assert await post.do("resetPassword", token=token, newPassword=PASSWORD) == DEAD
    assert await _actions(post) == ["password.reset_requested", "password.reset", "login.failed"]


async def test_a_link_to_a_new_password_ends_with_the_old_one(post: Mailing, run: Command) -> None:
    """Whoever reads their letters is not to undo it."""
    change = "mutation($i: ChangePasswordInput!) { changePassword(input: $i) { ok userErrors { code path } } }"
    for person in (post.world.grace, post.world.linus):
        await post.do("requestPasswordReset", tenant="acme", email=f"{person.username}@example.org")
        token = await post.token(f"{person.username}@example.org")
        if person is post.world.grace:
            assert payload(await person.gql(change, i={"currentPassword": PASSWORD, "newPassword": NEW})) == DONE
            assert (await post.letter())["Subject"] == "Your password was changed"
        else:
            assert (await run("user", "password", "acme", person.username, "--generate")).code == 0
        assert await post.do("resetPassword", token=token, newPassword=OTHER) == DEAD
    assert (await post.login("grace", NEW))["tokens"] is not None


async def test_a_reset_proves_the_address_of_a_sign_up_too(post: Mailing) -> None:
    """So whoever signs up with another's address has gained nothing: its owner takes the account over."""
    await post.signup()
    await post.token()
    await post.do("requestPasswordReset", tenant="acme", email="eve@example.org")
    assert await post.do("resetPassword", token=await post.token(), newPassword=NEW) == DONE
    assert (await post.login("eve", NEW))["tokens"] is not None
    assert _codes(await post.login("eve")) == ["INVALID_CREDENTIALS"]


async def test_a_token_is_for_its_purpose_its_spelling_and_its_time(post: Mailing) -> None:
    world = post.world
    await post.signup()
    verify = await post.token()
    await post.do("requestPasswordReset", tenant="acme", email="eve@example.org")
    reset = await post.token()
    desk, row = world.client.app[DESK], await world.admin.fetchval("SELECT id FROM mail_tokens LIMIT 1")
    forged = [MailedToken.new(desk.vault, world.evil, row).text, MailedToken.new(desk.vault, world.acme, world.acme).text]
    for token in ("", "x", verify[:-1], f"{verify}=", verify.swapcase(), f" {verify}", reset, "A" * 84, *forged):
        assert await post.do("verifyEmail", token=token) == DEAD, token
    for token in (verify, reset.swapcase(), world.ada.refresh, world.ada.token):
        assert await post.do("resetPassword", token=token, newPassword=NEW) == DEAD
    await world.admin.execute("UPDATE mail_tokens SET expires_at = now()")
    assert await post.do("verifyEmail", token=verify) == DEAD
    assert await post.do("resetPassword", token=reset, newPassword=NEW) == DEAD
    row = await world.admin.fetchrow("SELECT email_verified, verification_required FROM users WHERE username = 'eve'")
    assert tuple(row) == (False, True)
    assert (await world.admin.fetchval("SELECT count(*) FROM mail_tokens WHERE used_at IS NOT NULL")) == 0


async def test_a_link_dies_with_its_address_its_account_and_its_tenant(post: Mailing) -> None:
    world = post.world
    for change, undo in (
        (
            "UPDATE users SET email_key = 'else@example.org' WHERE username = 'linus'",
            "UPDATE users SET email_key = email WHERE username = 'linus'",
        ),
        ("UPDATE users SET active = false WHERE username = 'linus'", "UPDATE users SET active = true WHERE username = 'linus'"),
        ("UPDATE tenants SET status = 'SUSPENDED'", "UPDATE tenants SET status = 'ACTIVE'"),
    ):
        await world.admin.execute("DELETE FROM mail_tokens")
        await post.do("requestPasswordReset", tenant="acme", email="linus@example.org")
        token = await post.token()
        await world.admin.execute(change)
        assert await post.do("resetPassword", token=token, newPassword=NEW) == DEAD
        await world.admin.execute(undo)
    assert await post.do("resetPassword", token=token, newPassword=NEW) == DONE


async def test_asking_again_fills_no_mailbox_and_ends_no_link(post: Mailing) -> None:
    for _ in range(5):
        assert await post.do("requestPasswordReset", tenant="acme", email="grace@example.org") == DONE
    token = await post.token()
    await post.silence()
    await post.world.admin.execute("UPDATE mail_tokens SET mailed_at = mailed_at - interval '2 minutes'")
    assert await post.do("requestPasswordReset", tenant="acme", email="grace@example.org") == DONE
    assert await post.token() == token
    older = "UPDATE mail_tokens SET mailed_at = mailed_at - interval '2 minutes', expires_at = expires_at - interval '31 minutes'"
    await post.world.admin.execute(older)
    await post.do("requestPasswordReset", tenant="acme", email="grace@example.org")
    fresh = await post.token()
    assert fresh != token
    assert await post.do("resetPassword", token=token, newPassword=NEW) == DEAD
    assert await post.do("resetPassword", token=fresh, newPassword=NEW) == DONE


async def test_nothing_usable_is_kept(post: Mailing) -> None:
    await post.signup()
    await post.world.ada.gql('mutation { inviteUser(input: {email: "new@example.org", role: EDITOR}) { userErrors { code } } }')
    tokens = [await post.token(), await post.token()]
    for table in ("mail_tokens", "invitations", "jobs", "audit_entries", "queue.pgqueuer", "queue.pgqueuer_log"):
        rows = await post.world.admin.fetch(f"SELECT to_jsonb(t)::text AS row FROM {table} t")
        for row in rows:
            assert [token for token in tokens if token in row["row"] or token[-40:] in row["row"]] == []
    for row in await post.world.admin.fetch("SELECT payload FROM jobs"):
        assert "@" not in row["payload"]


async def test_who_is_known_is_told_to_nobody_else(post: Mailing) -> None:
    """Two sign-ups, one with grace's address: what follows is the same, but for what is in the mailboxes."""
    told = []
    for name, email in (("fay", "Grace@example.org"), ("gus", "gus@example.org")):
        steps = [
            await post.world.stranger.gql(SIGNUP, i={"tenant": "acme", "username": name, "email": email, "password": OTHER}),
            await post.world.stranger.gql(
                SIGNUP, i={"tenant": "acme", "username": name, "email": "x@example.org", "password": OTHER}
            ),
            await post.world.stranger.gql(SIGNUP, i={"tenant": "acme", "username": f"{name}2", "email": email, "password": OTHER}),
            await post.world.stranger.gql(
                SIGNUP, i={"tenant": "acme", "username": f"{name}3", "email": email, "password": "12345678"}
            ),
            *[
                await post.world.stranger.gql(LOGIN, i={"tenant": "acme", "usernameOrEmail": who, "password": password})
                for who, password in ((name, OTHER), (name, NEW), (f"{name}2", OTHER), (email, OTHER), (email, NEW))
            ],
        ]
        told.append(
            [(step.status, str(step.data), step.codes, sorted(set(step.headers) - {"Date", "X-Request-ID"})) for step in steps]
        )
    assert [told[0][n] == told[1][n] for n in range(len(told[0]))] == [True] * 9
    waits = ["y" if "'verificationRequired': True" in data else "n" for _, data, *_ in told[0]]
    assert "".join(waits) == "ynynynynn"
    assert sorted(await post.letters(3)) == [
        "Confirm your e-mail address > gus@example.org",
        "You have an account already > grace@example.org",
        "You have an account already > gus@example.org",
    ]
    await post.silence()
    rows = await post.world.admin.fetch("SELECT username FROM users WHERE tenant_id = $1 ORDER BY 1", post.world.acme)
    assert [row["username"] for row in rows] == ["ada", "adam", "grace", "gus", "linus"]


async def test_a_sign_up_with_ones_own_username_as_address_is_told_nothing_more(post: Mailing) -> None:
    answers = [await post.signup(username=email, email=email) for email in ("linus@example.org", "hans@example.org")]
    assert answers == [VERIFY, VERIFY]
    logins = [await post.login(email, PASSWORD + "?") for email in ("linus@example.org", "hans@example.org")]
    assert logins[0] == logins[1]
    assert _codes(await post.login("hans@example.org")) == ["INVALID_CREDENTIALS"]  # an unproved address is nobody's name


async def test_whose_address_is_their_username_is_not_known_by_it(post: Mailing) -> None:
    await post.world.admin.execute("UPDATE users SET username = email, username_key = email_key WHERE username = 'grace'")
    for email in ("grace@example.org", "linus@example.org", "hans@example.org"):
        told = [await post.signup(username=name, email=email) for name in (email, email.upper(), email)]
        told += await asyncio.gather(*(post.signup(username=email, email=email) for _ in range(5)))
        assert told == [VERIFY] * 8, email
        assert _codes(await post.login(email, PASSWORD + "?")) == ["INVALID_CREDENTIALS"]
        assert _codes(await post.signup(username=email, email="else@example.org")) == ["INVALID"]
    at_once = await asyncio.gather(*(post.signup(username="olaf@example.org", email="olaf@example.org") for _ in range(10)))
    assert at_once == [VERIFY] * 10
    assert sorted(await post.letters(6)) == [
        "Confirm your e-mail address > hans@example.org",
        "Confirm your e-mail address > olaf@example.org",
        "You have an account already > grace@example.org",
        "You have an account already > hans@example.org",
        "You have an account already > linus@example.org",
        "You have an account already > olaf@example.org",
    ]
    await post.silence()
    for name in ("hans@example.org", "olaf@example.org"):
        assert _codes(await post.login(name)) == ["INVALID_CREDENTIALS"]


async def test_ten_at_once_of_one_address_are_told_alike_and_make_one_account(post: Mailing) -> None:
    answers = await asyncio.gather(*(post.signup(username=f"eve{n}") for n in range(10)))
    assert answers == [VERIFY] * 10
    assert await post.world.admin.fetchval("SELECT count(*) FROM users WHERE email_key = 'eve@example.org'") == 1
    assert await post.world.admin.fetchval("SELECT count(*) FROM signup_claims") == 9
    assert len(await post.letters(2)) == 2
    await post.silence()


async def test_sign_ins_at_once_by_claims_of_one_address_bring_one_letter(post: Mailing) -> None:
    names = [f"eve{n}" for n in range(8)]
    for name in names:
        assert await post.signup(username=name, email="grace@example.org") == VERIFY
    await post.letter()
    await post.world.admin.execute("UPDATE signup_claims SET mailed_at = now() - interval '2 minutes'")
    assert await asyncio.gather(*map(post.login, names)) == [VERIFY] * 8
    await post.letter()
    await post.silence()


@pytest.mark.parametrize("name", ["requestPasswordReset", "resendVerification"])
async def test_asking_for_a_letter_is_answered_alike_for_anybody(name: str, post: Mailing) -> None:
    await post.world.admin.execute("UPDATE users SET active = false WHERE username = 'linus'")
    asked = [
        ("acme", "grace@example.org"),
        ("acme", "ghost@example.org"),
        ("ghost", "grace@example.org"),
        ("acme", "linus@example.org"),
    ]
    asked += [("evil", "grace@example.org"), ("acme", ""), ("acme", "\x00"), ("acme", "x" * 5_000), ("\x00", "grace@example.org")]
    assert [await post.do(name, tenant=tenant, email=email) for tenant, email in asked] == [DONE] * len(asked)
    await post.letter()
    await post.silence()


async def test_a_verified_address_gets_no_second_link(post: Mailing) -> None:
    await post.world.admin.execute("UPDATE users SET email_verified = true WHERE username = 'grace'")
    await post.do("resendVerification", tenant="acme", email="grace@example.org")
    await post.silence()


async def test_attempts_are_counted_for_known_and_unknown_alike(post: Mailing) -> None:
    await post.world.admin.execute("UPDATE tenants SET login_attempts_per_minute = 3")
    for name in ("requestPasswordReset", "resendVerification"):
        document = f"mutation($i: MailRequestInput!) {{ {name}(input: $i) {{ ok }} }}"
        for email in ("grace@example.org", "ghost@example.org"):
            codes = [(await post.world.stranger.gql(document, i={"tenant": "acme", "email": email})).codes for _ in range(5)]
            assert codes == [[], [], [], ["RATE_LIMITED"], ["RATE_LIMITED"]]
    closings = await post.world.admin.fetch("SELECT details ->> 'kind' AS kind FROM audit_entries WHERE action = 'limit.reached'")
    assert sorted(row["kind"] for row in closings) == ["reset_password"] * 2 + ["verify_email"] * 2


async def test_people_of_before_sign_in_as_they_did(post: Mailing) -> None:
    """The world's people were made without a letter: their addresses are not verified, and nobody asks."""
    assert await post.world.admin.fetchval("SELECT bool_or(email_verified) FROM users") is False
    assert (await post.login("grace"))["viewer"] == {"user": {"username": "grace"}}


async def test_the_old_routes_sign_up_and_in_at_once_and_a_letter_follows(post: Mailing) -> None:
    account = {"tenant_id": "acme", "username": "adele", "email": "adele@example.org", "password": "Wooden-Lantern-7"}
    assert (await post.world.stranger.rest("POST", "/api/auth/signup", account)).status == 200
    given = {"tenant_id": "acme", "username_or_email": "adele", "password": "Wooden-Lantern-7"}
    assert (await post.world.stranger.rest("POST", "/api/auth/login", given)).status == 200
    assert await post.do("verifyEmail", token=await post.token("adele@example.org")) == DONE


async def test_the_old_routes_do_not_let_in_who_waits(post: Mailing) -> None:
    await post.signup()
    given = {"tenant_id": "acme", "username_or_email": "eve"}
    waits = await post.world.stranger.rest("POST", "/api/auth/login", given | {"password": PASSWORD})
    wrong = await post.world.stranger.rest("POST", "/api/auth/login", given | {"password": NEW})
    told = [(answer.status, (await answer.json())["message"]) for answer in (waits, wrong)]
    assert told == [(401, "Wrong username or password, please try again")] * 2


async def test_a_changed_address_is_told_at_both_and_verified_anew(post: Mailing) -> None:
    world = post.world
    assert world.grace.user is not None
    await world.admin.execute("UPDATE users SET email_verified = true WHERE username = 'grace'")
    update = "mutation($i: UpdateUserInput!) { updateUser(input: $i) { user { emailVerified role } userErrors { code } } }"
    change = {"id": f"user_{world.grace.user.hex}", "email": "gh@example.org", "role": "VIEWER"}
    told = payload(await world.ada.gql(update, i=change))
    assert told == {"user": {"emailVerified": False, "role": "VIEWER"}, "userErrors": []}
    letters = await post.letters(4)
    assert sorted(letters) == [
        "Confirm your e-mail address > gh@example.org",
        "Your e-mail address was changed > gh@example.org",
        "Your e-mail address was changed > grace@example.org",
        "Your role was changed > gh@example.org",
    ]
    assert await _alive(world.grace)
    assert (await post.login("gh@example.org"))["tokens"] is not None


async def test_a_changed_password_and_a_replayed_token_are_told(post: Mailing) -> None:
    change = "mutation($i: ChangePasswordInput!) { changePassword(input: $i) { ok userErrors { code } } }"
    given = {"currentPassword": PASSWORD, "newPassword": NEW}
    assert payload(await post.world.grace.gql(change, i=given)) == DONE | {"userErrors": []}
    assert (await post.letter())["Subject"] == "Your password was changed"
    refresh = "mutation($i: RefreshInput!) { refresh(input: $i) { tokens { refreshToken } userErrors { code } } }"
    first = post.world.linus.refresh
    second = payload(await post.world.linus.gql(refresh, i={"refreshToken": first}))["tokens"]["refreshToken"]
    await post.world.linus.gql(refresh, i={"refreshToken": second})
    assert _codes(payload(await post.world.linus.gql(refresh, i={"refreshToken": first}))) == ["TOKEN_REUSED"]
    notice = await post.letter()
    assert (notice["Subject"], notice["To"]) == ("A session of yours was ended", "linus@example.org")


async def test_without_mail_it_is_said_that_there_is_none(serve: Serve, admin: asyncpg.Connection) -> None:
    world = await World.made(await serve(), admin)
    for name in ("requestPasswordReset", "resendVerification"):
        document = f"mutation($i: MailRequestInput!) {{ {name}(input: $i) {{ ok userErrors {{ code }} }} }}"
        for email in ("grace@example.org", "ghost@example.org"):
            answer = await world.stranger.gql(document, i={"tenant": "acme", "email": email})
            assert payload(answer) == {"ok": False, "userErrors": [{"code": "NOT_ALLOWED"}]}
    account = {"tenant": "acme", "username": "eve", "email": "eve@example.org", "password": PASSWORD}
    assert payload(await world.stranger.gql(SIGNUP, i=account))["tokens"] is not None
    assert await admin.fetchval("SELECT count(*) FROM jobs") == 0
