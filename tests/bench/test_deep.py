"""A cursor is moved to another row, in either spelling of an id."""

from __future__ import annotations

import base64
from uuid import UUID

import orjson
import pytest

from bench.deep import moved
from bench.processes import Failed

BEGIN, TO = ("ada", str(UUID(int=1))), ('zoë "z"', str(UUID(int=2)))


def cursor(*parts: object) -> str:
    """As servers make them."""
    return base64.urlsafe_b64encode(orjson.dumps(parts)).rstrip(b"=").decode()


@pytest.mark.parametrize("spelled", [lambda uuid: uuid, lambda uuid: uuid.replace("-", "")])
def test_a_cursor_of_one_row_becomes_that_of_another(spelled) -> None:
    given = cursor(1, "digest", ["ada"], spelled(BEGIN[1]))
    assert moved(given, BEGIN, TO) == cursor(1, "digest", ['zoë "z"'], spelled(TO[1]))


@pytest.mark.parametrize("given", [cursor(1, ["grace"], BEGIN[1]), cursor(["ada"], "another"), "ÿÿÿ", "_w"])
def test_one_that_does_not_hold_the_row_is_refused(given: str) -> None:
    with pytest.raises(Failed, match="cannot be moved"):
        moved(given, BEGIN, TO)
