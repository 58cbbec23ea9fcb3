"""Letters and a real mail server: what is handed over, and what becomes of a letter that is not."""

from __future__ import annotations

import asyncio
import io
import re
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from auth.desk import Letter, NotSent
from observability.metrics import Metrics
from server.mailer import LogMailer, Relay, SmtpMailer, composed, sender
from tests.post_office import PostOffice, open_office

FROM = "Bücher & Adressen <no-reply@book.test>"
LETTER = Letter("0f" * 16, "ada@example.org", "Grüße aus “acme”", "Guten Tag, “ada”.\n", "<p>Guten Tag, “ada”.</p>\n")


def mailer(url: str, metrics: Metrics | None = None, **options: Any) -> SmtpMailer:
    """One that is not patient."""
    return SmtpMailer(Relay.parse(url), sender(FROM), metrics or Metrics(), **{"seconds": 0.5} | options)


def count(metrics: Metrics, outcome: str) -> float:
    """How many letters had this outcome."""
    return metrics.registry.get_sample_value("addressbook_letters_total", {"outcome": outcome}) or 0


async def refusal(one: SmtpMailer, letter: Letter = LETTER) -> tuple[str, bool]:
    """Why the letter does not go out, and whether for good."""
    with pytest.raises(NotSent) as told:
        await one.send(letter)
    assert "@" not in str(told.value)
    assert told.value.__cause__ is None
    return str(told.value), told.value.final


async def test_a_letter_arrives_whole() -> None:
    metrics = Metrics()
    async with open_office() as office:
        await mailer(office.url, metrics).send(LETTER)
    [letter] = office.letters
    assert {name: letter[name] for name in ("From", "To", "Subject", "Message-ID", "Auto-Submitted")} == {
        "From": "Bücher & Adressen <no-reply@book.test>",
        "To": "ada@example.org",
        "Subject": "Grüße aus “acme”",
        "Message-ID": f"<{'0f' * 16}@book.test>",
        "Auto-Submitted": "auto-generated",
    }
    assert abs(parsedate_to_datetime(letter["Date"]) - datetime.now(UTC)) < timedelta(seconds=5)
    assert [(part.get_content_type(), part.get_content().replace("\r\n", "\n")) for part in letter.iter_parts()] == [
        ("text/plain", LETTER.text),
        ("text/html", LETTER.html),
    ]
    assert office.recipients == ["ada@example.org"]
    assert count(metrics, "sent") == 1


async def test_headers_are_ascii_and_hold_one_line_each() -> None:
    raw = composed(LETTER, sender(FROM)).as_bytes()
    head = raw.partition(b"\r\n\r\n")[0]
    assert head.isascii()
    for place in ("subject", "to", "key"):
        with pytest.raises(ValueError, match=r"linefeed|newline|line"):
            composed(LETTER._replace(**{place: "x\r\nBcc: mallory@evil.test"}), sender(FROM)).as_bytes()


async def test_what_would_be_a_second_header_is_not_sent() -> None:
    async with open_office() as office:
        for bad in (
            LETTER._replace(subject="x\r\nBcc: mallory@evil.test"),
            LETTER._replace(to="ada@example.org, mallory@evil.test"),
        ):
            assert await refusal(mailer(office.url), bad) == ("The letter cannot be written as mail.", True)
    assert office.letters == []


async def test_an_address_beyond_ascii_needs_a_server_that_takes_it() -> None:
    letter = LETTER._replace(to="zoë@bücher.example")
    async with open_office(enable_SMTPUTF8=True) as office:
        await mailer(office.url).send(letter)
        assert office.recipients == ["zoë@bücher.example"]
    async with open_office(enable_SMTPUTF8=False) as office:
        assert await refusal(mailer(office.url), letter) == ("The mail server takes no addresses beyond ASCII.", True)


@pytest.mark.parametrize(
    ("rcpt", "data", "expected", "outcome"),
    [
        ("550 no such user ada@example.org", "", ("The mail server refuses the recipient (550).", True), "refused"),
        ("451 ada@example.org: come back later", "", ("The mail server puts off the recipient (451).", False), "put off"),
        (None, "554 ada@example.org wants no spam", ("The mail server refuses the letter (554).", True), "refused"),
        (None, "452 full", ("The mail server puts off the letter (452).", False), "put off"),
        (None, "421 closing", ("The mail server is away, or refuses us (421).", False), "away"),
        (None, "drop", ("The mail server is away, or refuses us.", False), "away"),
        (None, "hang", ("The mail server is away, or refuses us.", False), "away"),
    ],
)
async def test_what_the_server_does_not_take_is_told_without_the_address(
    rcpt: str | None, data: str, expected: tuple[str, bool], outcome: str, logged: io.StringIO
) -> None:
    metrics = Metrics()
    async with open_office() as office:
        office.rcpt, office.answers = rcpt, [data]
        async with asyncio.timeout(5):
            assert await refusal(mailer(office.url, metrics)) == expected
    assert count(metrics, outcome) == 1
    assert not re.search(r"\bada\b", logged.getvalue())


async def test_a_server_that_is_away_is_left_alone_and_then_asked_once() -> None:
    metrics = Metrics()
    async with open_office() as office:
        url, port = office.url, office.port
    one = mailer(url, metrics, rest=0.5)
    for _ in range(5):
        assert await refusal(one) == ("The mail server is away, or refuses us.", False)
    assert await refusal(one) == ("The mail server is away.", False)
    assert (count(metrics, "away"), count(metrics, "spared")) == (5, 1)
    state = "addressbook_breaker_state"
    assert metrics.registry.get_sample_value(state, {"breaker": "smtp"}) == 2
    await asyncio.sleep(0.6)
    async with open_office(port=port) as office:
        office.pause = 0.3
        first = asyncio.create_task(one.send(LETTER))
        await office.until(lambda: office.tried == 1)
        assert metrics.registry.get_sample_value(state, {"breaker": "smtp"}) == 1
        assert await refusal(one) == ("The mail server is away.", False)  # one probe is enough
        await first
        await one.send(LETTER)
    assert metrics.registry.get_sample_value(state, {"breaker": "smtp"}) == 0
    assert (office.tried, len(office.letters)) == (2, 2)


async def test_a_refused_letter_does_not_open_the_breaker() -> None:
    async with open_office() as office:
        office.rcpt = "550 no"
        one = mailer(office.url)
        for _ in range(8):
            assert await refusal(one) == ("The mail server refuses the recipient (550).", True)
        office.rcpt = None
        await one.send(LETTER)


Certified = Callable[[], ssl.SSLContext]


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's context with a certificate for localhost, which this process trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(hours=1))
        .not_valid_after(datetime.now(UTC) + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = tmp_path / "certificate.pem", tmp_path / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem, secret)
    return context


async def test_tls_comes_before_the_password(certified: ssl.SSLContext) -> None:
    async with open_office(certified, password="hush hush") as office:
        await mailer(f"smtp://book:hush%20hush@localhost:{office.port}?tls=on").send(LETTER)
    assert len(office.letters) == 1
    async with open_office(certified, implicit=True, password="hush hush") as office:
        await mailer(f"smtps://book:hush%20hush@localhost:{office.port}").send(LETTER)
    assert len(office.letters) == 1


async def test_without_trusted_tls_nothing_is_sent(certified: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_office() as plain:
        assert (await refusal(mailer(f"smtp://localhost:{plain.port}?tls=on")))[1] is False
    monkeypatch.delenv("SSL_CERT_FILE")
    async with open_office(certified) as stranger:
        told = await refusal(mailer(f"smtp://localhost:{stranger.port}?tls=on"))
        assert told == ("The mail server is away, or refuses us.", False)
    assert (plain.tried, stranger.tried) == (0, 0)


async def test_a_wrong_password_is_ours_to_mend_and_not_the_letters_fault(certified: ssl.SSLContext, logged: io.StringIO) -> None:
    async with open_office(certified, password="right") as office:
        told = await refusal(mailer(f"smtp://book:hush-hush@localhost:{office.port}?tls=on"))
    assert told == ("The mail server is away, or refuses us (535).", False)
    assert "hush-hush" not in logged.getvalue()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", ("mail.example.org", 587, False, True, None, None)),
        ("smtp://mail.example.org:25?tls=off", ("mail.example.org", 25, False, False, None, None)),
        ("smtp://127.0.0.1:2525", ("127.0.0.1", 2525, False, False, None, None)),
        ("smtp://localhost", ("localhost", 587, False, False, None, None)),
        ("smtp://[::1]:25/?tls=on", ("::1", 25, False, True, None, None)),
        ("smtps://a%40b:p%3Aw@mail.example.org", ("mail.example.org", 465, True, False, "a@b", "p:w")),
    ],
)
def test_a_url_names_the_server_and_how_it_is_spoken_to(url: str, expected: tuple[object, ...]) -> None:
    relay = Relay.parse(url)
    assert (relay.host, relay.port, relay.tls, relay.starttls, relay.username, relay.password) == expected
    assert "p:w" not in repr(relay)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("mail.example.org:25", "must be smtp://user:password@host:port or smtps://user:password@host:port"),
        ("http://mail.example.org", "must be smtp://user:password@host:port or smtps://user:password@host:port"),
        ("smtp://", "must be smtp://user:password@host:port or smtps://user:password@host:port"),
        ("smtp://mail.example.org:hush", "must have a port of 1 to 65535"),
        ("smtp://mail.example.org?tls=maybe", "takes ?tls=on or ?tls=off alone"),
        ("smtp://mail.example.org?tls=off&verify=no", "takes ?tls=on or ?tls=off alone"),
        ("smtps://mail.example.org?tls=off", "says smtps and tls=off, which contradict each other"),
        ("smtp://book:hush@mail.example.org?tls=off", "would send its password in the clear; leave tls=off away"),
    ],
)
def test_a_wrong_url_is_told_and_not_shown(url: str, fault: str) -> None:
    with pytest.raises(ValueError, match=r".") as told:
        Relay.parse(url)
    assert str(told.value) == fault


def test_a_sender_is_an_address() -> None:
    assert str(sender("no-reply@book.test")) == "no-reply@book.test"
    for text in ("", "nobody", "a@b@c", "x <y", "a@b\r\nBcc: c@d"):
        with pytest.raises(ValueError, match="must be an e-mail address"):
            sender(text)


@pytest.mark.unwatched
async def test_in_development_a_letter_is_shown_with_its_link(logged: io.StringIO) -> None:
    link = f"http://localhost:8000/account/verify#{'t' * 84}"
    await LogMailer().send(LETTER._replace(text=f"Confirm:\n{link}\n"))
    assert logged.getvalue() == f"\n--- letter to ada@example.org: Grüße aus “acme”\n\nConfirm:\n{link}\n---\n"


def test_an_office_is_where_its_url_says() -> None:
    assert PostOffice(port=25).url == "smtp://127.0.0.1:25"
