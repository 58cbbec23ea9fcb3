"""The old service's own rules for what `/api` takes in, with its texts and in its order: the first broken one is told.

Lengths that the old service counted in bytes are counted in bytes here. The rules of `models/rules.py` hold besides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from models.errors import InvalidInput, Required
from models.rules import ADDRESS_LENGTH, AGE_LIMIT

_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_PHONE: Final = re.compile(r"\+?[ ()-]*[0-9][0-9 ()-]*")
_MATCHED: Final = 300
"""A longer text is not looked at: the patterns cost the square of its length."""
_SLUG: Final = re.compile(r"[A-Za-z0-9_-]+")

_Rules = tuple[tuple[bool, str], ...]


def username(value: str) -> None:
    """Refuses with InvalidInput what the old sign-up refused as a username."""
    name = value.strip()
    _first_broken(
        "username",
        (
            (bool(name), "Username cannot be empty"),
            (_bytes(name) >= 3, "Username too short (min 3 characters)"),
            (_bytes(name) <= 50, "Username too long (max 50 characters)"),
        ),
    )


def email(value: str) -> None:
    """Refuses with InvalidInput what the old sign-up refused as an e-mail address."""
    _first_broken(
        "email",
        (
            (bool(value.strip()), "Email cannot be empty"),
            (_matches(_EMAIL, value.strip()), "Invalid email format"),
            (_bytes(value) <= 255, "Email too long (max 255 characters)"),
        ),
    )


def contact(values: Mapping[str, Any]) -> None:
    """Refuses with InvalidInput a contact's columns that the old routes do not take: there all but the gender are required."""
    name, address, phone, age = (values.get(column) for column in ("name", "address", "phone", "age"))
    _first_broken(
        "name",
        (
            (bool(name and name.strip()), "Name cannot be empty"),
            (len(name or "") <= 100, "Name too long (max 100 characters)"),
        ),
    )
    email(values.get("email") or "")
    _first_broken(
        "phone",
        (
            (bool(phone and phone.strip()), "phone is required"),
            (_bytes(phone or "") >= 10, "phone must be at least 10 characters"),
            (_bytes(phone or "") <= 20, "phone must be at most 20 characters"),
            (_matches(_PHONE, phone or ""), "phone must be a valid phone number"),
        ),
    )
    _first_broken(
        "address",
        (
            (bool(address and address.strip()), "address is required"),
            (_bytes(address or "") <= ADDRESS_LENGTH, f"address must be at most {ADDRESS_LENGTH} characters"),
        ),
    )
    _first_broken(
        "age",
        (
            (age is not None, "age is required"),
            (age is None or age >= 0, "age must be at least 0"),
            (age is None or age <= AGE_LIMIT, f"age must be at most {AGE_LIMIT}"),
        ),
    )


def tenant(slug: str, name: str) -> None:
    """Refuses with InvalidInput a new tenant that the old service refused: all that is wrong in one text."""
    wrong = []
    if not _SLUG.fullmatch(slug):
        wrong.append("id must contain only alphanumeric characters, dashes, and underscores")
    if not name.strip():
        wrong.append("name cannot be empty")
    if wrong:
        raise InvalidInput("; ".join(wrong), ("id",))


def _first_broken(field: str, kept: _Rules) -> None:
    for holds, message in kept:
        if not holds:
            raise (InvalidInput if kept[0][0] else Required)(message, (field,))


def _matches(pattern: re.Pattern[str], value: str) -> bool:
    return len(value) > _MATCHED or pattern.fullmatch(value) is not None  # a length rule of its own refuses the longer ones


def _bytes(value: str) -> int:
    return len(value.encode("utf-8", "surrogatepass"))
