"""Connections are made of pages, and count when they are asked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from gql.paging import Connection
from models.paging import Page

_ROWS = [{"id": UUID(int=n), "sort_0": str(n)} for n in range(2)]


def _connection(rows: list[Any], counted: list[int]) -> Connection[Any]:
    async def count() -> int:
        counted.append(1)
        return 7

    return Connection(page=Page(rows, has_next=True, has_previous=False, digest="d"), counting=count)


async def test_a_connection_shows_its_page() -> None:
    counted: list[int] = []
    connection: Any = _connection(_ROWS, counted)
    cursors = [connection.page.cursor(row) for row in _ROWS]
    assert [(edge.cursor(), edge.node) for edge in connection.edges()] == list(zip(cursors, _ROWS, strict=True))
    assert connection.nodes() == _ROWS
    info = connection.page_info()
    assert (info.has_next_page, info.has_previous_page, info.start_cursor, info.end_cursor) == (True, False, *cursors)
    assert counted == []
    assert await connection.total_count() == 7
    assert counted == [1]


def test_an_empty_page_has_no_cursors() -> None:
    connection: Any = _connection([], [])
    info = connection.page_info()
    assert (info.start_cursor, info.end_cursor, connection.edges()) == (None, None, [])
