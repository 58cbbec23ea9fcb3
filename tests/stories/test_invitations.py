"""Invitations: who may send them, and what the link in the letter is good for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.conftest import Serve
from tests.letters import Mailing, mailing, payload
from tests.world import Person, World

_INVITE = """
mutation($i: InviteUserInput!) { inviteUser(input: $i) { invitation { id email role expiresAt } userErrors { code path message } } }
"""
_REVOKE = "mutation($i: RevokeInvitationInput!) { revokeInvitation(input: $i) { deletedId userErrors { code path } } }"
_OPEN = "{ viewer { tenant { invitations { id email role } } } }"
_UPDATE = "mutation($i: UpdateUserInput!) { updateUser(input: $i) { userErrors { code } } }"
GONE = [("TOKEN_INVALID", ["invitationToken"])]


@pytest.fixture
async def post(serve: Serve, admin: asyncpg.Connection) -> AsyncIterator[Mailing]:
    """The people of a server that sends letters; acme takes nobody without an invitation."""
    async with mailing(serve, admin) as one:
        await admin.execute("UPDATE tenants SET signup = 'INVITATION'")
        yield one


async def _invite(person: Person, email: str = "eve@example.org", role: str = "EDITOR") -> Any:
    return payload(await person.gql(_INVITE, i={"email": email, "role": role}))


async def _open(person: Person) -> list[Any]:
    found: list[Any] = (await person.gql(_OPEN)).data["viewer"]["tenant"]["invitations"]
    return found


def _told(given: Any) -> list[tuple[str, list[str] | None]]:
    return [(error["code"], error["path"]) for error in given["userErrors"]]


async def test_an_invited_person_joins_by_the_link_and_is_signed_in(post: Mailing) -> None:
    invited = await _invite(post.world.adam)
    assert (invited["invitation"]["email"], invited["invitation"]["role"], invited["userErrors"]) == (
        "eve@example.org",
        "EDITOR",
        [],
    )
    assert _told(await post.signup()) == [("SIGNUP_CLOSED", ["tenant"])]
    token = await post.token("eve@example.org")
    joined = await post.signup(tenant=None, email=None, invitationToken=token)
    assert joined["viewer"] == {
        "user": {"username": "eve", "email": "eve@example.org", "emailVerified": True, "role": "EDITOR"},
        "tenant": {"slug": "acme"},
    }
    assert joined["tokens"] is not None
    assert await _open(post.world.ada) == []
    assert _told(await post.signup(username="eve2", email="eve2@example.org", invitationToken=token)) == GONE
    await post.silence()
    actions = await post.world.admin.fetch(
        "SELECT action, details ->> 'role' AS role FROM audit_entries WHERE action LIKE 'inv%' ORDER BY id"
    )
    assert [tuple(row) for row in actions] == [("invitation.sent", "EDITOR"), ("invitation.accepted", "EDITOR")]


async def test_it_is_the_token_that_counts_and_another_address_is_verified(post: Mailing) -> None:
    await _invite(post.world.ada, role="ADMIN")
    token = await post.token()
    answer = await post.signup(email="private@example.org", invitationToken=token)
    assert (answer["tokens"], answer["verificationRequired"], answer["userErrors"]) == (None, True, [])
    assert await post.do("verifyEmail", token=await post.token("private@example.org")) == {"ok": True, "userErrors": []}
    assert (await post.login("eve"))["tokens"] is not None
    row = await post.world.admin.fetchrow("SELECT role, email FROM users WHERE username = 'eve'")
    assert tuple(row) == ("ADMIN", "private@example.org")


async def test_who_was_invited_is_told_that_an_address_is_taken(post: Mailing) -> None:
    """They will see all the people anyhow; and their invitation is not spent on it."""
    await _invite(post.world.ada)
    token = await post.token()
    assert _told(await post.signup(email="grace@example.org", invitationToken=token)) == [("ALREADY_EXISTS", ["email"])]
    assert _told(await post.signup(username="linus", invitationToken=token)) == [("ALREADY_EXISTS", ["username"])]
    assert _told(await post.signup(password="12345678", invitationToken=token)) == [("WEAK_PASSWORD", ["password"])]
    assert _told(await post.signup(invitationToken=token)) == []


async def test_roles_are_given_below_ones_own(post: Mailing) -> None:
    world = post.world
    for role in ("OWNER", "ADMIN"):
        assert _told(await _invite(world.adam, role=role)) == [("NOT_ALLOWED", ["role"])]
        assert _told(await _invite(world.ada, email=f"{role}@example.org", role=role)) == []
    for role in ("EDITOR", "VIEWER"):
        assert _told(await _invite(world.adam, email=f"{role}@example.org", role=role)) == []
    for person, code in ((world.grace, "FORBIDDEN"), (world.linus, "FORBIDDEN"), (world.stranger, "UNAUTHENTICATED")):
        assert (await person.gql(_INVITE, i={"email": "x@example.org", "role": "VIEWER"})).codes == [code]
    assert [one["role"] for one in await _open(world.adam)] == ["VIEWER", "EDITOR", "ADMIN", "OWNER"]
    owners = (await _open(world.adam))[3]["id"]
    assert _told(payload(await world.adam.gql(_REVOKE, i={"id": owners}))) == [("NOT_ALLOWED", ["id"])]
    assert [await _open(person) for person in (world.grace, world.linus, world.mallory)] == [[], [], []]


async def test_whoever_has_an_account_is_not_invited(post: Mailing) -> None:
    assert _told(await _invite(post.world.adam, email="Grace@Example.org")) == [("ALREADY_EXISTS", ["email"])]
    assert _told(await _invite(post.world.adam, email="nobody")) == [("INVALID", ["email"])]
    assert _told(await _invite(post.world.mallory, email="grace@example.org")) == []  # hers is another tenant
    assert (await post.letter())["To"] == "grace@example.org"
    await post.silence()


async def test_a_second_invitation_takes_the_place_of_the_first(post: Mailing) -> None:
    await _invite(post.world.adam, role="VIEWER")
    first = await post.token()
    await _invite(post.world.adam, email="EVE@example.org")
    second = await post.token()
    assert [one["role"] for one in await _open(post.world.ada)] == ["EDITOR"]
    assert _told(await post.signup(invitationToken=first)) == GONE
    assert _told(await post.signup(invitationToken=second)) == []


@pytest.mark.parametrize(("becomes", "code"), [("role = 'EDITOR'", "FORBIDDEN"), ("active = false", "UNAUTHENTICATED")])
async def test_who_is_lowered_while_their_invitation_waits_sends_none(becomes: str, code: str, post: Mailing) -> None:
    async with post.world.admin.transaction():
        await post.world.admin.execute("SELECT id FROM tenants WHERE slug = 'acme' FOR UPDATE")
        await post.world.admin.execute(f"UPDATE users SET {becomes} WHERE username = 'adam'")
        deed = asyncio.create_task(post.world.adam.gql(_INVITE, i={"email": "eve@example.org", "role": "VIEWER"}))
        await asyncio.sleep(0.5)
        assert not deed.done()
    assert (await deed).codes == [code]
    assert await _open(post.world.ada) == []
    await post.silence()


async def test_an_admin_takes_the_place_of_no_invitation_above_them(post: Mailing) -> None:
    for role in ("OWNER", "ADMIN"):
        email = f"{role}@example.org"
        await _invite(post.world.ada, email=email, role=role)
        token = await post.token(email)
        for respelled in (email, email.lower(), f" {email}"):
            assert _told(await _invite(post.world.adam, email=respelled, role="VIEWER")) == [("NOT_ALLOWED", ["email"])]
        joined = await post.signup(tenant=None, email=None, username=role, invitationToken=token)
        assert joined["viewer"]["user"]["role"] == role
    await post.silence()


async def test_a_tenant_has_a_hundred_open_ones_at_the_most(post: Mailing) -> None:
    await post.world.admin.execute(
        "INSERT INTO invitations (tenant_id, id, digest, email, email_key, role, expires_at) "
        "SELECT $1, gen_random_uuid(), sha256(n::text::bytea), 'x' || n || '@example.org', 'x' || n || '@example.org', 'VIEWER', "
        "now() + '1 day' FROM generate_series(1, 100) n",
        post.world.acme,
    )
    assert _told(await _invite(post.world.adam)) == [("TOO_MANY", ["email"])]
    assert len(await _open(post.world.adam)) == 100
    assert _told(await _invite(post.world.adam, email="x7@example.org")) == []


async def test_a_revoked_expired_foreign_or_respelled_token_opens_nothing(post: Mailing) -> None:
    world = post.world
    revoked = (await _invite(world.adam))["invitation"]["id"]
    dead = [await post.token()]
    assert payload(await world.adam.gql(_REVOKE, i={"id": revoked})) == {"deletedId": revoked, "userErrors": []}
    assert _told(payload(await world.adam.gql(_REVOKE, i={"id": revoked}))) == [("NOT_FOUND", ["id"])]
    await _invite(world.adam)
    dead.append(await post.token())
    await world.admin.execute("UPDATE invitations SET expires_at = now()")
    mallorys = (await _invite(world.mallory))["invitation"]["id"]
    hers = await post.token()
    assert _told(payload(await world.adam.gql(_REVOKE, i={"id": mallorys}))) == [("NOT_FOUND", ["id"])]
    for token in (*dead, hers, hers.swapcase(), f"{hers} ", "", "A" * 84):
        assert _told(await post.signup(invitationToken=token)) == GONE, token
    assert await world.admin.fetchval("SELECT count(*) FROM users WHERE username = 'eve'") == 0
    assert (await post.signup(tenant=None, invitationToken=hers))["viewer"]["tenant"] == {"slug": "evil"}


async def test_ten_at_once_use_an_invitation_once(post: Mailing) -> None:
    await _invite(post.world.adam)
    token = await post.token()
    answers = await asyncio.gather(
        *(post.signup(username=f"eve{n}", email=f"e{n}@example.org", invitationToken=token) for n in range(10))
    )
    assert sorted(_told(answer) for answer in answers) == [[]] + [GONE] * 9
    assert await post.world.admin.fetchval("SELECT count(*) FROM users WHERE username LIKE 'eve%'") == 1


@pytest.mark.parametrize("change", [{"role": "EDITOR"}, {"active": False}, None])
async def test_an_invitation_falls_with_who_sent_it(change: dict[str, Any] | None, post: Mailing) -> None:
    adam = post.world.adam
    assert adam.user is not None
    await _invite(adam)
    token, whom = await post.token(), f"user_{adam.user.hex}"
    if change is None:
        await post.world.ada.gql("mutation($id: ID!) { deleteUser(input: {id: $id}) { deletedId } }", id=whom)
    else:
        await post.world.ada.gql(_UPDATE, i={"id": whom} | change)
    assert await _open(post.world.ada) == []
    assert _told(await post.signup(invitationToken=token)) == GONE


async def test_an_operator_invites_the_first_owner(post: Mailing) -> None:
    create = "mutation($i: CreateTenantInput!) { createTenant(input: $i) { tenant { slug } userErrors { code path } } }"
    given = {"slug": "nova", "name": "Nova", "ownerEmail": "nina@example.org"}
    wrong = payload(await post.world.oskar.gql(create, i=given | {"ownerEmail": "nina"}))
    assert wrong == {"tenant": None, "userErrors": [{"code": "INVALID", "path": ["ownerEmail"]}]}
    assert payload(await post.world.oskar.gql(create, i=given)) == {"tenant": {"slug": "nova"}, "userErrors": []}
    token = await post.token("nina@example.org")
    joined = await post.signup(tenant=None, username="nina", email=None, invitationToken=token)
    assert (joined["viewer"]["user"]["role"], joined["viewer"]["tenant"]) == ("OWNER", {"slug": "nova"})


async def test_without_mail_nobody_is_invited(serve: Serve, admin: asyncpg.Connection) -> None:
    world = await World.made(await serve(), admin)
    assert _told(await _invite(world.ada)) == [("NOT_ALLOWED", ["email"])]
    create = "mutation($i: CreateTenantInput!) { createTenant(input: $i) { tenant { slug } userErrors { code path } } }"
    told = payload(await world.oskar.gql(create, i={"slug": "nova", "name": "Nova", "ownerEmail": "nina@example.org"}))
    assert _told(told) == [("NOT_ALLOWED", ["ownerEmail"])]
    assert await admin.fetchval("SELECT count(*) FROM tenants WHERE slug = 'nova'") == 0
    assert await admin.fetchval("SELECT count(*) FROM invitations") == 0
