"""The settings of letters and jobs: what follows from what, and what is refused, with no value shown."""

from __future__ import annotations

import pytest

from auth.desk import Mail
from server.app import DESK, create_app
from server.mailer import LogMailer, SmtpMailer
from server.settings import BadSettings, Settings, load
from tests.conftest import JWT_KEYS, SECRET_KEYS

GIVEN = {
    "DATABASE_URL": "postgresql://app:hush@127.0.0.1/book",
    "JWT_KEYS": JWT_KEYS,
    "SECRET_KEYS": SECRET_KEYS,
    "METRICS_PORT": "9000",
}
SMTP = {"SMTP_URL": "smtp://book:hush@mail.example.org", "MAIL_FROM": "no-reply@book.test"}
HTTPS = {"PUBLIC_URL": "https://book.test/"}


def settings(**given: str) -> Settings:
    """What `serve` takes from this."""
    return load(GIVEN | given, Settings)


def test_development_shows_letters_in_the_log_unless_a_server_is_named() -> None:
    assert (settings().mail, settings().links) == (Mail.LOG, "http://127.0.0.1:8000")
    assert (settings(**SMTP).mail, settings(MAIL="off").mail) == (Mail.SMTP, Mail.OFF)
    assert settings(**SMTP, MAIL="log").mail is Mail.LOG


def test_production_sends_letters_or_says_that_it_does_not() -> None:
    assert settings(ENVIRONMENT="production", MAIL="off").mail is Mail.OFF
    good = settings(ENVIRONMENT="production", **SMTP, **HTTPS)
    assert (good.mail, good.links) == (Mail.SMTP, "https://book.test")


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({"ENVIRONMENT": "production"}, ["MAIL: give SMTP_URL, or say MAIL=off"]),
        ({"ENVIRONMENT": "stage"}, ["MAIL: give SMTP_URL, or say MAIL=off"]),
        ({"ENVIRONMENT": "stage", "MAIL": "log"}, ["MAIL: log is for development alone: letters hold what signs people in"]),
        ({"MAIL": "smtp"}, ["MAIL: smtp needs SMTP_URL"]),
        ({"MAIL": "pigeon"}, ["MAIL: Input should be 'OFF', 'LOG' or 'SMTP'"]),
        ({"SMTP_URL": "smtp://hush:hush"}, ["SMTP_URL: must have a port of 1 to 65535"]),
        ({"SMTP_URL": SMTP["SMTP_URL"]}, ["MAIL_FROM: required with SMTP_URL"]),
        (SMTP | {"MAIL_FROM": "hush"}, ["MAIL_FROM: must be an e-mail address, such as Address Book <no-reply@example.org>"]),
        (
            SMTP | {"ENVIRONMENT": "production"},
            ["PUBLIC_URL: required where letters are sent, since their links begin with it"],
        ),
        (
            SMTP | {"ENVIRONMENT": "production", "PUBLIC_URL": "http://book.test"},
            ["PUBLIC_URL: must be https outside of development"],
        ),
        ({"PUBLIC_URL": "book.test"}, ["PUBLIC_URL: must be https://host"]),
        ({"PUBLIC_URL": "https://book.test/?hush"}, ["PUBLIC_URL: must be https://host"]),
        ({"JOBS_AT_ONCE": "1"}, ["JOBS_AT_ONCE: Input should be greater than or equal to 2"]),
    ],
)
def test_what_does_not_fit_stops_the_start(given: dict[str, str], faults: list[str]) -> None:
    with pytest.raises(BadSettings) as told:
        settings(**given)
    assert str(told.value).splitlines() == faults


@pytest.mark.parametrize(
    ("given", "mail", "mailer"),
    [({}, Mail.LOG, LogMailer), (SMTP, Mail.SMTP, SmtpMailer), ({"MAIL": "off"}, Mail.OFF, type(None))],
)
def test_the_desk_knows_what_becomes_of_letters(given: dict[str, str], mail: Mail, mailer: type) -> None:
    desk = create_app(settings(**given, **HTTPS))[DESK]
    assert (desk.mail, type(desk.mailer), desk.public_url) == (mail, mailer, "https://book.test")
