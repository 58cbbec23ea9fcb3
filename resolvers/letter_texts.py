"""The words of letters, plain and in HTML.

What strangers may choose freely stands in no letter to an address that is not proved: it would carry their words to anybody.
"""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Final, NamedTuple

from resolvers.letters import LetterKind


class Facts(NamedTuple):
    """What a letter may tell. `account` is the reader's, as they call it; `link` carries the token, until `until`."""

    slug: str
    at: datetime
    role: str
    account: str = "your account"
    network: str | None = None
    link: str | None = None
    until: datetime | None = None
    leaves: str = ""


class Words(NamedTuple):
    """A letter's subject, what happened, the label of its link, and what to do if it was somebody else."""

    subject: str
    what: str
    action: str | None
    otherwise: str


_ADMIN: Final = "If it was not you, ask for a new password at once, and tell an administrator of your address book."

WORDS: Final[dict[LetterKind, Words]] = {
    LetterKind.VERIFY_EMAIL: Words(
        "Confirm your e-mail address",
        "An account in the address book “{slug}” was given this e-mail address. Confirm that it is yours.",
        "Confirm the address",
        "If you know nothing of this, do nothing: the address stays unconfirmed.",
    ),
    LetterKind.ALREADY_REGISTERED: Words(
        "You have an account already",
        "Somebody tried to sign up in the address book “{slug}” with this e-mail address. It belongs to {account}, "
        "and nothing was changed. If it was you, sign in, or ask for a new password.",
        "Choose a new password",
        "If it was not you, do nothing.",
    ),
    LetterKind.RESET_PASSWORD: Words(
        "Choose a new password",
        "Somebody asked for a new password of {account} in the address book “{slug}”.",
        "Choose a new password",
        "If it was not you, do nothing: your password stays as it is.",
    ),
    LetterKind.INVITATION: Words(
        "You are invited to an address book",
        "You are invited to the address book “{slug}”, as {role}.",
        "Accept the invitation",
        "If you do not want to join, do nothing.",
    ),
    LetterKind.PASSWORD_CHANGED: Words(
        "Your password was changed",
        "The password of {account} in the address book “{slug}” was changed.",
        None,
        _ADMIN,
    ),
    LetterKind.SESSION_ENDED: Words(
        "A session of yours was ended",
        "A session of {account} in the address book “{slug}” was ended, since its token was used a second time: "
        "somebody may hold a copy of it.",
        None,
        "Sign in and change your password, unless you know what it was.",
    ),
    LetterKind.TOTP_ENABLED: Words(
        "Signing in asks for a code now",
        "An authenticator was enrolled for {account} in the address book “{slug}”. Signing in asks for its code.",
        None,
        _ADMIN,
    ),
    LetterKind.TOTP_DISABLED: Words(
        "Signing in asks for no code any more",
        "The authenticator of {account} in the address book “{slug}” was removed: the password alone signs in.",
        None,
        _ADMIN,
    ),
    LetterKind.RECOVERY_CODE_USED: Words(
        "A recovery code was used",
        "Somebody signed in to {account} in the address book “{slug}” with a recovery code, which is spent now.",
        None,
        _ADMIN,
    ),
    LetterKind.EMAIL_CHANGED: Words(
        "Your e-mail address was changed",
        "The e-mail address of {account} in the address book “{slug}” is another one now.",
        None,
        "If it was not you, tell an administrator of your address book at once.",
    ),
    LetterKind.ROLE_CHANGED: Words(
        "Your role was changed",
        "An administrator changed the role of {account} in the address book “{slug}”. It is {role} now.",
        None,
        "If you did not expect this, ask an administrator of your address book.",
    ),
    LetterKind.TENANT_LEAVES: Words(
        "Your address book is to be deleted",
        "The address book “{slug}” is to be deleted, with everything in it, on {leaves}. Until then it can be read, and its "
        "owners, of whom you are one, may cancel the deletion.",
        None,
        "If you want to keep it, sign in and cancel the deletion before that date.",
    ),
}
"""Each kind of letter; `{…}` is one of the facts."""

_FOOT: Final = "Address Book wrote this letter by itself; nobody reads an answer."


def plain(kind: LetterKind, facts: Facts) -> str:
    """The letter as plain text."""
    words = WORDS[kind]
    parts = [words.what.format(**facts._asdict()), "\n".join(_circumstances(facts))]
    if facts.link is not None and words.action is not None:
        parts.append(f"{words.action}:\n{facts.link}\n\n{_limit(facts)}")
    return "\n\n".join([*parts, words.otherwise, f"--\n{_FOOT}"]) + "\n"


def html(kind: LetterKind, facts: Facts) -> str:
    """The same as HTML: no image, no script, nothing from elsewhere."""
    words = WORDS[kind]
    parts = [escape(words.what.format(**facts._asdict())), "<br>".join(escape(line) for line in _circumstances(facts))]
    if facts.link is not None and words.action is not None:
        parts += [f'<a href="{escape(facts.link)}">{escape(words.action)}</a>', escape(_limit(facts))]
    parts += [escape(words.otherwise), f"<small>{escape(_FOOT)}</small>"]
    body = "".join(f"<p>{part}</p>\n" for part in parts)
    head = f'<meta charset="utf-8"><title>{escape(words.subject)}</title>'
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>{head}</head>\n<body>\n{body}</body>\n</html>\n'


def _circumstances(facts: Facts) -> list[str]:
    network = [] if facts.network is None else [f"From the network: {facts.network}"]
    return [f"When: {moment(facts.at)}", *network]


def _limit(facts: Facts) -> str:
    return "The link works once." if facts.until is None else f"The link works once, until {moment(facts.until)}."


def moment(at: datetime) -> str:
    """A time, as letters tell it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
