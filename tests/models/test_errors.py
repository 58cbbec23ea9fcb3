"""The tree of refusals: one code each, and nothing but what its author put in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from models import errors
from models.errors import Refusal


def _tree(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _tree(child)


@pytest.mark.parametrize("kind", list(_tree(Refusal)), ids=lambda kind: kind.__name__)
def test_each_refusal_has_a_code_in_capitals_and_a_sentence(kind: type[Refusal]) -> None:
    assert kind.code.isupper()
    assert kind.__doc__


def test_a_refusal_tells_its_message_and_path() -> None:
    refusal = errors.NotFound("There is none.", ("id",))
    assert (str(refusal), refusal.message, refusal.path, refusal.code) == ("There is none.", "There is none.", ("id",), "NOT_FOUND")
    assert errors.NotFound("There is none.").path == ()


@pytest.mark.parametrize("kind", [errors.Unavailable, errors.TimedOut, errors.TooManyAttempts])
def test_what_passes_tells_when_to_come_again(kind: type[errors.Unavailable]) -> None:
    assert kind("Later.").retry_after == 1
    assert kind("Later.", 7).retry_after == 7


def test_a_stale_version_carries_the_row_as_it_is() -> None:
    assert errors.StaleVersion("Changed.", ("expectedVersion",), {"version": 2}).current == {"version": 2}


def test_a_bug_is_no_refusal() -> None:
    assert not issubclass(errors.OutsideTenant, Refusal)
