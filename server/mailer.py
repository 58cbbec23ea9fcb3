"""Sends letters through a mail server, over SMTP (RFC 5321) with TLS; in development it shows them in the log."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

import aiosmtplib

from auth.desk import Letter, NotSent
from models.breaker import Breaker, BreakerOpen
from observability.logging import logger, output
from observability.metrics import Metrics

_log = logger(__name__)
_HOPS: Final = 4
"""A whole delivery may take so many times what one answer may: a server that dawdles at each step is cut off, too."""

_CLOSING: Final = 421
_DOWN = (aiosmtplib.SMTPException, OSError, TimeoutError)
"""What would befall every letter alike: the server is away, or does not want us. The breaker counts these."""


@dataclass(frozen=True)
class Relay:
    """A mail server, as SMTP_URL names it: `tls` from the first byte, `starttls` before anything is said, or neither."""

    host: str
    port: int
    tls: bool
    starttls: bool
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> Relay:
        """From `smtp://user:password@host:port` or `smtps://…`. Raises ValueError, which shows nothing of it.

        Over smtp STARTTLS is required, unless the host is this machine or `?tls=off` is said; a password never goes in clear.
        """
        parts = urlsplit(url)
        implicit, options = parts.scheme == "smtps", parse_qsl(parts.query, keep_blank_values=True)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path not in {"", "/"} or parts.fragment:
            raise ValueError("must be smtp://user:password@host:port or smtps://user:password@host:port")
        if options not in ([], [("tls", "on")], [("tls", "off")]):
            raise ValueError("takes ?tls=on or ?tls=off alone")
        try:
            port = parts.port or (465 if implicit else 587)
        except ValueError:  # it would quote what stands there, perhaps of a password
            raise ValueError("must have a port of 1 to 65535") from None
        here, said = _loopback(parts.hostname), dict(options).get("tls")
        secure = said == "on" or (said is None and not here)
        if implicit and said == "off":
            raise ValueError("says smtps and tls=off, which contradict each other")
        if parts.password and not (secure or implicit or here):
            raise ValueError("would send its password in the clear; leave tls=off away")
        return cls(
            parts.hostname,
            port,
            tls=implicit,
            starttls=secure and not implicit,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )


def sender(text: str) -> Address:
    """The From of letters, `Address Book <no-reply@example.org>` or an address alone. Raises ValueError."""
    name, address = parseaddr(text)
    try:
        if not text.isprintable():
            raise ValueError
        return Address(name, addr_spec=address)
    except Exception:  # the parser's own, of many kinds
        raise ValueError("must be an e-mail address, such as Address Book <no-reply@example.org>") from None


class SmtpMailer:
    """A connection for each letter; every answer is awaited for `seconds` at the most. Its breaker spares a server that is away."""

    def __init__(self, relay: Relay, origin: Address, metrics: Metrics, *, seconds: float = 10.0, rest: float = 30.0) -> None:
        self._relay, self._origin, self._metrics, self._seconds = relay, origin, metrics, seconds
        self._breaker = Breaker("smtp", metrics, seconds=rest)
        self._context = ssl.create_default_context()

    def take(self, relay: Relay) -> None:
        """From now on letters go to this server, or with these credentials."""
        self._relay = relay

    async def send(self, letter: Letter) -> None:
        """Raises NotSent: `final` where this letter was refused for good, and not where another attempt may go better."""
        try:
            message = composed(letter, self._origin)
        except ValueError:
            raise NotSent("The letter cannot be written as mail.", final=True) from None
        try:
            async with self._breaker.guard(*_DOWN):
                refused = await self._refused(message)
        except BreakerOpen:
            self._metrics.jobs.letter("spared")
            raise NotSent("The mail server is away.") from None
        except _DOWN as error:
            self._metrics.jobs.letter("away")
            code = getattr(error, "code", None)
            _log.warning("the mail server does not take letters", cause=type(error).__name__, code=code)
            raise NotSent(f"The mail server is away, or refuses us{_coded(code)}.") from None
        self._metrics.jobs.letter("sent" if refused is None else "refused" if refused.final else "put off")
        if refused is not None:
            raise refused

    async def _refused(self, message: EmailMessage) -> NotSent | None:
        """Why the server, which is there, does not take this letter; or None. Its words are dropped: they quote the address."""
        try:
            await self._hand_over(message)
        except aiosmtplib.SMTPRecipientsRefused as answer:
            return _judged(answer.recipients[0].code, "recipient")
        except aiosmtplib.SMTPDataError as answer:
            if answer.code == _CLOSING:
                raise
            return _judged(answer.code, "letter")
        except aiosmtplib.SMTPNotSupported:
            return NotSent("The mail server takes no addresses beyond ASCII.", final=True)
        return None

    async def _hand_over(self, message: EmailMessage) -> None:
        client = aiosmtplib.SMTP(
            hostname=self._relay.host,
            port=self._relay.port,
            username=self._relay.username,
            password=self._relay.password,
            use_tls=self._relay.tls,
            start_tls=self._relay.starttls,
            tls_context=self._context if self._relay.tls or self._relay.starttls else None,
            local_hostname=self._origin.domain,
            timeout=self._seconds,
        )
        try:  # not `async with client`: it would say goodbye to a server that hangs, and wait for the answer
            async with asyncio.timeout(self._seconds * _HOPS):
                await client.connect()
                await client.send_message(message)
            with suppress(aiosmtplib.SMTPException, OSError):  # the letter is taken, whatever comes now
                await client.quit(timeout=min(1.0, self._seconds))
        finally:
            client.close()


class LogMailer:
    """For development: letters are shown where the log goes, whole, with links that work."""

    async def send(self, letter: Letter) -> None:
        """Writes the letter past the log's redaction, which would take away the link that it is about."""
        output.write(f"\n--- letter to {letter.to}: {letter.subject}\n\n{letter.text}---\n".encode())


def composed(letter: Letter, origin: Address) -> EmailMessage:
    """The letter as MIME, plain and HTML. Raises ValueError for a header that would not be one, or an address that is not one."""
    message = EmailMessage(policy=SMTP)
    message["From"] = origin
    message["To"] = letter.to
    if len(message["To"].addresses) != 1:
        raise ValueError("one address is wanted")
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{letter.key}@{origin.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation note answers it
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message


def _judged(code: int, what: str) -> NotSent:
    return NotSent(f"The mail server {'refuses' if code >= 500 else 'puts off'} the {what}{_coded(code)}.", final=code >= 500)


def _coded(code: object) -> str:
    return f" ({code})" if isinstance(code, int) and code > 0 else ""


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
