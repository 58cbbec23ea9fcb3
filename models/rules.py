"""What is true of texts, whoever sends them. Each rule returns the value to keep, or refuses and names the field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sized
from typing import Final

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from models.errors import InvalidInput, Required, TooLong, TooMany
from models.values import normal

NAME_LENGTH: Final = 200
EMAIL_LENGTH: Final = 254
PHONE_LENGTH: Final = 40
ADDRESS_LENGTH: Final = 500
TITLE_LENGTH: Final = 200
NOTES_LENGTH: Final = 10_000
LABEL_LENGTH: Final = 80
SEARCH_LENGTH: Final = 200
USERNAME_LENGTH: Final = 50
IDS_AT_ONCE: Final = 100
LABELS_A_CONTACT: Final = 50
LABELS_A_TENANT: Final = 500
AGE_LIMIT: Final = 150

_SLUG = re.compile(r"[A-Za-z0-9_-]{1,36}")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_PHONE = re.compile(r"\+?[ ()./-]*[0-9][0-9 ()./-]*")
_PLAIN_EMAIL = re.compile(r"[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*@(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+[A-Za-z]{2,}")
"""What most addresses are. Those of up to 64 characters email-validator takes, too, unless their last label is special (RFC 6761),
but only after 27 µs, a tenth of a mutation; all others are for it to say."""
_SPECIAL = frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)


def text(value: str, limit: int, *path: str) -> str:
    """The value as it came, at most `limit` characters, of characters that can be kept (no NUL, no lone surrogate)."""
    if len(value) > limit:
        raise TooLong(f"{path[-1]} may have at most {limit} characters, not {len(value)}.", path)
    if "\x00" in value or not _encodable(value):
        raise InvalidInput(f"{path[-1]} holds a character that cannot be kept.", path)
    return value


def required(value: str | None, limit: int, *path: str) -> str:
    """A text that may not be blank."""
    if value is None or not value.strip():
        raise Required(f"{path[-1]} may not be empty.", path)
    return text(value, limit, *path)


def optional(value: str | None, limit: int, *path: str) -> str | None:
    """A text, where a blank one means none."""
    return text(value, limit, *path) if value is not None and value.strip() else None


def email(value: str | None, *path: str) -> str:
    """An e-mail address (RFC 5321, RFC 6532), as it was written."""
    given = required(value, EMAIL_LENGTH, *path).strip()
    if len(given) <= 64 and _PLAIN_EMAIL.fullmatch(given) and given.rpartition(".")[2].lower() not in _SPECIAL:
        return given
    try:
        validate_email(given, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        raise InvalidInput(f"{path[-1]} is not an e-mail address, such as ada@example.org.", path) from None
    return given


def optional_email(value: str | None, *path: str) -> str | None:
    """An e-mail address, or none where it is blank."""
    return email(value, *path) if value is not None and value.strip() else None


def phone(value: str | None, *path: str) -> str | None:
    """A phone number as people write it: an optional plus, digits, blanks and -()./; none where it is blank."""
    given = optional(value, PHONE_LENGTH, *path)
    if given is not None and not _PHONE.fullmatch(given):
        raise InvalidInput(f"{path[-1]} may hold a leading +, digits, blanks and ( ) . / - only.", path)
    return given


def age(value: int | None, *path: str) -> int | None:
    """Whole years, 0 to 150."""
    if value is not None and not 0 <= value <= AGE_LIMIT:
        raise InvalidInput(f"{path[-1]} must lie between 0 and {AGE_LIMIT}.", path)
    return value


def flag(value: bool | None, *path: str) -> bool:
    """Yes or no."""
    if value is None:
        raise Required(f"{path[-1]} may not be empty.", path)
    return value


def color(value: str | None, *path: str) -> str | None:
    """A colour as #rrggbb, or none."""
    if value is not None and not _COLOR.fullmatch(value):
        raise InvalidInput(f"{path[-1]} must be written like #1a2b3c.", path)
    return value.lower() if value else None


def username(value: str | None, email_address: str, *path: str) -> str:
    """A username, 3 to 50 characters. One with an @ must be the user's own e-mail address.

    Otherwise a username could equal another user's address, and signing in by it would open the wrong account.
    """
    given = " ".join(required(value, USERNAME_LENGTH, *path).split())
    if len(normal(given)) < 3:
        raise InvalidInput(f"{path[-1]} must have at least 3 characters.", path)
    if any(not c.isprintable() for c in given):
        raise InvalidInput(f"{path[-1]} holds a character that cannot be seen.", path)
    if "@" in normal(given) and normal(given) != normal(email_address):
        raise InvalidInput(f"{path[-1]} may hold an @ only where it is the e-mail address itself.", path)
    return given


def slug(value: str, *path: str) -> str:
    """A tenant's slug: 1 to 36 letters, digits, dashes and underscores."""
    if not _SLUG.fullmatch(value):
        raise InvalidInput(f"{path[-1]} must be 1 to 36 letters, digits, dashes or underscores.", path)
    return value


def none_empty(values: Mapping[str, object]) -> None:
    """Refuses None among values of columns that may not be empty; their paths are spelled as inputs spell them."""
    for column, value in values.items():
        if value is None:
            name = re.sub(r"_([a-z])", lambda match: match[1].upper(), column)
            raise Required(f"{name} may not be empty.", (name,))


def at_most(values: Sized, limit: int, *path: str) -> None:
    """Refuses a list of more than `limit` items."""
    if len(values) > limit:
        raise TooMany(f"{path[-1]} may have at most {limit} items, not {len(values)}.", path)


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
