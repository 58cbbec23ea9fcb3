"""Letters as they are written when they are sent, handed to a real mail server; and those that have lost their sense."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from auth.desk import Desk, Mail
from auth.mailed import MailedToken
from auth.vault import Vault
from models.job import Job
from models.tenancy import within
from models.values import Origin, new_id
from resolvers.delivery import deliver
from resolvers.letters import LetterKind, post
from resolvers.work import Again, GivenUp
from server.app import DESK, create_app
from server.settings import Settings
from tests.post_office import PostOffice, open_office, sending_to
from tests.world import add_user, tenant


@dataclass
class Post:
    """Acme and ada, and a mail server."""

    desk: Desk
    office: PostOffice
    admin: asyncpg.Connection
    acme: UUID
    ada: UUID

    async def sent(self, kind: LetterKind, **given: Any) -> tuple[str, str, str] | None:
        """To whom a letter went, its subject and its text; None where none was sent."""
        before = len(self.office.letters)
        async with within(self.acme):
            await post(self.desk, kind, **given)
        return await self.deliver(before)

    async def deliver(self, before: int = 0) -> tuple[str, str, str] | None:
        """What the latest job sends."""
        job_id = await self.admin.fetchval("SELECT id FROM jobs ORDER BY id DESC LIMIT 1")
        async with within(self.acme):
            job = await Job.start(job_id)
        assert job is not None
        await deliver(self.desk, job)
        if len(self.office.letters) == before:
            return None
        letter = self.office.letters[-1]
        assert letter["Message-ID"] == f"<{job_id.hex}@book.test>"
        plain, html = letter.iter_parts()
        assert "<img" not in html.get_content()
        return self.office.recipients[-1], letter["Subject"], plain.get_content().replace("\r\n", "\n")

    async def token(self, purpose: str = "VERIFY_EMAIL", expires: str = "now() + interval '1 day'") -> MailedToken:
        """A token that was mailed to ada."""
        token = MailedToken.new(self.desk.vault, self.acme, new_id())
        await self.admin.execute(
            "INSERT INTO mail_tokens (tenant_id, id, digest, purpose, user_id, email_key, expires_at) "
            f"VALUES ($1, $2, $3, $4, $5, 'ada@example.org', {expires})",
            *(self.acme, token.row, token.digest, purpose, self.ada),
        )
        return token

    async def invitation(self, expires: str = "now() + interval '1 day'") -> MailedToken:
        """An invitation of zoë."""
        token = MailedToken.new(self.desk.vault, self.acme, new_id())
        await self.admin.execute(
            "INSERT INTO invitations (tenant_id, id, digest, email, email_key, role, expires_at) "
            f"VALUES ($1, $2, $3, 'Zoe@example.org', 'zoe@example.org', 'EDITOR', {expires})",
            *(self.acme, token.row, token.digest),
        )
        return token


@pytest.fixture
async def mail(tortoise: None, settings: Settings, admin: asyncpg.Connection) -> AsyncIterator[Post]:
    """The desk of a server with mail."""
    acme = await tenant(admin, "acme")
    async with open_office() as office:
        desk = create_app(settings.model_copy(update=sending_to(office, smtp_seconds=0.5)))[DESK]
        yield Post(desk, office, admin, acme, await add_user(admin, acme, "ada", "OWNER"))


@pytest.mark.parametrize(
    ("purpose", "kind", "page"),
    [
        ("VERIFY_EMAIL", LetterKind.VERIFY_EMAIL, "verify"),
        ("RESET_PASSWORD", LetterKind.RESET_PASSWORD, "reset"),
        ("RESET_PASSWORD", LetterKind.ALREADY_REGISTERED, "reset"),
    ],
)
async def test_a_link_carries_the_token_where_no_server_logs_it(mail: Post, purpose: str, kind: LetterKind, page: str) -> None:
    token = await mail.token(purpose)
    sent = await mail.sent(kind, user=mail.ada, token=token.row)
    assert sent is not None
    assert sent[0] == "ada@example.org"
    assert f"\nhttps://book.test/account/{page}#{token.text}\n" in sent[2]
    assert token.text not in await mail.admin.fetchval("SELECT payload::text FROM jobs")


async def test_an_invitation_goes_to_who_is_no_user_yet(mail: Post) -> None:
    token = await mail.invitation()
    sent = await mail.sent(LetterKind.INVITATION, invitation=token.row)
    assert sent is not None
    assert sent[:2] == ("Zoe@example.org", "You are invited to an address book")
    assert "the address book “acme”, as EDITOR." in sent[2]
    assert f"\nhttps://book.test/account/invitation#{token.text}\n" in sent[2]


async def test_a_notice_tells_when_and_from_which_network(mail: Post) -> None:
    await mail.admin.execute("UPDATE users SET email_verified = true")
    origin = Origin(request_id="r-1", ip_prefix="203.0.113.0/24")
    sent = await mail.sent(LetterKind.PASSWORD_CHANGED, user=mail.ada, origin=origin)
    at = await mail.admin.fetchval("SELECT created_at FROM jobs")
    assert sent is not None
    assert sent[:2] == ("ada@example.org", "Your password was changed")
    expected = (
        "The password of your account “ada” in the address book “acme” was changed.\n\n"
        f"When: {at:%Y-%m-%d %H:%M} UTC\nFrom the network: 203.0.113.0/24\n\n"
        "If it was not you, ask for a new password at once, and tell an administrator of your address book.\n\n"
        "--\nAddress Book wrote this letter by itself; nobody reads an answer.\n"
    )
    assert sent[2] == expected


async def test_a_username_is_told_to_nobody_whose_address_is_not_proved(mail: Post) -> None:
    await mail.admin.execute("UPDATE users SET username = 'Win at http://evil.test', username_key = 'x'")
    sent = await mail.sent(LetterKind.PASSWORD_CHANGED, user=mail.ada)
    assert sent is not None
    assert "evil.test" not in str(mail.office.letters[-1])
    assert "The password of your account in the address book" in sent[2]


async def test_a_changed_address_is_told_to_the_one_before(mail: Post) -> None:
    sent = await mail.sent(LetterKind.EMAIL_CHANGED, user=mail.ada, to="before@example.org")
    assert sent is not None
    assert sent[0] == "before@example.org"
    assert "ada@example.org" not in str(mail.office.letters[-1])
    assert "before" not in await mail.admin.fetchval("SELECT payload::text FROM jobs")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE mail_tokens SET used_at = now()",
        "UPDATE mail_tokens SET expires_at = now()",
        "UPDATE users SET email_key = 'other@example.org' WHERE username = 'ada'",
        "UPDATE users SET active = false",
        "UPDATE tenants SET status = 'SUSPENDED'",
        "DELETE FROM mail_tokens",
        "DELETE FROM users",
        "UPDATE mail_tokens SET user_id = (SELECT id FROM users WHERE username = 'grace')",
    ],
)
async def test_a_letter_that_has_lost_its_sense_is_not_sent(mail: Post, change: str) -> None:
    await add_user(mail.admin, mail.acme, "grace", "EDITOR")
    token = await mail.token()
    assert await mail.sent(LetterKind.VERIFY_EMAIL, user=mail.ada, token=token.row) is not None
    await mail.admin.execute(change)
    assert await mail.sent(LetterKind.VERIFY_EMAIL, user=mail.ada, token=token.row) is None


@pytest.mark.parametrize("change", ["accepted_at = now()", "revoked_at = now()", "expires_at = now()"])
async def test_an_invitation_that_is_not_open_is_not_sent(mail: Post, change: str) -> None:
    token = await mail.invitation()
    await mail.admin.execute(f"UPDATE invitations SET {change}")
    assert await mail.sent(LetterKind.INVITATION, invitation=token.row) is None


async def test_a_secret_that_was_dropped_is_told(mail: Post) -> None:
    token = await mail.token()
    mail.desk = replace(mail.desk, vault=Vault.parse("q3Zt8Lw5Xk2Rb7Wc4Ny9Ld1Hg6Jf0SpV-test-only"))
    with pytest.raises(GivenUp, match="the secret that it follows from is gone"):
        await mail.sent(LetterKind.VERIFY_EMAIL, user=mail.ada, token=token.row)
    async with within(mail.acme):
        await post(mail.desk, LetterKind.EMAIL_CHANGED, user=mail.ada, to="before@example.org")
    mail.desk = replace(mail.desk, vault=Vault.parse("r7Kq2mXv9Lw4Tz8Bn3Hc6Jd1Fg5Ps0Ya-test-only"))
    with pytest.raises(GivenUp, match="Its address cannot be read"):
        await mail.deliver()


async def test_what_the_server_says_decides_whether_it_is_tried_again(mail: Post, logged: io.StringIO) -> None:
    mail.office.rcpt = "451 ada@example.org later"
    with pytest.raises(Again, match=r"puts off the recipient \(451\)"):
        await mail.sent(LetterKind.PASSWORD_CHANGED, user=mail.ada)
    mail.office.rcpt = "550 ada@example.org never"
    with pytest.raises(GivenUp, match=r"refuses the recipient \(550\)"):
        await mail.sent(LetterKind.PASSWORD_CHANGED, user=mail.ada)
    assert not re.search(r"\bada\b", logged.getvalue())


async def test_without_mail_nothing_is_asked_for_and_nothing_sent(mail: Post) -> None:
    off = replace(mail.desk, mail=Mail.OFF, mailer=None)
    async with within(mail.acme):
        await post(off, LetterKind.PASSWORD_CHANGED, user=mail.ada)
    assert await mail.admin.fetch("SELECT FROM jobs") == []
    async with within(mail.acme):
        await post(mail.desk, LetterKind.PASSWORD_CHANGED, user=mail.ada)
    mail.desk = off
    assert await mail.deliver() is None
