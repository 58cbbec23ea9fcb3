"""A real mail server (aiosmtpd) that does what a test says: takes letters, puts them off, refuses, hangs, or hangs up."""

from __future__ import annotations

import asyncio
import email.policy
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from pydantic import SecretStr

from auth.desk import Mail


@dataclass
class PostOffice:
    """`answers` is what the next deliveries meet, the last of them for ever: an answer to DATA, or `hang` or `drop`.

    `rcpt` is what recipients are answered, where they are refused. `tried` counts the attempts, which take `pause` seconds each;
    `letters` holds what was taken. With `passwords` one of them is wanted of whoever sends.
    """

    answers: list[str] = field(default_factory=lambda: ["250 taken"])
    rcpt: str | None = None
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    tried: int = 0
    pause: float = 0.0
    port: int = 0
    passwords: set[str] = field(default_factory=set)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """SMTP_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    async def letter(self, number: int = 0, seconds: float = 10) -> EmailMessage:
        """The letter of this number, as soon as it is there."""
        await self.until(lambda: len(self.letters) > number, seconds)
        return self.letters[number]

    async def until(self, true: Any, seconds: float = 10) -> None:
        """Waits until something of it is so."""
        async with asyncio.timeout(seconds):
            while not true():
                self.arrived.clear()
                await self.arrived.wait()

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802 - aiosmtpd's
        """Takes or refuses a recipient."""
        if self.rcpt is not None:
            self.tried += 1
            self.arrived.set()
            return self.rcpt
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Takes the letter, or does what the test says."""
        answer = self.answers[min(self.tried, len(self.answers) - 1)]
        self.tried += 1
        self.arrived.set()
        await asyncio.sleep(self.pause)
        if answer == "hang":
            await asyncio.sleep(60)
        if answer == "drop":
            assert server.transport is not None
            server.transport.abort()
            return "421 gone"
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.letters.append(message_from_bytes(envelope.content, policy=email.policy.default))
            self.recipients += envelope.rcpt_tos
            self.arrived.set()
        return answer


def sending_to(office: PostOffice, **changed: Any) -> dict[str, Any]:
    """The settings of a server that sends its letters there and tries again soon."""
    return {
        "mail": Mail.SMTP,
        "smtp_url": SecretStr(office.url),
        "mail_from": "Address Book <no-reply@book.test>",
        "public_url": "https://book.test",
        "jobs_retry_seconds": 0.1,
        **changed,
    }


@asynccontextmanager
async def open_office(
    tls: ssl.SSLContext | None = None, *, implicit: bool = False, password: str | None = None, port: int = 0, **options: Any
) -> AsyncIterator[PostOffice]:
    """One on a free port of this machine; with STARTTLS where a context is given, and with a password where one is."""
    office = PostOffice(passwords={password} if password else set())

    def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=given.password.decode() in office.passwords, handled=False)

    def protocol() -> SMTP:
        return SMTP(
            office,
            hostname="mail.test",
            tls_context=None if implicit else tls,
            require_starttls=tls is not None and not implicit,
            authenticator=authenticate if password else None,
            auth_required=password is not None,
            auth_require_tls=tls is not None and not implicit,
            loop=asyncio.get_running_loop(),
            **options,
        )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port, ssl=tls if implicit else None)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
