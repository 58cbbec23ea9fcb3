"""Windows, cursors and conditions of keyset pages, apart from any table."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest

from models import paging
from models.errors import BadRequest
from models.paging import Key, Page, Window, searched

_ID = UUID(int=7)
_KEYS = (Key("t.name"), Key("t.age", descending=True, type=int), Key("t.at", type=datetime))
_AT = datetime(2026, 1, 1, tzinfo=UTC)


def _cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(list(parts))).rstrip(b"=").decode()


def _decoded(cursor: str) -> list[Any]:
    return paging._decode(cursor, "digest", _KEYS, "after")


def test_a_window_is_25_from_the_beginning_unless_told() -> None:
    assert Window.of(None, None, None, None) == Window(25, None, None, backward=False)
    assert Window.of(7, "a", None, "b") == Window(7, "a", "b", backward=False)
    assert Window.of(None, "a", 7, "b") == Window(7, "a", "b", backward=True)


@pytest.mark.parametrize(
    ("first", "last", "path"), [(1, 1, "first"), (0, None, "first"), (101, None, "first"), (None, 0, "last"), (None, 101, "last")]
)
def test_a_window_without_sense_is_refused(first: int | None, last: int | None, path: str) -> None:
    with pytest.raises(BadRequest) as caught:
        Window.of(first, None, last, None)
    assert caught.value.path == (path,)


def test_a_cursor_holds_the_rows_place() -> None:
    page = Page([], has_next=False, has_previous=False, digest="digest", keys=3)
    cursor = page.cursor({"id": _ID, "sort_0": "é", "sort_1": 41, "sort_2": _AT})
    assert _decoded(cursor) == ["é", 41, _AT, _ID]
    assert _decoded(cursor + "=" * (-len(cursor) % 4)) == ["é", 41, _AT, _ID]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "é",
        "!",
        "A",
        "A" * 50_001,
        _cursor(),
        _cursor(1, "digest", ["x", 1, "2026-01-01T00:00:00+00:00"]),
        _cursor(2, "digest", ["x", 1, "2026-01-01T00:00:00+00:00"], _ID.hex),
        _cursor(1, "other", ["x", 1, "2026-01-01T00:00:00+00:00"], _ID.hex),
        _cursor(1, "digest", ["x", 1], _ID.hex),
        _cursor(1, "digest", 3, _ID.hex),
        _cursor(1, "digest", ["x", 1, "2026-01-01T00:00:00+00:00"], "x"),
        _cursor(1, "digest", ["x", 1, "2026-01-01T00:00:00+00:00"], 7),
        _cursor(1, "digest", [1, 1, "2026-01-01T00:00:00+00:00"], _ID.hex),
        _cursor(1, "digest", ["a\x00", 1, "2026-01-01T00:00:00+00:00"], _ID.hex),
        _cursor(1, "digest", ["x", True, "2026-01-01T00:00:00+00:00"], _ID.hex),
        _cursor(1, "digest", ["x", 1.0, "2026-01-01T00:00:00+00:00"], _ID.hex),
        _cursor(1, "digest", ["x", 2**31, "2026-01-01T00:00:00+00:00"], _ID.hex),
        _cursor(1, "digest", ["x", 1, "yesterday"], _ID.hex),
        _cursor(1, "digest", ["x", 1, 5], _ID.hex),
        _cursor(1, "digest", ["x", 1, "0001-01-01T00:00:00+23:59"], _ID.hex),
        _cursor(1, "digest", [None, None, None], _ID.hex),
    ],
    ids=lambda cursor: cursor[:40],
)
def test_what_is_no_cursor_of_the_list_is_refused(cursor: str) -> None:
    with pytest.raises(BadRequest) as caught:
        _decoded(cursor)
    assert (caught.value.path, caught.value.message) == (("after",), "after is not a cursor of this list, order and filter.")


def test_one_direction_is_one_row_comparison() -> None:
    order = [Key("t.name"), Key("t.id", type=UUID)]
    assert paging._beyond(order, 2, onward=True) == "(t.name, t.id) > ($2::text, $3::uuid)"
    assert paging._beyond(order, 2, onward=False) == "(t.name, t.id) < ($2::text, $3::uuid)"


def test_mixed_directions_are_told_apart() -> None:
    order = [Key("t.name"), Key("t.age", descending=True, type=int)]
    assert paging._beyond(order, 1, onward=True) == (
        "t.name >= $1::text AND ((t.name > $1::text) OR (t.name = $1::text AND t.age < $2::integer))"
    )


def test_a_search_is_its_words() -> None:
    assert searched(None) == []
    assert searched(" a\tb \n a ") == ["a", "b", "a"]
    assert searched("\u200d e\u0301") == ["\u200d", "e\u0301"]


@pytest.mark.parametrize("search", ["x" * 201, "a " * 11, "\x00", "a\x01", "\ud800"])
def test_a_search_that_is_no_text_is_refused(search: str) -> None:
    with pytest.raises(BadRequest) as caught:
        searched(search, "words")
    assert caught.value.path == ("words",)
